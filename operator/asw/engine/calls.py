"""How a Task's Resource is called and what history shows of it: one table row per dialect.

AWS: a function ARN as Resource leaves LambdaFunction... events and takes the effective input as
its event; ``lambda:invoke`` leaves Task... events, takes Parameters and wraps the answer; an action
of any other service leaves Task... events, and its answer is the result. With a pattern
(``.sync``, ``.waitForTaskToken``) that answer only is in the event TaskSubmitted, and the result is
reported later. An activity leaves Activity... events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from asw.asl.approvals import question_of
from asw.asl.errors import PARAMETER_PATH_FAILURE, StatesError
from asw.asl.model import TaskState
from asw.asl.resources import (
    ActivityResource,
    FunctionResource,
    Invocation,
    LambdaInvokeResource,
    ServiceInvocation,
    ServiceResource,
    parse_function_name,
)
from asw.asl.values import Json, from_text

Phase = Literal[
    "Scheduled", "ScheduleFailed", "Started", "Submitted", "Succeeded", "Failed", "TimedOut"
]

FUNCTION = "function"
"""The dialect of a function; others than it and ACTIVITY are a service, its action and pattern."""
ACTIVITY = "activity"
LAMBDA_INVOKE = "lambda:invoke"
_EVENTS: Final = {FUNCTION: "LambdaFunction", ACTIVITY: "Activity"}
"""How the names of their events begin; those of services begin with ``Task``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to make: what is called, with which payload, and the history dialect."""

    dialect: str
    invocation: Invocation
    payload: Json
    scheduled: Mapping[str, Json]
    """The details of its ...Scheduled event."""

    def by(self, role: str) -> "Call":
        """The same, made as the role (AWS: Credentials). Nobody reports on activities as one."""
        if self.dialect == ACTIVITY:
            return self
        called = self.invocation
        if isinstance(called, ServiceInvocation):
            called = replace(called, role=role)
        scheduled = {**self.scheduled, "taskCredentials": {"roleArn": role}}
        return replace(self, invocation=called, scheduled=scheduled)


def call_of(state: TaskState, value: Json, region: str) -> Call:
    """The call that the state makes with ``value``, its effective input after Parameters."""
    match state.resource:
        case FunctionResource(invocation=invocation) | ActivityResource(invocation=invocation):
            scheduled = {"input": value, "resource": state.resource_text}
            is_activity = isinstance(state.resource, ActivityResource)
            dialect = ACTIVITY if is_activity else FUNCTION
            return Call(dialect=dialect, invocation=invocation, payload=value, scheduled=scheduled)
        case LambdaInvokeResource(pattern=pattern):
            return _lambda_invoke(f"{LAMBDA_INVOKE}{pattern}", value, region)
        case ServiceResource(invocation=invocation):
            return _request(invocation, value, region)


def event_type(dialect: str, phase: Phase) -> str:
    """The history event type of a phase of the call."""
    return f"{_EVENTS.get(dialect, 'Task')}{phase}"


def is_request(dialect: str) -> bool:
    """Whether the call only asks for work, whose result is reported later."""
    return "." in dialect


def is_job(called: Invocation) -> bool:
    """Whether the task waits for the end of a job that the call starts at a service."""
    return isinstance(called, ServiceInvocation) and called.is_job


def event_details(dialect: str) -> dict[str, Json]:
    """The details that every event of the call but its first carries."""
    if dialect in _EVENTS:
        return {}
    called, dot, pattern = dialect.partition(".")
    service, _, action = called.rpartition(":")
    action = f"{action}{dot}{pattern}"
    return {"resource": action, "resourceType": service}


def called_in_causes(dialect: str, resource: str) -> str:
    """How AWS's causes name what was called: the service, or the function's ARN."""
    return str(event_details(dialect).get("resourceType", resource))


def answer_of(dialect: str, output: Json) -> Json:
    """What history shows as the answer when what is called returns ``output``."""
    if dialect.partition(".")[0] != LAMBDA_INVOKE:
        return output
    return {"ExecutedVersion": "$LATEST", "Payload": output, "StatusCode": 200}


def _body(payload: Json) -> Json:
    """The event that a Payload stands for: a text is the request's body, which is JSON already.

    AWS: null counts as no Payload, and Lambda then passes ``{}`` to the function.
    """
    if payload is None:
        return {}
    if not isinstance(payload, str):
        return payload
    try:
        return from_text(payload)
    except ValueError:
        return payload


def _lambda_invoke(dialect: str, value: Json, region: str) -> Call:
    name = value.get("FunctionName") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        raise StatesError(
            PARAMETER_PATH_FAILURE,
            "lambda:invoke needs Parameters with FunctionName: the name or ARN of a function.",
        )
    return Call(
        dialect=dialect,
        invocation=parse_function_name(name),
        payload=_body(value.get("Payload", {})),
        scheduled=_scheduled(dialect, value, region),
    )


def _request(invocation: ServiceInvocation, value: Json, region: str) -> Call:
    if invocation.is_approval:
        question_of(value)
    return Call(
        dialect=invocation.name,
        invocation=invocation,
        payload=value,
        scheduled=_scheduled(invocation.name, value, region),
    )


def _scheduled(dialect: str, parameters: Json, region: str) -> dict[str, Json]:
    return {"parameters": parameters, "region": region, **event_details(dialect)}
