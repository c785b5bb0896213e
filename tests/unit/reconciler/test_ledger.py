"""When a command may be performed again."""

from datetime import timedelta

import pytest

from asw.reconciler.ledger import Ledger
from asw.reconciler.platform import Refused, TaskRefused, Unavailable
from asw.reconciler.settings import Settings
from tests.support.builders import task_id
from tests.support.play import START, later

SETTINGS = Settings(
    backoff_base=timedelta(seconds=1),
    repeat_after=timedelta(seconds=30),
    refused_pause=timedelta(seconds=60),
)


@pytest.fixture
def ledger() -> Ledger:
    """An empty ledger, without jitter."""
    return Ledger(SETTINGS, lambda: 1.0)


def test_what_was_never_performed_is_due(ledger: Ledger) -> None:
    """A command without a line is performed at once."""
    assert ledger.is_due(task_id(), START)
    assert ledger.next_at([task_id()]) is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        pytest.param(None, 30, id="taken: not again before its echo is overdue"),
        pytest.param(Unavailable("503"), 1, id="no answer: back-off"),
        pytest.param(Refused("403"), 60, id="refused: a human must act"),
        pytest.param(ValueError("?"), 1, id="anything else: back-off"),
        pytest.param(TaskRefused("E", "c"), 1, id="task refused: its failure goes before"),
    ],
)
def test_next_time_follows_from_the_answer(
    ledger: Ledger, error: Exception | None, seconds: float
) -> None:
    """The platform's answer says when the command may be performed again."""
    ledger.note(task_id(), error, START)
    assert not ledger.is_due(task_id(), START)
    assert ledger.is_due(task_id(), later(seconds))
    assert ledger.next_at([task_id(), task_id(2)]) == later(seconds)
    assert ledger.is_done(task_id()) is (error is None)


def test_failures_in_a_row_back_off_further(ledger: Ledger) -> None:
    """The pause grows with each failure and is forgotten with the first success."""
    for _ in range(3):
        ledger.note(task_id(), Unavailable("503"), START)
    assert ledger.next_at([task_id()]) == later(4)
    ledger.note(task_id(), None, START)
    ledger.note(task_id(), Unavailable("503"), START)
    assert ledger.next_at([task_id()]) == later(1)


def test_forgets_closed_tasks(ledger: Ledger) -> None:
    """Lines of tasks that the record no longer holds open are dropped."""
    ledger.note(task_id(1), None, START)
    ledger.note(task_id(2), None, START)
    ledger.keep_only([task_id(2)])
    assert not ledger.is_done(task_id(1))
    assert ledger.is_done(task_id(2))
