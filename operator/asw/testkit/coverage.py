"""What the cases covered of a definition: states, transitions, Retriers, Catchers. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Literal, TypeAlias

from asw.asl.model import (
    Block,
    ChoiceState,
    MapState,
    ParallelState,
    State,
    StateMachine,
    WorkFields,
)
from asw.asl.values import Json
from asw.engine.dataflow import NO_RULE
from asw.engine.simulation import Simulation

Kind: TypeAlias = Literal["state", "transition", "retrier", "catcher"]
KINDS: Final[tuple[Kind, ...]] = ("state", "transition", "retrier", "catcher")
Steps: TypeAlias = tuple[str | int, ...]
_Way: TypeAlias = tuple[str, str, int]
"""A state, how it was left or tried again, and a number, as a simulation counts them."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Something to cover: its kind, its place in the definition, and its label."""

    kind: Kind
    steps: Steps
    label: str
    way: _Way


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often each spot of a definition was used."""

    counts: Mapping[Spot, int]

    def of(self, kind: Kind | None = None) -> tuple[int, int]:
        """How many of this kind, or of all, were used, and the total."""
        counts = [n for spot, n in self.counts.items() if kind is None or spot.kind == kind]
        return sum(n > 0 for n in counts), len(counts)

    @property
    def percent(self) -> float:
        """Percentage of all spots that were used."""
        used, total = self.of()
        return 100.0 if total == 0 else 100 * used / total

    def uncovered(self) -> list[Spot]:
        """Spots that no case used, in the order of the definition."""
        return [spot for spot, count in self.counts.items() if count == 0]


@dataclass(slots=True)
class Tally:
    """Counts the ways of one definition over many cases."""

    machine: StateMachine
    definition: Json
    ways: Counter[_Way] = field(default_factory=Counter)

    def add(self, seen: Simulation) -> None:
        """Count one case."""
        self.ways.update(_ways_of(seen))

    def coverage(self) -> Coverage:
        """The counts of all spots."""
        spots = spots_of(self.machine, self.definition)
        return Coverage({spot: self.ways[spot.way] for spot in spots})


def spots_of(machine: StateMachine, definition: Json) -> Iterator[Spot]:
    """All spots; ``definition`` is the machine as written, for the places."""
    yield from _of_block(machine.block, definition, ())


def _of_block(block: Block, written: Json, steps: Steps) -> Iterator[Spot]:
    for name, state in block.states.items():
        at = (*steps, "States", name)
        yield Spot("state", at, name, (name, "state", 0))
        yield from _transitions(state, at)
        if isinstance(state, WorkFields):
            yield from _handlers(state, at)
        yield from _inner(state, written["States"][name], at)


def _transitions(state: State, at: Steps) -> Iterator[Spot]:
    name = state.name
    if isinstance(state, ChoiceState):
        for number, rule in enumerate(state.choices):
            label = f"{name} -> {rule.next}"
            yield Spot("transition", (*at, "Choices", number), label, (name, "rule", number))
        if state.default is not None:
            label = f"{name} -> {state.default}"
            yield Spot("transition", (*at, "Default"), label, (name, "rule", NO_RULE))
    elif state.next is not None:
        yield Spot("transition", (*at, "Next"), f"{name} -> {state.next}", (name, "next", 0))


def _handlers(state: WorkFields, at: Steps) -> Iterator[Spot]:
    name = state.name
    for number, retrier in enumerate(state.retry):
        label = f"{name}: {', '.join(retrier.error_equals)}"
        yield Spot("retrier", (*at, "Retry", number), label, (name, "retry", number))
    for number, catcher in enumerate(state.catch):
        label = f"{name}: {', '.join(catcher.error_equals)} -> {catcher.next}"
        yield Spot("catcher", (*at, "Catch", number), label, (name, "catch", number))


def _inner(state: State, written: Json, at: Steps) -> Iterator[Spot]:
    if isinstance(state, ParallelState):
        for number, branch in enumerate(state.branches):
            within = written["Branches"][number]
            yield from _of_block(branch, within, (*at, "Branches", number))
    elif isinstance(state, MapState):
        key = "ItemProcessor" if "ItemProcessor" in written else "Iterator"
        yield from _of_block(state.item_processor, written[key], (*at, key))


def _ways_of(seen: Simulation) -> Counter[_Way]:
    """How often the execution went each way."""
    ways: Counter[_Way] = Counter((it.state, it.by, it.number) for it in seen.taken)
    events = chain(seen.history, *(child.history for child in seen.children))
    left: Counter[str] = Counter()
    for event in events:
        if event.type.endswith("StateEntered"):
            ways[event.details["name"], "state", 0] += 1
        elif event.type.endswith("StateExited"):
            left[event.details["name"]] += 1
    caught: Counter[str] = Counter(it.state for it in seen.taken if it.by == "catch")
    for name, count in left.items():
        # A caught failure also leaves the state, for that of the Catcher.
        if count > caught[name]:
            ways[name, "next", 0] += count - caught[name]
    return ways
