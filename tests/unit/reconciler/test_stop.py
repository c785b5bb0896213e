"""Stopping executions, and what is left of their tasks."""

from asw.engine.facts import StopRequested
from asw.reconciler.platform import Unavailable
from tests.support.behaviours import always, in_turn, never_ends, returns
from tests.support.builders import chain
from tests.support.play import definition, task
from tests.support.world import World


async def test_stop_aborts_and_cancels() -> None:
    """A stopped execution ends at once, with the given texts, and its tasks with it."""
    world = World()
    world.platform.put_workflow("flow", chain("endless"))
    world.platform.functions["endless"] = always(never_ends())
    key = world.platform.put_execution("flow")
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.platform.stop_execution(key, StopRequested(error="Enough", cause="lunch"))
    outcome = await world.finish(key)
    assert outcome.status == "ABORTED"
    assert outcome.failure is not None
    assert (outcome.failure.error, outcome.failure.cause) == ("Enough", "lunch")
    assert world.platform.cancelled == list(world.platform.tasks)


async def test_a_cancel_that_failed_is_made_good() -> None:
    """A worker stays until the platform took every cancel."""
    world = World()
    world.platform.put_workflow("flow", chain("endless"))
    world.platform.functions["endless"] = always(never_ends())
    world.platform.faults.fail("cancel", Unavailable("503"), times=3)
    key = world.platform.put_execution("flow")
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.platform.stop_execution(key, StopRequested())
    await world.finish(key)
    assert world.platform.cancelled == list(world.platform.tasks)
    assert world.platform.faults.count["cancel"] == 4


async def test_stop_before_the_workflow_exists() -> None:
    """An execution that still waits for its Workflow can be stopped as well."""
    world = World()
    key = world.platform.put_execution("absent")
    await world.until(lambda: world.execution(key).waiting is not None)
    world.platform.stop_execution(key, StopRequested(error="Enough"))
    assert (await world.finish(key)).status == "ABORTED"


async def test_a_timed_out_attempt_is_cancelled_once() -> None:
    """The attempt that nobody waits for is ended, and its end costs no write of its own."""
    world = World()
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}]
    machine = definition("A", A=task("work", TimeoutSeconds=3, Retry=retry, Next="B"), B=task("b"))
    world.platform.put_workflow("flow", machine)
    world.platform.functions["work"] = in_turn(never_ends(), returns("ok"))
    world.platform.functions["b"] = always(returns("ok", takes=300))
    key = world.platform.put_execution("flow")
    await world.finish(key)
    assert [id_.ordinal for id_ in world.platform.cancelled] == [1]
