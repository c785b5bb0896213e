"""Nothing that a watch does not tell of ends a task: whoever counts time looks first."""

from datetime import timedelta

import pytest
from aiohttp import web

from asw.engine.facts import TaskStarted
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import collection
from tests.support.kube_objects import (
    CREATED,
    KEY,
    UID,
    a_pod,
    execution_object,
    function_object,
    running,
    terminated,
    waiting,
    workflow_object,
)
from tests.support.kube_world import PATHS, kube_world

TASK = TaskId(UID, 1)
JOB = "order-1-0b2bd0a47c0c-1"
PATIENCE_SECONDS = 616
UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
DONE = terminated(0, '{"output": "done"}')


async def begun(world, **function):
    """An execution whose task has a Job."""
    await world.apply("function", function_object(**function))
    await world.apply("workflow", workflow_object())
    await world.apply("execution", execution_object())
    await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)


def pod_of(world, state=None, **fields):
    """The pod of the task's Job, which nobody was told of."""
    pod = a_pod(state, **fields)
    pod["metadata"]["ownerReferences"][0]["uid"] = world.stored("job", JOB)["metadata"]["uid"]
    return pod


def put_pod(world, state, **fields):
    """It comes to be, or changes, while the watch is broken."""
    return world.api.put(PATHS["pod"], pod_of(world, state, **fields))


def seen_types(world):
    return [type(fact) for fact in world.feed.cache.facts(KEY, TASK)]


async def test_task_runs_although_no_watch_told_of_its_pod():
    """A watch of pods that is broken for longer than the start timeout fails no running task."""
    async with kube_world() as world:
        await begun(world)
        put_pod(world, running())
        world.time.pass_(PATIENCE_SECONDS)
        await world.sweeper.tick()
        assert seen_types(world) == [TaskStarted]
        assert world.status["phase"] == "Running"


async def test_nobody_fails_who_cannot_be_looked_at():
    """Where the pods cannot be listed, none is missing; once they can, the task is judged."""
    async with kube_world() as world:
        await begun(world)
        world.time.pass_(PATIENCE_SECONDS)
        world.api.fail("GET", "/pods", web.Response(status=503))
        with pytest.raises(Unavailable):
            await world.sweeper.tick()
        assert world.feed.cache.facts(KEY, TASK) == ()
        world.time.pass_(10)
        await world.sweeper.tick()
        await world.until(lambda: world.status["phase"] == "Failed")
        assert world.status["error"] == "Asw.StartFailed"


async def test_why_there_is_no_pod_may_stay_unknown():
    """A right that is missing for events keeps no task from being judged."""
    async with kube_world() as world:
        await begun(world)
        put_pod(world, DONE)
        world.time.pass_(PATIENCE_SECONDS)
        world.api.fail("GET", "/events", web.Response(status=503))
        with pytest.raises(Unavailable):
            await world.sweeper.tick()
        await world.until(lambda: world.status["phase"] == "Succeeded")


async def test_a_node_that_is_on_its_way_is_waited_for():
    """Only events say that an autoscaler is at work; its silence ends the wait."""
    async with kube_world() as world:
        await begun(world)
        pod = {**pod_of(world, conditions=[UNSCHEDULABLE]), "spec": {}}
        await world.apply("pod", pod)
        about = {"involvedObject": {"uid": pod["metadata"]["uid"]}, "reason": "TriggeredScaleUp"}
        at = (world.time.now + timedelta(minutes=9)).isoformat()
        event = {"metadata": {"name": "e"}, "lastTimestamp": at, **about}
        world.api.put(collection("v1", "shop", "events"), event)
        for _ in range(2):
            world.time.pass_(PATIENCE_SECONDS)
            await world.sweeper.tick()
            assert world.status["phase"] == "Running"
        world.time.pass_(PATIENCE_SECONDS)
        await world.sweeper.tick()
        await world.until(lambda: world.status["phase"] == "Failed")
        assert world.status["error"] == "Asw.Unschedulable"


