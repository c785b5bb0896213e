"""The context object (``$$``): what AWS shows a state about its execution, itself and its item.

AWS "Context object": Execution, StateMachine, State, Task.Token, Map.Item.
"""

from collections.abc import Sequence
from itertools import pairwise

from asw.asl.model import State, TaskState
from asw.asl.timestamps import format_timestamp
from asw.asl.values import Json, JsonObject
from asw.engine.record import Frame, OnIterations, Record


def context_object(
    record: Record,
    redrive_count: int,
    state: State,
    line: Sequence[Frame],
    *,
    token: str | None = None,
) -> JsonObject:
    """The context object as a frame's current state sees it.

    ``line`` holds the frame and its enclosing frames, from the inside out. ``token`` is the one of
    a Task whose end is reported by it.
    """
    header, frame = record.header, line[0]
    context: dict[str, Json] = {
        "Execution": {
            "Id": header.arn,
            "Input": record.input,
            "Name": header.name,
            "RoleArn": header.role_arn,
            "StartTime": format_timestamp(header.started_at),
            "RedriveCount": redrive_count,
        },
        "StateMachine": {"Id": header.workflow_arn, "Name": header.workflow_name},
        "State": {"Name": frame.state, "EnteredTime": format_timestamp(frame.entered_at)},
    }
    if isinstance(state, TaskState):
        context["State"]["RetryCount"] = frame.retry_count
    if token is not None:
        context["Task"] = {"Token": token}
    item = _item(line)
    if item is not None:
        context["Map"] = {"Item": item}
    return context


def with_item(context: JsonObject, index: int, value: Json) -> JsonObject:
    """The context object that ItemSelector sees for one item."""
    return {**context, "Map": {"Item": {"Index": index, "Value": value}}}


def _item(line: Sequence[Frame]) -> Json:
    """The item of the nearest enclosing Map iteration; None outside any."""
    for frame, parent in pairwise(line):
        if isinstance(parent.waiting, OnIterations):
            return {"Index": frame.index, "Value": parent.waiting.items[frame.index]}
    return None
