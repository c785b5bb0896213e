"""Who may act, and how a process ends in good order."""

import asyncio

import pytest

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import NotActingError, Unavailable
from tests.support.behaviours import Answer, always, never_ends, returns
from tests.support.builders import chain
from tests.support.world import World


def a_world(answer: Answer) -> World:
    """A world with a flow of two tasks."""
    world = World()
    world.platform.put_workflow("flow", chain("work", "work"))
    world.platform.functions["work"] = always(answer)
    return world


async def test_without_the_lease_nothing_is_read_or_written() -> None:
    """A standby drops the news, and works on everything once it is told to."""
    world = a_world(returns("ok"))
    world.may_act = False
    key = world.platform.put_execution("flow")
    await asyncio.sleep(60)
    assert not world.platform.faults.count
    world.may_act = True
    world.reconciler.resume_all(world.unfinished())
    assert (await world.finish(key)).output == "ok"


@pytest.mark.parametrize("method", ["load", "save", "prepare", "start"])
async def test_effects_end_with_the_lease(method: str) -> None:
    """A lease lost in the middle of a pass stops its next effect, and another goes on."""
    world = a_world(returns("ok"))

    def lose() -> None:
        world.may_act = False

    world.platform.faults.on(method, lose, phase="before")
    key = world.platform.put_execution("flow")
    await world.until(lambda: not world.may_act and not world.reconciler.live)
    made = dict(world.platform.faults.count)
    await asyncio.sleep(60)
    assert dict(world.platform.faults.count) == made
    world.may_act = True
    world.restart()
    assert (await world.finish(key)).output == "ok"


async def test_standing_down_forgets() -> None:
    """What was in memory before the lease was lost is read again after it is won."""
    world = a_world(never_ends())
    key = world.platform.put_execution("flow")
    await world.until(lambda: bool(world.platform.tasks))
    loads = world.reconciler.counters.loads
    world.may_act = False
    world.reconciler.stand_down()
    world.may_act = True
    world.reconciler.resume_all([key])
    await world.until(lambda: world.reconciler.counters.loads > loads)


async def test_reports_are_sent_elsewhere_without_the_lease() -> None:
    """A report that nobody here may take is refused, so that it is brought to the holder."""
    world = a_world(never_ends())
    key = world.platform.put_execution("flow")
    await world.until(lambda: bool(world.platform.tasks))
    world.platform.faults.fail("save", Unavailable("503"), nth=2, times=99)
    fact = TaskSucceeded(task_id=TaskId(key.uid, 1), at=world.platform.now(), output=1)
    pending = asyncio.ensure_future(world.reconciler.deliver(key, fact))
    await world.until(lambda: world.platform.faults.count["save"] > 2)
    world.may_act = False
    with pytest.raises(Unavailable):
        await pending
    with pytest.raises(Unavailable):
        await world.reconciler.deliver(key, fact)


async def test_stop_finishes_the_pass_at_hand() -> None:
    """A process that is asked to end saves what it decided, starts it, and takes no more."""
    world = a_world(returns("ok"))
    key = world.platform.put_execution("flow")
    await asyncio.sleep(0)
    await world.reconciler.stop()
    assert world.reconciler.live == frozenset()
    assert len(world.execution(key).saves) == 1
    assert len(world.platform.tasks) == 1
    await asyncio.sleep(60)
    assert len(world.execution(key).saves) == 1
    world.restart()
    assert (await world.finish(key)).output == "ok"


async def test_stop_wakes_whoever_sleeps() -> None:
    """Ending does not wait for timers or back-off."""
    world = a_world(never_ends())
    world.platform.faults.fail("save", Unavailable("503"), times=999)
    world.platform.put_execution("flow")
    await world.until(lambda: world.platform.faults.count["save"] > 5)
    began = world.platform.now()
    await world.reconciler.stop()
    assert world.platform.now() == began


async def test_stopping_without_work() -> None:
    """A reconciler that never worked ends at once."""
    world = World()
    began = world.platform.now()
    await world.reconciler.stop()
    assert world.platform.now() == began


async def test_a_term_that_lapsed_and_came_back() -> None:
    """An effect was refused and the lease is ours again before the worker hears of it."""
    world = a_world(returns("ok"))
    world.platform.faults.fail("start", NotActingError("lapsed"), nth=1, times=1)
    key = world.platform.put_execution("flow")
    assert (await world.finish(key)).output == "ok"


async def test_stopping_does_not_wait_for_ever() -> None:
    """A pass that hangs in a call is broken off: another replica waits for the lease."""
    world = a_world(never_ends())
    called = asyncio.Event()

    async def hang(*_: object) -> str:
        called.set()
        await asyncio.Event().wait()
        return ""

    world.platform.save = hang  # type: ignore[method-assign]
    world.platform.put_execution("flow")
    await called.wait()
    await world.reconciler.stop()
    assert not world.reconciler.live
