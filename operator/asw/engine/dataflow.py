"""A state's data flow: InputPath, Parameters, (the work), ResultSelector, ResultPath, OutputPath.

ASL "Input and Output Processing". Each function is one stretch of that line for one frame; all
raise ``StatesError`` and change nothing.
"""

from asw.asl.errors import DATA_LIMIT_EXCEEDED, StatesError
from asw.asl.model import ABSENT, PassState, StateFields, WorkFields
from asw.asl.paths import apply_result_path, evaluate_path
from asw.asl.templates import expand
from asw.asl.values import Json, is_longer, is_too_deep, to_text
from asw.engine.limits import PAYLOAD_LIMIT
from asw.engine.record import Frame
from asw.engine.run import Run


def effective_input(run: Run, frame: Frame, state: StateFields) -> Json:
    """The raw input after InputPath."""
    if state.input_path == "$":
        return frame.input
    return evaluate_path(state.input_path, frame.input, run.scope(frame), field="InputPath")


def with_parameters(run: Run, frame: Frame, state: PassState | WorkFields) -> Json:
    """The effective input after InputPath and Parameters: what the work gets."""
    value = effective_input(run, frame, state)
    if state.parameters is ABSENT:
        return value
    return expand(state.parameters, value, run.scope(frame), field="Parameters")


def worked_output(run: Run, frame: Frame, state: WorkFields, result: Json) -> Json:
    """The state's output, from what its work gave."""
    if state.result_selector is not ABSENT:
        result = expand(state.result_selector, result, run.scope(frame), field="ResultSelector")
    return placed_output(run, frame, state, result, result_path=state.result_path)


def placed_output(
    run: Run, frame: Frame, state: StateFields, result: Json, *, result_path: str | None
) -> Json:
    """The result placed into the raw input by ResultPath, then filtered by OutputPath."""
    return filtered_output(run, frame, state, apply_result_path(result_path, frame.input, result))


def filtered_output(run: Run, frame: Frame, state: StateFields, value: Json) -> Json:
    """The value after OutputPath."""
    if state.output_path == "$":
        return value
    return evaluate_path(state.output_path, value, run.scope(frame), field="OutputPath")


def check_size(name: str, value: Json) -> None:
    """AWS: a result of more than 262,144 bytes is States.DataLimitExceeded; ``name`` is whose.

    So is one that is nested too deep for its text to be written. Its length is looked at first: a
    template of many ``"$"`` shares its parts, but its text may not fit into memory.
    """
    if not isinstance(value, str | list | dict):
        return
    if is_longer(value, PAYLOAD_LIMIT) or _is_too_large(value):
        raise StatesError(
            DATA_LIMIT_EXCEEDED,
            f"The state/task '{name}' returned a result with a size exceeding "
            "the maximum number of bytes service limit.",
        )


def _is_too_large(value: Json) -> bool:
    try:
        text = to_text(value)
    except ValueError:
        return True
    return len(text.encode()) > PAYLOAD_LIMIT or is_too_deep(value, text)
