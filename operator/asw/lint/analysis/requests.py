"""Requests to services of AWS beside the models of their APIs, where those are installed.

AWS refuses a definition whose request has a field that the API lacks, or lacks one that it needs,
at any depth. A model may be older than the service, so here that is a warning.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from asw.asl.definition.place import listed
from asw.asl.model import TaskState
from asw.asl.problems import nearest_name
from asw.asl.resources import ServiceInvocation, ServiceResource
from asw.asl.templates import MARK
from asw.asl.values import ABSENT, Json
from asw.lint.analysis.codes import DOUBTFUL_REQUEST
from asw.lint.analysis.rules import Told, problem_with
from asw.lint.analysis.walk import Walk
from asw.teststate.api_models import Message, ModelsMissingError, has_operation, request_of
from asw.teststate.integrations import api_operation
from asw.teststate.shapes import pascal_case


def doubtful_requests(walk: Walk) -> Iterator[Told]:
    """What does not fit the model of the API; nothing if the models are not installed."""
    with suppress(ModelsMissingError):
        for site in walk.sites.values():
            state = site.state
            if not isinstance(state, TaskState) or not isinstance(state.resource, ServiceResource):
                continue
            name = "Arguments" if state.language == "JSONata" else "Parameters"
            request = state.arguments if state.language == "JSONata" else state.parameters
            found = _of_request(state.resource.invocation, request, (*site.steps, name))
            yield from found or _of_action(state.resource.invocation, (*site.steps, "Resource"))


def _of_request(
    invocation: ServiceInvocation, request: Json, steps: tuple[str | int, ...]
) -> list[Told]:
    message = request_of(*api_operation(invocation))
    if message is None or request is ABSENT:
        return []
    return list(_of_value(request, message, message.name, steps))


def _of_action(invocation: ServiceInvocation, steps: tuple[str | int, ...]) -> Iterator[Told]:
    """Optimized integrations have actions of their own, which no API has."""
    if invocation.sdk and not has_operation(*api_operation(invocation)):
        action, service = invocation.action, invocation.service
        summary = f"AWS's SDK has no action '{action}' of a service '{service}'."
        hint = "compare both names with the API reference of AWS"
        yield steps, problem_with(DOUBTFUL_REQUEST, summary, hint)


def _of_value(
    value: Json, message: Message, name: str, steps: tuple[str | int, ...]
) -> Iterator[Told]:
    shape = message.shape(name)
    match shape["type"], value:
        case "structure", dict() if not shape.get("document"):
            yield from _of_fields(value, message, name, steps)
        case "map", dict():
            for key, item in value.items():
                yield from _of_value(item, message, shape["value"]["shape"], (*steps, key))
        case "list", list():
            for at, item in enumerate(value):
                yield from _of_value(item, message, shape["member"]["shape"], (*steps, at))


def _of_fields(
    value: Mapping[str, Json], message: Message, name: str, steps: tuple[str | int, ...]
) -> Iterator[Told]:
    shape = message.shape(name)
    members = {
        spelled: member["shape"]
        for field, member in shape["members"].items()
        for spelled in _spellings(field)
    }
    given = {key.removesuffix(MARK) for key in value}
    for field in shape.get("required", ()):
        if given.isdisjoint(_spellings(field)):
            summary = f"The field '{pascal_case(field)}' is required but was missing"
            yield steps, problem_with(DOUBTFUL_REQUEST, summary, "")
    for key, item in value.items():
        field = key.removesuffix(MARK)
        if field not in members:
            near = nearest_name(field, members)
            hint = f"did you mean '{near}'?" if near else f"it has {listed(members)}"
            summary = f'The field "{field}" is not supported by Step Functions'
            yield (*steps, key), problem_with(DOUBTFUL_REQUEST, summary, hint)
        elif key == field:
            yield from _of_value(item, message, members[field], (*steps, key))


def _spellings(field: str) -> set[str]:
    """The field as Step Functions has it, and as the API has it: DynamoDB's types stay BOOL, NS."""
    return {pascal_case(field), field[:1].upper() + field[1:]}
