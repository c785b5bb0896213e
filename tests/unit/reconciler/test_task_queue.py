"""Starts under limits: in turns, counted anew after a crash, and seen by who waits."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from asw.engine.facts import StopRequested, has_ended
from asw.engine.task_ids import TaskId
from asw.reconciler.pacing import FIRST, LEAST
from asw.reconciler.platform import ExecutionKey, NoRoom
from asw.reconciler.scheduler import Limits
from asw.reconciler.settings import Settings
from tests.support.behaviours import always, fails, in_turn, never_ends, returns
from tests.support.builders import chain, fan_out
from tests.support.play import definition, task
from tests.support.world import World


def a_world(**limits: Any) -> World:
    """A world with these limits; ``work`` takes ten seconds, ``hang`` for ever."""
    world = World(Settings(limits=Limits(**limits)))
    world.platform.functions |= {
        "work": always(returns("ok", takes=10, pushes=False)),
        "hang": always(never_ends()),
    }
    return world


def active(world: World) -> list[TaskId]:
    """The tasks that were started and show no end."""
    return [id_ for id_, it in world.platform.tasks.items() if not has_ended(it.facts)]


def order(world: World) -> list[str]:
    """Uids of the executions, in the order in which their tasks were started."""
    return [task_id.execution_uid for task_id in world.platform.tasks]


async def until_over(world: World, *keys: ExecutionKey, most: int) -> None:
    """Let all of them end, and look on that no more tasks are ever active."""

    def are_over() -> bool:
        assert len(active(world)) <= most
        return all(world.execution(key).is_finished for key in keys) and world.is_idle

    await world.until(are_over)


async def test_a_single_task_does_not_wait_for_a_fan_of_forty() -> None:
    """A run of one task gets one of the next slots, whatever the fan still wants to start."""
    world = a_world(active=4)
    world.platform.put_workflow("fan", fan_out("work", 40))
    world.platform.put_workflow("one", chain("work"))
    fan = world.platform.put_execution("fan")
    await world.until(lambda: len(world.platform.tasks) == 4)
    one = world.platform.put_execution("one")
    await until_over(world, fan, one, most=4)
    assert order(world).index(one.uid) < 10
    assert world.outcome(fan).status == world.outcome(one).status == "SUCCEEDED"
    assert (world.reconciler.active_tasks, world.reconciler.waiting_tasks) == (0, 0)


async def test_executions_of_a_full_workflow_share_it() -> None:
    """spec.maxActiveTasks holds for all executions of a Workflow together, in turns."""
    world = a_world()
    world.platform.task_limits["default", "fan"] = 2
    world.platform.put_workflow("fan", fan_out("work", 5))
    world.platform.put_workflow("free", fan_out("work", 5))
    keys = [world.platform.put_execution("fan") for _ in range(2)]
    free = world.platform.put_execution("free")
    await until_over(world, *keys, free, most=7)
    uids = [uid for uid in order(world) if uid != free.uid]
    assert uids[:4] != [keys[0].uid] * 4
    assert order(world)[:7].count(free.uid) == 5


async def test_a_raised_limit_frees_who_waits() -> None:
    """Who edits the Workflow is not kept waiting for a task to end."""
    world = a_world()
    world.platform.task_limits["default", "fan"] = 1
    world.platform.put_workflow("fan", fan_out("hang", 3))
    world.platform.put_execution("fan")
    await world.until(lambda: world.reconciler.waiting_tasks == 2)
    world.platform.task_limits["default", "fan"] = 3
    world.reconciler.put_task_limit("default", "fan", 3)
    await world.until(lambda: len(active(world)) == 3)


async def test_starts_keep_to_the_rate() -> None:
    """Ten starts at two a second, after a burst of four, take three seconds."""
    world = a_world(starts_per_second=2, burst=4)
    world.platform.put_workflow("fan", fan_out("hang", 10))
    begun = world.platform.now()
    world.platform.put_execution("fan")
    await world.until(lambda: len(world.platform.tasks) == 10)
    assert timedelta(seconds=3) <= world.platform.now() - begun < timedelta(seconds=3.2)


async def test_starts_follow_what_comes_to_run() -> None:
    """A first handful, and once these run twice as many at a time, and so on."""
    world = a_world(is_paced=True)
    world.platform.boot = 1.0
    world.platform.put_workflow("fan", fan_out("hang", 100))
    world.platform.put_execution("fan")
    counts = []
    for _ in range(4):
        await asyncio.sleep(1.0)
        counts.append(len(world.platform.tasks))
    assert counts == [FIRST, 3 * FIRST, 100, 100]
    assert world.reconciler.window.under_way == 0


async def test_what_never_comes_to_run_keeps_nobody_else_from_starting() -> None:
    """A namespace of such starts a few at a time, and others find places among them at once."""
    world = a_world(is_paced=True)
    world.platform.functions["never"] = always(never_ends())
    world.platform.boot = 3600.0
    world.platform.put_workflow("fan", fan_out("never", 1000), namespace="slow")
    world.platform.put_execution("fan", namespace="slow")
    await asyncio.sleep(60)
    under_way = world.reconciler.window.under_way
    assert under_way <= LEAST
    world.platform.boot = 0.2
    world.platform.put_workflow("one", chain("work"))
    begun = world.platform.now()
    key = world.platform.put_execution("one")
    await world.until(lambda: any(it.execution_uid == key.uid for it in world.platform.tasks))
    assert world.platform.now() - begun < timedelta(seconds=1)


async def test_who_waits_for_the_pace_says_so() -> None:
    """The status tells what the wait is for."""
    world = a_world(is_paced=True)
    world.platform.boot = 3600.0
    world.platform.put_workflow("fan", fan_out("hang", 40))
    key = world.platform.put_execution("fan")
    saves = world.execution(key).saves
    await world.until(lambda: any(save.note for save in saves))
    assert f"{FIRST} others were started and do not run yet" in str([save.note for save in saves])


async def test_who_stands_down_starts_nothing_later() -> None:
    """What the rate would have let through is another replica's to start."""
    world = a_world(starts_per_second=1)
    world.platform.put_workflow("fan", fan_out("hang", 5))
    world.platform.put_execution("fan")
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.may_act = False
    world.reconciler.stand_down()
    await asyncio.sleep(60)
    assert len(world.platform.tasks) == 1
    assert (world.reconciler.active_tasks, world.reconciler.waiting_tasks) == (0, 0)


