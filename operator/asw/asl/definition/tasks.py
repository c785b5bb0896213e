"""Checks of a Task state that look at more than one field, above all at what Resource names."""

import re
from collections.abc import Mapping
from typing import Final

from asw.asl.approvals import field_problem
from asw.asl.definition.fields import Reader, report_conflict, report_lacking
from asw.asl.definition.place import Place, listed
from asw.asl.definition.queries import query_template
from asw.asl.definition.readers import template
from asw.asl.integrations import (
    APPROVAL,
    KUBERNETES,
    KUBERNETES_VERBS,
    integration_of,
    is_integration,
    likely_integrations,
)
from asw.asl.model import QueryLanguage
from asw.asl.problems import IGNORED
from asw.asl.request_fields import FIELDS, Fields
from asw.asl.resources import (
    FORMS,
    LambdaInvokeResource,
    Resource,
    ServiceResource,
    parse_resource,
)
from asw.asl.templates import MARK
from asw.asl.values import Json, is_number, to_text

_INVOKE: Final = "lambda:invoke"
_LATER_RESOURCE: Final = re.compile(r"qrn:qcs:asw:.+|asw:job:.+")
"""Resources in the form of a service or workflow, Tencent's or ours."""

_OF_KUBERNETES: Final = f"asw:{KUBERNETES}:"
_WAITS: Final = re.compile(
    r"arn:[^:]+:states:(?:[^:]+:[^:]+:activity:|::.+?(?P<pattern>\.(?:sync|waitForTaskToken))\b)"
)
"""Resources that wait for others: activities, jobs and callbacks."""

_LIKE_OURS: Final = re.compile(r"(?:[\w-]+:)*([^\s:/]+)")
"""A bare name, or a misspelt asw:function:NAME."""


def read_resource(value: Json, place: Place) -> str:
    """The Resource as written; one of an unknown form is reported with the known forms."""
    if not isinstance(value, str):
        place.wrong(value, "[STRING]")
        return ""
    if place.report.is_express and (waits := _WAITS.match(value)):
        _report_waiting(waits, place)
    elif parse_resource(value) is None and not place.report.any_resource:
        _report_unknown(value, place)
    return value


def read_credentials(language: QueryLanguage) -> Reader:
    """Credentials: a template that holds RoleArn."""
    check = query_template if language == "JSONata" else template

    def read(value: Json, place: Place) -> Json:
        check(value, place)
        if not isinstance(value, dict):
            if language == "JSONata":
                place.wrong(value, "[OBJECT]")
        elif not _has_role(value):
            report_lacking("RoleArn", place)
        return value

    return read


def check_task(state: Mapping[str, Json], place: Place) -> None:
    """Check how the fields of a Task state relate to each other."""
    report_conflict(state, place, ("TimeoutSeconds", "TimeoutSecondsPath"))
    report_conflict(state, place, ("HeartbeatSeconds", "HeartbeatSecondsPath"))
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if is_number(timeout) and is_number(heartbeat) and heartbeat >= timeout:
        place.at("HeartbeatSeconds").error(
            "HeartbeatSeconds must be smaller than TimeoutSeconds",
            f"{heartbeat} is not smaller than {timeout}",
        )
    account: str | None = "a function runs as the service account of its Function"
    match resource_of(state):
        case LambdaInvokeResource():
            _check_request(_INVOKE, state, place)
        case ServiceResource(invocation=invocation):
            _check_request(invocation.request, state, place)
            account = None
            if invocation.is_nested:
                account = "an execution runs as the service account of its Workflow"
            elif invocation.is_approval:
                account = "a person is asked, and no service is called"
                _check_question(state, place)
    if account is not None and _has_role(state.get("Credentials")):
        place.at("Credentials").warning("Credentials has no effect", account, code=IGNORED)


def resource_of(state: Mapping[str, Json]) -> Resource | None:
    """What the Resource of a Task state names; None if it names nothing."""
    resource = state.get("Resource")
    return parse_resource(resource) if isinstance(resource, str) else None


