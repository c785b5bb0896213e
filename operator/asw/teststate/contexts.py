"""The context object of a tested state: the given one, checked, or AWS's default.

AWS "Using context field in the TestState API". A test looks like an express execution: it has no
redrives, and its role may be missing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from asw.asl.model import WorkFields
from asw.asl.timestamps import format_timestamp
from asw.asl.values import ABSENT, Json, JsonObject, is_number
from asw.teststate.integrations import has_token
from asw.teststate.refusals import TestStateRefused, invalid_request
from asw.teststate.request import Request
from asw.teststate.subject import STATE_NAME, Subject

_MACHINE: Final = "asw-test-state"
_TEST: Final = "00000000-0000-4000-8000-000000000000"
_ARN: Final = "arn:aws:states:us-east-1:000000000000"
EXECUTION_ARN: Final = f"{_ARN}:express:{_MACHINE}:{_TEST}"
MACHINE_ARN: Final = f"{_ARN}:stateMachine:{_MACHINE}"


def default_context(request: Request, subject: Subject, now: datetime) -> JsonObject:
    """AWS's default context object; a state within a Map sees its input as the first item."""
    context: dict[str, Json] = {
        "Execution": {
            "Id": EXECUTION_ARN,
            "Input": request.input,
            "Name": _TEST,
            "RoleArn": request.role_arn,
            "StartTime": format_timestamp(now),
        },
        "StateMachine": {"Id": MACHINE_ARN, "Name": _MACHINE},
        "State": {"Name": STATE_NAME, "EnteredTime": format_timestamp(now)},
    }
    if isinstance(subject.state, WorkFields):
        context["State"]["RetryCount"] = request.configuration.retries or 0
    if subject.resource is not None and has_token(subject.resource):
        context["Task"] = {"Token": _TEST}
    if subject.is_in_map:
        context["Map"] = {"Item": {"Index": 0, "Value": request.input}}
    return context


def check_context(context: Json, resource: str | None) -> None:
    """Refuse a context object that AWS would not accept; ``resource`` is a Task's."""
    if not isinstance(context, dict):
        raise _refused("Context object must be a JSON object")
    if "Map" in context:
        raise _refused("'Map' field is not supported when mocking a Context object")
    _check_fields(context, _FIELDS, "")
    if "Task" in context and (resource is None or not has_token(resource)):
        raise _refused(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or "
            "'.waitForTaskToken' service integration pattern"
        )


def _check_fields(given: Mapping[str, Json], known: Mapping[str, Json], path: str) -> None:
    for name, value in given.items():
        field = known.get(name, ABSENT)
        if field is ABSENT:
            raise _refused(f"Field '{name}' is not allowed")
        match field:
            case dict() if isinstance(value, dict):
                _check_fields(value, field, f"{path}{name}.")
            case dict():
                raise _refused(f"{path}{name} must be an object")
            case "string" if not isinstance(value, str):
                raise _refused(f"{path}{name} must be a string")
            case "number" if not is_number(value):
                raise _refused(f"{path}{name} must be a number")


def _refused(reason: str) -> TestStateRefused:
    return invalid_request(f"Invalid Context object provided: {reason}")


_FIELDS: Final[Mapping[str, Json]] = {
    "Execution": {
        "Id": "string",
        "Input": "any",
        "Name": "string",
        "RoleArn": "string",
        "StartTime": "string",
        "RedriveCount": "number",
        "RedriveTime": "string",
    },
    "State": {"EnteredTime": "string", "Name": "string", "RetryCount": "number"},
    "StateMachine": {"Id": "string", "Name": "string"},
    "Task": {"Token": "string"},
}
"""AWS "Context object": its fields and their types."""