async def test_waiting_costs_no_timeout() -> None:
    """TimeoutSeconds counts from the start of the task, not from its turn."""
    world = a_world(active=1)
    branches = [definition(f"B{n}", **{f"B{n}": task("work", TimeoutSeconds=15)}) for n in range(4)]
    world.platform.put_workflow(
        "fan", definition("P", P={"Type": "Parallel", "Branches": branches, "End": True})
    )
    key = world.platform.put_execution("fan")
    assert (await world.finish(key)).status == "SUCCEEDED"
    assert world.types(key).count("LambdaFunctionStarted") == 4


@pytest.mark.parametrize("fault", ["crash", "stand down"])
async def test_what_runs_is_counted_before_anything_starts(fault: str) -> None:
    """After a restart the tasks that run have their slots; nothing is lost, nothing doubled."""
    world = a_world(active=3)
    world.platform.put_workflow("fan", fan_out("work", 12))
    world.platform.put_workflow("one", chain("work"))
    keys = [world.platform.put_execution(name) for name in ("fan", "one", "one")]
    await world.until(lambda: len(world.platform.tasks) == 6)
    if fault == "crash":
        world.crash()
        world.restart()
    else:
        world.may_act = False
        world.reconciler.stand_down()
        world.may_act = True
        world.reconciler.resume_all(world.unfinished())
    assert world.reconciler.active_tasks == len(active(world))
    await until_over(world, *keys, most=3)
    assert len(world.platform.tasks) == 14
    assert {world.outcome(key).status for key in keys} == {"SUCCEEDED"}


async def test_a_crash_with_starts_in_the_queue_loses_none() -> None:
    """A start that was not admitted is due by its record, in the next process as in this one."""
    world = a_world(active=1)
    world.platform.put_workflow("fan", fan_out("work", 4))
    key = world.platform.put_execution("fan")
    for count in range(1, 4):
        await world.until(lambda count=count: len(world.platform.tasks) == count)  # type: ignore[misc]
        world.crash()
        world.restart()
    assert (await world.finish(key)).status == "SUCCEEDED"
    assert sorted(task_id.ordinal for task_id in world.platform.tasks) == [1, 2, 3, 4]


