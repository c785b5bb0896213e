"""How the states of one block lead to each other: targets, reach, ends, loops.

Works on the JSON of a block, so it can check one that has other faults too.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from asw.asl.definition.place import Place, some
from asw.asl.problems import (
    ENDLESS_BLOCK,
    FORBIDDEN_LOOP,
    MISSING_END_STATE,
    MISSING_TRANSITION_TARGET,
    nearest_name,
)
from asw.asl.values import Json

_ENDS: Final = ("Succeed", "Fail")
_LEAD_TO_IT: Final = "point the Next of another state to it, or remove it"
_NO_START: Final = "StartAt names no state, so no state is ever reached"
_GUESSES: Final = 20
"""For this many missing targets the nearest state is searched, because that takes time."""
_END_IT: Final = "give a state End: true, or lead to a Succeed or Fail state"


@dataclass(frozen=True, slots=True)
class Transition:
    """A field that names a state, with the steps to it from the block."""

    steps: tuple[str | int, ...]
    target: str


def check_block(block: Mapping[str, Json], place: Place) -> None:
    """Report everything wrong with the transitions of the block."""
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
        _report_missing(way, states, place)
    lost = {name for name, state in states.items() if _is_lost(state, ways[name])}
    if not place.steps and not any(map(_is_end, states.values())):
        place.error(
            "Workflow has no terminal state",
            _END_IT,
            code=MISSING_END_STATE,
            location="",
            is_consequence=bool(lost or missing),
        )
    elif isinstance(start, str):
        reached = _reach(start, ways) if starts else set()
        meant = _meant(start, ways) if missing or lost else reached
        meant = ways.keys() if meant & lost else meant
        _report_unreachable([it for it in ways if it not in reached], meant, place, starts=starts)
        if not missing and not any(_is_end(states[name]) for name in reached):
            _report_endless(place, is_consequence=bool(lost))
    if starts and place.dialect == "TCSL":
        _report_loops(str(start), ways, place)


def _report_endless(place: Place, *, is_consequence: bool) -> None:
    """AWS accepts an inner block that never ends, perhaps because a failing sibling may end it."""
    place.at("States").warning(
        "No reachable state ends this block",
        _END_IT,
        code=ENDLESS_BLOCK,
        is_consequence=is_consequence,
    )


def _transitions(name: str, state: Json) -> Iterator[Transition]:
    """The fields by which a state leads on, if they have the right type."""
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


def _is_lost(state: Json, ways: Collection[Transition]) -> bool:
    """Whether it, or one of its rules, should lead on but does not say where: a separate error."""
    if not isinstance(state, dict):
        return True
    rules = [*_list(state.get("Choices")), *_list(state.get("Catch"))]
    if any(not isinstance(rule, dict) or not isinstance(rule.get("Next"), str) for rule in rules):
        return True
    return not ways and not _is_end(state)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _meant(start: str, ways: Mapping[str, list[Transition]]) -> AbstractSet[str]:
    """The states reached if each missing target stands for the state most like it."""
    slips = {way.target for going in ways.values() for way in going} - ways.keys()
    nearest = {name: nearest_name(name, ways) for name in list(slips)[:_GUESSES]}
    first = start if start in ways else nearest_name(start, ways)
    if first is None:
        return ways.keys()
    guessed = {
        name: [replace(way, target=nearest.get(way.target) or way.target) for way in going]
        for name, going in ways.items()
    }
    return _reach(first, guessed)


def _reach(start: str, ways: Mapping[str, list[Transition]]) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for way in ways[waiting.pop()]:
            if way.target in ways and way.target not in reached:
                reached.add(way.target)
                waiting.append(way.target)
    return reached


def _report_missing(way: Transition, states: Mapping[str, Json], place: Place) -> None:
    here = place.at(*way.steps)
    here.error(
        f"Missing 'Next' target: {way.target}",  # AWS uses this name wherever the target stands
        here.near(way.target, states) or _none_such(states),
        code=MISSING_TRANSITION_TARGET,
    )


def _none_such(states: Mapping[str, Json]) -> str:
    """A hint at the states that a transition of the block may lead to."""
    return f"there is no such state here{f', only {some(states)}' if states else ''}"


def _report_unreachable(
    names: Iterable[str], meant: AbstractSet[str], place: Place, *, starts: bool
) -> None:
    """AWS reports every unreachable state; those that were meant to be reached are consequences."""
    for name in names:
        place.at("States", name).error(
            f'State "{name}" is not reachable.',
            _LEAD_TO_IT if starts else _NO_START,
            code=MISSING_TRANSITION_TARGET,
            is_consequence=name in meant,
        )


def _report_loops(start: str, ways: Mapping[str, list[Transition]], place: Place) -> None:
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
                "TCSL forbids loops, but the ASL dialect allows them",
                code=FORBIDDEN_LOOP,
            )
        elif way.target in ways and way.target not in done:
            on_the_way.add(way.target)
            stack.append((way.target, iter(ways[way.target])))
