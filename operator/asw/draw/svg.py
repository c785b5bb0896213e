"""Diagrams as SVG: one file without references, light or dark as its reader's screen is. Pure.

Names are text, and escaped only here. What does not fit its box is cut, and complete in its
tooltip.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from rich.cells import cell_len

from asw.draw.boxes import shorten
from asw.draw.diagram import Edge, Flow, Node
from asw.draw.graph import MARKS
from asw.draw.layout import Link, Placed, place

_MARGIN = 20.0
_PADDING = 16.0
_TITLE_HEIGHT = 40.0
_NODE_HEIGHT = 46.0
_NAME_CELLS, _LABEL_CELLS = 34, 36
_NAME_PIXELS, _SMALL_PIXELS = 7.6, 6.4
"""Width of a cell of the two sizes of letters; a Chinese sign has two."""
_LEAST_WIDTH = 96.0
_DOT = 20.0
_START, _END = "start", "end"

_STYLE = """
svg { --page: #ffffff; --ink: #202124; --soft: #5f6368; --line: #80868b; --box: #ffffff;
  --frame: #f8f9fa; --done: #1e8e3e; --done-box: #e6f4ea; --caught: #b06000; --caught-box: #fef7e0;
  --running: #1967d2; --running-box: #e8f0fe; --failed: #c5221f; --failed-box: #fce8e6;
  --stopped: #a0438a; --stopped-box: #f6e4f2; font-family: system-ui, "Noto Sans", sans-serif; }
@media (prefers-color-scheme: dark) { svg { --page: #1b1c1f; --ink: #e8eaed; --soft: #a8adb3;
  --line: #8a9096; --box: #26282c; --frame: #202226; --done: #5bb974; --done-box: #16301f;
  --caught: #fdd663; --caught-box: #3a2f10; --running: #8ab4f8; --running-box: #16294a;
  --failed: #f28b82; --failed-box: #431a18; --stopped: #dc9fcd; --stopped-box: #3a1d33; } }
.page { fill: var(--page); }
.box { fill: var(--box); stroke: var(--line); stroke-width: 1.3; }
.frame { fill: var(--frame); stroke: var(--line); stroke-width: 1.3; }
.map { stroke-dasharray: 7 4; }
.lane { fill: none; stroke: var(--line); stroke-width: 1; stroke-dasharray: 2 4; opacity: 0.6; }
.name { fill: var(--ink); font-size: 14px; font-weight: 600; }
.facts, .label { fill: var(--soft); font-size: 11.5px; }
.halo { fill: var(--page); }
.state .halo { fill: var(--frame); }
.edge { fill: none; stroke: var(--line); stroke-width: 1.4; }
.catch { stroke-dasharray: 5 4; }
.tip { fill: var(--line); stroke: none; }
.dot { fill: var(--soft); stroke: none; }
.ring { fill: none; stroke: var(--soft); stroke-width: 1.5; }
"""
_MARK_STYLE = (
    ".{mark} > .box, .{mark} > .frame {{ stroke: var(--{mark}); stroke-width: 2; }} "
    ".{mark} > .box {{ fill: var(--{mark}-box); }} .{mark} > .sign {{ fill: var(--{mark}); }}"
)
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
)
_COLOURED = ("done", "caught", "running", "failed", "stopped")


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A flow that was laid out: its size, and how to draw it from its upper left corner on."""

    flow: Flow
    placed: Placed
    insides: dict[str, list["_Drawn"]]

    @property
    def width(self) -> float:
        return self.placed.width

    @property
    def height(self) -> float:
        return self.placed.height


def svg_text(flow: Flow, title: str) -> str:
    """The whole picture as a file; of an execution with marks and colours."""
    drawn = _lay_out(flow, is_top=True)
    width, height = drawn.width + 2 * _MARGIN, drawn.height + 2 * _MARGIN
    marks = " ".join(_MARK_STYLE.format(mark=mark) for mark in _COLOURED)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {_area(width, height)}>',
        f"<title>{_safe(title)}</title>",
        f"<style>{_STYLE}{marks}</style>",
        _TIP,
        '<rect class="page" width="100%" height="100%"/>',
        *_draw(drawn, _MARGIN, _MARGIN),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _area(width: float, height: float) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}"'
    return f'{size} viewBox="0 0 {width:.1f} {height:.1f}"'


def _safe(text: str) -> str:
    """The text for XML, without the signs that XML cannot hold at all."""
    whole = "".join(sign for sign in text if sign >= " " or sign in "\t\n")
    return escape(
        whole.encode("utf-8", "replace").decode().replace("\ufffe", "").replace("\uffff", "")
    )


def _lay_out(flow: Flow, *, is_top: bool = False) -> _Drawn:
    insides = {
        node.id: [_lay_out(inner) for inner in node.flows] for node in flow.nodes if node.flows
    }
    sizes = {_START: (_DOT, _DOT)} if is_top else {}
    nodes = sorted(flow.nodes, key=lambda node: node.id != flow.start)
    sizes |= {node.id: _size(node, insides.get(node.id, [])) for node in nodes}
    links = [Link(edge.source, edge.target, _label_size(edge)) for edge in flow.edges]
    if is_top:
        sizes[_END] = (_DOT, _DOT)
        links += [Link(_START, flow.start), *(Link(id_, _END) for id_ in flow.ends)]
    return _Drawn(flow, place(sizes, links), insides)


def _size(node: Node, insides: Sequence[_Drawn]) -> tuple[float, float]:
    name = cell_len(_name(node)) * _NAME_PIXELS
    facts = cell_len(_facts(node)) * _SMALL_PIXELS
    own = max(name, facts, _LEAST_WIDTH) + 2 * 12
    if not insides:
        return own, _NODE_HEIGHT
    lanes = sum(inner.width + 2 * _PADDING for inner in insides) + _PADDING * (len(insides) - 1)
    tallest = max(inner.height for inner in insides)
    return max(own, lanes + 2 * _PADDING), _TITLE_HEIGHT + tallest + 3 * _PADDING


def _label_size(edge: Edge) -> tuple[float, float] | None:
    return (cell_len(_label(edge)) * _SMALL_PIXELS, 16.0) if edge.label else None


def _name(node: Node) -> str:
    name = shorten(node.name, _NAME_CELLS)
    return f"{MARKS[node.mark]} {name}" if node.mark else name


def _facts(node: Node) -> str:
    return " · ".join(node.facts)


def _label(edge: Edge) -> str:
    return shorten(edge.label, _LABEL_CELLS)


def _draw(drawn: _Drawn, left: float, top: float) -> Iterator[str]:
    """Arrows first, so that boxes lie above them."""
    flow, placed = drawn.flow, drawn.placed
    kinds = [edge.kind for edge in flow.edges]
    for number, route in enumerate(placed.routes):
        kind = kinds[number] if number < len(kinds) else "next"
        yield _path([(x + left, y + top) for x, y in route], kind)
    for node in flow.nodes:
        x, y = placed.centres[node.id]
        yield from _draw_node(node, drawn.insides.get(node.id, []), x + left, y + top)
    for edge, at in zip(flow.edges, placed.labels, strict=False):
        if at is not None:
            yield from _draw_label(edge, at[0] + left, at[1] + top)
    if _START in placed.centres:
        x, y = placed.centres[_START]
        yield f'<circle class="dot" cx="{x + left:.1f}" cy="{y + top:.1f}" r="{_DOT / 2 - 2}"/>'
        x, y = placed.centres[_END]
        yield f'<circle class="ring" cx="{x + left:.1f}" cy="{y + top:.1f}" r="{_DOT / 2 - 1}"/>'
        yield f'<circle class="dot" cx="{x + left:.1f}" cy="{y + top:.1f}" r="{_DOT / 2 - 5}"/>'


def _draw_node(node: Node, insides: Sequence[_Drawn], x: float, y: float) -> Iterator[str]:
    width, height = _size(node, insides)
    left, top = x - width / 2, y - height / 2
    kind = "frame" if insides else "box"
    classes = f"{kind} map" if node.is_map else kind
    yield f'<g class="state {node.mark or ""}">'
    yield f"<title>{_safe(': '.join([node.name, _facts(node)]))}</title>"
    yield (
        f'<rect class="{classes}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="8"/>'
    )
    yield _words("name", _name(node), x, top + 20, "")
    yield _words("facts", _facts(node), x, top + 36, "")
    lanes = sum(inner.width + 2 * _PADDING for inner in insides) + _PADDING * (len(insides) - 1)
    at, deepest = x - lanes / 2, height - _TITLE_HEIGHT - _PADDING
    for inner in insides:
        lane = inner.width + 2 * _PADDING
        if len(insides) > 1:
            yield (
                f'<rect class="lane" x="{at:.1f}" y="{top + _TITLE_HEIGHT + 4:.1f}" '
                f'width="{lane:.1f}" height="{deepest:.1f}" rx="6"/>'
            )
        yield from _draw(inner, at + _PADDING, top + _TITLE_HEIGHT + _PADDING)
        at += lane + _PADDING
    yield "</g>"


def _draw_label(edge: Edge, x: float, y: float) -> Iterator[str]:
    width, height = _label_size(edge) or (0.0, 0.0)
    yield (
        f'<rect class="halo" x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}"/>'
    )
    yield _words("label", _label(edge), x, y + 4, edge.label)


def _words(kind: str, text: str, x: float, y: float, whole: str) -> str:
    hint = f"<title>{_safe(whole)}</title>" if whole and whole != text else ""
    place_ = f'x="{x:.1f}" y="{y:.1f}" text-anchor="middle"'
    return f'<text class="{kind}" {place_}>{hint}{_safe(text)}</text>'


def _path(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A curve that leaves and enters straight up and down, as the points are in layers."""
    (x, y), *rest = points
    data = f"M{x:.1f} {y:.1f}"
    is_loop = len(points) == 4 and points[0][0] == points[3][0] and points[1][1] == points[0][1]
    if is_loop:
        (ax, ay), (bx, by), (cx, cy) = rest
        data += f"C{ax:.1f} {ay:.1f} {bx:.1f} {by:.1f} {cx:.1f} {cy:.1f}"
    else:
        for to_x, to_y in rest:
            middle = (y + to_y) / 2
            data += f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
            x, y = to_x, to_y
    return f'<path class="edge {kind}" d="{data}" marker-end="url(#tip)"/>'
