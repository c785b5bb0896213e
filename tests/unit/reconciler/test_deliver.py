"""What a task hears when it reports."""

import asyncio

import pytest

from asw.engine.facts import TaskFact, TaskHeartbeat, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import ExecutionKey, Unavailable
from tests.support.behaviours import always, in_turn, never_ends, returns
from tests.support.builders import fan_out
from tests.support.play import definition, task
from tests.support.world import World


async def a_running_task(**fields: object) -> tuple[World, ExecutionKey, TaskId]:
    """An execution whose one task was started and never ends by itself."""
    world = World()
    world.platform.put_workflow("flow", definition("A", A=task("work", **fields)))
    world.platform.functions["work"] = in_turn(never_ends(), returns("second"))
    key = world.platform.put_execution("flow")
    await world.until(lambda: bool(world.platform.tasks))
    return world, key, next(iter(world.platform.tasks))


def success(world: World, task_id: TaskId) -> TaskFact:
    """The task's own report."""
    return TaskSucceeded(task_id=task_id, at=world.platform.now(), output="pushed")


async def test_the_answer_comes_after_the_save() -> None:
    """A task is told SAVED only once its result is stored."""
    world, key, task_id = await a_running_task()
    world.platform.faults.fail("save", Unavailable("503"), nth=2, times=3)
    answer = asyncio.ensure_future(world.reconciler.deliver(key, success(world, task_id)))
    await world.until(lambda: world.platform.faults.count["save"] == 3)
    assert not answer.done()
    assert await answer is Delivery.SAVED
    assert world.outcome(key).output == "pushed"


async def test_a_second_report_is_late() -> None:
    """Whatever is reported after the end is dropped."""
    world, key, task_id = await a_running_task()
    await world.reconciler.deliver(key, success(world, task_id))
    assert await world.reconciler.deliver(key, success(world, task_id)) is Delivery.LATE


async def test_a_report_of_a_timed_out_attempt_is_late() -> None:
    """The result of an attempt that was given up changes nothing."""
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 60}]
    world, key, task_id = await a_running_task(TimeoutSeconds=1, Retry=retry)
    await world.until(lambda: bool(world.platform.cancelled))
    assert await world.reconciler.deliver(key, success(world, task_id)) is Delivery.LATE
    assert (await world.finish(key)).output == "second"


@pytest.mark.parametrize("ordinal", [0, 2, 999])
async def test_a_report_of_an_unknown_start_is_late(ordinal: int) -> None:
    """An ordinal that was never drawn belongs to nobody."""
    world, key, task_id = await a_running_task()
    stranger = TaskId(task_id.execution_uid, ordinal)
    assert await world.reconciler.deliver(key, success(world, stranger)) is Delivery.LATE


async def test_a_report_to_a_deleted_execution_is_gone() -> None:
    """A task whose execution was deleted need not try again."""
    world, key, task_id = await a_running_task()
    world.platform.delete_execution(key)
    await world.until(lambda: not world.reconciler.live)
    assert await world.reconciler.deliver(key, success(world, task_id)) is Delivery.GONE


async def test_a_report_to_an_execution_that_waits_is_late() -> None:
    """Before its start an execution has no tasks."""
    world = World()
    key = world.platform.put_execution("absent")
    fact = success(world, TaskId(key.uid, 1))
    assert await world.reconciler.deliver(key, fact) is Delivery.LATE


async def test_a_report_wakes_an_execution_that_is_not_in_memory() -> None:
    """After a restart the first news may be a task's own."""
    world, key, task_id = await a_running_task()
    world.crash()
    await asyncio.sleep(1)
    world.reconciler = world._begin()
    assert await world.reconciler.deliver(key, success(world, task_id)) is Delivery.SAVED
    assert (await world.finish(key)).output == "pushed"


async def test_heartbeats_keep_a_task_alive() -> None:
    """A heartbeat is answered at once, recorded with others, and moves the time-out."""
    world, key, task_id = await a_running_task(HeartbeatSeconds=10)
    for _ in range(30):
        await asyncio.sleep(4)
        beat = TaskHeartbeat(task_id=task_id, at=world.platform.now())
        assert await world.reconciler.deliver(key, beat) is Delivery.SAVED
    assert await world.reconciler.deliver(key, success(world, task_id)) is Delivery.SAVED
    late = TaskHeartbeat(task_id=task_id, at=world.platform.now())
    assert await world.reconciler.deliver(key, late) is Delivery.SAVED


async def test_a_heartbeat_of_a_closed_attempt_is_late() -> None:
    """A task that runs on in vain learns that it may stop."""
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 60}]
    world, key, task_id = await a_running_task(TimeoutSeconds=1, Retry=retry)
    await world.until(lambda: bool(world.platform.cancelled))
    beat = TaskHeartbeat(task_id=task_id, at=world.platform.now())
    assert await world.reconciler.deliver(key, beat) is Delivery.LATE


async def test_many_results_at_once_share_a_save() -> None:
    """However many tasks report while a save is under way, the next one takes them all."""
    world = World()
    world.platform.put_workflow("flow", fan_out("work", 20))
    world.platform.functions["work"] = always(never_ends())
    key = world.platform.put_execution("flow")
    await world.until(lambda: len(world.platform.tasks) == 20)
    before = world.reconciler.counters.saves
    facts = [success(world, task_id) for task_id in world.platform.tasks]
    answers = await asyncio.gather(*(world.reconciler.deliver(key, fact) for fact in facts))
    assert set(answers) == {Delivery.SAVED}
    assert world.reconciler.counters.saves == before + 1
