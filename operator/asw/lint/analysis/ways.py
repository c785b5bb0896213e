"""Finds the way on which something is missing where a state looks for it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from asw.asl.model import WorkFields
from asw.lint.analysis.flow import Edge, Passage, World
from asw.lint.analysis.places import Lookup, Missing, Steps, child, find
from asw.lint.analysis.walk import Walk

LONGEST_WAY: Final = 12
"""Most states of a way that are shown."""


@dataclass(frozen=True, slots=True)
class Way:
    """States, the last of which looks for what is missing, and how the first one lost it.

    ``from_input``: the execution's input already lacks it. ``lost_by`` is the edge out of the first
    state on which it is lost; None if the block starts without it.
    """

    states: tuple[str, ...]
    from_input: bool
    lost_by: Edge | None
    replaces_input: bool = False


class Ways:
    """The ways of a walked machine; ``passages`` are those of all reached states."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.passages: Mapping[str, Passage] = walk.passages
        self._into: dict[str, list[tuple[str, Edge]]] = defaultdict(list)
        for name, passage in self.passages.items():
            for edge in passage.edges:
                if edge.target is not None:
                    self._into[edge.target].append((name, edge))

    def without(self, name: str, root: str | None, steps: Steps) -> Way:
        """A way to the state on which its input, or a variable, lacks the place."""
        states, edge, at = [name], None, name
        while len(states) < LONGEST_WAY:
            found = self._lacking(at, root, steps, states)
            if found is None:
                break
            at, edge = found
            states.insert(0, at)
            if _look_up(self.walk.entries[at], root, steps).missing < Missing.SHOWN:
                return Way(tuple(states), False, edge, self._replaces(at, edge))
        site = self.walk.sites[at]
        begins = site.block.owner is None and site.block.block.start_at == at
        from_input = begins and root is None
        return Way(tuple(states), from_input, edge, edge is not None and self._replaces(at, edge))

    def _lacking(
        self, name: str, root: str | None, steps: Steps, seen: list[str]
    ) -> tuple[str, Edge] | None:
        """A state that leads here without it, preferably one that never has it."""
        found = [
            (_look_up(edge.world, root, steps).missing, source, edge)
            for source, edge in self._into[name]
            if source not in seen
        ]
        lacking = [it for it in found if it[0] >= Missing.SHOWN]
        if not lacking:
            return None
        _, source, edge = max(lacking, key=lambda it: it[0])
        return source, edge

    def _replaces(self, name: str, edge: Edge) -> bool:
        """Whether the edge is a Catcher that replaces the whole input by the error."""
        state = self.walk.sites[name].state
        if edge.way != "catch" or not isinstance(state, WorkFields):
            return False
        return state.language == "JSONPath" and state.catch[edge.at].result_path == "$"


def _look_up(world: World, root: str | None, steps: Steps) -> Lookup:
    if root is None:
        return find(world.input, steps)
    start = child(world.variables, root)
    found = find(start.shape, steps)
    return Lookup(found.shape, max(start.missing, found.missing))
