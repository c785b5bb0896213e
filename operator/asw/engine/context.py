"""The context object (``$$``): what AWS shows a state about its execution, itself and its item.

AWS "Context object": Execution, StateMachine, State, Map.Item.
"""

from typing import TYPE_CHECKING

from asw.asl.model import TaskState
from asw.asl.timestamps import format_timestamp
from asw.asl.values import Json, JsonObject
from asw.engine.record import Frame, OnIterations

if TYPE_CHECKING:
    from asw.engine.run import Run


def context_object(run: "Run", frame: Frame) -> JsonObject:
    """The context object as the frame's current state sees it."""
    header = run.header
    context: dict[str, Json] = {
        "Execution": {
            "Id": header.arn,
            "Input": run.before.input,
            "Name": header.name,
            "RoleArn": header.role_arn,
            "StartTime": format_timestamp(header.started_at),
            "RedriveCount": run.redrive_count,
        },
        "StateMachine": {"Id": header.workflow_arn, "Name": header.workflow_name},
        "State": {"Name": frame.state, "EnteredTime": format_timestamp(frame.entered_at)},
    }
    if isinstance(run.state_of(frame), TaskState):
        context["State"]["RetryCount"] = frame.retry_count
    item = _item(run, frame)
    if item is not None:
        context["Map"] = {"Item": item}
    return context


def with_item(context: JsonObject, index: int, value: Json) -> JsonObject:
    """The context object that ItemSelector reads for one item."""
    return {**context, "Map": {"Item": {"Index": index, "Value": value}}}


def _item(run: "Run", frame: Frame) -> Json:
    """The item of the nearest Map iteration that the frame runs in, None outside of any."""
    while frame.parent is not None:
        parent = run.frames[frame.parent]
        if isinstance(parent.waiting, OnIterations):
            return {"Index": frame.index, "Value": parent.waiting.items[frame.index]}
        frame = parent
    return None
