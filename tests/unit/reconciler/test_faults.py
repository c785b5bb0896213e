"""Whatever the platform runs into, wherever the process dies: the execution ends the same."""

from collections import Counter

import pytest

from asw.asl.values import Json
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import (
    Conflict,
    ExecutionKey,
    Gone,
    PlatformError,
    Refused,
    Unavailable,
)
from tests.support.behaviours import computed, fails, in_turn, never_ends, returns
from tests.support.builders import chain, fan_out
from tests.support.faults import Phase
from tests.support.play import definition, task
from tests.support.world import World

RETRY = [{"ErrorEquals": ["Oops"], "IntervalSeconds": 1}]
BOTH = {
    "Type": "Parallel",
    "Branches": [
        definition("Steady", Steady=task("inc")),
        definition("Shaky", Shaky=task("shaky", Retry=RETRY)),
    ],
    "Next": "Last",
}
FLOW = definition("First", First=task("inc", Next="Both"), Both=BOTH, Last=task("sum"))
METHODS = ("load", "workflow", "revision", "prepare", "save", "start")


def a_world() -> tuple[World, ExecutionKey]:
    """An execution with a chain, a Parallel and a retry, about to begin."""
    world = World()
    world.platform.put_workflow("flow", FLOW)
    world.platform.functions["inc"] = computed(lambda n: n + 1)
    world.platform.functions["sum"] = computed(sum)
    world.platform.functions["shaky"] = in_turn(fails("Oops"), returns(40))
    return world, world.platform.put_execution("flow", 0)


async def check(world: World, key: ExecutionKey) -> None:
    """It succeeded, and every start was made once, of the tasks that the flow calls for."""
    assert (await world.finish(key)).output == 42
    names = Counter(task.command.invocation.name for task in world.platform.tasks.values())
    assert names == {"inc": 2, "shaky": 2, "sum": 1}
    ids = [event.id for event in world.execution(key).history]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("error", [Unavailable("503"), Refused("403"), ValueError("bug")], ids=repr)
async def test_one_call_fails(method: str, nth: int, phase: Phase, error: Exception) -> None:
    """Any call may fail, or be done with its answer lost, and is made good later."""
    world, key = a_world()
    world.platform.faults.fail(method, error, nth=nth, phase=phase)
    await check(world, key)


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("method", METHODS)
async def test_the_process_dies(method: str, nth: int, phase: Phase) -> None:
    """A process that ends at any call is followed by one that goes on where it was."""
    world, key = a_world()
    died: list[None] = []

    def die() -> None:
        world.crash()
        died.append(None)

    world.platform.faults.on(method, die, nth=nth, phase=phase)
    await world.until(lambda: bool(died) or world.execution(key).is_finished)
    if died:
        world.restart()
    await check(world, key)


async def test_nothing_works_for_a_while() -> None:
    """An outage of everything is survived, and not hammered."""
    world, key = a_world()
    for method in METHODS:
        world.platform.faults.fail(method, Unavailable("503"), nth=2, times=8)
    await check(world, key)
    assert world.reconciler.counters.unavailable >= 8


async def test_news_come_many_times() -> None:
    """Doubled, stale and useless wakes change nothing."""
    world, key = a_world()
    world.platform.wakes = 5
    await check(world, key)


@pytest.mark.parametrize("nth", range(1, 6))
async def test_somebody_else_writes(nth: int) -> None:
    """A save that meets another's write is decided again on what is there now."""
    world, key = a_world()
    world.platform.faults.on("save", lambda: world.platform.touch(key), nth=nth)
    await check(world, key)


async def test_conflicts_in_a_row_back_off() -> None:
    """Somebody who always writes first is not raced for ever."""
    world, key = a_world()
    world.platform.faults.fail("save", Conflict("again"), times=20)
    await check(world, key)
    assert world.reconciler.counters.conflicts == 20


