"""What becomes of delivered outcomes."""

import pytest

from asw.engine.facts import TaskFailed, TaskHeartbeat, TaskStarted, TaskSucceeded
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
    assert deliveries.signs(task_id(1)) == (started, newest)
    deliveries.settle(a_record(on_task(1)), a_record())
    assert deliveries.signs(task_id(1)) == ()
