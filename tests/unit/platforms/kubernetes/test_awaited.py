"""Whether a task is awaited: asked of what is stored now, before anything of its body is read."""

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from tests.support.kube_objects import KEY, UID, execution_object, function_object, workflow_object
from tests.support.kube_world import again, kube_world

FIRST, SECOND = TaskId(UID, 1), TaskId(UID, 2)
TASK = {"Type": "Task", "Resource": "asw:function:sum"}
TWO = {
    "StartAt": "One",
    "States": {"One": {**TASK, "Next": "Two"}, "Two": {**TASK, "End": True}},
}


async def begin(world):
    """An execution whose first task runs."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object(definition=TWO))
    await world.apply("execution", execution_object())
    await world.until(lambda: len(world.api.named("/jobs/")) == 1)


async def end(world, task_id):
    """The task reports."""
    fact = TaskSucceeded(task_id=task_id, at=world.time.now, output=1)
    assert await world.inbox.deliver(fact) is Delivery.SAVED


async def awaited(world):
    """Which of the two tasks are."""
    return [await world.inbox.awaits(task_id) for task_id in (FIRST, SECOND)]


async def test_a_task_is_awaited_until_it_ended():
    """Not before it is there, not after its outcome, not once its execution is over."""
    async with kube_world() as world:
        await begin(world)
        assert await awaited(world) == [True, False]
        await end(world, FIRST)
        assert await awaited(world) == [False, True]
        assert world.inbox.namespace(SECOND) == "shop"
        await end(world, SECOND)
        await world.until(lambda: world.status["phase"] == "Succeeded")
        await world.show("execution", world.stored("execution"))
        assert await awaited(world) == [False, False]


async def test_of_what_is_gone_nothing_is_awaited():
    """A token outlives its execution, and is good for nothing then."""
    async with kube_world() as world:
        assert await awaited(world) == [False, False]
        assert world.inbox.namespace(FIRST) == ""


async def test_a_replica_that_holds_the_lease_again_knows_what_another_did():
    """What it remembers from before is another's past: it refuses no task that runs now."""
    async with kube_world() as world:
        await begin(world)
        world.reconciler.stand_down()
        async with again(world) as other:
            for kind in ("function", "workflow"):
                for item in other.api.named(f"/{kind}s/"):
                    await other.show(kind, item)
            await other.show("execution", world.stored("execution"))
            await other.until(lambda: other.reconciler.record(KEY))
            await end(other, FIRST)
            await other.until(lambda: len(other.api.named("/jobs/")) == 2)
        assert await awaited(world) == [False, True]
        assert await world.inbox.event(SECOND) is not None
