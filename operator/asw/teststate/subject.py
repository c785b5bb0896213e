"""Finds the state under test in the definition of the request.

A single state is read as the only one of a machine, where AWS calls it StateName. From a whole
machine, which must be valid, one state is taken. Any Resource of AWS is accepted.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from asw.asl.blocks import blocks_of
from asw.asl.definition.json_text import read_text
from asw.asl.definition.place import Place, Report, TooManyProblemsError
from asw.asl.definition.states import read_state
from asw.asl.model import Block, MapState, ParallelState, State, TaskState
from asw.asl.parse import find_problems, parse_state
from asw.asl.problems import InvalidDefinition
from asw.asl.values import Json, to_text
from asw.teststate.refusals import invalid_definition, invalid_request
from asw.teststate.request import Request

STATE_NAME: Final = "StateName"
"""AWS's name for the tested state, whatever its name in the definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The state, and the Map and Parallel states around it, the innermost first."""

    state: State
    around: tuple[MapState | ParallelState, ...] = ()

    @property
    def resource(self) -> str | None:
        """A Task's Resource as written; None for any other state."""
        return self.state.resource_text if isinstance(self.state, TaskState) else None

    @property
    def is_in_map(self) -> bool:
        """Whether the state sees a Map's item in its context object."""
        return any(isinstance(state, MapState) for state in self.around)


def find_subject(request: Request) -> Subject:
    """The state that the request names. Raises TestStateRefused for an invalid definition."""
    given = request.definition
    text = given if isinstance(given, str) else to_text(given)
    try:
        if request.state_name is None:
            return Subject(state=_lone(text))
        return _named(text, request.state_name)
    except InvalidDefinition as error:
        raise invalid_definition(error.problems) from None


def _lone(text: str) -> State:
    """The state that the text defines; its next states may be missing."""
    report = Report(any_resource=True)
    machine = Place(report=report, dialect="ASL")
    state: State | None = None
    with suppress(TooManyProblemsError):
        value = read_text(text, machine)
        if value is not None:
            state = read_state(STATE_NAME, value, machine.at("States", STATE_NAME))
    if state is None or any(problem.severity == "ERROR" for problem in report.problems):
        raise InvalidDefinition(report.problems)
    return state


def _named(text: str, name: str) -> Subject:
    """The state of that name, at any level of the machine."""
    for outer, names in _names(text).items():
        if name in names:
            found = Subject(state=parse_state(text, outer))
            inner = (it for block in blocks_of(found.state) for it in subjects(block, found))
            return next(it for it in (found, *inner) if it.state.name == name)
    parse_state(text, next(iter(_names(text))))
    raise invalid_request("State not found in definition")


def _names(text: str) -> dict[str, set[str]]:
    """By each top-level state, its name and those of the states in it."""
    machine = read_text(text, Place(report=Report(), dialect="ASL"))
    states = machine.get("States") if machine is not None else None
    if not isinstance(states, dict) or not states:
        raise InvalidDefinition(find_problems(text))
    return {outer: {outer, *_inner_names(value)} for outer, value in states.items()}


def _inner_names(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        states = value.get("States")
        yield from states if isinstance(states, dict) else ()
        for item in value.values():
            yield from _inner_names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _inner_names(item)


def subjects(block: Block, within: Subject) -> Iterator[Subject]:
    """Every state of a block of the subject, and those within them."""
    assert isinstance(within.state, MapState | ParallelState)
    for state in block.states.values():
        subject = Subject(state=state, around=(within.state, *within.around))
        yield subject
        for inner in blocks_of(state):
            yield from subjects(inner, subject)
