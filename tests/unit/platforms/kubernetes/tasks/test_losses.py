"""A lost task is started anew only once nothing of it runs, or can come to run."""

import json

import pytest
from aiohttp import web

from asw.engine.task_ids import TaskId
from asw.reconciler.platform import Unavailable
from tests.support.kube_objects import (
    CREATED,
    KEY,
    UID,
    a_pod,
    execution_object,
    function_object,
    running,
    terminated,
    workflow_object,
)
from tests.support.kube_world import PATHS, again, kube_world

TASK = TaskId(UID, 1)
JOB = "order-1-0b2bd0a47c0c-1"
NEXT_JOB = "order-1-0b2bd0a47c0c-2"
GRACE = {"deleted_at": "2026-01-01T12:00:30Z"}
"""Deleted with 30 s to end."""


async def begun(world, *, function=(), workflow=()):
    """An execution whose task has a Job; these are fields of the specs."""
    await world.apply("function", function_object(**dict(function)))
    await world.apply("workflow", workflow_object(**dict(workflow)))
    await world.apply("execution", execution_object())
    await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)


def pod_of(world, state=None, **fields):
    """A pod of the task's Job."""
    pod = a_pod(state, **fields)
    job = world.feed.cache.tasks[next(iter(world.feed.cache.tasks))].job
    pod["metadata"]["ownerReferences"][0]["uid"] = job.uid
    return pod


async def put_pod(world, state, **fields):
    """It comes to be, or changes, and a watch tells."""
    return await world.apply("pod", pod_of(world, state, **fields))


async def remove_job(world):
    """It is there no more, and a watch tells."""
    await world.show("job", world.api.objects.pop(f"{PATHS['job']}/{JOB}"), "DELETED")


async def remove_pod(world, pod):
    """It is there no more."""
    world.api.objects.pop(f"{PATHS['pod']}/{pod['metadata']['name']}", None)
    await world.show("pod", pod, "DELETED")


def _has(world, name):
    return f"{PATHS['job']}/{name}" in world.api.objects


def failing(world):
    """The Job as it is told of once its controller counts its pod as failed."""
    told = {"type": "FailureTarget", "status": "True", "reason": "BackoffLimitExceeded"}
    conditions = [{**told, "lastTransitionTime": CREATED}]
    return {**world.stored("job", JOB), "status": {"conditions": conditions}}


def is_told(world):
    """Whether the loss is among the facts."""
    return any(hasattr(fact, "reason") for fact in world.feed.cache.facts(KEY, TASK) or ())


def deletions(world):
    """Policy of each deletion of the task's Job."""
    asked = zip(world.api.requests, world.api.bodies, strict=True)
    bodies = [body for (method, path), body in asked if method == "DELETE" and path.endswith(JOB)]
    return [json.loads(body)["propagationPolicy"] for body in bodies]


async def test_a_job_that_lost_its_pod_uncounted_goes_before_the_next_try():
    """Its controller would make another pod, which would run beside the next try."""
    async with kube_world() as world:
        await begun(world)
        pod = await put_pod(world, running())
        job = world.stored("job", JOB)
        await remove_pod(world, pod)
        assert not is_told(world)
        await world.platform.tasks.remove_lost()
        assert deletions(world) == ["Foreground"]
        assert not is_told(world)
        second = await put_pod(world, running(), uid="pod-2", **GRACE)
        await world.show("job", job, "DELETED")
        await world.sweeper.tick()
        assert not is_told(world)
        assert not _has(world, NEXT_JOB)
        await remove_pod(world, second)
        world.time.pass_(35)
        await world.sweeper.tick()
        assert is_told(world)
        world.time.pass_(5)
        await world.until(lambda: "Asw.TaskDeleted" in str(world.status["history"]))


async def test_a_job_that_will_make_no_pod_tells_its_loss_at_once():
    """A drained task is not kept waiting: its Job counts it as failed while it ends."""
    async with kube_world() as world:
        await begun(world)
        await put_pod(world, running(), **GRACE)
        await world.show("job", failing(world))
        assert not is_told(world)
        await put_pod(world, terminated(143), **GRACE)
        assert is_told(world)
        await world.platform.tasks.remove_lost()
        assert deletions(world) == []


async def test_a_job_that_was_deleted_leaves_its_pod_to_end():
    """The pod of a Job that somebody deleted has its grace period: the next try waits for it."""
    async with kube_world() as world:
        await begun(world)
        pod = await put_pod(world, running())
        await remove_job(world)
        assert not is_told(world)
        await put_pod(world, running(), **GRACE)
        assert not is_told(world)
        await remove_pod(world, {**pod, **await put_pod(world, terminated(143), **GRACE)})
        assert is_told(world)


async def test_a_pod_that_was_removed_by_force_has_its_grace_period():
    """The kubelet ends it all the same, and gives it the time that every pod has."""
    async with kube_world() as world:
        await begun(world)
        await remove_pod(world, await put_pod(world, running()))
        await remove_job(world)
        world.time.pass_(34)
        await world.sweeper.tick()
        assert not is_told(world)
        world.time.pass_(1)
        await world.sweeper.tick()
        await world.until(lambda: "Asw.TaskDeleted" in str(world.status["history"]))


