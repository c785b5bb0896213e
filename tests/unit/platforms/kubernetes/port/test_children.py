"""Distributed Maps over an API server in memory: children as Executions, and in memory."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.observations import task_id_of
from asw.platforms.kubernetes.watch.listing import fill_cache
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import collection
from tests.support.kube_objects import (
    KEY,
    NOW,
    UID,
    execution_object,
    function_object,
    sealed,
    workflow_object,
)
from tests.support.kube_world import PATHS, again, kube_world

PASS = {"Type": "Pass", "End": True}
WAIT = {"Type": "Wait", "Seconds": 3600, "End": True}
FAIL = {"Type": "Fail", "Error": "Oops", "Cause": "bad item"}
FIRST = "0b2bd0a47c0c-c-2"
"""Name of the first child: ordinal 1 is the Map Run's."""


def a_map(state=PASS, kind="STANDARD", name="Each", **fields):
    """A distributed Map, whose children have this one state."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": name,
        "States": {name: state},
    }
    mapped = {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}
    return {"StartAt": "All", "States": {"All": mapped}}


@asynccontextmanager
async def a_world(definition, value):
    """A world in which the Map runs over the value."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=definition))
        await world.apply("execution", execution_object(input=value))
        yield world


def children(world):
    """The child Executions, in the order of their ordinals."""
    found = [it for it in world.api.named("/executions/") if "parent" in it["spec"]]
    return sorted(found, key=lambda it: it["spec"]["parent"]["ordinal"])


def phases(world):
    return [it.get("status", {}).get("phase") for it in children(world)]


async def ended(world):
    await world.until(lambda: world.status.get("phase") not in (None, "Running", "Pending"))
    return world.status["phase"]


async def test_children_are_executions_of_their_own():
    """Each belongs to the parent, runs the pinned revision and knows where it comes from."""
    async with a_world(a_map(), [1, None, "x"]) as world:
        assert await ended(world) == "Succeeded"
        assert world.status["output"] == [1, None, "x"]
        made = children(world)
        assert [it["metadata"]["name"] for it in made] == [
            f"0b2bd0a47c0c-c-{number}" for number in (2, 3, 4)
        ]
        for child in made:
            (owner,) = child["metadata"]["ownerReferences"]
            assert (owner["kind"], owner["uid"], owner["controller"]) == ("Execution", UID, True)
            assert child["metadata"]["labels"]["asw.dev/parent-uid"] == UID
            assert child["spec"]["workflowRef"]["revision"] == world.status["revision"]
            assert child["status"]["phase"] == "Succeeded"
        parent = made[0]["spec"]["parent"]
        assert (parent["name"], parent["state"]) == (KEY.name, "All")
        assert parent["workflowName"] == "orders/All"
        assert made[0]["spec"]["name"] in parent["executionArn"]


async def test_labels_reach_children_and_their_jobs():
    """Those that the settings name, through every generation; others stay where they are."""
    run = execution_object(input=[1])
    run["metadata"]["labels"] = {"team/name": "a", "other": "b", "asw.dev/kind": "task"}
    async with kube_world() as world:
        world.feed.cache.propagates = ["team/", "asw.dev/"]
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object(definition=a_map(CALL)))
        await world.apply("execution", run)
        await world.until(lambda: len(children(world)) == 1)
        (child,) = children(world)
        await world.until(lambda: world.api.named("/jobs/"))
        (job,) = world.api.named("/jobs/")
        for made in (child, job):
            labels = made["metadata"]["labels"]
            assert (labels["team/name"], labels["asw.dev/workflow"]) == ("a", "orders")
            assert "other" not in labels
        assert "asw.dev/kind" not in child["metadata"]["labels"]


async def test_a_large_input_is_an_object_of_its_own():
    """A status write drags the spec along, so what is large stays out of it."""
    large = "x" * 20_000
    async with a_world(a_map(), [large]) as world:
        assert await ended(world) == "Succeeded"
        (child,) = children(world)
        name = child["spec"]["inputFrom"]["configMapRef"]["name"]
        holder = world.api.objects[f"{collection('v1', 'shop', 'configmaps')}/{name}"]
        assert holder["immutable"]
        assert json.loads(holder["data"]["input"]) == large
        assert holder["metadata"]["ownerReferences"][0]["uid"] == UID


async def test_a_failed_child_fails_the_map_and_the_others_are_stopped():
    """Children that nobody waits for any more are asked to stop, and do."""
    state = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 0, "Next": "Bad"}],
        "Default": "Long",
    }
    definition = a_map(state)
    states = definition["States"]["All"]["ItemProcessor"]["States"]
    states |= {"Bad": FAIL, "Long": WAIT}
    async with a_world(definition, [1, 2, 0]) as world:
        assert await ended(world) == "Failed"
        assert world.status["error"] == "States.ExceedToleratedFailureThreshold"
        await world.until(lambda: all("stop" in it["spec"] for it in children(world)[:2]))
        for child in children(world)[:2]:
            await world.show("execution", child)
        await world.until(lambda: phases(world) == ["Aborted", "Aborted", "Failed"])


