"""Succeed and Fail: the two ends (ASL: Succeed State, Fail State)."""

from asw.asl.errors import RUNTIME, Failure, StatesError
from asw.asl.model import FailState, SucceedState
from asw.asl.templates import evaluate_expression
from asw.engine.dataflow import effective_input, filtered_output
from asw.engine.record import Frame
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import fail, leave


def _succeed(run: Run, frame: Frame, state: SucceedState) -> None:
    value = filtered_output(run, frame, state, effective_input(run, frame, state))
    leave(run, frame, value, to=None)


def _fail(run: Run, frame: Frame, state: FailState) -> None:
    error = _text(run, frame, "Error", state.error, state.error_path)
    cause = _text(run, frame, "Cause", state.cause, state.cause_path)
    fail(run, frame, Failure(error, cause))


def _text(run: Run, frame: Frame, field: str, text: str | None, path: str | None) -> str | None:
    """The text as it stands, or what the path or intrinsic finds, which must be a string."""
    if path is None:
        return text
    found = evaluate_expression(path, frame.input, run.scope(frame), field=f"{field}Path")
    if not isinstance(found, str):
        raise StatesError(RUNTIME, f"The {field}Path '{path}' must find a string.")
    return found


SUCCEED = Behaviour(kind="Succeed", work=_succeed)
FAIL = Behaviour(kind="Fail", work=_fail)
