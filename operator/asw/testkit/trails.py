"""The states that an execution went through, separately for branches and items. Pure.

A trail is a list of states as they were entered. A Parallel or Map is an object with one member:
its name, with a list of trails, one for each branch or item in order. What a retry of it enters
again follows in the same trails.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from asw.asl.model import Block, MapState, ParallelState, StateMachine
from asw.asl.values import Json
from asw.engine.history import Event
from asw.engine.simulation import MapItem, Simulation
from asw.failures import nearest
from asw.messages import t
from asw.testkit.matchers import Difference, Wrong, shown

Step: TypeAlias = tuple[str, int]
"""Into the branch or item of this number, of the Parallel or Map of this name."""
Line: TypeAlias = tuple[Step, ...]
"""A line of control: the steps that lead into it."""

EACH = "$each"
ANY_ITEM = -1
_ENTERED = "StateEntered"


def trail_of(machine: StateMachine, seen: Simulation) -> list[Json]:
    """The trail of the whole execution, including children of distributed Maps."""
    inside = containers(machine.block)
    lines: dict[Line, list[str]] = {}
    _read(seen.history, inside, (), lines)
    for child in seen.children:
        _read(child.history, inside, _line_of(child.items, inside), lines)
    return _told((), lines, _counts(lines))


def containers(block: Block, around: Line = ()) -> dict[str, Line]:
    """The line in which each state is defined; in a Map that is ANY_ITEM."""
    found: dict[str, Line] = {}
    for name, state in block.states.items():
        found[name] = around
        if isinstance(state, ParallelState):
            for number, branch in enumerate(state.branches):
                found |= containers(branch, (*around, (name, number)))
        elif isinstance(state, MapState):
            found |= containers(state.item_processor, (*around, (name, ANY_ITEM)))
    return found


def _line_of(items: Sequence[MapItem], inside: Mapping[str, Line]) -> Line:
    """The line of a child execution: it starts as if it followed its item."""
    numbers = tuple((item.state, item.index) for item in items)
    innermost = items[0].state
    return _placed((*inside[innermost], (innermost, ANY_ITEM)), numbers)


def _read(
    history: Iterable[Event], inside: Mapping[str, Line], start: Line, lines: dict[Line, list[str]]
) -> None:
    """Sort the entries into states by their lines; events point back to what they follow."""
    line_by_event: dict[int, Line] = {}
    for event in history:
        before = line_by_event.get(event.previous_event_id, start)
        name = str(event.details.get("name"))
        if event.type == "MapIterationStarted":
            around = _placed(inside[name], before)
            before = (*around, (name, event.details["index"]))
        elif event.type.endswith(_ENTERED):
            before = _placed(inside[name], before)
            lines.setdefault(before, []).append(name)
        line_by_event[event.id] = before


def _placed(defined: Line, before: Line) -> Line:
    """The line of a state defined in ``defined`` that follows an event of the line ``before``.

    Item numbers come from that event, branch numbers from the definition.
    """
    items = dict(before)
    return tuple(
        (name, items.get(name, 0) if number == ANY_ITEM else number) for name, number in defined
    )


def _counts(lines: Iterable[Line]) -> dict[tuple[Line, str], int]:
    """How many branches or items of each Parallel or Map were entered, by line."""
    counts: dict[tuple[Line, str], int] = {}
    for line in lines:
        for depth, (name, number) in enumerate(line):
            key = line[:depth], name
            counts[key] = max(counts.get(key, 0), number + 1)
    return counts


def _told(
    line: Line, lines: Mapping[Line, list[str]], counts: Mapping[tuple[Line, str], int]
) -> list[Json]:
    told: list[Json] = []
    nested: set[str] = set()
    for name in lines.get(line, ()):
        count = counts.get((line, name), 0)
        if count and name not in nested:
            nested.add(name)
            inner = [_told((*line, (name, at)), lines, counts) for at in range(count)]
            told.append({name: inner})
        else:
            told.append(name)
    return told


# Comparing


def trail_differences(
    expected: Sequence[Json], actual: Sequence[Json], path: str = "states"
) -> Iterator[Difference]:
    """Where an execution took another way; a name alone leaves open what happened inside it."""
    for at, (wanted, seen) in enumerate(zip(expected, actual, strict=False)):
        yield from _step_differences(wanted, seen, f"{path}[{at}]")
        if name_of(wanted) != name_of(seen):
            return
    if len(actual) > len(expected):
        rest = ", ".join(map(name_of, actual[len(expected) :]))
        yield Difference(path, t("it went on: {states}", states=rest))
    elif len(expected) > len(actual):
        rest = ", ".join(map(name_of, expected[len(actual) :]))
        yield Difference(path, t("it ended before {states}", states=rest))


def _step_differences(wanted: Json, seen: Json, path: str) -> Iterator[Difference]:
    if name_of(wanted) != name_of(seen):
        told = {"expected": name_of(wanted), "got": name_of(seen)}
        yield Difference(path, t("expected {expected}, got {got}", **told))
        return
    if isinstance(wanted, str):
        return
    (inner,) = wanted.values()
    trails = next(iter(seen.values())) if isinstance(seen, dict) else []
    path = f"{path}.{name_of(wanted)}"
    if isinstance(inner, dict):
        for at, trail in enumerate(trails):
            yield from trail_differences(inner[EACH], trail, f"{path}[{at}]")
        return
    for at, (one, other) in enumerate(zip(inner, trails, strict=False)):
        yield from trail_differences(one, other, f"{path}[{at}]")
    if len(inner) != len(trails):
        counts = {"expected": len(inner), "got": len(trails)}
        yield Difference(path, t("expected {expected} branches or items, got {got}", **counts))


def name_of(step: Json) -> str:
    """The name of the state that a step of a trail is about."""
    return step if isinstance(step, str) else str(next(iter(step), ""))


def wrong_trail(trail: Json, known: Mapping[str, Line]) -> Iterator[Wrong]:
    """What is wrong with an expected trail; ``known`` are the states."""
    if not isinstance(trail, list):
        yield Wrong((), t("a list of states is expected, not {got}", got=shown(trail)))
        return
    for at, step in enumerate(trail):
        if isinstance(step, dict) and len(step) == 1:
            ((name, inner),) = step.items()
            is_each = isinstance(inner, dict) and inner.keys() == {EACH}
            trails = [((EACH,), inner[EACH])] if is_each else _numbered(inner)
            if trails is None:
                yield Wrong((at, name), t("a list of trails is expected, or $each with one"))
            for steps, one in trails or ():
                for pointer, told in wrong_trail(one, known):
                    yield Wrong((at, name, *steps, *pointer), told)
        elif isinstance(step, str):
            name = step
        else:
            yield Wrong((at,), t("the name of a state is expected, not {got}", got=shown(step)))
            continue
        if name not in known:
            told = t("the workflow has no state {name!r}", name=name)
            yield Wrong((at,), f"{told}: {hint}" if (hint := nearest(name, known)) else told)


def _numbered(inner: Json) -> list[tuple[tuple[str | int, ...], Json]] | None:
    return [((at,), one) for at, one in enumerate(inner)] if isinstance(inner, list) else None
