"""What the operator's policy refuses never becomes a Job, and is said where users look."""

from aiohttp.web import json_response

from tests.support.kube_objects import KEY, execution_object, function_object, workflow_object
from tests.support.kube_world import kube_world


def ready(world, kind, name):
    """The condition Ready of an object, as the server holds it."""
    conditions = world.stored(kind, name)["status"]["conditions"]
    return next(it for it in conditions if it["type"] == "Ready")


async def run(function, workflow):
    """A world in which one Execution ran to its end with these."""
    async with kube_world() as world:
        await world.apply("function", function)
        await world.apply("workflow", workflow)
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        return world


async def test_a_function_that_asks_for_too_much_gets_no_job():
    """It is not Ready, its task fails by name, and both name the field."""
    world = await run(function_object(securityContext={"privileged": True}), workflow_object())
    assert world.api.named("/jobs/") == []
    assert world.status["error"] == "Asw.NotAllowed"
    condition = ready(world, "function", "sum")
    assert (condition["status"], condition["reason"]) == ("False", "NotAllowed")
    for message in (world.status["cause"], condition["message"]):
        assert "spec.securityContext.privileged: level restricted" in message
        assert "functionPolicy" in message


async def test_a_template_that_asks_for_too_much_gets_no_job():
    """The Workflow is not Ready, and no task is started with its template."""
    template = {"priorityClassName": "system-node-critical"}
    world = await run(function_object(), workflow_object(taskTemplate=template))
    assert world.api.named("/jobs/") == []
    assert world.status["error"] == "Asw.NotAllowed"
    assert "spec.taskTemplate.priorityClassName" in world.status["cause"]
    condition = ready(world, "workflow", "orders")
    assert (condition["status"], condition["reason"]) == ("False", "NotAllowed")


async def test_a_function_that_was_loosened_is_refused_from_then_on():
    """What counts is the Function as it is when the task starts, also after it was Ready."""
    async with kube_world() as world:
        stored = await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        assert ready(world, "function", "sum")["status"] == "True"
        loose = function_object(env=[{"name": "A", "valueFrom": {"secretKeyRef": KEYS}}])
        loose["metadata"] |= {"generation": 2, "uid": stored["metadata"]["uid"]}
        await world.apply("function", loose)
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.NotAllowed"
        assert ready(world, "function", "sum")["status"] == "False"


async def test_a_namespace_without_tasks_says_so():
    """Where the API server takes no tokens of a task, it fails with what was said."""
    said = "no task runs in kube-system: start Executions in another namespace"
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        world.api.fail("POST", "/secrets", json_response({"message": said}, status=422))
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert (world.status["error"], world.status["cause"]) == ("Asw.StartFailed", said)


async def test_a_full_quota_of_secrets_is_waited_for():
    """As with Jobs: there may be room again."""
    said = "secrets is forbidden: exceeded quota: tiny, requested: count/secrets=1"
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        world.api.fail("POST", "/secrets", json_response({"message": said}, status=403))
        await world.apply("execution", execution_object())
        await world.until(lambda: passing(world) and world.api.named("/jobs/"))
        assert len([path for _, path in world.api.requests if path.endswith("/secrets")]) > 1


def passing(world):
    """Time goes by, and the execution is looked at."""
    world.time.pass_(30)
    world.reconciler.wake(KEY)
    return True


KEYS = {"name": "asw-keys", "key": "token-key"}
