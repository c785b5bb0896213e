"""Which calls may be made twice, and how: the TaskId as the token of idempotency. Pure."""

import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from asw.connector.calls import Call
from asw.connector.reads import only_reads, takes_away
from asw.connector.services import Operation

Repetition: TypeAlias = Literal["Always", "SameTask", "Never"]
"""Always: it only reads. SameTask: with the same TaskId, the service does it once. Never: it may
have an effect twice."""

_NAMESPACE: Final = uuid.UUID("5c8f5d3e-9d5b-4c5b-9a39-3a4f0f6a7b1d")
"""Ours alone, so that no token of another program is equal."""

_NAMED: Final = {
    ("stepfunctions", "StartExecution"): "name",  # AWS: the same name and input, the same start
}
"""Members that make a call idempotent without being marked as such in the model."""
_TO_FIFO: Final = {
    ("sqs", "SendMessage"): "QueueUrl",
    ("sns", "Publish"): "TopicArn",
}
"""Where messages go, of operations that take a MessageDeduplicationId if that is a FIFO."""
_FIFO: Final = ".fifo"


def token_of(call: Call) -> str:
    """The token of the call: the same for the same TaskId, in the form of a UUID."""
    return str(uuid.uuid5(_NAMESPACE, call.task_id))


def add_token(call: Call, operation: Operation, arguments: dict[str, Any]) -> None:
    """Put the token where the operation takes one and the state gives none."""
    member = _token_member(operation, arguments)
    if member is not None:
        arguments.setdefault(member, token_of(call))


def repetition(operation: Operation, arguments: Mapping[str, Any]) -> Repetition:
    """When a call that may have been made already may be made again.

    A token may be one of the state's own, too: it is the same at every try.
    """
    if _only_reads(operation):
        return "Always"
    return "SameTask" if _token_member(operation, arguments) is not None else "Never"


def _only_reads(operation: Operation) -> bool:
    model = operation.model
    return only_reads(model.name) or (
        model.http.get("method") in ("GET", "HEAD") and not takes_away(model.name)
    )


def _token_member(operation: Operation, arguments: Mapping[str, Any]) -> str | None:
    model = operation.model
    key = (operation.folder, model.name)
    if model.idempotent_members:
        marked: str = model.idempotent_members[0]
        return marked
    if key in _NAMED:
        return _NAMED[key]
    target = arguments.get(_TO_FIFO.get(key, ""))
    is_fifo = isinstance(target, str) and target.endswith(_FIFO)
    return "MessageDeduplicationId" if is_fifo else None
