"""Limits on active tasks, as Workflows and Jobs in the cluster say them."""

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.places import TaskKey
from tests.support.kube_objects import (
    KEY,
    UID,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import kube_world

PARALLEL = {
    "StartAt": "All",
    "States": {
        "All": {
            "Type": "Parallel",
            "End": True,
            "Branches": [
                {
                    "StartAt": f"Add{n}",
                    "States": {
                        f"Add{n}": {"Type": "Task", "Resource": "asw:function:sum", "End": True}
                    },
                }
                for n in range(3)
            ],
        }
    },
}


def limited(generation, **spec):
    item = workflow_object(definition=PARALLEL, **spec)
    item["metadata"]["generation"] = generation
    return item


async def begun(world, **spec):
    """A run of three tasks at once, as far as the limits let it go."""
    await world.apply("function", function_object())
    await world.apply("workflow", limited(1, **spec))
    await world.apply("execution", execution_object())
    await world.until(lambda: world.api.named("/jobs/"))


async def test_a_workflow_limits_its_tasks():
    """Of three tasks that are due one gets a Job, and the status says what the others wait for."""
    async with kube_world() as world:
        await begun(world, maxActiveTasks=1)
        await world.until(lambda: world.reconciler.waiting_tasks == 2)
        assert len(world.api.named("/jobs/")) == 1
        (message,) = {it["message"] for it in world.status["conditions"]} - {""}
        assert "2 tasks wait for a free slot: spec.maxActiveTasks of its Workflow is 1" in message
        done = TaskSucceeded(task_id=TaskId(UID, 1), at=world.time.now, output=1)
        await world.inbox.deliver(done)
        await world.until(lambda: len(world.api.named("/jobs/")) == 2)
        assert world.reconciler.waiting_tasks == 1


async def test_an_edited_limit_counts_at_once():
    """Raising spec.maxActiveTasks, or taking it away, frees who waits."""
    async with kube_world() as world:
        await begun(world, maxActiveTasks=1)
        await world.until(lambda: world.reconciler.waiting_tasks == 2)
        await world.apply("workflow", limited(2, maxActiveTasks=2))
        await world.until(lambda: len(world.api.named("/jobs/")) == 2)
        await world.show("workflow", limited(2), "DELETED")
        await world.until(lambda: len(world.api.named("/jobs/")) == 3)


async def test_jobs_that_run_are_active():
    """A replica that takes over counts Jobs that show no end, of Executions that are there."""
    async with kube_world() as world:
        await begun(world)
        cache = world.feed.cache
        await world.until(lambda: len(list(cache.active_tasks())) == 3)
        everything = sorted((KEY, TaskId(UID, n)) for n in (1, 2, 3))
        assert sorted(cache.active_tasks()) == everything
        world.reconciler.stand_down()
        assert world.reconciler.active_tasks == 0
        world.reconciler.resume_all([KEY])
        assert world.reconciler.active_tasks == 3
        first = TaskKey.of(KEY, TaskId(UID, 1))
        cache.drop_job(first, cache.tasks[first].job.uid)
        assert len(list(cache.active_tasks())) == 2
        cache.drop_execution(UID)
        assert list(cache.active_tasks()) == []
