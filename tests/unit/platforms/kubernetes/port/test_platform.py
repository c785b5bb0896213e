"""The platform, the feed and the real reconciler over an API server in memory."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from aiohttp.web import json_response

from asw.engine.facts import TaskFailed, TaskHeartbeat, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.workflows.functions import FUNCTION_NOT_FOUND
from asw.reconciler.deliveries import Delivery
from tests.support.kube_api import collection
from tests.support.kube_objects import (
    KEY,
    UID,
    a_pod,
    events_of,
    execution_object,
    function_object,
    terminated,
    waiting,
    workflow_object,
)
from tests.support.kube_world import again, kube_world

TASK = TaskId(UID, 1)
JOB = "order-1-0b2bd0a47c0c-1"
MAPS = collection("v1", "shop", "configmaps")
RETRYING = {
    "StartAt": "Add",
    "States": {
        "Add": {
            "Type": "Task",
            "Resource": "asw:function:sum",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}],
            "End": True,
        }
    },
}


@asynccontextmanager
async def a_world(execution=None, **workflow):
    """A world with Function and Workflow, and the Execution if one is given."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object(**workflow))
        if execution is not None:
            await world.apply("execution", execution)
        yield world


def succeeded(output, ordinal=1):
    return TaskSucceeded(task_id=TaskId(UID, ordinal), at=None, output=output)


async def finish(world, output=15):
    await world.until(lambda: world.api.named("/jobs/"))
    fact = TaskSucceeded(task_id=TASK, at=world.time.now, output=output)
    assert await world.inbox.deliver(fact) is Delivery.SAVED


async def show_pod(world, state, **fields):
    await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)
    pod = a_pod(state, **fields)
    job = world.stored("job", JOB)
    pod["metadata"]["ownerReferences"][0]["uid"] = job["metadata"]["uid"]
    await world.apply("pod", pod)


async def test_one_task_takes_four_writes():
    """Tokens and status side by side, then the Job, then the status: no more.

    Nothing is read but, now and then, LimitRanges of the namespace, beside the tokens, and its
    TaskDefaults, before the Job.
    """
    async with a_world() as world:
        world.api.requests.clear()
        await world.apply("execution", execution_object(input={"values": [1, 2]}))
        await finish(world)
        assert world.status["phase"] == "Succeeded"
        assert world.status["output"] == 15
        made = [(method, path.split("/")[-1]) for method, path in world.api.requests]
        assert sorted(made[:3]) == [
            ("GET", "limitranges"),
            ("POST", "secrets"),
            ("PUT", "status"),
        ]
        assert made[3:] == [("GET", "default"), ("POST", "jobs"), ("PUT", "status")]


async def test_event_reaches_the_job():
    """The payload is the state's input."""
    async with a_world(execution_object(input={"a": 1})) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        env = world.stored("job", JOB)["spec"]["template"]["spec"]["containers"][0]["env"]
        assert {"name": "ASW_EVENT", "value": '{"a":1}'} in env
        await finish(world)


async def test_definition_is_pinned_with_its_workflow():
    """The Execution names a revision that outlives the Workflow's next edit."""
    async with a_world(execution_object()) as world:
        await finish(world)
        (revision,) = world.api.named("controllerrevisions")
        assert world.status["revision"] == revision["metadata"]["name"]
        workflow = world.stored("workflow", "orders")
        assert workflow["status"]["revision"] == revision["metadata"]["name"]
        assert workflow["status"]["functions"] == ["sum"]


async def test_execution_waits_for_its_workflow():
    """It starts as soon as the Workflow is there, with its default input."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("execution", execution_object())
        await asyncio.sleep(0.02)
        assert world.api.named("/jobs/") == []
        await world.apply("workflow", workflow_object(defaultInput={"a": 1}))
        await finish(world)
        assert events_of(world.status)[0]["input"] == '{"a":1}'


async def test_function_that_is_not_there_fails_catchably():
    """AWS's name for it, which Catch can match: at once, where the Execution is not new."""
    async with kube_world() as world:
        world.time.pass_(300)
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == FUNCTION_NOT_FOUND


