"""Retriers and Catchers in TCSL, and beside the engine's own decision."""

import pytest

from asw.asl.errors import Failure
from asw.asl.model import TaskState
from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.engine.retry import CaughtBy, RetryAfter, decide
from asw.explain.verdicts import Verdict, judge
from tests.support.play import definition, task

NAMES = (
    "States.ALL",
    "States.TaskFailed",
    "States.Timeout",
    "States.Runtime",
    "FailedOperation",
    "Oops",
)
ERRORS = (*NAMES, "FailedOperation.Quota", "AuthFailure", "States.HeartbeatTimeout", None)


def a_state(dialect="ASL", **fields):
    """A Task with these fields."""
    states = {"A": task(**fields)} | ({"B": {"Type": "Succeed"}} if "Catch" in fields else {})
    state = parse(to_text(definition("A", **states)), dialect).block.states["A"]
    assert isinstance(state, TaskState)
    return state


def said(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    """What each said."""
    return {it.handler: it.said for it in verdicts}


@pytest.mark.parametrize("dialect", ["ASL", "TCSL"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_is_what_the_engine_decides(dialect, error, name):
    """A Retrier is said to take an error if the engine retries by it; so is a Catcher."""
    retrier = {"ErrorEquals": [name], "MaxAttempts": 1}
    catcher = {"ErrorEquals": [name], "Next": "B"}
    state = a_state(dialect, Retry=[retrier], Catch=[catcher])
    for attempts in ((), (1,)):
        failure = Failure(error)
        decision = decide(failure, state, attempts=attempts, chance=lambda: 0.5, dialect=dialect)
        told = said(judge(state, failure, attempts, dialect, has_left=True))
        assert (told["Retry[0]"] == "retried") is isinstance(decision, RetryAfter)
        assert (told["Catch[0]"] == "caught") is isinstance(decision, CaughtBy)


def test_a_business_code_of_tcsl_says_by_which_names_it_is_taken():
    """States.TaskFailed takes the public code, not its cases."""
    state = a_state("TCSL", Retry=[{"ErrorEquals": ["StatesTaskFailed"]}])
    (verdict,) = judge(state, Failure("FailedOperation.Quota"), (), "TCSL", has_left=False)
    assert verdict.why == ("in TCSL FailedOperation.Quota is taken by its name and by StatesALL")
