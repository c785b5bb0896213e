"""Succeed and Fail: the two ends (ASL: Succeed State, Fail State)."""

from asw.asl.errors import RUNTIME, Failure, StatesError
from asw.asl.model import Expression, FailState, SucceedState, Text
from asw.asl.queries import Query
from asw.asl.scope import Scope
from asw.asl.templates import evaluate_expression
from asw.asl.values import Json
from asw.engine.dataflow import went_through
from asw.engine.record import Frame
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import fail, leave


def _succeed(run: Run, frame: Frame, state: SucceedState) -> None:
    leave(run, frame, went_through(state, frame.input, run.scope(frame)), to=None)


def _fail(run: Run, frame: Frame, state: FailState) -> None:
    fail(run, frame, failure_of(state, frame.input, run.scope(frame)))


def failure_of(state: FailState, value: Json, scope: Scope) -> Failure:
    """The error and cause with which the state fails, from its raw input."""
    if state.language == "JSONata":
        query = Query(scope, value)
        return Failure(query.text(state.error, "Error"), query.text(state.cause, "Cause"))
    return Failure(
        _text("Error", (state.error, state.error_path), value, scope),
        _text("Cause", (state.cause, state.cause_path), value, scope),
    )


def _text(
    field: str, given: tuple[Text | None, str | None], value: Json, scope: Scope
) -> str | None:
    """The literal text, or the string that the path or intrinsic call yields."""
    text, path = given
    if path is None:
        assert not isinstance(text, Expression), "JSONPath has none"
        return text
    found = evaluate_expression(path, value, scope, field=f"{field}Path")
    if not isinstance(found, str):
        raise StatesError(RUNTIME, f"The {field}Path '{path}' must find a string.")
    return found


SUCCEED = Behaviour(kind="Succeed", work=_succeed)
FAIL = Behaviour(kind="Fail", work=_fail)
