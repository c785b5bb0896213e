"""Checks of a Task state that look at more than one field, above all at what Resource names."""

import re
from collections.abc import Mapping
from typing import Final

from asw.asl.definition.fields import tell_conflict
from asw.asl.definition.place import Place, listed
from asw.asl.problems import IGNORED
from asw.asl.resources import FORMS, LambdaInvokeResource, Resource, parse_resource
from asw.asl.templates import MARK
from asw.asl.values import Json, is_number

_INVOKE_FIELDS: Final = (
    "FunctionName",
    "Payload",
    "Qualifier",
    "InvocationType",
    "LogType",
    "ClientContext",
)
_LATER_RESOURCE: Final = re.compile(
    r"arn:aws[\w-]*:states:[^:]*:[^:]*:[\w.:-]+|qrn:qcs:asw:.+|asw:(?:job|k8s):.+"
)
"""Resources that have the form of a service, a workflow or an activity."""


def read_resource(value: Json, place: Place) -> str:
    """The Resource as written; one of an unknown form is told with the forms that are known."""
    if not isinstance(value, str):
        place.wrong(value, "a string")
        return ""
    if parse_resource(value) is None and not place.report.any_resource:
        _tell_unknown(value, place)
    return value


def read_credentials(value: Json, place: Place) -> None:
    """Credentials: accepted, since a function runs as its own account here."""
    if not isinstance(value, dict):
        place.wrong(value, "an object")
    elif "RoleArn" not in value and f"RoleArn{MARK}" not in value:
        place.error("The field 'RoleArn' is required but was missing")
    else:
        place.warning(
            "Credentials has no effect",
            "a function runs as the service account of its Function",
            code=IGNORED,
        )


def check_task(state: Mapping[str, Json], place: Place) -> None:
    """What the fields of a Task state must be to each other."""
    tell_conflict(state, place, ("TimeoutSeconds", "TimeoutSecondsPath"))
    tell_conflict(state, place, ("HeartbeatSeconds", "HeartbeatSecondsPath"))
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if is_number(timeout) and is_number(heartbeat) and heartbeat >= timeout:
        place.at("HeartbeatSeconds").error(
            "HeartbeatSeconds must be less than TimeoutSeconds",
            f"{heartbeat} is not less than {timeout}",
        )
    if isinstance(resource_of(state), LambdaInvokeResource):
        field = "Arguments" if "Arguments" in state else "Parameters"
        _check_invoke(state.get(field, {}), place.at(field))


def resource_of(state: Mapping[str, Json]) -> Resource | None:
    """What the Resource of a Task state names, if it names anything."""
    resource = state.get("Resource")
    return parse_resource(resource) if isinstance(resource, str) else None


def _check_invoke(parameters: Json, place: Place) -> None:
    """AWS: the fields of lambda:invoke are Lambda's, of which FunctionName must be there."""
    if not isinstance(parameters, dict):
        return
    names = [key.removesuffix(MARK) for key in parameters]
    if "FunctionName" not in names:
        place.error("The field 'FunctionName' is required but was missing")
    for name in names:
        if name not in _INVOKE_FIELDS:
            hint = place.near(name, _INVOKE_FIELDS) or f"its fields are {listed(_INVOKE_FIELDS)}"
            place.at(name).error(f"The field '{name}' is not supported by lambda:invoke", hint)


def _tell_unknown(value: str, place: Place) -> None:
    forms = f"what works is {listed(FORMS)}"
    if _LATER_RESOURCE.fullmatch(value):
        place.not_supported(f"The resource {value}", forms)
    else:
        place.error(
            f"The resource provided {value} is not recognized. The value is not a valid resource "
            "ARN, or the resource is not available in this region.",
            forms,
        )
