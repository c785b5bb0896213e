"""An execution that waits for time alone is not held in memory, and misses nothing."""

from datetime import timedelta

import pytest

from asw.engine.facts import StopRequested
from asw.reconciler.platform import ExecutionKey, Unavailable
from asw.reconciler.settings import Settings
from tests.support.behaviours import always, computed, never_ends
from tests.support.play import definition, task
from tests.support.world import World

LONG = timedelta(hours=1)


def a_world(**settings: timedelta | None) -> tuple[World, ExecutionKey]:
    """An execution that waits for an hour, and then calls a function."""
    world = World(Settings(**settings))
    rest = {"Type": "Wait", "Seconds": LONG.total_seconds(), "Next": "Last"}
    world.platform.put_workflow("flow", definition("Rest", Rest=rest, Last=task("inc")))
    world.platform.functions["inc"] = computed(lambda n: n + 1)
    return world, world.platform.put_execution("flow", 1)


async def passivate(world: World, key: ExecutionKey) -> None:
    """Let it be passivated."""
    await world.until(lambda: key in world.platform.dropped)
    assert world.reconciler.record(key) is None
    assert world.reconciler.live == {key}
    assert world.reconciler.driven == 1


async def test_it_goes_on_in_time() -> None:
    """It is loaded again when its time comes, and not long before or after."""
    world, key = a_world()
    await passivate(world, key)
    outcome = await world.finish(key)
    assert outcome.output == 2
    exited = next(it for it in world.execution(key).history if it.type == "WaitStateExited")
    waited = exited.at - world.execution(key).created_at
    assert LONG <= waited < LONG + timedelta(seconds=2)


async def test_news_wake_it() -> None:
    """A stop is obeyed at once."""
    world, key = a_world()
    await passivate(world, key)
    world.platform.stop_execution(key, StopRequested(error="Enough"))
    assert (await world.finish(key)).status == "ABORTED"
    lasted = world.outcome(key).at - world.execution(key).created_at
    assert lasted < timedelta(minutes=1)


async def test_losing_the_lease_forgets_it() -> None:
    """Where others act nobody is woken; who wins the lease again takes it up."""
    world, key = a_world()
    await passivate(world, key)
    world.may_act = False
    world.reconciler.stand_down()
    assert world.reconciler.live == frozenset()
    world.may_act = True
    world.reconciler.resume_all([key])
    assert (await world.finish(key)).output == 2


async def test_it_is_passivated_at_once_after_a_restart() -> None:
    """A pass that only looked leaves nothing behind: ten thousand take the memory of one."""
    world, key = a_world()
    await world.until(lambda: world.execution(key).record is not None)
    world.crash()
    world.restart()
    loads = world.platform.faults.count["load"]
    await world.until(lambda: world.platform.faults.count["load"] > loads)
    await world.until(lambda: world.reconciler.record(key) is None)
    await passivate(world, key)


async def test_waking_up_may_fail() -> None:
    """A platform that does not answer when the time has come is asked again."""
    world, key = a_world()
    await passivate(world, key)
    world.platform.faults.fail("load", Unavailable("503"), nth=2, times=3)
    assert (await world.finish(key)).output == 2


@pytest.mark.parametrize("name", ["task", "never"])
async def test_others_stay(name: str) -> None:
    """Who waits for a task is at hand when its result comes; a setting keeps everybody."""
    world, key = a_world(**({"passivate_after": None} if name == "never" else {}))
    if name == "task":
        world.platform.functions["endless"] = always(never_ends())
        world.platform.put_workflow("other", definition("A", A=task("endless")))
        key = world.platform.put_execution("other", 1)
    at = world.execution(key).created_at + timedelta(minutes=3)
    await world.until(lambda: world.platform.now() > at)
    assert key not in world.platform.dropped
    assert world.reconciler.record(key) is not None
