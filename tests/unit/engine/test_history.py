"""Histories read as AWS records them: types, links and details."""

import pytest

from asw.asl.values import Json
from asw.engine.history import Event
from tests.support.play import Raised, definition, play, task


def _shape(event: Event) -> tuple[int, int, str]:
    return event.id, event.previous_event_id, event.type


def test_one_task() -> None:
    """A direct function call leaves seven events; the first state's follows no event."""
    seen = play(definition("sum", sum=task("sum")), {"values": [1, 2]}, {"sum": lambda e: 3})
    assert [_shape(event) for event in seen.history] == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "TaskStateEntered"),
        (3, 2, "LambdaFunctionScheduled"),
        (4, 3, "LambdaFunctionStarted"),
        (5, 4, "LambdaFunctionSucceeded"),
        (6, 5, "TaskStateExited"),
        (7, 6, "ExecutionSucceeded"),
    ]
    assert seen.details("LambdaFunctionScheduled") == [
        {"input": {"values": [1, 2]}, "resource": "asw:function:sum"}
    ]
    assert seen.details("LambdaFunctionSucceeded") == [{"output": 3}]


def test_lambda_invoke() -> None:
    """``lambda:invoke`` leaves Task events, takes the payload and wraps the answer."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "echo", "Payload.$": "$.inner"},
        "ResultSelector": {"got.$": "$.Payload"},
        "End": True,
    }
    seen = play(definition("call", call=state), {"inner": [1]}, {"echo": lambda event: event})
    assert seen.outcome.output == {"got": [1]}
    assert seen.types()[2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]
    assert seen.details("TaskScheduled")[0]["parameters"] == {
        "FunctionName": "echo",
        "Payload": [1],
    }


def test_failed_map_iteration_and_its_retry() -> None:
    """A retried Map starts again after the failed iteration's last event (recorded at AWS)."""
    item = {"StartAt": "no", "States": {"no": {"Type": "Fail", "Error": "No", "Cause": "Why"}}}
    state: Json = {
        "Type": "Map",
        "ItemProcessor": item,
        "Retry": [{"ErrorEquals": ["No"], "MaxAttempts": 1}],
        "End": True,
    }
    seen = play(definition("each", each=state), [1])
    assert [_shape(event) for event in seen.history][2:] == [
        (3, 2, "MapStateStarted"),
        (4, 3, "MapIterationStarted"),
        (5, 4, "FailStateEntered"),
        (6, 5, "MapIterationFailed"),
        (7, 5, "MapStateStarted"),
        (8, 7, "MapIterationStarted"),
        (9, 8, "FailStateEntered"),
        (10, 9, "MapIterationFailed"),
        (11, 9, "MapStateFailed"),
        (12, 11, "ExecutionFailed"),
    ]
    assert seen.details("ExecutionFailed") == [{"error": "No", "cause": "Why"}]


def test_failed_branch() -> None:
    """A failing branch's task is aborted, then its Parallel fails and is left by the Catcher."""

    def work(_event: Json) -> Json:
        raise Raised("Oops", "spilt")

    state: Json = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "a", "States": {"a": task("work")}}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "after"}],
        "End": True,
    }
    seen = play(definition("both", both=state, after={"Type": "Succeed"}), {"x": 1}, {"work": work})
    assert seen.types()[-6:-1] == [
        "TaskStateAborted",
        "ParallelStateFailed",
        "ParallelStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
    ]
    assert seen.outcome.output == {"x": 1, "error": {"Error": "Oops", "Cause": "spilt"}}


def test_iterations_share_the_history() -> None:
    """Each iteration has its Started and Succeeded event with name and index."""
    item = {"StartAt": "p", "States": {"p": {"Type": "Pass", "End": True}}}
    state: Json = {"Type": "Map", "ItemProcessor": item, "MaxConcurrency": 1, "End": True}
    seen = play(definition("each", each=state), ["a", "b"])
    assert seen.details("MapStateStarted") == [{"length": 2}]
    expected = [{"name": "each", "index": 0}, {"name": "each", "index": 1}]
    assert seen.details("MapIterationStarted") == expected
    assert seen.details("MapIterationSucceeded") == expected
    assert seen.outcome.output == ["a", "b"]


def test_history_limit() -> None:
    """An endless loop ends with event 25,000, which says why."""
    states = {
        "a": {"Type": "Pass", "Next": "b"},
        "b": {"Type": "Choice", "Choices": [_never("c")], "Default": "a"},
        "c": {"Type": "Succeed"},
    }
    seen = play({"StartAt": "a", "States": states}, {}, through_text=False)
    assert len(seen.history) == 25_000
    assert seen.history[-1].type == "ExecutionFailed"
    assert "25000" in (seen.outcome.failure.cause or "")  # type: ignore[union-attr]


def _never(target: str) -> Json:
    return {"Variable": "$", "IsString": True, "Next": target}


@pytest.mark.parametrize(
    ("payload", "event"),
    [('{"a": 1}', {"a": 1}), ("no JSON", "no JSON"), ([1], [1]), (None, {})],
    ids=["JSON", "plain text", "a value", "null is none"],
)
def test_lambda_payloads(payload: Json, event: Json) -> None:
    """A Payload that is a text is the request's body: JSON is read, other text is taken as is."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "echo", "Payload": payload},
        "OutputPath": "$.Payload",
        "End": True,
    }
    seen = play(definition("call", call=state), {}, {"echo": lambda event: event})
    assert seen.outcome.output == event
