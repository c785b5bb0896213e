"""Inline Maps that say how many of their iterations may fail."""

import pytest

from asw.asl.values import Json
from tests.support.play import Raised, definition, play, task


def _machine(**bounds: Json) -> dict[str, Json]:
    processor = definition("Work", Work=task())
    state = {"Type": "Map", "ItemProcessor": processor, "End": True, **bounds}
    return definition("Each", Each=state)


def _work(event: Json) -> Json:
    if event < 0:
        raise Raised("Negative", f"{event} is negative")
    return event * 2


@pytest.mark.parametrize(
    "bounds",
    [
        {"ToleratedFailureCount": 1},
        {"ToleratedFailurePercentage": 34},
        {"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 50, "MaxConcurrency": 1},
    ],
    ids=["count", "percentage", "both, one at a time"],
)
def test_tolerated_failures_leave_their_error_output(bounds: Json) -> None:
    """Within what it tolerates a Map goes on, and an item that failed gives its error output."""
    seen = play(_machine(**bounds), [1, -1, 3], {"work": _work})
    assert seen.outcome.status == "SUCCEEDED"
    assert seen.outcome.output == [2, {"Error": "Negative", "Cause": "-1 is negative"}, 6]
    assert seen.types().count("MapIterationFailed") == 1


@pytest.mark.parametrize(
    "bounds",
    [
        {"ToleratedFailureCount": 1},
        {"ToleratedFailurePercentage": 33.3},
        {"ToleratedFailureCount": 3, "ToleratedFailurePercentage": 10},
    ],
    ids=["count", "percentage", "the narrower of both"],
)
def test_one_failure_too_many_fails_the_map(bounds: Json) -> None:
    """Over either bound a Map fails with an error of its own, which a Catcher can take."""
    seen = play(_machine(**bounds), [-1, -2, 3], {"work": _work})
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.ExceedToleratedFailureThreshold"
    assert seen.types().count("MapStateFailed") == 1


def test_what_nothing_catches_can_be_tolerated() -> None:
    """States.Runtime within an iteration counts as its failure where the Map tolerates some."""
    lost = {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True, "Next": "Work"}]}
    processor = definition("Lost", Lost=lost, Work={"Type": "Pass", "End": True})
    state = {"Type": "Map", "ItemProcessor": processor, "End": True, "ToleratedFailureCount": 1}
    seen = play(definition("Each", Each=state), [None, 1])
    assert seen.outcome.status == "SUCCEEDED"
    assert seen.outcome.output[1]["Error"] == "States.Runtime"


def test_a_map_may_fail_as_it_leaves_after_a_tolerated_failure() -> None:
    """The Map's own expressions fail it even where the last item to end is one that failed."""
    machine = _machine(ToleratedFailureCount=1)
    machine["States"]["Each"]["OutputPath"] = "$.not_of_an_array"
    seen = play(machine, [1, -1], {"work": _work})
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.Runtime"
