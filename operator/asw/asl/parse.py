"""From the text of a definition to a StateMachine, or to everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asw.asl.definition.fields import Field, Table
from asw.asl.definition.json_text import read_text
from asw.asl.definition.place import Place, Report, TooManyProblemsError
from asw.asl.definition.readers import integer, one_of
from asw.asl.definition.states import BLOCK, read_block, read_query_language
from asw.asl.model import (
    Block,
    Dialect,
    MapState,
    ParallelState,
    StateMachine,
    TaskState,
)
from asw.asl.problems import InvalidDefinition, Problem
from asw.asl.resources import FunctionResource, parse_function_name

_MACHINE: Final[Table] = BLOCK | {
    "Version": Field(one_of("1.0"), "version"),
    "TimeoutSeconds": Field(integer(1), "timeout_seconds"),
    "QueryLanguage": Field(read_query_language),
}
_TCSL_MACHINE: Final[Table] = _MACHINE | {
    "TimeoutMilliseconds": Field(integer(1), "timeout_milliseconds"),
}
_TABLES: Final[Mapping[Dialect, Table]] = {"ASL": _MACHINE, "TCSL": _TCSL_MACHINE}


def parse(text: str, dialect: Dialect = "ASL") -> StateMachine:
    """The state machine that the text defines. Raises InvalidDefinition, with every problem."""
    machine, problems = _read(text, dialect)
    if machine is None:
        raise InvalidDefinition(problems)
    return machine


def find_problems(text: str, dialect: Dialect = "ASL") -> tuple[Problem, ...]:
    """All that is wrong with the definition, and all that its author should know."""
    return _read(text, dialect)[1]


def _read(text: str, dialect: Dialect) -> tuple[StateMachine | None, tuple[Problem, ...]]:
    report = Report()
    try:
        attributes = _attributes(text, Place(report=report, dialect=dialect))
    except TooManyProblemsError:
        attributes = None
    problems = tuple(report.problems)
    if attributes is None or any(problem.severity == "ERROR" for problem in problems):
        return None, problems
    return _build(attributes, dialect), problems


def _attributes(text: str, place: Place) -> dict[str, Any] | None:
    definition = read_text(text, place)
    if definition is None:
        return None
    if definition.get("QueryLanguage") == "JSONata":
        place = place.speaking("JSONata")
    return read_block(definition, place, _TABLES[place.dialect], "a state machine")


def _build(attributes: dict[str, Any], dialect: Dialect) -> StateMachine:
    block = Block(
        start_at=attributes["start_at"],
        states=attributes["states"],
        comment=attributes.get("comment"),
    )
    return StateMachine(
        block=block,
        dialect=dialect,
        comment=block.comment,
        timeout_seconds=_timeout(attributes),
        functions=frozenset(_functions(block)),
    )


def _timeout(attributes: Mapping[str, Any]) -> float | None:
    """TCSL: TimeoutMilliseconds wins over TimeoutSeconds."""
    if "timeout_milliseconds" in attributes:
        return float(attributes["timeout_milliseconds"] / 1000)
    return attributes.get("timeout_seconds")


def _functions(block: Block) -> Iterator[str]:
    """The functions that tasks name outright, by their Resource or their FunctionName."""
    for state in block.states.values():
        if isinstance(state, TaskState):
            yield from _function(state)
        elif isinstance(state, ParallelState):
            for branch in state.branches:
                yield from _functions(branch)
        elif isinstance(state, MapState):
            yield from _functions(state.item_processor)


def _function(state: TaskState) -> Iterator[str]:
    if isinstance(state.resource, FunctionResource):
        yield state.resource.invocation.name
        return
    assert isinstance(state.parameters, dict), "lambda:invoke has Parameters"
    name = state.parameters.get("FunctionName")
    if isinstance(name, str):
        yield parse_function_name(name).name
