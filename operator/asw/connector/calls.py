"""A call of a service and its outcome: all that crosses the connector's border. Pure."""

from dataclasses import dataclass
from typing import TypeAlias

from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of one Task state.

    ``service`` and ``action`` are spelt as in the ARN: ``arn:aws:states:::dynamodb:putItem`` is
    ``dynamodb`` and ``putItem``; ``sdk`` tells ``arn:aws:states:::aws-sdk:dynamodb:putItem`` from
    it. ``task_id`` is the text of the TaskId; the same one means the same call, made again.
    ``origin`` has the ARNs of the execution and of its state machine, in this order. ``is_job`` if
    what it starts is awaited (``.sync``). ``role`` is that of Credentials, empty without; it has
    chosen the Connection.
    """

    service: str
    action: str
    sdk: bool
    parameters: Json
    task_id: str
    origin: tuple[str, ...] = ()
    is_job: bool = False
    role: str = ""

    @classmethod
    def of(
        cls,
        invocation: ServiceInvocation,
        task_id: str,
        parameters: Json,
        origin: tuple[str, ...] = (),
    ) -> "Call":
        """The call that a Task's Resource names."""
        return cls(
            service=invocation.service,
            action=invocation.action,
            sdk=invocation.sdk,
            parameters=parameters,
            task_id=task_id,
            origin=origin,
            is_job=invocation.is_job,
            role=invocation.role,
        )

    @property
    def resource_type(self) -> str:
        """What history calls the service: ``aws-sdk:s3``, or ``dynamodb``."""
        return f"aws-sdk:{self.service}" if self.sdk else self.service


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The call was made; ``output`` is what AWS would give the state as its result."""

    output: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The call failed: error name and cause as AWS words them, or ours (``Asw...``)."""

    error: str
    cause: str


Outcome: TypeAlias = Done | Failed


class NoCall(ValueError):
    """The value is no event of a call; the message says why, and holds nothing of the value."""


def to_event(call: Call) -> JsonObject:
    """The call as the event of a connector's task."""
    return {
        "service": call.service,
        "action": call.action,
        "sdk": call.sdk,
        "parameters": call.parameters,
        "taskId": call.task_id,
        "origin": list(call.origin),
        "isJob": call.is_job,
        "role": call.role,
    }


def from_event(event: Json) -> Call:
    """The inverse of ``to_event``. Raises NoCall."""
    if not isinstance(event, dict):
        raise NoCall("it is no JSON object")
    return Call(
        service=_text(event, "service"),
        action=_text(event, "action"),
        sdk=_flag(event, "sdk"),
        parameters=_member(event, "parameters"),
        task_id=_text(event, "taskId"),
        origin=_texts(event, "origin"),
        is_job=_flag(event, "isJob") if "isJob" in event else False,
        role=_role(event),
    )


def _member(event: JsonObject, name: str) -> Json:
    if name not in event:
        raise NoCall(f"{name} is missing")
    return event[name]


def _text(event: JsonObject, name: str) -> str:
    value = _member(event, name)
    if not isinstance(value, str) or not value:
        raise NoCall(f"{name} is not a text")
    return value


def _flag(event: JsonObject, name: str) -> bool:
    value = _member(event, name)
    if not isinstance(value, bool):
        raise NoCall(f"{name} is not true or false")
    return value


def _role(event: JsonObject) -> str:
    role = event.get("role", "")
    if not isinstance(role, str):
        raise NoCall("role is not a text")
    return role


def _texts(event: JsonObject, name: str) -> tuple[str, ...]:
    values = event.get(name, [])
    if not isinstance(values, list) or not all(isinstance(it, str) for it in values):
        raise NoCall(f"{name} is not a list of texts")
    return tuple(values)