async def test_a_pod_that_had_no_node_had_nothing_to_end():
    """A pod that was removed before any kubelet had it is not waited for."""
    async with kube_world() as world:
        await begun(world)
        pod = pod_of(world)
        del pod["spec"]["nodeName"]
        await remove_pod(world, await world.apply("pod", pod))
        await remove_job(world)
        assert is_told(world)


async def test_a_node_that_does_not_answer_holds_nothing_up_for_ever():
    """After nodeLostAfter the task is started anew, though its pod may still run there."""
    async with kube_world() as world:
        await begun(world)
        await put_pod(world, running(), **GRACE)
        await remove_job(world)
        world.time.pass_(329)
        await world.sweeper.tick()
        assert not is_told(world)
        world.time.pass_(11)
        await world.sweeper.tick()
        await world.until(lambda: "Asw.NodeLost" in str(world.status["history"]))


async def test_a_job_that_does_not_count_its_pod_is_removed():
    """A pod that ended without the finalizer of the Job controller is no failure to it."""
    async with kube_world() as world:
        await begun(world)
        await put_pod(world, terminated(143), **GRACE)
        await world.sweeper.tick()
        await world.platform.tasks.remove_lost()
        assert deletions(world) == []
        world.time.pass_(10)
        await world.sweeper.tick()
        await world.platform.tasks.remove_lost()
        assert deletions(world) == ["Foreground"]


async def test_a_removal_that_fails_is_tried_again():
    """An API server that does not answer lets no second pod live."""
    async with kube_world() as world:
        await begun(world)
        await remove_pod(world, await put_pod(world, running()))
        world.api.fail("DELETE", JOB, web.Response(status=503))
        with pytest.raises(Unavailable):
            await world.platform.tasks.remove_lost()
        assert not is_told(world)
        await world.sweeper.tick()
        await world.platform.tasks.remove_lost()
        assert deletions(world) == ["Foreground"] * 2


async def test_an_outcome_that_comes_before_the_pod_is_gone_counts():
    """Who deletes the Job of a task that is about to deliver loses nothing."""
    async with kube_world() as world:
        await begun(world)
        await put_pod(world, running())
        await remove_job(world)
        await put_pod(world, terminated(0, '{"output": "done"}'))
        await world.until(lambda: world.status["phase"] == "Succeeded")


async def test_a_task_that_we_ended_is_not_waited_for():
    """Whether the pod of a cancelled task still ends concerns nobody."""
    async with kube_world() as world:
        await begun(world)
        await put_pod(world, running())
        await world.platform.tasks.delete_job(KEY, TASK)
        assert is_told(world)


GOES_ON, FAILS = ("Running", None), ("Failed", "Asw.TaskDeleted")
POLICIES = {
    "nobody says": ({}, {}, GOES_ON),
    "the Function": ({"onLost": "Fail"}, {}, FAILS),
    "the Workflow": ({}, {"onLost": "Fail"}, FAILS),
    "the Function goes before the Workflow": ({"onLost": "Retry"}, {"onLost": "Fail"}, GOES_ON),
}


@pytest.mark.parametrize(("function", "workflow", "end"), POLICIES.values(), ids=POLICIES.keys())
async def test_who_says_that_a_lost_task_fails(function, workflow, end):
    """A loss has free retries, unless Function or else Workflow says Fail."""
    async with kube_world() as world:
        await begun(world, function=function, workflow=workflow)
        await world.show("job", failing(world))
        await put_pod(world, terminated(143), **GRACE)
        await world.until(lambda: "Asw.TaskDeleted" in str(world.status["history"]))
        assert (world.status["phase"], world.status.get("error")) == end


async def test_what_must_not_repeat_stays_so_when_its_job_is_gone_unseen():
    """An operator that was away finds nothing of the task but the record, which says it."""
    async with kube_world() as world:
        await begun(world, function={"onLost": "Fail"})
        await put_pod(world, running())
        await world.until(lambda: "may_repeat" in world.status["record"])
        world.api.objects.pop(f"{PATHS['job']}/{JOB}")
        for path in [it for it in world.api.objects if it.startswith(PATHS["pod"])]:
            del world.api.objects[path]
        async with again(world) as successor:
            await successor.begin()
            await successor.until(lambda: successor.status["phase"] == "Failed")
            assert successor.status["error"] == "Asw.TaskLost"


async def test_a_job_at_its_end_is_left_for_its_logs():
    """While a pod that was removed by force has its grace period, the Job is in nobody's way."""
    async with kube_world() as world:
        await begun(world)
        pod = await put_pod(world, running())
        await world.show("job", failing(world))
        await remove_pod(world, pod)
        assert not is_told(world)
        await world.platform.tasks.remove_lost()
        assert deletions(world) == []
        world.time.pass_(35)
        await world.sweeper.tick()
        assert is_told(world)
