"""Diagrams as DOT, for Graphviz. Pure.

A Parallel or a Map is a cluster, its branches clusters in it. DOT has no arrows between clusters:
they go to a state inside and are cut at the frame (``lhead``, ``ltail``).
"""

from collections.abc import Iterator, Mapping

from asw.draw.diagram import Edge, Flow, Node
from asw.draw.graph import MARKS

_COLOURS = {
    "done": ("#e6f4ea", "#1e8e3e"),
    "caught": ("#fef7e0", "#b06000"),
    "running": ("#e8f0fe", "#1967d2"),
    "failed": ("#fce8e6", "#c5221f"),
    "stopped": ("#f6e4f2", "#a0438a"),
    "idle": ("#ffffff", "#9aa0a6"),
}
_NO_MARK = ("#ffffff", "#5f6368")
_EDGE_STYLES = {"next": "solid", "choice": "solid", "default": "solid", "catch": "dashed"}
_HEAD = (
    "  compound=true;",
    '  graph [fontname="sans-serif", style=rounded, ranksep=0.4];',
    '  node [fontname="sans-serif", shape=box, style="rounded,filled"];',
    '  edge [fontname="sans-serif", fontsize=11];',
    '  start [label="", shape=circle, width=0.2, style=filled, fillcolor="#5f6368"];',
    '  end [label="", shape=doublecircle, width=0.15, style=filled, fillcolor="#5f6368"];',
)


def dot_text(flow: Flow, title: str) -> str:
    """The diagram; of an execution with marks and colours."""
    lines = [f"digraph {quoted(title)} {{", *_HEAD, *_flow_lines(flow, 1)]
    lines.append(f"  {_arrow(flow, 'start', flow.start, {})};")
    lines += [f"  {_arrow(flow, id_, 'end', {})};" for id_ in flow.ends]
    return "\n".join([*lines, "}"]) + "\n"


def quoted(text: str) -> str:
    """The text as a quoted id or label of DOT; line breaks are centred lines."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "")
    return '"' + escaped.replace("\n", "\\n") + '"'


def _flow_lines(flow: Flow, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for node in flow.nodes:
        yield from _node_lines(node, depth)
    for edge in flow.edges:
        yield f"{indent}{_edge(flow, edge)};"


def _node_lines(node: Node, depth: int) -> Iterator[str]:
    indent = "  " * depth
    fill, line = _COLOURS[node.mark] if node.mark else _NO_MARK
    looks = f'fillcolor="{fill}", color="{line}"'
    mark = f"{MARKS[node.mark]} " if node.mark else ""
    label = quoted(f"{mark}{node.name}\n{', '.join(node.facts)}")
    if not node.flows:
        yield f"{indent}{node.id} [label={label}, {looks}];"
        return
    yield f"{indent}subgraph cluster_{node.id} {{"
    yield f'{indent}  label={label}; color="{line}";'
    for number, flow in enumerate(node.flows):
        yield f"{indent}  subgraph cluster_{node.id}_{number} {{"
        yield f'{indent}    label=""; style="rounded,dashed"; color="#9aa0a6";'
        yield from _flow_lines(flow, depth + 2)
        yield f"{indent}  }}"
    yield f"{indent}}}"


def _edge(flow: Flow, edge: Edge) -> str:
    attributes = {"style": _EDGE_STYLES[edge.kind]}
    if edge.label:
        attributes["label"] = quoted(edge.label)
    return _arrow(flow, edge.source, edge.target, attributes)


def _arrow(flow: Flow, source: str, target: str, attributes: Mapping[str, str]) -> str:
    states = {node.id: node for node in flow.nodes}
    more = dict(attributes)
    if (node := states.get(source)) and node.flows:
        more["ltail"] = f"cluster_{source}"
    if (node := states.get(target)) and node.flows:
        more["lhead"] = f"cluster_{target}"
    listed = ", ".join(f"{key}={value}" for key, value in more.items())
    ends = [_inside(states[id_]) if id_ in states else id_ for id_ in (source, target)]
    return f"{ends[0]} -> {ends[1]}" + (f" [{listed}]" if listed else "")


def _inside(node: Node) -> str:
    """A simple state that stands for the node: itself, or where its first branch starts."""
    if not node.flows:
        return node.id
    first = node.flows[0]
    return _inside(first.node(first.start))
