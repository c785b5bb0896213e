"""Places boxes of given sizes in layers, so that arrows lead downwards and cross little. Pure.

Sugiyama's way, as Graphviz and dagre go: edges that close a loop are reversed, each node gets
the lowest layer that its predecessors allow, edges over several layers are led by points of their
own, layers are ordered by the mean place of neighbours, and x is the least squares solution that
keeps the order and the gaps. Knows nothing of states.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

ROW_GAP = 26.0
COLUMN_GAP = 28.0
_SWEEPS, _SWEEPS_OF_MANY = 12, 4
_MANY = 3000
"""From so many boxes and points of long edges on, fewer sweeps keep the time short."""
_POINT_WEIGHT = 4.0
"""Points of long edges are pulled straight rather than boxes."""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge to be led: ``label`` is the size that its words need, None if it has none."""

    source: str
    target: str
    label: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Centres of boxes, the points that each link goes through, where labels are, and the size.

    Links are in the order that they were given; their first point is at the source, the last at the
    target.
    """

    centres: Mapping[str, tuple[float, float]]
    routes: Sequence[Sequence[tuple[float, float]]]
    labels: Sequence[tuple[float, float] | None]
    width: float
    height: float


@dataclass(slots=True)
class _Item:
    """A box, or a point of a long edge, in its layer."""

    width: float
    height: float
    weight: float = 1.0
    x: float = 0.0
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


def place(sizes: Mapping[str, tuple[float, float]], links: Sequence[Link]) -> Placed:
    """The places of all boxes; reading begins at the first."""
    forward = _without_loops(list(sizes), links)
    layer_of = _layers(list(sizes), forward)
    items = {name: _Item(*size) for name, size in sizes.items()}
    chains = [_chain(number, link, layer_of, items) for number, link in enumerate(forward)]
    layers = _ordered(_rows(layer_of, items, chains), items)
    _set_x(layers, items)
    heights = [max(items[name].height for name in layer) for layer in layers]
    tops = [sum(heights[:at]) + at * ROW_GAP for at in range(len(layers))]
    left = min((item.x - item.width / 2 for item in items.values()), default=0.0)
    centres = {
        name: (items[name].x - left, tops[at] + heights[at] / 2)
        for at, layer in enumerate(layers)
        for name in layer
    }
    rows = {
        name: (tops[at], tops[at] + heights[at])
        for at, layer in enumerate(layers)
        for name in layer
    }
    routes = [_route(chain, centres, rows, items) for chain in chains]
    is_turned = [link != given for link, given in zip(forward, links, strict=True)]
    width = max((centres[name][0] + items[name].width / 2 for name in items), default=0.0)
    return Placed(
        centres={name: centres[name] for name in sizes},
        routes=[
            route[::-1] if turned else route
            for route, turned in zip(routes, is_turned, strict=True)
        ],
        labels=[
            centres[chain[1]] if link.label else None
            for chain, link in zip(chains, links, strict=True)
        ],
        width=width,
        height=tops[-1] + heights[-1],
    )


def _without_loops(names: Sequence[str], links: Sequence[Link]) -> list[Link]:
    """The links; those that close a loop are reversed."""
    order = {name: at for at, name in enumerate(_in_order(names, links))}
    return [
        Link(link.target, link.source, link.label)
        if order[link.source] > order[link.target]
        else link
        for link in links
    ]


def _in_order(names: Sequence[str], links: Sequence[Link]) -> list[str]:
    targets: dict[str, list[str]] = {name: [] for name in names}
    for link in links:
        targets[link.source].append(link.target)
    return depth_first(names, targets.__getitem__)


def depth_first(names: Sequence[str], targets_of: Callable[[str], Iterable[str]]) -> list[str]:
    """The names and all that they lead to, each before its targets, except in loops."""
    seen: set[str] = set()
    order: list[str] = []
    stack = [(name, False) for name in reversed(names)]
    while stack:
        name, is_done = stack.pop()
        if is_done:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            stack.append((name, True))
            stack += [(target, False) for target in targets_of(name)]
    return order[::-1]


def _layers(names: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """Each name below all that lead to it; a label needs a layer of its own between."""
    layer = dict.fromkeys(names, 0)
    into: dict[str, list[Link]] = {name: [] for name in names}
    for link in links:
        if link.source != link.target:
            into[link.target].append(link)
    for name in _in_order(names, links):
        for link in into[name]:
            layer[name] = max(layer[name], layer[link.source] + (2 if link.label else 1))
    return layer


def _chain(
    number: int, link: Link, layer_of: Mapping[str, int], items: dict[str, _Item]
) -> list[str]:
    """The names along a link: source, a point in each layer between, target; joined."""
    if link.source == link.target:
        return [link.source, link.source]
    first, last = layer_of[link.source], layer_of[link.target]
    points = [f"{number}/{layer}" for layer in range(first + 1, last)]
    for at, point in enumerate(points):
        size = link.label if link.label and at == 0 else (2.0, 2.0)
        items[point] = _Item(*size, weight=_POINT_WEIGHT)
    chain = [link.source, *points, link.target]
    for upper, lower in pairwise(chain):
        items[upper].below.append(lower)
        items[lower].above.append(upper)
    return chain


def _rows(
    layer_of: Mapping[str, int], items: Mapping[str, _Item], chains: Iterable[Sequence[str]]
) -> list[list[str]]:
    """The items of each layer, in the order in which the links come to them."""
    whole = dict(layer_of)
    for chain in chains:
        for at, name in enumerate(chain[1:-1], 1):
            whole[name] = layer_of[chain[0]] + at
    rows: list[list[str]] = [[] for _ in range(max(whole.values(), default=-1) + 1)]
    for name in items:
        rows[whole[name]].append(name)
    return rows


def _ordered(rows: list[list[str]], items: Mapping[str, _Item]) -> list[list[str]]:
    """The rows in the order with the fewest crossings that some sweeps find."""
    best, fewest = [list(row) for row in rows], _crossings(rows, items)
    for sweep in range(_sweeps(items)):
        if fewest == 0:
            break
        is_down = sweep % 2 == 0
        for at in range(1, len(rows)) if is_down else range(len(rows) - 2, -1, -1):
            places = {name: x for x, name in enumerate(rows[at - 1 if is_down else at + 1])}
            row = {name: x for x, name in enumerate(rows[at])}
            rows[at].sort(key=lambda name: _mean(name, items, places, row[name], is_down=is_down))
        crossings = _crossings(rows, items)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _sweeps(items: Mapping[str, _Item]) -> int:
    return _SWEEPS if len(items) < _MANY else _SWEEPS_OF_MANY


def _mean(
    name: str, items: Mapping[str, _Item], places: Mapping[str, int], own: float, *, is_down: bool
) -> float:
    neighbours = items[name].above if is_down else items[name].below
    return sum(places[it] for it in neighbours) / len(neighbours) if neighbours else own


def _crossings(rows: Sequence[Sequence[str]], items: Mapping[str, _Item]) -> int:
    """How many pairs of links cross: a later start with an earlier end."""
    total = 0
    for upper, lower in pairwise(rows):
        place_of = {name: at for at, name in enumerate(lower)}
        seen: list[int] = []
        for name in upper:
            for end in sorted(place_of[it] for it in items[name].below):
                total += len(seen) - bisect_right(seen, end)
                insort(seen, end)
    return total


def _set_x(rows: Sequence[Sequence[str]], items: Mapping[str, _Item]) -> None:
    for row in rows:
        x = 0.0
        for name in row:
            items[name].x = x + items[name].width / 2
            x += items[name].width + COLUMN_GAP
    for sweep in range(_sweeps(items)):
        is_down = sweep % 2 == 0
        for row in rows if is_down else reversed(rows):
            wanted = [_wanted_x(items[name], items, is_down=is_down) for name in row]
            _spread(row, wanted, items)
    for row in rows:
        _spread(row, [_wanted_x(items[name], items, is_down=None) for name in row], items)


def _wanted_x(item: _Item, items: Mapping[str, _Item], *, is_down: bool | None) -> float:
    """The mean of the neighbours on one side, or on both; without neighbours its own place."""
    neighbours = [*(item.above if is_down in (True, None) else ())]
    neighbours += item.below if is_down in (False, None) else ()
    xs = [items[name].x for name in neighbours]
    return sum(xs) / len(xs) if xs else item.x


def _spread(row: Sequence[str], wanted: Sequence[float], items: Mapping[str, _Item]) -> None:
    """Put each as near to its wanted x as order and gaps allow: pools of adjacent violators."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (items[left].width + items[right].width) / 2 + COLUMN_GAP)
    pools: list[list[float]] = []  # mean, weight, count
    for name, x, offset in zip(row, wanted, offsets, strict=True):
        pools.append([x - offset, items[name].weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, weight, many = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[1] + mean * weight) / (last[1] + weight)
            last[1] += weight
            last[2] += many
    means = [mean for mean, _, many in pools for _ in range(int(many))]
    for name, mean, offset in zip(row, means, offsets, strict=True):
        items[name].x = mean + offset


def _route(
    chain: Sequence[str],
    centres: Mapping[str, tuple[float, float]],
    rows: Mapping[str, tuple[float, float]],
    items: Mapping[str, _Item],
) -> list[tuple[float, float]]:
    """From the lower edge of the source to the upper edge of the target.

    It goes straight down through the whole of each layer between: boxes beside it may be tall.
    """
    first, last = chain[0], chain[-1]
    (start_x, start_y), (_, end_y) = centres[first], centres[last]
    if first == last:
        right, half = start_x + items[first].width / 2, items[first].height / 4
        out = right + COLUMN_GAP * 0.7
        return [
            (right, start_y - half),
            (out, start_y - half),
            (out, start_y + half),
            (right, start_y + half),
        ]
    start = (
        _toward(first, chain[1], centres, items, items[first].below),
        start_y + items[first].height / 2,
    )
    end = (
        _toward(last, chain[-2], centres, items, items[last].above),
        end_y - items[last].height / 2,
    )
    between = [(centres[name][0], y) for name in chain[1:-1] for y in rows[name]]
    return [start, *between, end]


def _toward(
    name: str,
    neighbour: str,
    centres: Mapping[str, tuple[float, float]],
    items: Mapping[str, _Item],
    neighbours: Sequence[str],
) -> float:
    """Where on the edge of its box a link begins: several links share it, in their order."""
    ordered = sorted(neighbours, key=lambda it: centres[it][0])
    at = ordered.index(neighbour)
    share = items[name].width * 0.6
    step = min(share / len(ordered), 24.0)
    return centres[name][0] + (at - (len(ordered) - 1) / 2) * step