def _has_role(credentials: Json) -> bool:
    return isinstance(credentials, dict) and not {"RoleArn", f"RoleArn{MARK}"}.isdisjoint(
        credentials
    )


def _check_request(name: str, state: Mapping[str, Json], place: Place) -> None:
    """AWS: a call of a service has Parameters, with the fields that the integration has."""
    field = next((it for it in ("Parameters", "Arguments") if it in state), None)
    if field is None:
        wanted = "Arguments" if place.language == "JSONata" else "Parameters"
        if "QueryLanguage" in state:
            wanted = "Arguments" if state["QueryLanguage"] == "JSONata" else "Parameters"
        place.error(
            f"{wanted} field is required for resource ARN: {state['Resource']}",
            f"it holds the request: {listed(FIELDS[name].required)}" if name in FIELDS else "",
            location=place.at("Resource").location,
        )
    elif isinstance(state[field], dict):
        if name in FIELDS:
            _check_request_fields(name, FIELDS[name], state[field], place.at(field))
    elif field == "Parameters" and isinstance(state[field], str | list):
        place.at(field).wrong(state[field], "[OBJECT]")


def _check_question(state: Mapping[str, Json], place: Place) -> None:
    """The constants among what a person is asked; a task that starts checks the others."""
    for field in ("Parameters", "Arguments"):
        asked = state.get(field)
        for name, value in (asked if isinstance(asked, dict) else {}).items():
            is_dynamic = "{%" in to_text(value) or f'{MARK}"' in to_text(value)
            problem = None if is_dynamic else field_problem(name, value)
            if problem is not None:
                place.at(field).at(name).error(f"{name} {problem}", f"in {APPROVAL}")


def _check_request_fields(
    called: str, fields: Fields, request: Mapping[str, Json], place: Place
) -> None:
    names = [key.removesuffix(MARK) for key in request]
    for name in fields.required:
        if name not in names:
            report_lacking(name, place)
    for name in names:
        if name not in fields.known:
            place.at(name).error(
                f'The field "{name}" is not supported by Step Functions',
                place.near(name, fields.known) or f"{called} has {listed(fields.known)}",
                location=place.location,
            )


def _report_waiting(waits: "re.Match[str]", place: Place) -> None:
    """AWS: an Express machine lives too briefly to wait for others."""
    pattern = waits["pattern"]
    what = "Activity ARN" if pattern is None else f"'{pattern}' service integration"
    place.error(
        f"Express state machine does not support {what}", "only a Standard one waits for others"
    )


def _report_unknown(value: str, place: Place) -> None:
    forms = f"supported forms: {listed(FORMS)}"
    integration = integration_of(value)
    if "${" in value:
        hint = "write asw:function:NAME, or let asw import read the template"
        told = f"{value} has a placeholder that a deployment fills in; {hint}"
        place.error("Value is not a valid resource ARN", told)
    elif integration is not None and not is_integration(integration):
        near = place.near(integration, likely_integrations(integration))
        _report_unrecognized(value, place, near or forms)
    elif integration is not None or _LATER_RESOURCE.fullmatch(value):
        place.not_supported(f"The resource {value}", forms)
    elif value.startswith(_OF_KUBERNETES):
        verb = value.removeprefix(_OF_KUBERNETES)
        near = place.near(verb, KUBERNETES_VERBS) or f"it has {listed(KUBERNETES_VERBS)}"
        place.error("Value is not a valid resource ARN", f"{value} is not one; {near}")
    elif value.startswith("arn:"):
        _report_unrecognized(value, place, forms)
    else:
        name = _LIKE_OURS.fullmatch(value)
        near = f"; did you mean 'asw:function:{name[1]}'?" if name else ""
        place.error("Value is not a valid resource ARN", f"{value} is not one{near}; {forms}")


def _report_unrecognized(value: str, place: Place, hint: str) -> None:
    place.error(
        f"The resource provided {value} is not recognized. The value is not a valid resource "
        "ARN, or the resource is not available in this region.",
        hint,
    )
