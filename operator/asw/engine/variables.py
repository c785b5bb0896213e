"""Variables of a line of control (ASL: Assign): what its states can read, and what they set.

Inner lines (branches, iterations) read the variables around them and set their own, which end with
the line. A child of a distributed Map is a run of its own and sees none of its parent's.
"""

from collections.abc import Mapping

from asw.asl.errors import DATA_LIMIT_EXCEEDED, StatesError
from asw.asl.values import Json, JsonObject, is_longer, to_text
from asw.engine.limits import ASSIGN_LIMIT, VARIABLES_LIMIT
from asw.engine.record import Frame, changed


def visible(frames: Mapping[int, Frame], frame: Frame) -> Mapping[str, Json]:
    """The variables that the frame's state can read."""
    seen = frame.variables
    while frame.parent is not None:
        frame = frames[frame.parent]
        if frame.variables:
            seen = {**frame.variables, **seen}
    return seen


def assign(frames: Mapping[int, Frame], frame: Frame, assigned: JsonObject) -> Frame:
    """The frame with these variables set.

    Raises StatesError (States.DataLimitExceeded) over AWS's limits: 256 KiB for one Assign, 10 MiB
    for all variables of the execution.
    """
    size = frame.variables_size
    for name, value in assigned.items():
        if name in frame.variables:
            size -= _bytes(frame.variables[name])
        size += _bytes(value)
    if is_longer(assigned, ASSIGN_LIMIT) or _bytes(assigned) > ASSIGN_LIMIT:
        raise StatesError(
            DATA_LIMIT_EXCEEDED,
            f"The Assign of state '{frame.state}' exceeds the maximum of {ASSIGN_LIMIT} bytes.",
        )
    others = sum(it.variables_size for it in frames.values() if it.id != frame.id)
    if others + size > VARIABLES_LIMIT:
        raise StatesError(
            DATA_LIMIT_EXCEEDED,
            "The variables of the execution exceed the maximum of "
            f"{VARIABLES_LIMIT} bytes in state '{frame.state}'.",
        )
    return changed(frame, variables={**frame.variables, **assigned}, variables_size=size)


def _bytes(value: Json) -> int:
    if is_longer(value, ASSIGN_LIMIT):
        return ASSIGN_LIMIT + 1
    return len(to_text(value).encode(errors="replace"))