async def test_children_of_children():
    """A child's own distributed Map has Executions as well."""
    inner = a_map(name="Inner")["States"]["All"]
    async with a_world(a_map(inner), [[1, 2], [3]]) as world:
        assert await ended(world) == "Succeeded"
        assert world.status["output"] == [[1, 2], [3]]
        assert len(children(world)) == 5


@pytest.mark.parametrize("value", [[1, 2, 3], ["x" * 9000, "y" * 9000, 1]], ids=["small", "paged"])
async def test_a_restart_reads_ends_that_its_predecessor_did_not_tell(value):
    """What ended while nobody recorded it is read from the children, paged outputs included."""
    async with a_world(a_map(), value) as world:
        assert await ended(world) == "Succeeded"
        parent = world.stored("execution")
        # The parent as it was when its children had been started and none was recorded.
        parent["status"] = {**world.earlier(KEY.name, '"map run"'), "phase": "Running"}
        async with again(world) as next_world:
            await next_world.begin()
            assert await ended(next_world) == "Succeeded"
            assert world.status["completionTime"]
            assert len(children(world)) == 3


async def test_a_child_is_as_old_as_its_parent():
    """What waits counted from the creation of an Execution, waits once for all its children."""
    async with a_world(a_map(), [1]) as world:
        await ended(world)
        (child,) = children(world)
        child["metadata"]["creationTimestamp"] = "2026-01-01T13:00:00Z"
        await world.apply("execution", child)
        uid = child["metadata"]["uid"]
        assert world.feed.cache.executions[uid].created_at > NOW
        assert world.feed.cache.family_created_at(uid) == NOW
        assert world.feed.cache.family_created_at("nobody") is None


async def test_a_parent_made_up_by_somebody_is_refused():
    """spec.parent is the operator's: an Execution that only claims one fails, and says why."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=a_map()))
        parent = {
            "name": "x", "uid": "y", "ordinal": 1, "state": "All", "executionArn": "a",
            "workflowName": "b", "workflowArn": "c", "roleArn": "d",
        }  # fmt: skip
        await world.apply("execution", execution_object(input=[], parent=parent))
        assert await ended(world) == "Failed"
        assert "set by the operator alone" in world.status["cause"]


async def test_somebody_elses_object_under_a_childs_name_is_not_taken_for_it():
    """The start is refused, and done once the namesake is gone."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=a_map()))
        stranger = execution_object()
        stranger["metadata"] |= {"name": FIRST, "uid": "another"}
        world.api.put(PATHS["execution"], stranger)
        await world.apply("execution", execution_object(input=[1]))
        await world.until(lambda: world.reconciler.counters.refused)
        assert world.status["phase"] == "Running"


async def test_a_deleted_child_counts_as_aborted():
    """Who deletes a child in mid-run fails its item; the parent does not wait for ever."""
    async with a_world(a_map(WAIT, ToleratedFailureCount=1), [1]) as world:
        await world.until(lambda: phases(world) == ["Running"])
        (child,) = children(world)
        del world.api.objects[f"{PATHS['execution']}/{child['metadata']['name']}"]
        await world.show("execution", child, "DELETED")
        assert await ended(world) == "Succeeded"


async def test_children_that_an_ended_parent_owes_an_end_keep_it_among_the_unfinished():
    """A crash between the end and the stops leaves nobody running."""
    async with a_world(a_map(WAIT), [1, 2]) as world:
        await world.until(lambda: phases(world) == ["Running"] * 2)
        world.api.fail("PUT", FIRST, web.json_response({"message": "away"}, status=503))
        parent = world.stored("execution")
        stopped = {**parent, "spec": {**parent["spec"], "stop": {}}}
        stopped["metadata"] = {**parent["metadata"], "generation": 2}
        await world.apply("execution", stopped)
        await world.until(lambda: world.status["phase"] == "Aborted")
        async with again(world) as next_world:
            await fill_cache(next_world.client, next_world.feed, (None,))
            assert KEY in next_world.feed.cache.unfinished()


async def test_express_children_are_no_objects():
    """They run inside of the parent: a hundred cost no more than the parent's own writes."""
    async with a_world(a_map(kind="EXPRESS"), list(range(100))) as world:
        assert await ended(world) == "Succeeded"
        assert world.status["output"] == list(range(100))
        assert children(world) == []
        saves = [path for method, path in world.api.requests if path.endswith("/status")]
        assert len(saves) < 6


