"""Executions that failed are worked again, or say why not."""

from dataclasses import replace

import pytest

from asw.engine.facts import StopRequested
from asw.engine.limits import HISTORY_LIMIT
from asw.engine.record_text import to_record_text
from asw.reconciler.platform import ExecutionKey, Redrive, Refused
from tests.support.behaviours import always, fails, in_turn, never_ends, returns
from tests.support.play import definition, task
from tests.support.world import World

FLOW = definition("A", A=task("a", Next="B"), B=task("b"))


async def _failed() -> tuple[World, ExecutionKey]:
    """An execution of two Tasks, the second of which failed and would succeed now."""
    world = World()
    world.platform.put_workflow("flow", FLOW)
    world.platform.functions["a"] = always(returns("a"))
    world.platform.functions["b"] = in_turn(fails("Oops"), returns("b"))
    key = world.platform.put_execution("flow", 1)
    assert (await world.finish(key)).status == "FAILED"
    return world, key


async def _refusal(world: World, key: ExecutionKey) -> str:
    """Why the redrive was refused: said once, and nothing else was changed."""
    record, history = world.execution(key).record_text, list(world.execution(key).history)
    await world.until(lambda: world.execution(key).refused is not None and world.is_idle)
    saves = len(world.execution(key).saves)
    world.crash()
    world.restart()
    world.platform.touch(key)
    await world.until(lambda: world.is_idle)
    assert len(world.execution(key).saves) == saves
    assert world.execution(key).record_text == record
    assert world.execution(key).history == history
    refused = world.execution(key).refused
    assert refused is not None
    return refused[1]


async def test_it_resumes_where_it_failed() -> None:
    """The state that failed runs again, on a history that goes on; the one before does not."""
    world, key = await _failed()
    world.platform.redrive_execution(key, Redrive(number=1))
    assert (await world.finish(key)).output == "b"
    assert [task.command.state for task in world.platform.tasks.values()] == ["A", "B", "B"]
    assert world.types(key).count("ExecutionRedriven") == 1
    assert [event.id for event in world.execution(key).history] == list(
        range(1, len(world.types(key)) + 1)
    )


async def test_the_same_number_again_is_nothing() -> None:
    """An execution that was redriven and failed again waits for a higher number."""
    world, key = await _failed()
    world.platform.functions["b"] = always(fails("Oops"))
    world.platform.redrive_execution(key, Redrive(number=1))
    await world.until(lambda: world.types(key).count("ExecutionFailed") == 2 and world.is_idle)
    world.platform.touch(key)
    world.crash()
    world.restart()
    await world.until(lambda: world.is_idle)
    assert world.types(key).count("ExecutionRedriven") == 1
    world.platform.redrive_execution(key, Redrive(number=4))
    await world.until(lambda: world.types(key).count("ExecutionFailed") == 3 and world.is_idle)
    record = world.execution(key).record
    assert record is not None
    assert record.redrive_count == 4


async def test_one_that_was_stopped_goes_on() -> None:
    """The stop is gone, its task was cancelled, and its state gets a new one."""
    world = World()
    world.platform.put_workflow("flow", FLOW)
    world.platform.functions["a"] = in_turn(never_ends(), returns("a"))
    world.platform.functions["b"] = always(returns("b"))
    key = world.platform.put_execution("flow", 1)
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.platform.stop_execution(key, StopRequested(error="Enough"))
    await world.finish(key)
    world.platform.redrive_execution(key, Redrive(number=1))
    assert (await world.finish(key)).output == "b"
    assert [id_.ordinal for id_ in world.platform.tasks] == [1, 2, 3]


async def test_asked_for_in_mid_run_it_follows_the_end() -> None:
    """A redrive of an execution that runs is carried out once it has failed."""
    world = World()
    world.platform.put_workflow("flow", definition("A", A=task("a")))
    world.platform.functions["a"] = in_turn(fails("Oops", takes=5), returns("a"))
    key = world.platform.put_execution("flow", 1)
    await world.until(lambda: len(world.platform.tasks) == 1)
    world.platform.redrive_execution(key, Redrive(number=1))
    await world.until(lambda: "ExecutionSucceeded" in world.types(key))
    assert world.types(key).count("ExecutionRedriven") == 1


@pytest.mark.parametrize("saves", [0, 1, 2])
async def test_a_crash_at_any_save_redrives_once(saves: int) -> None:
    """The process may die before, at or after the save that begins it: it is carried out once."""
    world, key = await _failed()
    world.crash()
    world.platform.redrive_execution(key, Redrive(number=1))
    world.restart()
    before = len(world.execution(key).saves)
    await world.until(lambda: len(world.execution(key).saves) >= before + saves)
    world.crash()
    world.restart()
    assert (await world.finish(key)).output == "b"
    assert world.types(key).count("ExecutionRedriven") == 1
    assert [it.command.state for it in world.platform.tasks.values()] == ["A", "B", "B"]