@pytest.mark.parametrize("how", ["stopped", "deleted", "failed"])
async def test_slots_of_an_execution_that_ends_are_free(how: str) -> None:
    """Stopped, deleted or failed: others get the slots, and nobody waits in its name."""
    world = a_world(active=2)
    world.platform.functions["bad"] = always(fails("Oops"))
    world.platform.put_workflow("fan", fan_out("bad" if how == "failed" else "hang", 5))
    world.platform.put_workflow("one", chain("work"))
    fan = world.platform.put_execution("fan")
    await world.until(lambda: len(world.platform.tasks) == 2)
    one = world.platform.put_execution("one")
    await world.until(lambda: world.reconciler.waiting_tasks > 0 or how == "failed")
    if how == "stopped":
        world.platform.stop_execution(fan, StopRequested())
    elif how == "deleted":
        world.platform.delete_execution(fan)
    assert (await world.finish(one)).output == "ok"
    assert (world.reconciler.active_tasks, world.reconciler.waiting_tasks) == (0, 0)


async def test_a_start_that_fails_gives_its_slot_back() -> None:
    """Who cannot be started now goes behind those that can."""
    world = a_world(active=1)
    world.platform.put_workflow("one", chain("work"))
    world.platform.start_errors[1] = [NoRoom("exceeded quota: q") for _ in range(3)]
    keys = [world.platform.put_execution("one") for _ in range(2)]
    await until_over(world, *keys, most=1)
    assert {world.outcome(key).status for key in keys} == {"SUCCEEDED"}


async def test_a_wait_is_told() -> None:
    """A status that is written anyway says how many wait and for what; nothing else is written."""
    world = a_world(active=1)
    world.platform.put_workflow("hog", chain("hang"))
    world.platform.put_workflow("fan", fan_out("work", 3))
    hog = world.platform.put_execution("hog")
    await world.until(lambda: len(world.platform.tasks) == 1)
    fan = world.platform.put_execution("fan")
    saves = world.execution(fan).saves
    await world.until(lambda: len(saves) == 1)
    await asyncio.sleep(300)
    told = "3 tasks wait for a free slot: tasks.maxActive of the operator is 1"
    assert [save.note for save in saves] == [told]
    world.platform.stop_execution(hog, StopRequested())
    await world.finish(fan)
    assert saves[-1].note is None


async def test_no_room_is_told() -> None:
    """A wait that begins later is told after ten seconds, once, in the words of the platform."""
    world = a_world()
    world.platform.put_workflow("one", chain("work"))
    world.platform.start_errors[1] = [NoRoom("exceeded quota: q") for _ in range(8)]
    key = world.platform.put_execution("one")
    saves = world.execution(key).saves
    await world.until(lambda: len(saves) == 2)
    assert [save.note for save in saves] == [None, "1 task waits to start: exceeded quota: q"]
    assert saves[1].at - saves[0].at >= timedelta(seconds=10)
    assert (await world.finish(key)).output == "ok"
    assert saves[-1].note is None


async def test_since_when_there_is_no_room_outlives_a_restart() -> None:
    """The first refusal is recorded by the write that tells of it, and never begins anew."""
    world = a_world()
    world.platform.put_workflow("one", chain("work"))
    world.platform.start_errors[1] = [NoRoom("exceeded quota: q") for _ in range(99)]
    key = world.platform.put_execution("one")
    saves = world.execution(key).saves
    await world.until(lambda: len(saves) == 2)
    (frame,) = saves[1].record.frames.values()
    assert frame.waiting.held_at == saves[0].at
    world.crash()
    world.restart()
    await asyncio.sleep(120)
    (frame,) = saves[-1].record.frames.values()
    assert frame.waiting.held_at == saves[0].at
    assert len(saves) <= 3


async def test_a_stopped_execution_waits_for_no_room() -> None:
    """What nobody wants any more is not told of."""
    world = a_world()
    world.platform.put_workflow("one", chain("work"))
    world.platform.start_errors[1] = [NoRoom("exceeded quota: q") for _ in range(99)]
    key = world.platform.put_execution("one")
    await world.until(lambda: len(world.execution(key).saves) == 2)
    world.platform.stop_execution(key, StopRequested())
    assert (await world.finish(key)).status == "ABORTED"
    assert world.execution(key).saves[-1].note is None


async def test_waits_are_measured() -> None:
    """How long each start waited for its slot is counted, those that did not wait too."""
    world = a_world(active=1)
    world.platform.functions["work"] = in_turn(returns("ok", takes=20), returns("ok"))
    world.platform.put_workflow("fan", fan_out("work", 2))
    await world.finish(world.platform.put_execution("fan"))
    spread = world.reconciler.counters.slot_seconds
    assert sum(spread.counts) == 2
    assert 20 < spread.total < 21
