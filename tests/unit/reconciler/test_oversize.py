"""A record that the platform finds too large ends its execution by name; nothing is stuck."""

import pytest

from asw.asl.errors import RECORD_TOO_LARGE
from asw.engine.facts import RedriveRequested
from asw.engine.step import step
from asw.reconciler.platform import ExecutionKey, TooLarge
from asw.reconciler.runner import NOTHING
from tests.support.behaviours import always, computed, never_ends
from tests.support.play import definition, task
from tests.support.world import World

TOO_LARGE = TooLarge("etcdserver: request is too large")


def a_world() -> tuple[World, ExecutionKey]:
    """An execution with a task in each branch; the second of the chain never ends."""
    world = World()
    branches = [
        definition("One", One=task("inc", Next="Two"), Two=task("inc")),
        definition("Endless", Endless=task("endless")),
    ]
    both = {"Type": "Parallel", "Branches": branches, "End": True}
    world.platform.put_workflow("flow", definition("Both", Both=both))
    world.platform.functions["inc"] = computed(lambda n: n + 1)
    world.platform.functions["endless"] = always(never_ends())
    return world, world.platform.put_execution("flow", 0)


@pytest.mark.parametrize("nth", range(1, 4))
@pytest.mark.parametrize("times", [1, 2])
async def test_the_execution_fails_by_name(nth: int, times: int) -> None:
    """Whichever save is refused, and even if its substitute is: failed, and tasks cancelled."""
    world, key = a_world()
    world.platform.faults.fail("save", TOO_LARGE, nth=nth, times=times)
    outcome = await world.finish(key)
    assert outcome.status == "FAILED"
    assert outcome.failure is not None
    assert outcome.failure.error == RECORD_TOO_LARGE
    assert "request is too large" in (outcome.failure.cause or "")
    history = world.execution(key).history
    assert [event.id for event in history] == list(range(1, len(history) + 1))
    assert history[0].type == "ExecutionStarted"
    assert history[-1].type == "ExecutionFailed"
    assert not any(task.is_running for task in world.platform.tasks.values())


async def test_what_the_refused_step_wanted_is_not_started() -> None:
    """No task is started of which no record tells."""
    world = World()
    world.platform.put_workflow("flow", definition("Only", Only=task("inc")))
    world.platform.functions["inc"] = computed(lambda n: n + 1)
    world.platform.faults.fail("save", TOO_LARGE)
    await world.finish(world.platform.put_execution("flow", 0))
    assert world.platform.tasks == {}


async def test_nothing_at_all_is_taken() -> None:
    """Where not even the smallest end is taken, a human must act; then it goes on as it was."""
    world, key = a_world()
    world.platform.faults.fail("save", TOO_LARGE, nth=2, times=3)
    await world.until(lambda: world.platform.faults.count["save"] > 4)
    assert world.execution(key).record is not None
    assert not world.execution(key).is_finished
    assert world.reconciler.counters.refused == 1


async def test_a_bare_end_is_not_redriven() -> None:
    """A record without frames has nothing to resume."""
    world, key = a_world()
    world.platform.faults.fail("save", TOO_LARGE, nth=2, times=2)
    at = (await world.finish(key)).at
    record = world.execution(key).record
    assert record is not None
    assert record.frames == {}
    assert step(NOTHING, record, [RedriveRequested(number=1)], at).record.outcome is not None