async def test_a_success_is_not_redriven() -> None:
    """It says so, once, and stays as it is; the next number is refused anew."""
    world = World()
    world.platform.put_workflow("flow", definition("A", A={"Type": "Succeed"}))
    key = world.platform.put_execution("flow", 1)
    await world.finish(key)
    world.platform.redrive_execution(key, Redrive(number=1))
    assert await _refusal(world, key) == (
        "redrive 1 is refused: it succeeded; start a new execution"
    )
    world.platform.redrive_execution(key, Redrive(number=2))
    await world.until(lambda: "redrive 2" in str(world.execution(key).refused) and world.is_idle)


async def test_what_never_began_is_not_redriven() -> None:
    """Neither one that failed before its start, nor one that was stopped then, has a state."""
    world = World()
    failed = world.platform.put_execution("flow", revision="flow-0")
    stopped = world.platform.put_execution("absent")
    world.platform.stop_execution(stopped, StopRequested())
    for key in (failed, stopped):
        await world.until(lambda key=key: world.execution(key).is_finished and world.is_idle)
        world.platform.redrive_execution(key, Redrive(number=1))
        assert "before it began" in await _refusal(world, key)


async def test_a_full_history_is_not_redriven() -> None:
    """AWS: the redrive and one more event must fit."""
    world, key = await _failed()
    execution = world.execution(key)
    assert execution.record is not None
    execution.record_text = to_record_text(replace(execution.record, next_event=HISTORY_LIMIT))
    world.platform.redrive_execution(key, Redrive(number=1))
    assert "24999 events" in await _refusal(world, key)


async def test_another_revision_takes_over() -> None:
    """With all states that were finished in it, a mended definition goes on from there."""
    world, key = await _failed()
    mended = world.platform.put_workflow(
        "flow", definition("A", A=task("a", Next="B"), B=task("b", Next="C"), C=task("c"))
    )
    world.platform.functions["c"] = always(returns("c"))
    world.platform.redrive_execution(key, Redrive(number=1, revision=mended.name))
    assert (await world.finish(key)).output == "c"
    assert world.execution(key).revision == mended.name
    assert [it.command.state for it in world.platform.tasks.values()] == ["A", "B", "B", "C"]


async def test_a_revision_that_lacks_a_finished_state_is_refused() -> None:
    """The sentence names the state and the revision; another try may name another one."""
    world, key = await _failed()
    other = world.platform.put_workflow("flow", definition("B", B=task("b")))
    world.platform.redrive_execution(key, Redrive(number=1, revision=other.name))
    refusal = await _refusal(world, key)
    assert other.name in refusal
    assert "no state 'A', which the run has finished" in refusal
    world.platform.redrive_execution(key, Redrive(number=1))
    assert (await world.finish(key)).output == "b"


async def test_a_revision_that_cannot_be_had_is_refused() -> None:
    """Missing, of another Workflow, not readable, or not comparable: each by its own sentence."""
    world, key = await _failed()
    foreign = world.platform.put_workflow("other", FLOW)
    broken = world.platform.put_workflow("flow", {"StartAt": "Nowhere", "States": {}})
    same = world.platform.put_workflow("flow", {**FLOW, "Comment": "the same"})
    world.platform.faults.fail("exited_states", Refused("a chunk is gone"))
    says = {
        "flow-99": "revision 'flow-99' does not exist",
        foreign.name: "is one of Workflow 'other'; name a revision of 'flow'",
        broken.name: "cannot run: ",
        same.name: "needs the whole history: a chunk is gone",
    }
    for number, (name, sentence) in enumerate(says.items(), start=1):
        world.platform.redrive_execution(key, Redrive(number=number, revision=name))
        await world.until(
            lambda sentence=sentence: (
                sentence in str(world.execution(key).refused) and world.is_idle
            )
        )
    del world.platform.revisions["default", world.execution(key).revision or ""]
    world.platform.redrive_execution(key, Redrive(number=9))
    assert "does not exist" in await _refusal(world, key)


async def test_suspended_it_begins_and_waits() -> None:
    """A redrive of a suspended execution starts nothing until it may go on."""
    world, key = await _failed()
    world.platform.suspend_execution(key)
    world.platform.redrive_execution(key, Redrive(number=1))
    await world.until(lambda: "ExecutionRedriven" in world.types(key))
    await world.until(lambda: world.platform.now().hour >= 1)
    assert len(world.platform.tasks) == 2
    world.platform.suspend_execution(key, is_suspended=False)
    assert (await world.finish(key)).output == "b"
