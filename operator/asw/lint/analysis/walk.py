"""Walks a machine from its input to what may enter each state, along all ways at once.

What several ways bring to a state is joined, so that many Choices cost no more than their states.
What grows in a loop is widened after a few rounds. Branches and item processors are walked with
all that any round of their outer state brings; a walk never starts again from nothing.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asw.asl.model import (
    Block,
    ChoiceState,
    FailState,
    MapState,
    ParallelState,
    PassState,
    State,
    StateMachine,
    SucceedState,
    TaskState,
    WaitState,
    WorkFields,
)
from asw.lint.analysis import blocks, flow
from asw.lint.analysis.blocks import NO_VARIABLES, context_of
from asw.lint.analysis.choosing import chosen
from asw.lint.analysis.flow import Passage, StateScope, World
from asw.lint.analysis.shapes import ANY, NOTHING, OBJECT, Shape, join, trimmed, widen

ROUNDS_JOINED: Final = 3
"""Times that the input of a state may grow before it is widened."""
ROUNDS: Final = 12
"""Times that it may grow before it becomes ANY."""
HEAVY: Final = 200
"""Parts from which a value is slow to join and trim."""
MOST_PARTS: Final = 100_000
"""Total parts of heavy values that are passed on before they are trimmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A state and the block that contains it."""

    state: State
    block: "BlockSite"

    @property
    def steps(self) -> tuple[str | int, ...]:
        """The steps to the state from the definition."""
        return (*self.block.steps, "States", self.state.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSite:
    """A block, the steps to it, and the state that owns it; None at the top."""

    block: Block
    steps: tuple[str | int, ...] = ()
    owner: Site | None = None
    index: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """Identifies the block: state names are unique in a machine."""
        return ("" if self.owner is None else self.owner.state.name, self.index)


@dataclass(slots=True)
class _Line:
    """A block being walked: what may leave it, and the states to visit again."""

    site: BlockSite
    order: Mapping[str, int]
    context: Shape = NOTHING
    output: Shape = NOTHING
    grown: int = 0
    waiting: list[tuple[int, str]] = field(default_factory=list)
    queued: set[str] = field(default_factory=set)
    reached: list[str] = field(default_factory=list)


class Walk:
    """A machine, walked with an input; ``results`` are the known ones of Tasks, by state.

    ``entries`` has what may enter each reached state, ``passages`` what is known about the state.
    """

    def __init__(
        self, machine: StateMachine, entered: Shape, results: Mapping[str, Shape] | None = None
    ) -> None:
        self.results = results or {}
        self.sites: dict[str, Site] = {}
        self.entries: dict[str, World] = {}
        self.passages: dict[str, Passage] = {}
        self._grown: dict[str, int] = defaultdict(int)
        self._parts = 0
        self._lines: dict[tuple[str, int], _Line] = {}
        top = BlockSite(block=machine.block)
        for block in _blocks(top):
            self._lines[block.key] = _Line(block, order_of(block.block))
            self.sites.update((site.state.name, site) for site in _sites(block))
        self.output = self._run(top.key, World(entered, NO_VARIABLES), context_of(entered))

    def _run(self, key: tuple[str, int], world: World, context: Shape) -> Shape:
        """Enter the block, and walk until nothing changes; gives what may leave it."""
        line = self._lines[key]
        self._show(line, context)
        self._enter(line, line.site.block.start_at, world)
        while line.waiting:
            name = heapq.heappop(line.waiting)[1]
            line.queued.discard(name)
            place = StateScope(self.entries[name], line.context, self.results)
            self.passages[name] = self._pass(self.sites[name], place)
            for edge in self.passages[name].edges:
                if edge.target is None:
                    self._leave(line, edge.world.input)
                else:
                    self._enter(line, edge.target, edge.world)
        return line.output

    def _show(self, line: _Line, context: Shape) -> None:
        """Show the context object, such as the item of a Map, to each state of the block."""
        seen = widen(line.context, context) if line.context is not NOTHING else context
        if seen != line.context:
            line.context = seen
            for name in line.reached:
                self._look_again(line, name)

    def _enter(self, line: _Line, name: str, world: World) -> None:
        old, parts = self.entries.get(name), world.input.weight + world.variables.weight
        if parts > HEAVY:
            self._parts += parts
            if self._parts > MOST_PARTS:
                world = World(trimmed(world.input, 2), trimmed(world.variables, 2))
        if old is None:
            self.entries[name] = world
            line.reached.append(name)
            self._look_again(line, name)
            return
        grown = self._grown[name] if self._parts < MOST_PARTS else ROUNDS
        new = World(
            _grow(old.input, world.input, grown, ANY),
            _grow(old.variables, world.variables, grown, OBJECT),
        )
        if new != old:
            self.entries[name] = new
            # All that arrives before the next visit counts as one round.
            self._grown[name] += name not in line.queued
            self._look_again(line, name)

    def _leave(self, line: _Line, output: Shape) -> None:
        grown = _grow(line.output, output, line.grown, ANY)
        if grown != line.output:
            line.grown += 1
            line.output = grown

    def _look_again(self, line: _Line, name: str) -> None:
        if name not in line.queued:
            line.queued.add(name)
            heapq.heappush(line.waiting, (line.order[name], name))

    def _pass(self, site: Site, place: StateScope) -> Passage:
        def inner(index: int, world: World, context: Shape) -> Shape:
            return self._run((site.state.name, index), world, context)

        state = site.state
        if isinstance(state, ParallelState):
            return blocks.parallel(state, place, inner)
        if isinstance(state, MapState):
            return blocks.mapped(state, place, inner)
        return _WAYS[type(state)](state, place)


_WAYS: Final[Mapping[type[Any], Callable[[Any, StateScope], Passage]]] = {
    TaskState: flow.task,
    PassState: flow.passed,
    ChoiceState: chosen,
    WaitState: flow.waited,
    SucceedState: flow.through,
    FailState: flow.failed,
}
"""How a state without blocks is passed, by its type."""


def _grow(old: Shape, new: Shape, grown: int, most: Shape) -> Shape:
    if grown < ROUNDS_JOINED:
        return join(old, new)
    both = widen(old, new)
    return both if grown < ROUNDS or both == old else most


def sites_of(machine: StateMachine) -> Iterator[Site]:
    """Every state of the machine, including branches and item processors."""
    for block in _blocks(BlockSite(block=machine.block)):
        yield from _sites(block)


def _blocks(top: BlockSite) -> Iterator[BlockSite]:
    waiting = [top]
    while waiting:
        block = waiting.pop()
        yield block
        for site in _sites(block):
            waiting += inner_blocks(site)


def _sites(block: BlockSite) -> Iterator[Site]:
    return (Site(state=state, block=block) for state in block.block.states.values())


def inner_blocks(site: Site) -> list[BlockSite]:
    """The branches of a Parallel, the item processor of a Map."""
    state = site.state
    if isinstance(state, ParallelState):
        return [
            BlockSite(block=branch, steps=(*site.steps, "Branches", at), owner=site, index=at)
            for at, branch in enumerate(state.branches)
        ]
    if isinstance(state, MapState):
        steps = (*site.steps, "ItemProcessor")
        return [BlockSite(block=state.item_processor, steps=steps, owner=site)]
    return []


def targets_of(state: State) -> Iterator[str]:
    """The names of the states that may follow a state."""
    if state.next is not None:
        yield state.next
    if isinstance(state, ChoiceState):
        yield from (rule.next for rule in state.choices)
        if state.default is not None:
            yield state.default
    if isinstance(state, WorkFields):
        yield from (catcher.next for catcher in state.catch)


def order_of(block: Block) -> dict[str, int]:
    """A number for each state, greater than those of its predecessors except in loops."""
    order: list[str] = []
    seen = {block.start_at}
    stack = [(block.start_at, targets_of(block.states[block.start_at]))]
    while stack:
        name, going = stack[-1]
        target = next(going, None)
        if target is None:
            order.append(name)
            stack.pop()
        elif target not in seen:
            seen.add(target)
            stack.append((target, targets_of(block.states[target])))
    found = {name: at for at, name in enumerate(reversed(order))}
    return found | {name: len(found) for name in block.states if name not in found}