CALL = {"Type": "Task", "Resource": "asw:function:sum", "End": True}


@asynccontextmanager
async def a_world_of_tasks(value):
    """A world in which each express child calls a function, and all their Jobs are there."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object(definition=a_map(CALL, "EXPRESS")))
        await world.apply("execution", execution_object(input=value))
        await world.until(lambda: len(world.api.named("/jobs/")) == len(value))
        yield world


def event_of(job):
    env = job["spec"]["template"]["spec"]["containers"][0]["env"]
    return next(json.loads(it["value"]) for it in env if it["name"] == "ASW_EVENT")


def answer(world, job, output):
    fact = TaskSucceeded(task_id=task_id_of(job), at=world.time.now, output=output)
    return world.inbox.deliver(fact)


async def test_jobs_of_express_children_belong_to_the_parent():
    """They are found by its uid and go with it; a token of their own lets them answer."""
    async with a_world_of_tasks([1, 2]) as world:
        jobs = world.api.named("/jobs/")
        for job in jobs:
            assert job["metadata"]["ownerReferences"][0]["uid"] == UID
            assert job["metadata"]["labels"]["asw.dev/execution-uid"] == UID
            env = job["spec"]["template"]["spec"]["containers"][0]["env"]
            token = next(it for it in env if it["name"] == "ASW_TASK_TOKEN")
            source = token["valueFrom"]["secretKeyRef"]
            (secret,) = world.api.named(f"/secrets/{source['name']}")
            assert list(secret["stringData"]) == [source["key"]]
        for job in jobs:
            assert await answer(world, job, event_of(job) * 10) is Delivery.SAVED
        assert await ended(world) == "Succeeded"
        assert world.status["output"] == [10, 20]


async def test_jobs_of_express_children_are_found_again_after_a_restart():
    """The children run from the start, and wait for the Jobs that were there."""
    async with a_world_of_tasks([1, 2]) as world, again(world) as next_world:
        await fill_cache(next_world.client, next_world.feed, (None,))
        first, second = world.api.named("/jobs/")
        with pytest.raises(Unavailable):
            await answer(next_world, first, "too early")
        await next_world.succession.take_over()
        find = next_world.reconciler.express_task
        await next_world.until(lambda: find(task_id_of(first)) and find(task_id_of(second)))
        for job in (first, second):
            assert await answer(next_world, job, event_of(job) * 10) is Delivery.SAVED
        assert await ended(next_world) == "Succeeded"
        assert next_world.status["output"] == [10, 20]
        assert len(world.api.named("/jobs/")) == 2


async def test_a_large_event_of_an_express_child_can_be_fetched():
    """The runtime asks for it by the id of its task."""
    large = "x" * 20_000
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object(definition=a_map(CALL, "EXPRESS")))
        await world.apply("execution", execution_object(input=[large]))
        await world.until(lambda: world.api.named("/jobs/"))
        (job,) = world.api.named("/jobs/")
        assert json.loads(await world.inbox.event(task_id_of(job))) == large
        assert await world.inbox.event(TaskId("nobody", 1)) is None


async def test_a_job_that_names_another_executions_child_is_not_its_task():
    """Only what the execution itself owns counts, whatever labels say."""
    async with a_world_of_tasks([1]) as world:
        (job,) = world.api.named("/jobs/")
        forged = json.loads(json.dumps(job))
        forged["metadata"] |= {"uid": "forged", "name": "forged"}
        forged["metadata"]["labels"]["asw.dev/execution-uid"] = "other"
        forged["metadata"]["ownerReferences"][0]["uid"] = "other"
        forged["status"] = {
            "conditions": [
                {"type": "Failed", "status": "True", "lastTransitionTime": "2026-01-01T12:00:00Z"}
            ]
        }
        await world.show("job", forged)
        await asyncio.sleep(0.05)
        assert await answer(world, job, "kept") is Delivery.SAVED
        assert await ended(world) == "Succeeded"


async def test_jobs_that_no_express_child_waits_for_are_removed():
    """A Job left over by a predecessor, whose child is over, does not run on for ever."""
    async with a_world_of_tasks([1, 2]) as world:
        stray = json.loads(json.dumps(world.api.named("/jobs/")[0]))
        stray["metadata"] |= {"name": "order-1-gone-7"}
        del stray["metadata"]["uid"]
        stray["metadata"]["labels"] |= {"asw.dev/child-uid": "gone", "asw.dev/task": "7"}
        await world.apply("job", sealed(stray))
        await world.sweeper.sweep()
        world.time.pass_(61)
        await world.sweeper.sweep()
        assert world.api.named("/jobs/order-1-gone-7") == []
        assert len(world.api.named("/jobs/")) == 2
        world.reconciler.stand_down()