PLIGHTS = {
    "image that cannot be pulled": (waiting("ErrImagePull"), {}, 61, "Asw.ImagePullFailed"),
    "container that cannot be created": (
        waiting("CreateContainerConfigError"),
        {},
        21,
        "Asw.StartFailed",
    ),
    "no node": (None, {"conditions": [UNSCHEDULABLE]}, 601, "Asw.Unschedulable"),
    "node that does not answer": (running(), {"deleted_at": CREATED}, 301, "Asw.NodeLost"),
    "timeout of the Function": (running(), {}, 3600, "Sandbox.Timedout"),
}
each_plight = pytest.mark.parametrize(
    ("state", "fields", "after", "error"), PLIGHTS.values(), ids=PLIGHTS.keys()
)


@each_plight
async def test_what_was_seen_last_may_be_over(state, fields, after, error):
    """A task that did well after the watch broke is not judged by what was seen before."""
    async with kube_world() as world:
        await begun(world, timeoutSeconds=300)
        await world.apply("pod", pod_of(world, state, **fields))
        put_pod(world, DONE)
        world.time.pass_(after)
        await world.sweeper.tick()
        await world.until(lambda: world.status["phase"] == "Succeeded")
        assert error not in str(world.status["history"])


@each_plight
async def test_what_is_still_so_counts(state, fields, after, error):
    """A task whose plight is confirmed has failed by it."""
    async with kube_world() as world:
        await begun(world, timeoutSeconds=300)
        await world.apply("pod", pod_of(world, state, **fields))
        if "deleted_at" in fields:  # the Job controller counts it as failed from then on
            await world.apply("job", ended(world, "FailureTarget", "BackoffLimitExceeded"))
        world.time.pass_(after)
        await world.sweeper.tick()
        await world.until(lambda: error in str(world.status["history"]))


def ended(world, condition, reason=""):
    """The Job as it is told of once its controller saw its pod end."""
    job = world.stored("job", JOB)
    at = (world.time.now + timedelta(seconds=2)).isoformat()
    told = {"type": condition, "status": "True", "reason": reason, "lastTransitionTime": at}
    return {**job, "status": {"conditions": [told]}}


async def test_a_job_may_be_heard_of_before_its_pod():
    """What the pod says counts, and not that the watch of pods is behind."""
    async with kube_world() as world:
        await begun(world)
        put_pod(world, terminated(1, '{"error": "ValueError", "cause": "no"}'))
        job = ended(world, "Failed", "BackoffLimitExceeded")
        await world.apply("job", job)
        assert world.feed.cache.facts(KEY, TASK) == ()
        await world.sweeper.tick()
        await world.until(lambda: world.status["phase"] == "Failed")
        assert world.status["error"] == "ValueError"


async def test_end_of_a_pod_is_found_where_no_watch_told_of_it():
    """A Job that is over has a pod that is: it is asked for."""
    async with kube_world() as world:
        await begun(world)
        await world.show("pod", put_pod(world, running()))
        put_pod(world, DONE)
        await world.apply("job", ended(world, "Complete"))
        await world.sweeper.tick()
        await world.until(lambda: world.status["phase"] == "Succeeded")


async def test_pod_that_took_its_outcome_along():
    """A Job that is complete and has no pod any more is a loss, and none that failed to start."""
    async with kube_world() as world:
        await begun(world)
        await world.apply("job", ended(world, "Complete"))
        await world.sweeper.tick()
        await world.until(lambda: "Asw.TaskLost" in str(world.status["history"]))


async def test_later_news_is_not_overridden():
    """What a watch tells while somebody looks counts, and not what was listed before."""
    async with kube_world() as world:
        await begun(world)
        put_pod(world, None)
        world.time.pass_(PATIENCE_SECONDS)
        listed = world.client.list

        async def slow(*what, **how):
            async for item in listed(*what, **how):
                yield item
            world.time.pass_(1)
            await world.show("pod", pod_of(world, running()))

        world.client.list = slow
        await world.sweeper.tick()
        assert seen_types(world) == [TaskStarted]


async def test_looks_are_few():
    """A task that goes on all the same is looked at again after a while only, and alone."""
    async with kube_world() as world:
        await begun(world)
        put_pod(world, running())
        world.time.pass_(PATIENCE_SECONDS)
        world.api.queries.clear()
        for _ in range(3):
            await world.show("job", ended(world, "Complete"))
            await world.sweeper.tick()
            world.time.pass_(4)
        asked = [query["labelSelector"] for query in world.api.queries if "labelSelector" in query]
        assert asked == [f"asw.dev/execution-uid={UID},asw.dev/task=1"]
