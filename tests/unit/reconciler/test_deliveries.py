"""What becomes of delivered outcomes."""

from dataclasses import replace

import pytest

from asw.engine.facts import (
    CallbackFailed,
    CallbackSucceeded,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
)
from asw.engine.record import Record
from asw.reconciler.deliveries import Deliveries, Delivery
from asw.reconciler.platform import Unavailable
from tests.support.builders import a_record, finished, on_task, task_id
from tests.support.play import START, later

DONE = TaskSucceeded(task_id=task_id(1), at=START, output=1)


async def test_an_outcome_that_was_given_and_closed_its_task_is_saved() -> None:
    """SAVED is said only of what the saved step was given."""
    deliveries = Deliveries()
    answer = deliveries.wait_for(DONE)
    assert deliveries.give(task_id(1)) == DONE
    assert deliveries.settle(a_record(on_task(1)), a_record()) == (1, 0)
    assert await answer is Delivery.SAVED


async def test_an_outcome_that_came_during_the_save_is_late() -> None:
    """What the step did not see cannot have been recorded by it."""
    deliveries = Deliveries()
    answer = deliveries.wait_for(DONE)
    assert deliveries.settle(a_record(on_task(1)), a_record()) == (0, 1)
    assert await answer is Delivery.LATE


async def test_an_awaited_task_keeps_its_deliverer_waiting() -> None:
    """Nothing is answered before it is decided."""
    deliveries = Deliveries()
    answer = deliveries.wait_for(DONE)
    deliveries.give(task_id(1))
    assert deliveries.settle(a_record(on_task(1)), a_record(on_task(1))) == (0, 0)
    assert not answer.done()
    assert deliveries.give(task_id(1)) == DONE


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(a_record(on_task(2)), id="unknown ordinal"),
        pytest.param(a_record(on_task(2), cancelling=(1,)), id="attempt timed out"),
        pytest.param(finished(a_record(on_task(1))), id="execution over"),
    ],
)
async def test_what_nobody_awaits_is_late(record: Record) -> None:
    """A result of an attempt that is over is recognised by its TaskId and dropped."""
    deliveries = Deliveries()
    answer = deliveries.wait_for(DONE)
    deliveries.settle(record, record)
    assert await answer is Delivery.LATE
    assert deliveries.give(task_id(1)) is None


async def test_the_first_outcome_counts() -> None:
    """A second outcome of the same start changes nothing and shares the answer."""
    deliveries = Deliveries()
    first = deliveries.wait_for(DONE)
    second = deliveries.wait_for(TaskFailed(task_id=task_id(1), at=START, error="E"))
    assert deliveries.give(task_id(1)) == DONE
    deliveries.settle(a_record(on_task(1)), a_record())
    assert await first is await second is Delivery.SAVED


async def test_whoever_went_away_is_not_answered() -> None:
    """A caller that gave up does not keep the others from their answers."""
    deliveries = Deliveries()
    gone, waiting = deliveries.wait_for(DONE), deliveries.wait_for(DONE)
    gone.cancel()
    assert deliveries.answer_all(Delivery.GONE) == 1
    assert await waiting is Delivery.GONE


async def test_failing_all_tells_everybody() -> None:
    """Where nothing can be said, the caller learns that it must ask again."""
    deliveries = Deliveries()
    answer = deliveries.wait_for(DONE)
    deliveries.fail_all(Unavailable("not here"))
    with pytest.raises(Unavailable):
        await answer


def test_signs_of_life_are_kept_while_they_matter() -> None:
    """The newest heartbeat is held until its task is over."""
    deliveries = Deliveries()
    started = TaskStarted(task_id=task_id(1), at=START)
    newest = TaskHeartbeat(task_id=task_id(1), at=later(1))
    for fact in (started, TaskHeartbeat(task_id=task_id(1), at=START), newest):
        deliveries.put(fact)
    assert deliveries.heard_of(task_id(1)) == (started, newest)
    deliveries.settle(a_record(on_task(1)), a_record())
    assert deliveries.heard_of(task_id(1)) == ()


ASKS = replace(on_task(1), call="lambda:invoke.waitForTaskToken", is_submitted=True)
TOLD = CallbackSucceeded(task_id=task_id(1), at=START, output=1)


async def test_a_callback_is_saved_if_the_step_heard_it() -> None:
    """Who said the same is told the same; who said something else came too late."""
    deliveries = Deliveries()
    first = deliveries.wait_for(TOLD)
    again = deliveries.wait_for(replace(TOLD, at=later(1)))
    other = deliveries.wait_for(CallbackFailed(task_id=task_id(1), at=START))
    assert deliveries.heard_of(task_id(1)) == (TOLD,)
    assert deliveries.settle(a_record(ASKS), a_record(), {1}) == (1, 0)
    assert [await each for each in (first, again)] == [Delivery.SAVED] * 2
    assert await other is Delivery.LATE


async def test_a_callback_that_the_step_passed_over_is_late() -> None:
    """Its deadline had passed, or somebody stopped the execution: it is not said to be saved."""
    deliveries = Deliveries()
    answer = deliveries.wait_for(TOLD)
    deliveries.heard_of(task_id(1))
    assert deliveries.settle(a_record(ASKS), a_record()) == (0, 1)
    assert await answer is Delivery.LATE


async def test_nobody_is_told_what_nobody_knows() -> None:
    """A save that may have failed may also have been made: who reported must ask again."""
    deliveries = Deliveries()
    answer = deliveries.wait_for(TOLD)
    deliveries.heard_of(task_id(1))
    deliveries.settle(a_record(), a_record())
    with pytest.raises(Unavailable):
        await answer


def test_a_sign_of_life_is_kept_until_it_is_written_down() -> None:
    """Then nothing keeps an execution that waits in memory."""
    deliveries = Deliveries()
    deliveries.put(TaskHeartbeat(task_id=task_id(1), at=later(5)))
    waits = replace(ASKS, heartbeat_seconds=60)
    deliveries.settle(a_record(waits), a_record(waits))
    assert not deliveries.is_empty
    deliveries.settle(a_record(waits), a_record(replace(waits, heartbeat_at=later(5))))
    assert deliveries.is_empty
