"""Which handler decides of a failure, and how retries are counted over several."""

import pytest

from asw.asl.errors import HEARTBEAT_TIMEOUT, TIMEOUT, Failure
from asw.asl.model import TaskState
from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.engine.retry import first_taking, had_free_retries, retries_after
from tests.support.play import definition, task


def a_state(*retriers):
    """A Task with these Retriers."""
    state = parse(to_text(definition("A", A=task(Retry=list(retriers))))).block.states["A"]
    assert isinstance(state, TaskState)
    return state


@pytest.mark.parametrize(
    ("failure", "index"),
    [
        (Failure("Oops"), 1),
        (Failure(TIMEOUT), 0),
        (Failure(TIMEOUT, matched_as=HEARTBEAT_TIMEOUT), 0),
        (Failure("States.Runtime"), None),
    ],
    ids=str,
)
def test_the_first_that_matches_decides(failure, index):
    """Later ones are not asked, though they would take it as well."""
    names = ([TIMEOUT, HEARTBEAT_TIMEOUT], ["Oops"], ["States.ALL"])
    state = a_state(*({"ErrorEquals": each} for each in names))
    assert first_taking(state.retry, failure, "ASL") == index


def test_what_must_not_repeat_had_no_free_retries():
    """A state that failed by a loss before its free retries were used up had none."""
    state = a_state({"ErrorEquals": ["States.ALL"], "MaxAttempts": 1})
    lost = Failure("Asw.NodeLost")
    assert not had_free_retries([lost, lost])
    assert retries_after(state, [lost], "ASL", has_free=False) == (1,)
    assert had_free_retries([lost] * 4)
    assert had_free_retries([lost, Failure("Oops")])


def test_counts_leave_out_what_the_machinery_made_good():
    """Free retries have a budget of their own, for each kind of loss."""
    state = a_state({"ErrorEquals": ["States.ALL"], "MaxAttempts": 9})
    lost, failed = Failure("Asw.NodeLost"), Failure("Oops")
    assert retries_after(state, [lost, failed, lost, lost, lost], "ASL") == (2,)
