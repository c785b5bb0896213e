"""The state under test, found in the definition that the request brings.

A single state becomes a machine of its own, in which each state that it may go on to simply ends;
AWS calls it StateName. Of a whole machine, which must be without fault, one state is taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from asw.asl.model import (
    Block,
    MapState,
    ParallelState,
    State,
    StateMachine,
    TaskState,
)
from asw.asl.parse import parse
from asw.asl.problems import InvalidDefinition
from asw.asl.values import Json, from_text, to_text
from asw.testing.refusals import invalid_definition, invalid_request
from asw.testing.request import Request

STATE_NAME: Final = "StateName"
"""What AWS calls the tested state, whatever its name in the definition."""
_END: Final[Json] = {"Type": "Succeed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The state, and the Map and Parallel states that it is in, the innermost first."""

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
    """The state that the request names. Raises TestStateRefused for a definition at fault."""
    given = request.definition
    text = given if isinstance(given, str) else to_text(given)
    if request.state_name is None:
        machine = _parse(_alone(text))
        return Subject(state=machine.block.states[STATE_NAME])
    machine = _parse(text)
    for subject in subjects(machine.block):
        if subject.state.name == request.state_name:
            return subject
    raise invalid_request("State not found in definition")


def subjects(block: Block, around: tuple[MapState | ParallelState, ...] = ()) -> Iterator[Subject]:
    """Every state of the block, and of the blocks within its states."""
    for state in block.states.values():
        yield Subject(state=state, around=around)
        for inner in blocks_of(state):
            assert isinstance(state, MapState | ParallelState)
            yield from subjects(inner, (state, *around))


def blocks_of(state: State) -> tuple[Block, ...]:
    """The blocks of states that run within this one."""
    match state:
        case MapState(item_processor=block):
            return (block,)
        case ParallelState(branches=branches):
            return branches
    return ()


def _parse(text: str) -> StateMachine:
    try:
        return parse(text)
    except InvalidDefinition as error:
        raise invalid_definition(error.problems) from None


def _alone(text: str) -> str:
    """The text of a machine of this one state; of what is no state's text, the text itself."""
    try:
        state = from_text(text)
    except ValueError:
        return text
    if not isinstance(state, dict):
        return text
    ends = dict.fromkeys(_targets(state), _END)
    return to_text({"StartAt": STATE_NAME, "States": {**ends, STATE_NAME: state}})


def _targets(state: Json) -> Iterator[str]:
    """The states that this one may go on to."""
    rules = (state.get(field) for field in ("Choices", "Catch"))
    listed = (rule for rule in rules if isinstance(rule, list))
    for part in (state, *(item for rule in listed for item in rule if isinstance(item, dict))):
        yield from (
            name for field in ("Next", "Default") if isinstance(name := part.get(field), str)
        )
