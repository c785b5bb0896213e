"""Executions past their time are deleted, or emptied to a tombstone."""

import pytest
from aiohttp import web

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import collection
from tests.support.kube_objects import KEY, UID, execution_object, function_object, workflow_object
from tests.support.kube_world import KubeWorld, kube_world

TASK = TaskId(UID, 1)
RETENTION = {"succeeded": {"ttlSeconds": 60}}
HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop"},
}


async def finished(world: KubeWorld, output=1, **metadata):
    """An execution that succeeded a minute ago, as the cache knows it."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object(retention=RETENTION))
    item = execution_object()
    item["metadata"] |= metadata
    await world.apply("execution", item)
    await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)
    await world.inbox.deliver(TaskSucceeded(task_id=TASK, at=world.time.now, output=output))
    await world.until(lambda: not world.reconciler.live)
    await world.show("execution", world.stored("execution"))
    world.time.pass_(60)


def owned(world: KubeWorld, kind):
    """Objects of the execution, of this kind."""
    labels = [item["metadata"].get("labels", {}) for item in world.api.named(kind)]
    return [each for each in labels if each.get("asw.dev/execution-uid") == UID]


async def test_an_execution_past_its_time_is_deleted():
    """Not a second earlier, and only once."""
    async with kube_world() as world:
        await finished(world)
        world.time.pass_(-0.1)
        await world.retirement.retire()
        assert world.api.named("/executions/")
        world.time.pass_(0.1)
        await world.retirement.retire()
        assert not world.api.named("/executions/")
        count = len(world.api.requests)
        await world.retirement.retire()
        assert len(world.api.requests) == count


async def test_a_tracked_one_becomes_a_tombstone():
    """How it went stays; record, history, output, and all objects of its own go."""
    async with kube_world() as world:
        await finished(world, output="x" * 10_000, **HELM)
        before = world.status
        assert owned(world, "/configmaps/")
        await world.retirement.retire()
        kept = {"observedGeneration", "phase", "startTime", "completionTime", "conditions"}
        assert world.status == {**{name: before[name] for name in kept}, "emptied": True}
        assert owned(world, "/jobs/") == owned(world, "/configmaps/") == []


async def test_children_of_a_tombstone_are_deleted_bit_by_bit():
    """Those of its distributed Maps, a second's worth each second, before it is emptied."""
    async with kube_world() as world:
        await finished(world, **HELM)
        for n in range(15):
            labels = {"asw.dev/parent-uid": UID}
            child = {"metadata": {"name": f"child-{n}", "labels": labels}, "spec": {}}
            world.api.put(collection("asw.dev/v1alpha1", "shop", "executions"), child)
        for left in (5, 0):
            await world.retirement.retire()
            assert len(world.api.named("/executions/child-")) == left
            assert "emptied" not in world.status
            world.time.pass_(1)
        await world.retirement.retire()
        assert world.status["emptied"]


async def test_a_tombstone_is_never_run_again():
    """Neither a restart, nor a change of its spec, nor time makes anything of it.

    A redrive is refused with that reason, and changes nothing but the condition that says so.
    """
    async with kube_world() as world:
        await finished(world, **HELM)
        await world.retirement.retire()
        emptied = world.status
        item = world.stored("execution")
        edited = {
            **item,
            "metadata": {**item["metadata"], "generation": 2},
            "spec": {**item["spec"], "suspend": True, "redrive": {"number": 1}},
        }
        await world.apply("execution", edited)
        world.reconciler.resume_all([KEY])
        await world.until(lambda: not world.reconciler.live)
        world.time.pass_(1e9)
        await world.retirement.retire()
        refused = world.status["conditions"][-1]
        assert refused["type"] == "Redriven"
        assert "retention removed" in refused["message"]
        told = [{**each, "observedGeneration": 2} for each in emptied["conditions"]]
        news = {"conditions": [*told, refused], "observedGeneration": 2}
        assert world.status == {**emptied, **news}
        assert world.api.named("/jobs/") == []


async def test_an_interrupted_emptying_is_finished():
    """What a crash left behind is named by the status, and goes next time."""
    async with kube_world() as world:
        await finished(world, output="x" * 10_000, **HELM)
        world.api.fail("DELETE", "/configmaps/", web.Response(status=503))
        with pytest.raises(Unavailable):
            await world.retirement.retire()
        assert world.status["emptied"]
        assert world.status["pages"]
        await world.show("execution", world.stored("execution"))
        await world.retirement.retire()
        assert "pages" not in world.status
        assert owned(world, "/configmaps/") == []


async def test_one_that_runs_again_stays():
    """What the cache does not know yet, the object does: it is looked at before it goes."""
    async with kube_world() as world:
        await finished(world)
        item = world.stored("execution")
        world.api.put(
            collection("asw.dev/v1alpha1", "shop", "executions"),
            {**item, "status": {**item["status"], "phase": "Running"}},
        )
        await world.retirement.retire()
        assert world.api.named("/executions/")


async def test_a_refusal_is_put_off():
    """What the API server refuses is tried again a minute later, not every second."""
    async with kube_world() as world:
        await finished(world)
        world.api.fail("DELETE", "/executions/", web.Response(status=403))
        await world.retirement.retire()
        await world.retirement.retire()
        assert world.api.named("/executions/")
        world.time.pass_(60)
        await world.retirement.retire()
        assert not world.api.named("/executions/")


async def test_jobs_go_when_the_workflow_says_so():
    """JobSeconds of the Workflow: 0 means as soon as the minute is over."""
    async with kube_world() as world:
        await finished(world)
        edited = workflow_object(retention={"jobSeconds": 0})
        await world.apply("workflow", edited)
        (job,) = world.api.named("/jobs/")
        at = world.time.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        job["status"] = {
            "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": at}]
        }
        await world.show("job", job)
        world.time.pass_(59)
        await world.sweeper.sweep()
        assert world.api.named("/jobs/")
        world.time.pass_(1)
        await world.sweeper.sweep()
        assert not world.api.named("/jobs/")