async def test_function_that_no_watch_told_of_is_found():
    """``kubectl apply -f dir/`` may create it a moment before: the server is asked once."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object())
        world.api.put(collection("asw.dev/v1alpha1", "shop", "functions"), function_object())
        await world.apply("execution", execution_object())
        await finish(world)
        assert world.status["phase"] == "Succeeded"


async def test_invalid_workflow_says_what_is_wrong():
    """Problems with their place, and a condition that kstatus reads."""
    async with kube_world() as world:
        definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
        await world.apply("workflow", workflow_object(definition=definition))
        status = world.stored("workflow", "orders")["status"]
        assert [each["type"] for each in status["conditions"]] == ["Ready", "Stalled"]
        assert status["conditions"][0]["reason"] == "InvalidDefinition"
        assert any("/States/A/Next" in problem["path"] for problem in status["problems"])
        assert "revision" not in status


async def test_definitions_are_written_once():
    """Our own status comes back as an event and changes nothing."""
    async with a_world() as world:
        before = len(world.api.writes())
        for kind, name in (("workflow", "orders"), ("function", "sum")):
            await world.show(kind, world.stored(kind, name))
        assert len(world.api.writes()) == before


async def test_result_in_the_pod_counts():
    """A task that cannot push is found by what it left in its pod."""
    async with a_world(execution_object()) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        await show_pod(world, terminated(message='{"output": 15}'))
        await world.until(lambda: world.status.get("phase") == "Succeeded")
        assert world.status["output"] == 15


async def test_image_that_cannot_be_pulled_is_given_up_and_its_job_deleted():
    """A pod that comes to run late must not run beside its successor."""
    async with a_world(execution_object(), definition=RETRYING) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        await show_pod(world, waiting("ImagePullBackOff", "no such image"))
        await asyncio.sleep(0.01)
        assert world.api.named(f"/jobs/{JOB}")
        world.time.pass_(61)
        await world.sweeper.tick()
        await world.until(lambda: not world.api.named(f"/jobs/{JOB}"))
        await world.until(lambda: len(world.status["history"]) > 3)


async def test_push_leaves_the_job():
    """A pod that pushed ends by itself; its logs are to be read."""
    async with a_world(execution_object()) as world:
        await finish(world)
        assert world.api.named(JOB)


async def test_late_result_is_dropped():
    """The second outcome of a task changes nothing."""
    async with a_world(execution_object()) as world:
        await finish(world)
        late = TaskFailed(task_id=TASK, at=world.time.now, error="E")
        assert await world.inbox.deliver(late) is Delivery.LATE
        assert world.status["output"] == 15


async def test_result_for_nobody():
    """An execution that is not there is gone."""
    async with kube_world() as world:
        fact = TaskHeartbeat(task_id=TaskId("nobody", 1), at=world.time.now)
        assert await world.inbox.deliver(fact) is Delivery.GONE
        assert await world.inbox.event(TaskId("nobody", 1)) is None


async def test_large_values_take_pages():
    """The status stays small; the record reads back after a restart, and the event is served."""
    large = {"order": ["x" * 5000]}
    async with a_world() as world:
        source = {"metadata": {"name": "in"}, "immutable": True}
        text = '{"order":["' + "x" * 5000 + '"]}'
        world.api.put(MAPS, {**source, "data": {"v": text}})
        reference = {"configMapRef": {"name": "in", "key": "v"}}
        await world.apply("execution", execution_object(inputFrom=reference))
        await world.until(lambda: world.api.named("/jobs/"))
        assert len(world.status["record"]) < 3000
        assert len(world.status["pages"]) == 1
        assert await world.inbox.event(TASK) == text
        world.platform.forget(UID)
        assert await world.inbox.event(TASK) == text
        world.reconciler.reload(KEY)
        fact = TaskSucceeded(task_id=TASK, at=world.time.now, output=large)
        assert await world.inbox.deliver(fact) is Delivery.SAVED
        name = world.status["outputRef"]["name"]
        assert world.api.objects[f"{MAPS}/{name}"]["data"]["value"] == text


INPUTS = {
    "text is kept to the letter": ({"inputText": "[1.0]"}, "[1.0]"),
    "null is an input": ({"input": None}, "null"),
    "none is an empty object": ({}, "{}"),
}


@pytest.mark.parametrize(("spec", "text"), INPUTS.values(), ids=INPUTS.keys())
async def test_input(spec, text):
    """Where the input comes from, and what it is."""
    async with a_world(execution_object(**spec)) as world:
        await finish(world)
        assert events_of(world.status)[0]["input"] == text


BAD_INPUTS = {
    "no JSON": ({"inputText": "{"}, "spec.inputText is not JSON"),
    "too large": ({"inputText": '"' + "x" * 262_143 + '"'}, "262145 bytes"),
    "no UTF-8": ({"inputText": '"\\ud800"'}, "not UTF-8"),
    "no such object": (
        {"inputFrom": {"configMapRef": {"name": "no", "key": "v"}}},
        "does not exist",
    ),
    "an object that can change": (
        {"inputFrom": {"configMapRef": {"name": "soft", "key": "v"}}},
        "set immutable: true",
    ),
    "no such key": ({"inputFrom": {"configMapRef": {"name": "hard", "key": "w"}}}, "no key 'w'"),
}


@pytest.mark.parametrize(("spec", "cause"), BAD_INPUTS.values(), ids=BAD_INPUTS.keys())
async def test_bad_input(spec, cause):
    """An input that cannot be had fails the execution with the remedy."""
    async with a_world() as world:
        world.api.put(MAPS, {"metadata": {"name": "soft"}, "data": {"v": "1"}})
        world.api.put(MAPS, {"metadata": {"name": "hard"}, "data": {"v": "1"}, "immutable": True})
        await world.apply("execution", execution_object(**spec))
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.InvalidInput"
        assert cause in world.status["cause"]


async def test_stop_is_seen():
    """spec.stop changes the generation, which reloads the execution."""
    async with a_world(execution_object()) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        item = world.stored("execution")
        item["spec"]["stop"] = {"error": "Enough"}
        item["metadata"]["generation"] = 2
        await world.apply("execution", item)
        await world.until(lambda: world.status.get("phase") == "Aborted")
        assert world.status["error"] == "Enough"
        assert world.status["observedGeneration"] == 2
        await world.until(lambda: not world.api.named(JOB))


async def test_foreign_write_is_survived():
    """Somebody labels the Execution meanwhile: the save is fenced, reloads and goes on."""
    async with a_world(execution_object()) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        world.api.put(
            collection("asw.dev/v1alpha1", "shop", "executions"), world.stored("execution")
        )
        await finish(world)
        assert world.status["phase"] == "Succeeded"
        assert world.reconciler.counters.conflicts == 1


async def test_deleted_execution_is_forgotten():
    """Nothing is held of what is gone."""
    async with a_world(execution_object()) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        item = world.api.objects.pop(
            f"{collection('asw.dev/v1alpha1', 'shop', 'executions')}/order-1"
        )
        await world.show("execution", item, "DELETED")
        await world.until(lambda: not world.reconciler.live)
        assert world.platform.executions.record(UID) is None
        assert UID not in world.feed.cache.executions


async def test_job_of_a_stranger_is_no_start():
    """A Job under our name that is not ours fails the task and is left alone."""
    async with a_world() as world:
        jobs = collection("batch/v1", "shop", "jobs")
        world.api.put(jobs, {"metadata": {"name": JOB, "labels": {}}, "spec": {}})
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.StartFailed"
        assert "somebody else" in world.status["cause"]
        assert world.api.named(JOB)


def refuse_job(world):
    message = 'jobs.batch "x" is forbidden: exceeded quota: tiny, requested: count/jobs.batch=1'
    world.api.fail("POST", "/jobs", json_response({"message": message}, status=403))


async def test_job_that_a_quota_refuses_waits_for_room():
    """A quota that is used up may have room again: the start is made good then."""
    async with a_world() as world:
        refuse_job(world)
        await world.apply("execution", execution_object())
        await world.until(lambda: ("POST", collection("batch/v1", "shop", "jobs")) in posts(world))
        assert world.api.named("/jobs/") == []
        assert world.status["phase"] == "Running"
        await world.until(lambda: passing(world, 1) and world.api.named("/jobs/"))
        await finish(world)
        assert world.status["phase"] == "Succeeded"


async def test_job_that_a_quota_refuses_for_too_long_fails():
    """The wait for room in a quota is bounded, and ends in an error that names the quota."""
    async with a_world() as world:
        refuse_job(world)
        await world.apply("execution", execution_object())
        await world.until(lambda: ("POST", collection("batch/v1", "shop", "jobs")) in posts(world))
        for _ in range(50):
            refuse_job(world)
        await world.until(lambda: passing(world, 30) and world.status.get("phase") == "Failed")
        assert "1 task waits to start" in told_before(world)
        assert world.status["error"] == "Asw.QuotaExceeded"
        assert "exceeded quota: tiny" in world.status["cause"]


async def test_patience_with_a_quota_outlives_the_operator():
    """It counts from the first refusal, whoever was refused: a restart does not begin it anew."""
    async with a_world() as world:
        for _ in range(50):
            refuse_job(world)
        await world.apply("execution", execution_object())
        await world.until(lambda: passing(world, 1) and "held_at" in str(world.status))
        begun = json.loads(world.status["record"])["frames"][0]["waiting"]["held_at"]
        world.time.pass_(400)
        async with again(world) as successor:
            await successor.begin()
            await successor.until(lambda: passing(successor, 5) and ended(successor))
            patience = successor.time.now - datetime.fromisoformat(begun)
            assert successor.status["error"] == "Asw.QuotaExceeded"
            assert patience < timedelta(seconds=700)


def ended(world):
    return world.status.get("phase") == "Failed"


def passing(world, seconds):
    world.time.pass_(seconds)
    world.reconciler.wake(KEY)
    return True


def told_before(world):
    """What the status said at any time before the last one."""
    return b"".join(body for body in world.api.bodies if b'"status":' in body).decode()


def posts(world):
    return [(method, path) for method, path in world.api.requests if method == "POST"]


async def test_job_that_is_there_already_is_adopted():
    """A start that was repeated after a crash is no second start."""
    async with a_world(execution_object()) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        world.feed.cache.tasks.clear()
        world.platform.forget(UID)
        world.reconciler.reload(KEY)
        await finish(world)
        assert len(world.api.named("/jobs/")) == 1


async def test_code_in_a_config_map_is_pinned_as_it_is():
    """What the user's ConfigMap holds when a task starts is what the task runs."""
    async with kube_world() as world:
        world.api.put(MAPS, {"metadata": {"name": "src"}, "data": {"index.py": "pass"}})
        code = {"configMapRef": {"name": "src"}}
        await world.apply("function", function_object(code=code))
        status = world.stored("function", "sum")["status"]
        assert status["codeRef"] != "src"
        pinned = world.api.objects[f"{MAPS}/{status['codeRef']}"]
        assert pinned["data"] == {"code": '{"index.py":"pass"}'}


