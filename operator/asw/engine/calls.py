"""How a Task's Resource is called and what history shows of it: one table row per dialect.

AWS: a function ARN as Resource leaves LambdaFunction... events and takes the effective input as
its event; ``lambda:invoke`` leaves Task... events, takes Parameters and wraps the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from asw.asl.errors import PARAMETER_PATH_FAILURE, StatesError
from asw.asl.model import TaskState
from asw.asl.resources import (
    FunctionInvocation,
    FunctionResource,
    LambdaInvokeResource,
    parse_function_name,
)
from asw.asl.values import Json, from_text

Phase = Literal["Scheduled", "Started", "Succeeded", "Failed", "TimedOut"]

FUNCTION = "function"
LAMBDA_INVOKE = "lambda:invoke"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to make: the function, the payload, and the history dialect."""

    dialect: str
    invocation: FunctionInvocation
    payload: Json
    scheduled: Mapping[str, Json]
    """The details of its ...Scheduled event."""


def call_of(state: TaskState, value: Json, region: str) -> Call:
    """The call that the state makes with ``value``, its effective input after Parameters."""
    match state.resource:
        case FunctionResource(invocation=invocation):
            scheduled = {"input": value, "resource": state.resource_text}
            return Call(dialect=FUNCTION, invocation=invocation, payload=value, scheduled=scheduled)
        case LambdaInvokeResource():
            return _lambda_invoke(value, region)


def event_type(dialect: str, phase: Phase) -> str:
    """The history event type of a phase of the call."""
    return f"LambdaFunction{phase}" if dialect == FUNCTION else f"Task{phase}"


def event_details(dialect: str) -> dict[str, Json]:
    """The details that every event of the call but its first carries."""
    return {} if dialect == FUNCTION else {"resource": "invoke", "resourceType": "lambda"}


def result_of(dialect: str, output: Json) -> Json:
    """The state's result when the function returns ``output``."""
    if dialect == FUNCTION:
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


def _lambda_invoke(value: Json, region: str) -> Call:
    name = value.get("FunctionName") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        raise StatesError(
            PARAMETER_PATH_FAILURE,
            "lambda:invoke needs Parameters with FunctionName: the name or ARN of a function.",
        )
    return Call(
        dialect=LAMBDA_INVOKE,
        invocation=parse_function_name(name),
        payload=_body(value.get("Payload", {})),
        scheduled={
            "parameters": value,
            "region": region,
            "resource": "invoke",
            "resourceType": "lambda",
        },
    )
