"""A state machine as boxes and arrows without any looks: the source of SVG, DOT and Mermaid.

Pure. Every state gets a short id, so names need not be valid ids of those languages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Literal, TypeAlias

from asw.asl.blocks import blocks_of
from asw.asl.model import (
    Block,
    ChoiceState,
    MapState,
    State,
    StateMachine,
)
from asw.asl.values import Json
from asw.draw.graph import facts_of, rule_text
from asw.executions.progress import IDLE, Mark, Progress
from asw.messages.visible import one_line

EdgeKind: TypeAlias = Literal["next", "choice", "default", "catch"]
ELSE = "else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A state: ``facts`` are its type and how it fared; ``flows`` what is inside it.

    ``mark`` is None if no execution is drawn.
    """

    id: str
    name: str
    kind: str
    facts: tuple[str, ...]
    mark: Mark | None
    progress: Progress
    flows: tuple["Flow", ...] = ()
    is_map: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A way from one state to another; the label says when it is taken, if not always."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The states of a block; ``ends`` are those that may be the last."""

    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    ends: tuple[str, ...]

    def node(self, id_: str) -> Node:
        """The node of that id."""
        return next(node for node in self.nodes if node.id == id_)


def diagram_of(machine: StateMachine, progress: Mapping[str, Progress] | None) -> Flow:
    """The diagram of the machine, or with ``progress`` of an execution."""
    return _flow(machine.block, progress, (f"s{number}" for number in count(1)))


def _flow(block: Block, progress: Mapping[str, Progress] | None, ids: Iterator[str]) -> Flow:
    known = {name: next(ids) for name in block.states}
    edges = [edge for state in block.states.values() for edge in _edges(state, known)]
    leads_on = {edge.source for edge in edges if edge.kind != "catch"}
    return Flow(
        start=known[block.start_at],
        nodes=tuple(_node(state, known, progress, ids) for state in block.states.values()),
        edges=tuple(edges),
        ends=tuple(id_ for id_ in known.values() if id_ not in leads_on),
    )


def _node(
    state: State,
    known: Mapping[str, str],
    progress: Mapping[str, Progress] | None,
    ids: Iterator[str],
) -> Node:
    fared = IDLE if progress is None else progress.get(state.name, IDLE)
    return Node(
        id=known[state.name],
        name=one_line(state.name) or state.name,
        kind=type(state).__name__.removesuffix("State"),
        facts=tuple(facts_of(state, fared)),
        mark=None if progress is None else fared.mark,
        progress=fared,
        flows=tuple(_flow(block, progress, ids) for block in blocks_of(state)),
        is_map=isinstance(state, MapState),
    )


def _edges(state: State, known: Mapping[str, str]) -> Iterator[Edge]:
    """The ways out of a state; those of the same kind to the same target are one."""
    ways: dict[tuple[str, EdgeKind], list[str]] = {}
    if isinstance(state, ChoiceState):
        for rule in state.choices:
            ways.setdefault((rule.next, "choice"), []).append(rule_text(rule.condition))
        if state.default:
            ways[state.default, "default"] = [ELSE]
    elif state.next is not None:
        ways[state.next, "next"] = []
    for catcher in getattr(state, "catch", ()):
        ways.setdefault((catcher.next, "catch"), []).append(", ".join(catcher.error_equals))
    for (target, kind), labels in ways.items():
        joint = " or " if kind == "choice" else ", "
        label = joint.join(labels)
        yield Edge(source=known[state.name], target=known[target], kind=kind, label=label)


def diagram_json(flow: Flow) -> Json:
    """States and transitions as data, for programs."""
    states, transitions = [], []
    for node, within in _walk(flow, ()):
        states.append(_plain_state(node, within))
    for inner in flows_of(flow):
        names = {node.id: node.name for node in inner.nodes}
        transitions += [
            {"from": names[edge.source], "to": names[edge.target], "kind": edge.kind}
            | ({"label": edge.label} if edge.label else {})
            for edge in inner.edges
        ]
    return {
        "startAt": flow.node(flow.start).name,
        "states": states,
        "transitions": transitions,
    }


def _plain_state(node: Node, within: tuple[str, ...]) -> dict[str, Json]:
    plain: dict[str, Json] = {"name": node.name, "type": node.kind, "within": list(within)}
    if node.mark is not None:
        progress = node.progress
        plain |= {
            "mark": node.mark,
            "visits": progress.visits,
            "tries": progress.attempts,
            "seconds": progress.took.total_seconds(),
        }
        if progress.children is not None:
            plain["children"] = progress.children._asdict()
    return plain


def flows_of(flow: Flow) -> Iterator[Flow]:
    """The flow and all those inside it."""
    yield flow
    for node in flow.nodes:
        for inner in node.flows:
            yield from flows_of(inner)


def _walk(flow: Flow, within: tuple[str, ...]) -> Iterator[tuple[Node, tuple[str, ...]]]:
    for node in flow.nodes:
        yield node, within
        for inner in node.flows:
            yield from _walk(inner, (*within, node.name))
