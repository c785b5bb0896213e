"""What nobody reports is found all the same."""

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.places import TaskKey
from tests.support.kube_api import collection
from tests.support.kube_objects import (
    KEY,
    UID,
    a_job,
    a_plan,
    a_task,
    execution_object,
    function_object,
    sealed,
    workflow_object,
)
from tests.support.kube_world import PATHS, kube_world

TASK = TaskId(UID, 1)
JOB = "order-1-0b2bd0a47c0c-1"


async def begun(world):
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object())
    await world.apply("execution", execution_object())
    await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)


async def test_job_that_vanished_unseen():
    """A watch that was broken tells nothing: the list does."""
    async with kube_world() as world:
        await begun(world)
        del world.api.objects[f"{PATHS['job']}/{JOB}"]
        world.time.pass_(1)
        await world.sweeper.compare()
        await world.until(lambda: "Asw.TaskDeleted" in str(world.status["history"]))
        world.time.pass_(2)
        world.reconciler.wake(KEY)
        await world.until(lambda: len(world.api.named("/jobs/")) == 1)
        (job,) = world.api.named("/jobs/")
        assert job["metadata"]["name"].endswith("-2")


async def test_execution_that_vanished_unseen():
    """It is forgotten, and its worker ends."""
    async with kube_world() as world:
        await begun(world)
        del world.api.objects[f"{PATHS['execution']}/order-1"]
        world.time.pass_(1)
        await world.sweeper.compare()
        await world.until(lambda: not world.reconciler.live)
        assert world.feed.cache.executions == {}


async def test_what_just_came_is_not_taken_for_gone():
    """A Job created while the list was made is not in it."""
    async with kube_world() as world:
        await begun(world)
        del world.api.objects[f"{PATHS['job']}/{JOB}"]
        await world.sweeper.compare()
        assert TaskKey.of(KEY, TASK) in world.feed.cache.tasks


async def test_definitions_that_vanished_unseen():
    """What somebody deleted while a watch was broken starts nothing any more."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("function", function_object("kept"))
        await world.apply("workflow", workflow_object())
        for path in (f"{PATHS['function']}/sum", f"{PATHS['workflow']}/orders"):
            del world.api.objects[path]
        await world.sweeper.compare()
        assert world.feed.cache.workflows == {}
        assert set(world.feed.cache.functions) == {("shop", "kept")}


async def test_broken_watch_is_noticed():
    """What two lists show and no watch told of means that the watch is dead."""
    async with kube_world() as world:
        world.api.put(PATHS["execution"], execution_object())
        await world.sweeper.compare()
        assert not world.sweeper.is_blind
        await world.sweeper.compare()
        assert world.sweeper.is_blind


async def test_quota_is_named():
    """Why a Job has no pod stands in its events only."""
    async with kube_world() as world:
        await begun(world)
        events = collection("v1", "shop", "events")
        message = "pods forbidden: exceeded quota: tiny"
        (job,) = world.api.named("/jobs/")
        about = {"involvedObject": {"uid": job["metadata"]["uid"]}, "type": "Warning"}
        world.api.put(events, {"metadata": {"name": "e"}, "message": message, **about})
        world.time.pass_(11)
        await world.sweeper.tick()
        assert world.status["phase"] == "Running"
        world.time.pass_(600)
        await world.sweeper.tick()
        await world.until(lambda: world.status["phase"] == "Failed")
        assert world.status["error"] == "Asw.QuotaExceeded"
        assert "exceeded quota: tiny" in world.status["cause"]


async def test_every_namespace_is_asked_about_in_turn():
    """However many Jobs of another one wait for a pod, why ours has none is known as soon."""
    async with kube_world() as world:
        for number in range(1, 40):
            other = a_job(a_plan(task=a_task(number)), uid=f"other-{number}")
            other["metadata"]["namespace"] = "busy"
            await world.show("job", sealed(other))
        await begun(world)
        world.time.pass_(11)
        await world.sweeper.tick()
        asked = [query.get("fieldSelector", "") for query in world.api.queries]
        uid = world.stored("job", JOB)["metadata"]["uid"]
        assert any(uid in selector for selector in asked)


async def test_stray_job_is_deleted():
    """A task that pushed its result and does not end is ended."""
    async with kube_world() as world:
        await begun(world)
        await world.inbox.deliver(TaskSucceeded(task_id=TASK, at=world.time.now, output=1))
        await world.sweeper.sweep()
        world.time.pass_(59)
        await world.sweeper.sweep()
        assert world.api.named(JOB)
        world.time.pass_(1)
        await world.sweeper.sweep()
        assert not world.api.named(JOB)


async def test_finished_executions_are_not_held():
    """Memory is for what goes on."""
    async with kube_world() as world:
        await begun(world)
        await world.inbox.deliver(TaskSucceeded(task_id=TASK, at=world.time.now, output=1))
        await world.sweeper.sweep()
        assert world.platform.executions.record(UID) is None


async def test_unused_pages_are_removed():
    """A page that only an older record needed goes once the status names it no more."""
    async with kube_world() as world:
        await begun(world)
        world.platform.executions.garbage.add(world.feed.cache.executions[UID].key, ["p-1"])
        world.api.put(collection("v1", "shop", "configmaps"), {"metadata": {"name": "p-1"}})
        await world.sweeper.sweep()
        assert not world.api.named("p-1")


async def test_revision_that_is_needed_stays():
    """What an execution runs outlives its Workflow; what nobody runs does not."""
    async with kube_world() as world:
        await begun(world)
        item = workflow_object(defaultInput=1)
        item["metadata"]["generation"] = 2
        await world.apply("workflow", item)
        item = workflow_object(dialect="TCSL")
        item["metadata"]["generation"] = 3
        await world.apply("workflow", item)
        await world.show("workflow", world.stored("workflow", "orders"))
        await world.show("workflow", world.stored("workflow", "orders"), "DELETED")
        world.time.pass_(3600)
        await world.sweeper.compare()
        await world.sweeper.sweep_definitions()
        (revision,) = world.api.named("controllerrevisions")
        assert revision["metadata"]["name"] == world.status["revision"]


async def test_revisions_stay_while_executions_are_missing():
    """Where the memory is not complete, nobody knows what is needed."""
    async with kube_world() as world:
        await begun(world)
        await world.show("workflow", world.stored("workflow", "orders"), "DELETED")
        world.feed.cache.executions.clear()
        world.time.pass_(3600)
        await world.sweeper.compare()
        await world.sweeper.sweep_definitions()
        assert len(world.api.named("controllerrevisions")) == 1
