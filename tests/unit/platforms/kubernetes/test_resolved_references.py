"""A Workflow tells which of the Functions that it calls are missing, or not ready."""

from tests.support.kube_objects import function_object, workflow_object
from tests.support.kube_world import PATHS, kube_world

GRACE_SECONDS = 300
CODE = {"code": {"configMapRef": {"name": "src"}}}


def said(world, kind, name="orders"):
    """A condition of the Workflow."""
    conditions = world.stored("workflow", name)["status"]["conditions"]
    return next((it for it in conditions if it["type"] == kind), None)


async def look(world, seconds=0.0):
    """Let time pass, and look at what is due; the watch tells what was written."""
    world.time.pass_(seconds)
    await world.catch_up()
    for item in world.api.named("/workflows/"):
        world.feed.workflow("MODIFIED", item)


def a_workflow(name):
    item = workflow_object()
    return {**item, "metadata": {**item["metadata"], "name": name, "uid": f"wf-{name}"}}


async def test_a_function_that_is_missing_is_named():
    """Not ready, and in progress: GitOps may bring the Function after the Workflow."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object())
        assert said(world, "ResolvedRefs")["status"] == "False"
        assert said(world, "ResolvedRefs")["reason"] == "FunctionNotFound"
        assert "'sum'" in said(world, "ResolvedRefs")["message"]
        assert said(world, "Ready")["status"] == "False"
        assert said(world, "Reconciling")["status"] == "True"
        assert world.stored("workflow", "orders")["status"]["revision"]


async def test_it_is_ready_as_soon_as_the_function_is():
    """Told by the Function's own events."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object())
        await world.apply("function", function_object())
        await look(world)
        assert said(world, "ResolvedRefs")["status"] == "True"
        assert said(world, "Ready")["status"] == "True"
        assert said(world, "Reconciling") is None


async def test_a_function_that_is_not_ready_is_named_with_its_reason():
    """And so is one that went."""
    async with kube_world() as world:
        await world.apply("function", function_object(**CODE))
        await world.apply("workflow", workflow_object())
        assert said(world, "ResolvedRefs")["reason"] == "FunctionNotReady"
        assert "ConfigMap 'src'" in said(world, "ResolvedRefs")["message"]
        await world.show("function", world.stored("function", "sum"), "DELETED")
        await look(world)
        assert said(world, "ResolvedRefs")["reason"] == "FunctionNotFound"


async def test_what_does_not_come_is_stalled():
    """A unit that waits for the Workflow ends with the sentence, it does not hang; and it heals."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object())
        await look(world)
        await look(world, GRACE_SECONDS)
        assert said(world, "Stalled")["reason"] == "FunctionNotFound"
        await world.apply("function", function_object())
        await look(world)
        assert said(world, "Ready")["status"] == "True"
        assert said(world, "Stalled") is None


async def test_only_those_that_call_it_are_looked_at():
    """A Function among a thousand Workflows concerns its own alone."""
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    async with kube_world() as world:
        for number in range(100):
            item = a_workflow(f"other-{number}")
            await world.apply("workflow", {**item, "spec": {"definition": definition}})
        await world.apply("workflow", workflow_object())
        await look(world)
        world.api.requests.clear()
        await world.apply("function", function_object())
        await world.catch_up()
        told = {path for method, path in world.api.requests if method == "PUT"}
        assert told == {
            f"{PATHS['function']}/sum/status",
            f"{PATHS['workflow']}/orders/status",
        }


async def test_many_that_are_missing_are_counted():
    """A condition stays readable."""
    states = {
        f"S{it}": {"Type": "Task", "Resource": f"asw:function:f-{it}", "Next": f"S{it + 1}"}
        for it in range(9)
    }
    definition = {"StartAt": "S0", "States": {**states, "S9": {"Type": "Succeed"}}}
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=definition))
        assert said(world, "ResolvedRefs")["message"].endswith("; and 4 more")


async def test_without_functions_there_is_nothing_to_resolve():
    """True, so that waiting for the condition ends for every Workflow."""
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=definition))
        assert said(world, "ResolvedRefs")["status"] == "True"
        assert said(world, "Ready")["status"] == "True"


async def test_a_broken_definition_is_told_first():
    """What it calls is not known."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition={"StartAt": "A", "States": {}}))
        assert said(world, "Ready")["reason"] == "InvalidDefinition"
        assert said(world, "ResolvedRefs") is None
