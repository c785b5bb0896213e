"""What is said of a Parallel or Map of which something within failed."""

import pytest

from asw.explain.explain import explain
from asw.explain.replay.moment import moment_at
from asw.explain.replay.playback import play_back
from asw.explain.replay.where import find_moment
from tests.support.cases import a_case
from tests.support.play import Raised, definition, task


def moment(case, state):
    """All values at the end of the state."""
    playback = play_back(case.machine, case.header(), case.events)
    return moment_at(case, playback, *find_moment(case, state, None))


def bad(_event):
    """A function that always fails."""
    raise Raised("Oops", "x")


def block(**states):
    """A branch, or what a Map works each item with."""
    return {"StartAt": next(iter(states)), "States": states}


FAIL = {"Type": "Fail", "Error": "My.Error", "Cause": "on purpose"}
PARALLEL = {"Type": "Parallel", "Branches": [block(B=task())]}
NESTED = {"Type": "Parallel", "Branches": [block(I={**PARALLEL, "End": True})]}
FAILING = {"Type": "Parallel", "Branches": [block(F=FAIL)]}
TOLERANT = {"Type": "Map", "ItemProcessor": block(B=task()), "ToleratedFailureCount": 0}
CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
DISTRIBUTED = {"Type": "Map", "ItemProcessor": {**block(B=task()), "ProcessorConfig": CONFIG}}
THRESHOLD = "States.ExceedToleratedFailureThreshold"
AROUND = {
    "a Parallel": (PARALLEL, "Oops"),
    "a Parallel in a Parallel": (NESTED, "Oops"),
    "a Parallel with a Fail": (FAILING, "My.Error"),
    "a Map that bears failures": (TOLERANT, THRESHOLD),
    "a distributed Map": (DISTRIBUTED, THRESHOLD),
}


@pytest.mark.parametrize(("state", "error"), AROUND.values(), ids=AROUND)
def test_what_failed_within_is_told_of_the_state_around_it(state, error):
    """Its events name no error, though its Retrier and its Catcher were asked about one."""
    all_errors = {"ErrorEquals": ["States.ALL"]}
    caught = {
        **state,
        "Retry": [{**all_errors, "MaxAttempts": 1}],
        "Catch": [{**all_errors, "Next": "C"}],
        "End": True,
    }
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "D"}]}
    machine = definition("A", A=caught, C=choice, D={"Type": "Succeed"})
    case = a_case(machine, [1], {"work": bad})
    left = moment(case, "A")
    assert (left.error, left.retries) == (error, (1,))
    first = explain(case).failures[0]
    assert first.state == "C"
    assert any(said.startswith(f"A failed with {error}") for said in first.led)


@pytest.mark.parametrize(("state", "error"), AROUND.values(), ids=AROUND)
def test_the_retries_of_a_state_around_the_failure_are_counted(state, error):
    """Who gives up is told with the tries that it had."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    case = a_case(definition("A", A={**state, "Retry": retry, "End": True}), [1], {"work": bad})
    outermost = explain(case).failures[-1]
    assert (outermost.state, outermost.error) == ("A", error)
    (verdict,) = outermost.verdicts
    assert verdict.said == "used up"
    assert "2 of 2" in verdict.why
    assert moment(case, "A").retries == (2,)
