"""What is not in memory may still be there, and what was seen may not be recorded yet."""

import pytest
from aiohttp import web

from asw.api.workflow import Retention
from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.watch.listing import fill_cache
from tests.support.kube_objects import (
    KEY,
    UID,
    a_pod,
    execution_object,
    function_object,
    terminated,
    workflow_object,
)
from tests.support.kube_world import PATHS, again, kube_world

TASK = TaskId(UID, 1)
JOB = "order-1-0b2bd0a47c0c-1"
BROKEN = {"StartAt": "Nowhere", "States": {}}
WORKFLOW_WAIT_SECONDS = 300


async def begun(world):
    """An execution whose task has a Job."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object())
    await world.apply("execution", execution_object())
    await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)


def done(world):
    """The pod of the task's Job, which left its outcome."""
    pod = a_pod(terminated(0, '{"output": "done"}'))
    pod["metadata"]["ownerReferences"][0]["uid"] = world.stored("job", JOB)["metadata"]["uid"]
    return pod


def mended(world):
    """The Workflow as somebody wrote it meanwhile."""
    item = workflow_object()
    item["metadata"]["generation"] = 2
    return world.api.put(PATHS["workflow"], item)


@pytest.mark.parametrize("seen", [None, BROKEN], ids=["never seen", "seen with its mistake"])
async def test_workflow_that_no_watch_told_of_fails_nobody(seen):
    """Before an execution fails for want of a Workflow, the API server is asked for that."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        if seen is not None:
            await world.apply("workflow", workflow_object(definition=seen))
        item = mended(world)
        world.time.pass_(WORKFLOW_WAIT_SECONDS)
        await world.apply("execution", execution_object())
        await world.until(lambda: ("GET", f"{PATHS['workflow']}/orders") in world.api.requests)
        await world.show("workflow", item)
        await world.until(lambda: world.status.get("phase") == "Running")


@pytest.mark.parametrize(
    ("definition", "error"),
    [(None, "Asw.WorkflowNotFound"), (BROKEN, "Asw.InvalidDefinition")],
    ids=["missing", "with a mistake"],
)
async def test_workflow_that_is_not_there_fails_whoever_waits(definition, error):
    """What the API server confirms counts."""
    async with kube_world() as world:
        if definition is not None:
            await world.apply("workflow", workflow_object(definition=definition))
        world.time.pass_(WORKFLOW_WAIT_SECONDS)
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == error


async def test_job_of_an_execution_that_is_not_loaded_stays():
    """After a restart nobody knows yet whether the end of its task is recorded."""
    async with kube_world() as world:
        await begun(world)
        at = "2026-01-01T12:00:03Z"
        over = {"type": "Complete", "status": "True", "lastTransitionTime": at}
        job = world.stored("job", JOB)
        await world.reconciler.stop()
        world.api.put(PATHS["job"], {**job, "status": {"conditions": [over]}})
        world.api.put(PATHS["pod"], done(world))
        async with again(world) as second:
            second.time.pass_(3600)
            second.feed.cache.retention = Retention(job_seconds=0)
            for kind in ("pod", "job"):
                (item,) = second.api.named(f"{PATHS[kind]}/")
                await second.show(kind, item)
            second.feed.cache.put_execution(second.stored("execution"))
            await second.sweeper.sweep()
            assert second.api.named(f"/jobs/{JOB}")
            await fill_cache(second.client, second.feed, (None,))
            second.reconciler.reload(KEY)
            await second.until(lambda: second.status["phase"] == "Succeeded")
            await second.swept(lambda: not second.api.named(f"/jobs/{JOB}"))


async def test_end_that_was_seen_outlives_its_job():
    """A Job that is deleted before its task's end is recorded takes nothing along."""
    async with kube_world() as world:
        await begun(world)
        world.api.fail("PUT", "/status", web.Response(status=503))
        await world.apply("pod", done(world))
        job = world.api.objects.pop(f"{PATHS['job']}/{JOB}")
        await world.show("job", job, "DELETED")
        end = world.feed.cache.facts(KEY, TASK)[-1]
        assert isinstance(end, TaskSucceeded)
        await world.until(lambda: world.status["phase"] == "Succeeded")
        assert world.status["output"] == "done"
