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


def test_a_large_result_of_an_integration() -> None:
    """AWS names lambda:invoke by its service, lambda, where it names a function by its ARN."""
    invoke = "arn:aws:states:::lambda:invoke"
    state = task(Resource=invoke, Parameters={"FunctionName": "big"})
    seen = play(definition("a", a=state), {}, {"big": lambda _event: "x" * 262_143})
    assert seen.outcome.failure is not None
    assert "'lambda' returned a result" in (seen.outcome.failure.cause or "")


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


NESTING = {"x": "{% $states.input %}"}
NEVER = [{"Condition": "{% false %}", "Next": "end"}]
BIG = {"a": "x" * 200_000, "items": [1, 2]}
MANY: Json = {f"k{n}.$": "$" for n in range(20)}
INNER = definition("p", p={"Type": "Pass", "End": True})
DEEPER = "$" + ".a" * 390
DISTRIBUTED = {**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


@pytest.mark.parametrize(
    ("choice", "wait"),
    [({"Output": NESTING}, {}), ({}, {"Output": NESTING})],
    ids=["Choice", "Wait"],
)
def test_outputs_of_states_that_do_no_work(choice: Json, wait: Json) -> None:
    """An output that grows deeper each round ends the run, whichever state makes it."""
    states: Json = {
        "choice": {"Type": "Choice", "Choices": NEVER, "Default": "wait", **choice},
        "wait": {"Type": "Wait", "Seconds": 0, "Next": "choice", **wait},
        "end": {"Type": "Succeed"},
    }
    machine = {"StartAt": "choice", "QueryLanguage": "JSONata", "States": states}
    failure = play(machine, {}).outcome.failure
    assert failure is not None
    assert failure.error == "States.DataLimitExceeded"


def test_a_result_placed_too_deep() -> None:
    """A ResultPath that would nest the output too deeply fails the state."""
    states = {"a": task(ResultPath=DEEPER, Next="b"), "b": task(ResultPath=DEEPER)}
    seen = play(definition("a", **states), {}, {"work": lambda event: event})
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.DataLimitExceeded"
    assert "'b' returned a result" in (seen.outcome.failure.cause or "")


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(task(Parameters=MANY), id="Task"),
        pytest.param({"Type": "Parallel", "Parameters": MANY, "Branches": [INNER]}, id="Parallel"),
        pytest.param(
            {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": MANY, "ItemProcessor": INNER},
            id="Map",
        ),
        pytest.param(
            {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemSelector": MANY,
                "ItemProcessor": DISTRIBUTED,
            },
            id="distributed Map",
        ),
    ],
)
def test_large_inputs_of_work(state: dict[str, Json]) -> None:
    """What a template makes too large for a state's work fails the state before the work."""
    failure = play(definition("s", s={**state, "End": True}), BIG).outcome.failure
    assert failure is not None
    assert failure.error == "States.DataLimitExceeded"
    assert "'s' was given an input" in (failure.cause or "")


def test_half_a_surrogate_pair_is_counted() -> None:
    """A result that no UTF-8 can say is no error of ours; JSON can spell it."""
    seen = play(definition("a", a=task()), {}, {"work": lambda _event: "\ud800" * 50_000})
    assert seen.outcome.output == "\ud800" * 50_000
