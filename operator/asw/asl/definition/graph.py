"""How the states of one block lead to each other: targets, reach, ends, loops.

Works on the JSON of a block, so that it can say all it knows about one that has other faults.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from asw.asl.definition.place import Place
from asw.asl.problems import (
    ENDLESS_BLOCK,
    FORBIDDEN_LOOP,
    MISSING_END_STATE,
    MISSING_TRANSITION_TARGET,
)
from asw.asl.values import Json

_ENDS: Final = ("Succeed", "Fail")
_LEAD_TO_IT: Final = "lead to it by the Next of another state, or remove it"
_NO_START: Final = "StartAt names no state, so that none is ever reached"
_END_IT: Final = "give a state End: true, or lead to a Succeed or Fail state"


@dataclass(frozen=True, slots=True)
class Transition:
    """A field that names a state, by the steps to it from the block."""

    steps: tuple[str | int, ...]
    target: str


def check_block(block: Mapping[str, Json], place: Place) -> None:
    """Tell of all that is wrong with the transitions of the block."""
    states = block.get("States")
    if not isinstance(states, dict):
        return
    ways = {name: list(_transitions(name, state)) for name, state in states.items()}
    missing = [way for going in ways.values() for way in going if way.target not in states]
    start = block.get("StartAt")
    starts = isinstance(start, str) and start in states
    if isinstance(start, str) and not starts:
        missing.append(Transition(("StartAt",), start))
    for way in missing:
        _tell_missing(way, states, place)
    if not place.steps and not any(map(_is_end, states.values())):
        place.error("Workflow has no terminal state", _END_IT, code=MISSING_END_STATE, location="")
    elif isinstance(start, str):
        reached = _reach(start, ways) if starts else set()
        _tell_unreachable(states, reached, place, _LEAD_TO_IT if starts else _NO_START)
        if not missing and not any(_is_end(states[name]) for name in reached):
            _tell_endless(place)
    if starts and place.dialect == "TCSL":
        _tell_loops(str(start), ways, place)


def _tell_endless(place: Place) -> None:
    """AWS takes an inner block that never ends, maybe since a sibling's failure may end it."""
    place.at("States").warning("No state that can be reached ends", _END_IT, code=ENDLESS_BLOCK)


def _transitions(name: str, state: Json) -> Iterator[Transition]:
    """The fields by which a state leads on, as far as they are what they should be."""
    if not isinstance(state, dict):
        return
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield Transition(("States", name, field), state[field])
    for field in ("Choices", "Catch"):
        rules = state.get(field)
        for at, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield Transition(("States", name, field, at, "Next"), rule["Next"])


def _is_end(state: Json) -> bool:
    return isinstance(state, dict) and (state.get("End") is True or state.get("Type") in _ENDS)


def _reach(start: str, ways: Mapping[str, list[Transition]]) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for way in ways[waiting.pop()]:
            if way.target in ways and way.target not in reached:
                reached.add(way.target)
                waiting.append(way.target)
    return reached


def _tell_missing(way: Transition, states: Mapping[str, Json], place: Place) -> None:
    here = place.at(*way.steps)
    here.error(
        f"Missing 'Next' target: {way.target}",  # AWS: so it is called wherever it stands
        here.near(way.target, states) or "there is no such state here",
        code=MISSING_TRANSITION_TARGET,
    )


def _tell_unreachable(
    states: Mapping[str, Json], reached: set[str], place: Place, hint: str
) -> None:
    for name in states:
        if name not in reached:
            place.at("States", name).error(
                f'State "{name}" is not reachable.',
                hint,
                code=MISSING_TRANSITION_TARGET,
            )


def _tell_loops(start: str, ways: Mapping[str, list[Transition]], place: Place) -> None:
    """Walk depth first; a transition to a state on the way here closes a loop."""
    on_the_way, done = {start}, set[str]()
    stack = [(start, iter(ways[start]))]
    while stack:
        name, going = stack[-1]
        way = next(going, None)
        if way is None:
            stack.pop()
            on_the_way.discard(name)
            done.add(name)
        elif way.target in on_the_way:
            place.at(*way.steps).error(
                f"State '{name}' leads back to '{way.target}'",
                "TCSL forbids loops, the ASL dialect has them",
                code=FORBIDDEN_LOOP,
            )
        elif way.target in ways and way.target not in done:
            on_the_way.add(way.target)
            stack.append((way.target, iter(ways[way.target])))
