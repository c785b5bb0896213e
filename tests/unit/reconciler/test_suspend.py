"""Suspended executions: nothing new starts, and what runs is not touched."""

from asw.engine.facts import StopRequested
from asw.reconciler.opening import SUSPENDED
from asw.reconciler.platform import ExecutionKey
from tests.support.behaviours import always, fails, in_turn, never_ends, returns
from tests.support.play import definition, task
from tests.support.world import World


def _running(seconds: float = 5) -> tuple[World, ExecutionKey]:
    """Two Tasks in a row, the first of which is about to be started."""
    world = World()
    world.platform.put_workflow("flow", definition("A", A=task("a", Next="B"), B=task("b")))
    world.platform.functions["a"] = always(returns(1, takes=seconds))
    world.platform.functions["b"] = always(returns(2))
    return world, world.platform.put_execution("flow")


def _states(world: World, key: ExecutionKey) -> list[str]:
    record = world.execution(key).record
    return [] if record is None else record.current_states()


async def test_what_runs_is_recorded_and_what_follows_waits() -> None:
    """The running task ends and its result is kept; the next one starts once it may."""
    world, key = _running()
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.platform.suspend_execution(key)
    await world.until(lambda: _states(world, key) == ["B"])
    await world.until(lambda: world.platform.now().minute >= 30)
    assert len(world.platform.tasks) == 1
    assert world.types(key)[-1] == "TaskStateExited"
    world.platform.suspend_execution(key, is_suspended=False)
    assert (await world.finish(key)).output == 2


async def test_it_says_so_once() -> None:
    """One write when it is switched on, one when off; none after a restart, none in between."""
    world, key = _running(seconds=100_000)
    started = "LambdaFunctionStarted"
    await world.until(lambda: started in world.types(key))
    before = len(world.execution(key).saves)
    world.platform.suspend_execution(key)
    await world.until(lambda: world.execution(key).waiting == SUSPENDED)
    world.crash()
    world.restart()
    await world.until(lambda: world.platform.now().hour >= 2)
    assert len(world.execution(key).saves) == before + 1
    world.platform.suspend_execution(key, is_suspended=False)
    await world.until(lambda: world.execution(key).waiting is None)
    await world.until(lambda: world.platform.now().hour >= 4)
    assert len(world.execution(key).saves) == before + 2


async def test_it_costs_nothing() -> None:
    """A suspended execution that could go on sleeps: its worker looks again now and then only."""
    world, key = _running()
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.platform.suspend_execution(key)
    await world.until(lambda: _states(world, key) == ["B"])
    passes = world.reconciler.counters.passes
    await world.until(lambda: world.platform.now().hour >= 1)
    assert world.reconciler.counters.passes - passes <= 12


async def test_before_its_start_it_stays_pending() -> None:
    """Nothing of it is recorded but why it waits, even where its Workflow is missing."""
    world = World()
    key = world.platform.put_execution("flow", 7, is_suspended=True)
    await world.until(lambda: world.execution(key).waiting == SUSPENDED)
    world.platform.put_workflow("flow", definition("A", A={"Type": "Succeed"}))
    world.crash()
    world.restart()
    await world.until(lambda: world.platform.now().hour >= 1)
    assert world.execution(key).record is None
    assert len(world.execution(key).saves) == 1
    world.platform.suspend_execution(key, is_suspended=False)
    assert (await world.finish(key)).output == 7


async def test_a_retry_waits_too() -> None:
    """The failure is recorded and the Retrier decides; the try itself comes later."""
    world = World()
    retry = [{"ErrorEquals": ["Oops"], "IntervalSeconds": 1}]
    world.platform.put_workflow("flow", definition("A", A=task("a", Retry=retry)))
    world.platform.functions["a"] = in_turn(fails("Oops", takes=5), returns("ok"))
    key = world.platform.put_execution("flow")
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.platform.suspend_execution(key)
    await world.until(lambda: "LambdaFunctionFailed" in world.types(key))
    await world.until(lambda: world.platform.now().hour >= 1)
    assert len(world.platform.tasks) == 1
    world.platform.suspend_execution(key, is_suspended=False)
    assert (await world.finish(key)).output == "ok"


async def test_time_goes_on() -> None:
    """A Wait is over when it is due, and the execution's own TimeoutSeconds fires."""
    world = World()
    states = {"W": {"Type": "Wait", "Seconds": 60, "Next": "B"}, "B": task("b")}
    world.platform.put_workflow("flow", {**definition("W", **states), "TimeoutSeconds": 600})
    key = world.platform.put_execution("flow")
    await world.until(lambda: _states(world, key) == ["W"])
    world.platform.suspend_execution(key)
    await world.until(lambda: "WaitStateExited" in world.types(key))
    assert (await world.finish(key)).status == "TIMED_OUT"
    assert world.platform.tasks == {}


async def test_iterations_wait_for_their_turn() -> None:
    """An inline Map opens no further iteration, and all of them later."""
    world = World()
    each = definition("E", E=task("e"))
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": each, "End": True}
    world.platform.put_workflow("flow", definition("M", M=state))
    world.platform.functions["e"] = always(returns(1, takes=5))
    key = world.platform.put_execution("flow", [1, 2, 3])
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.platform.suspend_execution(key)
    await world.until(lambda: "MapIterationSucceeded" in world.types(key))
    await world.until(lambda: world.platform.now().hour >= 1)
    assert world.types(key).count("MapIterationStarted") == 1
    world.platform.suspend_execution(key, is_suspended=False)
    assert (await world.finish(key)).output == [1, 1, 1]


async def test_a_start_that_was_saved_and_not_made_waits() -> None:
    """What had been recorded and not been started when it was suspended is started later."""
    world, key = _running()
    world.platform.start_errors[1] = [OSError("broken pipe")] * 3
    await world.until(lambda: world.reconciler.counters.starts == 1)
    world.platform.suspend_execution(key)
    await world.until(lambda: world.platform.now().hour >= 1)
    assert world.platform.tasks == {}
    world.platform.suspend_execution(key, is_suspended=False)
    assert (await world.finish(key)).output == 2


async def test_stop_wins() -> None:
    """A suspended execution is stopped as any other, and so is one that never began."""
    world = World()
    world.platform.put_workflow("flow", definition("A", A=task("endless")))
    world.platform.functions["endless"] = always(never_ends())
    running = world.platform.put_execution("flow")
    pending = world.platform.put_execution("flow", is_suspended=True)
    await world.until(lambda: len(world.platform.tasks) == 1)
    for key in (running, pending):
        world.platform.suspend_execution(key)
        world.platform.stop_execution(key, StopRequested(error="Enough", cause="lunch"))
        await world.until(lambda key=key: world.execution(key).is_finished)
        assert world.outcome(key).status == "ABORTED"
    await world.until(lambda: world.is_idle)
    assert world.platform.cancelled == list(world.platform.tasks)
    assert world.types(pending) == ["ExecutionStarted", "ExecutionAborted"]
