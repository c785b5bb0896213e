"""Boxes are placed so that they do not overlap, and that one reads from top to bottom."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from asw.draw.layout import COLUMN_GAP, ROW_GAP, Link, place

SIZE = (100.0, 40.0)


def boxes(count):
    """So many boxes of one size."""
    return {f"n{number}": SIZE for number in range(count)}


@st.composite
def graphs(draw):
    """Boxes of several sizes, and links between any two of them, themselves included."""
    count = draw(st.integers(1, 12))
    side = st.sampled_from((20.0, 100.0, 260.0))
    sizes = {f"n{number}": (draw(side), draw(side)) for number in range(count)}
    ends = st.sampled_from(list(sizes))
    label = st.sampled_from((None, (60.0, 16.0), (200.0, 16.0)))
    pairs = draw(st.lists(st.tuples(ends, ends, label), max_size=20))
    return sizes, [Link(*pair) for pair in pairs]


def edges_of(placed, sizes, name):
    """Left, right, top and bottom of a box."""
    (x, y), (width, height) = placed.centres[name], sizes[name]
    return x - width / 2, x + width / 2, y - height / 2, y + height / 2


@given(graphs())
def test_boxes_do_not_overlap_and_lie_within_the_picture(graph):
    """Whatever the links are, every box has its own place."""
    sizes, links = graph
    placed = place(sizes, links)
    for one, other in combinations(sizes, 2):
        left, right, top, bottom = edges_of(placed, sizes, one)
        left2, right2, top2, bottom2 = edges_of(placed, sizes, other)
        assert right < left2 or right2 < left or bottom < top2 or bottom2 < top
    for name in sizes:
        left, right, top, bottom = edges_of(placed, sizes, name)
        assert -0.01 <= left <= right <= placed.width + 0.01
        assert -0.01 <= top <= bottom <= placed.height + 0.01


@given(graphs())
def test_links_go_from_edge_to_edge_beside_all_other_boxes(graph):
    """A link begins and ends at its boxes, and goes straight through the rows between."""
    sizes, links = graph
    placed = place(sizes, links)
    for link, route in zip(links, placed.routes, strict=True):
        for name, (x, y) in ((link.source, route[0]), (link.target, route[-1])):
            left, right, top, bottom = edges_of(placed, sizes, name)
            assert left - 0.01 <= x <= right + 0.01
            assert top - 0.01 <= y <= bottom + 0.01
        if link.source == link.target:
            continue
        for name in sizes.keys() - {link.source, link.target}:
            left, right, top, bottom = edges_of(placed, sizes, name)
            upright = [(x, y, y2) for (x, y), (x2, y2) in pairwise(route) if x == x2]
            assert not any(
                left < x < right and min(y, y2) < bottom and max(y, y2) > top
                for x, y, y2 in upright
            )


def test_a_chain_is_a_straight_line():
    """Boxes that follow one another stand below one another."""
    placed = place(boxes(3), [Link("n0", "n1"), Link("n1", "n2")])
    assert placed.centres == {
        "n0": (50.0, 20.0),
        "n1": (50.0, 60.0 + ROW_GAP),
        "n2": (50.0, 100.0 + 2 * ROW_GAP),
    }
    assert (placed.width, placed.height) == (100.0, 120.0 + 2 * ROW_GAP)


def test_branches_stand_beside_one_another():
    """The ways of a choice part to the sides, what they come from above their middle."""
    placed = place(boxes(3), [Link("n0", "n1"), Link("n0", "n2")])
    (above, _), (left, y), (right, y2) = (placed.centres[f"n{number}"] for number in range(3))
    assert (y, right - left) == (y2, 100 + COLUMN_GAP)
    assert above == (left + right) / 2


def test_a_loop_leads_back_up():
    """The link that closes a loop points upwards, and pulls nothing out of its order."""
    placed = place(boxes(2), [Link("n0", "n1"), Link("n1", "n0", (60.0, 16.0))])
    assert placed.centres["n0"][1] < placed.centres["n1"][1]
    back = placed.routes[1]
    assert back[0][1] > back[-1][1]
    assert placed.labels[0] is None
    assert placed.labels[1] is not None


def test_ways_are_ordered_not_to_cross():
    """Two ways that would cross as they are written are turned to run side by side."""
    links = [Link("n0", "n1"), Link("n0", "n2"), Link("n1", "n4"), Link("n2", "n3")]
    placed = place(boxes(5), links)
    xs = {name: x for name, (x, _) in placed.centres.items()}
    assert (xs["n1"] < xs["n2"]) == (xs["n4"] < xs["n3"])
