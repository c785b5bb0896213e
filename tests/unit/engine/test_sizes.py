"""Results that are too large or too deep end in AWS's error, whatever they are made of."""

import pytest

from asw.asl.values import Json
from tests.support.play import definition, play, task


@pytest.mark.parametrize(
    "output",
    ["x" * 262_143, "语" * 87_382, list(range(60_000))],
    ids=["text", "utf-8", "array"],
)
def test_large_task_results(output: Json) -> None:
    """A task's result over 262,144 bytes fails the task, its event naming the resource."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "z"}]
    states = {"a": task("big", Catch=catch), "z": {"Type": "Pass", "End": True}}
    seen = play(definition("a", **states), {}, {"big": lambda _event: output})
    assert seen.outcome.output["Error"] == "States.DataLimitExceeded"
    assert "'asw:function:big'" in seen.details("LambdaFunctionFailed")[0]["cause"]


def test_a_result_of_just_the_limit() -> None:
    """262,144 bytes are let through."""
    seen = play(definition("a", a=task("big")), {}, {"big": lambda _event: "x" * 262_142})
    assert seen.outcome.status == "SUCCEEDED"


def test_a_loop_that_nests_its_input() -> None:
    """A value that grows deeper each round ends in DataLimitExceeded, not in a stuck run."""
    states = {
        "nest": {"Type": "Pass", "Parameters": {"x.$": "$"}, "Next": "again"},
        "again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.never", "IsPresent": True, "Next": "end"}],
            "Default": "nest",
        },
        "end": {"Type": "Succeed"},
    }
    seen = play(definition("nest", **states), {})
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.DataLimitExceeded"
