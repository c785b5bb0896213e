"""Diagrams as Mermaid's stateDiagram-v2, which Markdown viewers draw. Pure.

Names go into quoted labels, with every character that means something to Mermaid as an entity; the
ids are ours. Parallel branches are separated by ``--``, as Mermaid has it for concurrency.
"""

from collections.abc import Iterator

from asw.draw.diagram import Flow, Node
from asw.draw.graph import MARKS

_INDENT = "    "
_PLAIN = frozenset(" .,_-+*/=()?!&'$@^|~")
"""Signs beside letters and digits that mean nothing to Mermaid within a label."""
_CLASSES = {
    "done": "fill:#e6f4ea,stroke:#1e8e3e,color:#12321d",
    "caught": "fill:#fef7e0,stroke:#b06000,color:#3d2600",
    "running": "fill:#e8f0fe,stroke:#1967d2,color:#0b2550",
    "failed": "fill:#fce8e6,stroke:#c5221f,color:#4a0f0d",
    "stopped": "fill:#f6e4f2,stroke:#a0438a,color:#3c1633",
}


def mermaid_text(flow: Flow) -> str:
    """The diagram; of an execution with marks and colours."""
    lines = ["stateDiagram-v2", *_flow_lines(flow, 1)]
    marked = _marked(flow)
    for mark, ids in sorted(marked.items()):
        lines.append(f"{_INDENT}classDef {mark} {_CLASSES[mark]}")
        lines.append(f"{_INDENT}class {','.join(ids)} {mark}")
    return "\n".join(lines) + "\n"


def _flow_lines(flow: Flow, depth: int) -> Iterator[str]:
    indent = _INDENT * depth
    for node in flow.nodes:
        yield from _node_lines(node, depth)
    yield f"{indent}[*] --> {flow.start}"
    for edge in flow.edges:
        label = f" : {escaped(edge.label)}" if edge.label else ""
        yield f"{indent}{edge.source} --> {edge.target}{label}"
    for end in flow.ends:
        yield f"{indent}{end} --> [*]"


def _node_lines(node: Node, depth: int) -> Iterator[str]:
    indent = _INDENT * depth
    mark = f"{MARKS[node.mark]} " if node.mark else ""
    label = escaped(f"{mark}{node.name} ({', '.join(node.facts)})")
    if not node.flows:
        yield f'{indent}state "{label}" as {node.id}'
        return
    yield f'{indent}state "{label}" as {node.id} {{'
    for number, flow in enumerate(node.flows):
        if number:
            yield f"{indent}{_INDENT}--"
        yield from _flow_lines(flow, depth + 1)
    yield f"{indent}}}"


def escaped(text: str) -> str:
    """The text as a label: what is no letter, digit or harmless sign as ``#number;``."""
    return "".join(
        sign if sign.isalnum() or sign in _PLAIN or _is_foreign(sign) else f"#{ord(sign)};"
        for sign in " ".join(text.split())
    )


def _is_foreign(sign: str) -> bool:
    """Beyond ASCII, where Mermaid has no signs of its own."""
    return sign.isprintable() and not sign.isascii()


def _marked(flow: Flow) -> dict[str, list[str]]:
    """By mark, the simple states that have it: Mermaid gives no class to composite ones."""
    found: dict[str, list[str]] = {}
    for node in flow.nodes:
        if node.mark in _CLASSES and not node.flows:
            found.setdefault(str(node.mark), []).append(node.id)
        for inner in node.flows:
            for mark, ids in _marked(inner).items():
                found.setdefault(mark, []).extend(ids)
    return found