async def test_a_deleted_execution_is_forgotten() -> None:
    """Deleting an execution ends its worker."""
    world, key = a_world()
    await world.until(lambda: bool(world.platform.tasks))
    world.platform.delete_execution(key)
    await world.until(lambda: not world.reconciler.live)


async def test_one_start_of_many_fails() -> None:
    """A start that fails does not keep the others' results from being recorded."""
    world = World()
    world.platform.put_workflow("flow", fan_out("inc", 3))
    world.platform.functions["inc"] = computed(lambda n: n + 1)
    world.platform.start_errors = {2: [Unavailable("429")] * 6}
    key = world.platform.put_execution("flow", 0)
    await world.until(
        lambda: (
            world.types(key).count("LambdaFunctionSucceeded") == 2
            and len(world.platform.tasks) == 2
        )
    )
    assert (await world.finish(key)).output == [1, 1, 1]


@pytest.mark.parametrize("error", [Refused("403"), ValueError("bug")], ids=repr)
async def test_a_start_that_fails_is_made_good(error: Exception) -> None:
    """A start is performed until the platform took it, whatever kept it from doing so."""
    world = World()
    world.platform.put_workflow("flow", chain("inc"))
    world.platform.functions["inc"] = computed(lambda n: n + 1)
    world.platform.start_errors = {1: [error] * 3}
    key = world.platform.put_execution("flow", 0)
    assert (await world.finish(key)).output == 1
    assert world.platform.faults.count["start"] == 4


async def test_a_deletion_that_shows_at_a_start_is_taken() -> None:
    """A platform that finds the execution gone while it starts a task ends the worker."""
    world = World()
    world.platform.put_workflow("flow", chain("inc"))
    world.platform.start_errors = {1: [Gone("deleted")]}
    world.platform.put_execution("flow", 0)
    await world.until(lambda: world.platform.faults.count["start"] == 1)
    await world.until(lambda: not world.reconciler.live)


async def test_a_task_that_went_while_nobody_looked() -> None:
    """One that was recorded as started and is unknown after a restart is tried anew."""
    world = World()
    world.platform.put_workflow("flow", chain("work"))
    world.platform.functions["work"] = in_turn(never_ends(), returns("ok"))
    key = world.platform.put_execution("flow")
    await world.until(lambda: "LambdaFunctionStarted" in world.types(key))
    world.crash()
    world.platform.lose(TaskId(key.uid, 1))
    world.restart()
    assert (await world.finish(key)).output == "ok"
    assert list(world.platform.tasks) == [TaskId(key.uid, 2)]


@pytest.mark.parametrize("error", [Refused("quota: ask an admin"), KeyError("secret-payload")])
async def test_what_repeats_is_logged_once_and_without_payloads(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal shows its own sentence, a fault of ours only where it happened."""
    world, key = a_world()
    world.platform.faults.fail("save", error, times=3)
    await check(world, key)
    texts = [
        record.getMessage() for record in caplog.records if record.name == "asw.reconciler.worker"
    ]
    assert len(texts) == 1
    assert key.uid in texts[0]
    assert "secret-payload" not in texts[0]
    is_refusal = isinstance(error, PlatformError)
    assert ("ask an admin" in texts[0]) is is_refusal
    assert ("KeyError" in texts[0]) is not is_refusal


async def test_a_bounded_step_goes_on_at_once() -> None:
    """A loop without tasks is worked off in turns, beside other executions."""
    world = World()
    count = {
        "Type": "Pass",
        "Parameters": {"n.$": "States.MathAdd($.n, 1)"},
        "Next": "Enough",
    }
    enough = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1500, "Next": "Done"}],
        "Default": "Count",
    }
    machine = definition("Count", Count=count, Enough=enough, Done={"Type": "Succeed"})
    world.platform.put_workflow("loop", machine)
    key = world.platform.put_execution("loop", {"n": 0})
    outcome: Json = (await world.finish(key)).output
    assert outcome == {"n": 1501}
    assert len(world.execution(key).saves) > 1
