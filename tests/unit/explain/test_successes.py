"""What is said of an execution that succeeded, and of how often it was redriven."""

import pytest

from asw.explain.explain import explain
from asw.explain.origin import Origin, origin_of
from tests.support.cases import a_case, with_status
from tests.support.play import Raised, definition, in_turn, task


def test_an_error_that_came_again_and_again_is_named_once():
    """Ten retries are one line, in which another error in between keeps its place."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 10}]
    answers = [*[Raised("Busy")] * 3, Raised("Odd"), Raised("Busy"), 1]
    case = a_case(definition("T", T=task(Retry=retry)), {}, {"work": in_turn(*answers)})
    assert "T succeeded at try 6, after Busy (3 times), Odd, Busy." in explain(case).notes


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "It was redriven once."), (2, "It was redriven 2 times.")],
)
def test_redrives_are_counted(count, said):
    """One is once."""
    case = a_case(definition("T", T=task()), {}, {"work": in_turn(Raised("Odd"))})
    assert said in explain(with_status(case, redriveCount=count)).notes


def test_no_redrive_is_not_told():
    """Most executions never were."""
    case = a_case(definition("T", T=task()), {}, {"work": in_turn(Raised("Odd"))})
    assert not any("redriven" in note for note in explain(case).notes)


def test_what_a_redrive_got_over_is_no_failure():
    """Nobody looks for the lines of a task that failed before it, which may be gone."""
    answers = in_turn(Raised("Odd"), 1)
    case = a_case(definition("T", T=task()), {}, {"work": answers}, redrives=1)
    assert case.run.phase == "Succeeded"
    assert origin_of(case) == Origin((), None)