async def test_an_edit_reaches_the_next_task_of_a_run_and_none_that_has_started():
    """The Workflow's revision pins what is called; each start pins the code that it runs."""
    two = {**RETRYING["States"]["Add"], "Next": "Again"}
    del two["End"]
    states = {"Add": two, "Again": RETRYING["States"]["Add"]}
    chain = {"StartAt": "Add", "States": states}
    async with a_world(execution_object(), definition=chain) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        edited = function_object(code={"inline": {"index.py": "other = 1"}})
        edited["metadata"]["generation"] = 2
        await world.apply("function", edited)
        other = workflow_object(definition=RETRYING)
        other["metadata"]["generation"] = 2
        await world.apply("workflow", other)
        await finish(world)
        await world.until(lambda: len(world.api.named("/jobs/")) == 2)
        maps = [code_of(it) for it in world.api.named("/jobs/")]
        texts = [world.api.objects[f"{MAPS}/{name}"]["data"]["code"] for name in maps]
        assert [text == '{"index.py":"other = 1"}' for text in texts] == [False, True]


def code_of(job):
    """The ConfigMap with the code of a task."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    (source,) = [it["valueFrom"] for it in container["env"] if it["name"] == "ASW_CODE"]
    return source["configMapKeyRef"]["name"]


async def test_missing_code_is_told_on_the_function():
    """The condition names the ConfigMap to be created."""
    async with kube_world() as world:
        await world.apply("function", function_object(code={"configMapRef": {"name": "src"}}))
        (ready, waiting) = world.stored("function", "sum")["status"]["conditions"]
        assert (ready["status"], waiting["type"]) == ("False", "Reconciling")
        assert ready["reason"] == "ConfigMapNotFound"
        assert "'src'" in ready["message"]


LOOP = {
    "StartAt": "Count",
    "States": {
        "Count": {
            "Type": "Pass",
            "Parameters": {"n.$": "States.MathAdd($.n, 1)"},
            "Next": "Enough",
        },
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": 4000, "Next": "Count"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


async def test_long_history_keeps_the_status_small():
    """Sixteen thousand events: chunks are merged, the list stays short, all of it is there."""
    async with a_world(execution_object(input={"n": 0}), definition=LOOP) as world:
        await world.until(lambda: world.status.get("phase") == "Succeeded", within=60)
        chunks = world.status["historyChunks"]
        ids = []
        for chunk in chunks:
            text = world.api.objects[f"{MAPS}/{chunk['name']}"]["data"]["events"]
            ids += [line["id"] for line in json.loads(text)]
        ids += [line["id"] for line in events_of(world.status)]
        assert ids == list(range(1, len(ids) + 1))
        assert len(ids) > 16_000
        assert len(json.dumps(world.status)) < 32_768
