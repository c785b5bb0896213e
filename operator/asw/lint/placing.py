"""Turns problems of definitions into findings with their places in the file. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from asw.asl.problems import INVALID_JSON_DESCRIPTION, MISSING_TRANSITION_TARGET, Problem
from asw.asl.resources import (
    FunctionResource,
    ServiceInvocation,
    ServiceResource,
    parse_function_name,
    parse_resource,
)
from asw.asl.values import Json
from asw.lint.faults import json_fault, offset_of
from asw.lint.findings import Finding, Origin, steps_of
from asw.lint.hints import remedy_of, summary_of
from asw.lint.sources import Part, Source

_INDEX = re.compile(r"/(\d+)(?=/|$)")
_LONG_LIST = re.compile(r"\[((?:\w+, ){6})(?:\w+, ){6,}\w+\]")
_JACKSON = re.compile(r"\n at \[Source: .*", re.DOTALL)


def finding_of(problem: Problem, origin: Origin, text: str) -> Finding:
    """The problem with its place; ``origin`` is the definition's, ``text`` its JSON."""
    steps = steps_of(problem.path)
    summary = _JACKSON.sub("", summary_of(problem))  # it quotes the text
    summary = _LONG_LIST.sub(r"[\1...]", summary)  # the 39 operators would fill a screen
    found = origin.finding(problem.code, summary, remedy_of(problem), at=steps, part=_part(problem))
    found = replace(found, severity=problem.severity, path=problem.path)
    if problem.offset is not None and origin.source is not None:
        whole = (*origin.steps, *steps)
        position = origin.source.locate_within(origin.document, whole, problem.offset)
        return replace(found, position=position)
    if problem.code == INVALID_JSON_DESCRIPTION:
        return _broken(found, origin, text)
    return found


def _broken(found: Finding, origin: Origin, text: str) -> Finding:
    """Where the text of a definition stops being JSON, and how to fix it."""
    source = origin.source
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        fault = json_fault(error, Source(origin.file, text, is_json=True))
        if source is None:
            return replace(found, remedy=fault.remedy and f"{fault.remedy}; {found.remedy}")
        position = source.locate_within(origin.document, origin.steps, offset_of(error, text))
        return replace(found, remedy=fault.remedy, position=position)
    except (ValueError, RecursionError):
        pass
    return found


def _part(problem: Problem) -> Part:
    """The name of a field that should not exist, else the value.

    AWS reports such a field at the object around it.
    """
    if problem.code == MISSING_TRANSITION_TARGET:
        return "best"
    around = problem.path.rpartition("/")[0] or "/"
    is_told_around = _INDEX.sub(r"[\1]", around) == _INDEX.sub(r"[\1]", problem.location)
    return "key" if is_told_around and problem.path != "/" else "best"


def steps_to_call(definition: Json, function: str) -> tuple[str | int, ...]:
    """The steps to the first call of the function; empty if it cannot be found."""
    return _steps_to(definition, function, _CALLED)


def steps_to_service(definition: Json, service: str) -> tuple[str | int, ...]:
    """The steps to the first Resource of the service; empty if it cannot be found."""
    return _steps_to(definition, service, {"Resource": _service})


def steps_to_role(definition: Json, role: str) -> tuple[str | int, ...]:
    """The steps to the first RoleArn with this ARN or expression; empty if it cannot be found."""
    return _steps_to(definition, role, {"RoleArn": str, "RoleArn.$": str})


def _steps_to(
    definition: Json, wanted: str, fields: Mapping[str, Callable[[str], str | None]]
) -> tuple[str | int, ...]:
    waiting: list[tuple[tuple[str | int, ...], Json]] = [((), definition)]
    while waiting:
        steps, here = waiting.pop()
        if isinstance(here, dict):
            for name, called in fields.items():
                if isinstance(here.get(name), str) and called(here[name]) == wanted:
                    return (*steps, name)
            waiting.extend(((*steps, name), member) for name, member in reversed(here.items()))
        elif isinstance(here, list):
            waiting.extend(((*steps, at), here[at]) for at in reversed(range(len(here))))
    return ()


def _by_resource(text: str) -> str | None:
    resource = parse_resource(text)
    return resource.invocation.name if isinstance(resource, FunctionResource) else None


def _service(text: str) -> str | None:
    called = _called_service(text)
    if called is None or called.is_nested or called.is_approval:
        return None
    return called.resource_type


def _called_service(text: str) -> ServiceInvocation | None:
    resource = parse_resource(text)
    return resource.invocation if isinstance(resource, ServiceResource) else None


_CALLED: Final[Mapping[str, Callable[[str], str | None]]] = {
    "Resource": _by_resource,
    "FunctionName": lambda text: parse_function_name(text).name,
}
"""The fields that name functions, and how to read the name from their text."""
