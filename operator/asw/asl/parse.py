"""From the text of a definition to a StateMachine, or to all its problems."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from asw.asl.definition.fields import Field, Shape, Table
from asw.asl.definition.json_text import read_text
from asw.asl.definition.place import Place, Report, TooManyProblemsError
from asw.asl.definition.readers import anything, integer, one_of
from asw.asl.definition.states import BLOCK, language_of, read_block, read_state, report_language
from asw.asl.definition.variables import check_variables
from asw.asl.jsonata import is_expression
from asw.asl.model import (
    Block,
    Dialect,
    MapState,
    ParallelState,
    State,
    StateMachine,
    TaskState,
)
from asw.asl.problems import InvalidDefinition, Problem
from asw.asl.resources import FunctionResource, LambdaInvokeResource, parse_function_name
from asw.asl.values import Json, to_text

_MACHINE: Final[Table] = BLOCK | {
    "Version": Field(one_of("1.0"), "version"),
    "TimeoutSeconds": Field(integer(1), "timeout_seconds"),
    "QueryLanguage": Field(anything),
}
_TCSL_MACHINE: Final[Table] = _MACHINE | {
    "TimeoutMilliseconds": Field(integer(1), "timeout_milliseconds"),
}
MACHINE_SHAPES: Final[Mapping[Dialect, Shape]] = {
    "ASL": Shape(_MACHINE, "a state machine"),
    "TCSL": Shape(_TCSL_MACHINE, "a state machine"),
}


def parse(text: str, dialect: Dialect = "ASL") -> StateMachine:
    """The state machine that the text defines. Raises InvalidDefinition with every problem."""
    machine, problems = read_definition(text, dialect)
    if machine is None:
        raise InvalidDefinition(problems)
    return machine


def parse_state(definition: Json, state_name: str | None = None) -> State:
    """One state alone, as AWS's TestState takes it: a state, or the named state of a machine.

    Its Resource need not be one that executions can run: the model then has no ``resource``, only
    its text. Raises InvalidDefinition with every problem; KeyError if the machine has no such
    state.
    """
    text = definition if isinstance(definition, str) else to_text(definition)
    report = Report(any_resource=True)
    state: Any = None
    with suppress(TooManyProblemsError):
        state = _state(text, Place(report=report, dialect="ASL"), state_name)
    if any(problem.severity == "ERROR" for problem in report.problems):
        raise InvalidDefinition(report.problems)
    found: State = state
    return found


def _state(text: str, place: Place, name: str | None) -> Any:
    value: Any = read_text(text, place)
    if value is None:
        return None
    if "States" in value:
        return (_block(value, place)["states"] or {})[name]
    return read_state(name or "State", value, place)


def find_problems(
    text: str, dialect: Dialect = "ASL", *, is_express: bool = False
) -> tuple[Problem, ...]:
    """All problems of the definition, errors and warnings."""
    return read_definition(text, dialect, is_express=is_express)[1]


def read_definition(
    text: str, dialect: Dialect = "ASL", *, any_resource: bool = False, is_express: bool = False
) -> tuple[StateMachine | None, tuple[Problem, ...]]:
    """The machine and all problems; no machine if one of them is an error.

    With ``any_resource``, Tasks may name what executions cannot run, for machines that are only
    inspected. A machine that ``is_express`` cannot wait for jobs, callbacks and activities.
    """
    report = Report(any_resource=any_resource, is_express=is_express)
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
    return _block(definition, place)


def _block(definition: dict[str, Any], place: Place) -> dict[str, Any]:
    report_language(definition, place)
    place = place.speaking(language_of(definition, place))
    attributes = read_block(definition, place, MACHINE_SHAPES[place.dialect])
    check_variables(definition, place)
    return attributes


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
    """The functions that tasks name literally, in their Resource or their FunctionName."""
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
    if not isinstance(state.resource, LambdaInvokeResource):
        return
    payload = state.arguments if state.language == "JSONata" else state.parameters
    name = payload.get("FunctionName") if isinstance(payload, dict) else None
    if isinstance(name, str) and not is_expression(name):
        yield parse_function_name(name).name
