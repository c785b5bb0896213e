"""Differences of JSON values: what counts, what does not, and how they are named."""

import pytest

from asw.asl.values import ABSENT
from asw.planning.values import Difference, compare, is_same


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (1, 1.0),
        ([{"a": None}], [{"a": None}]),
        ("你好", "你好"),
    ],
)
def test_the_same_meaning_is_no_difference(before, after):
    """The order of keys, and 1 for 1.0, which API servers write, are no differences."""
    assert list(compare("x", before, after)) == []


@pytest.mark.parametrize(("before", "after"), [(True, 1), (0, False), (None, {}), ([], {})])
def test_values_of_other_types_differ(before, after):
    """What Python takes for equal is not always equal JSON."""
    assert not is_same(before, after)


def test_a_difference_is_named_by_its_path():
    """Objects are gone through key by key, lists of one length item by item."""
    before = {"a": [{"b": 1}, 2], "gone": None}
    after = {"a": [{"b": 3}, 2], "new": "x"}
    assert list(compare("P", before, after)) == [
        Difference(change="changed", name="P.a[0].b", before=1, after=3),
        Difference(change="added", name="P.new", after="x"),
        Difference(change="removed", name="P.gone", before=None),
    ]


def test_lists_of_other_lengths_differ_as_a_whole():
    """Nobody can tell which of their items are the same."""
    assert list(compare("P", [1, 2], [2])) == [
        Difference(change="changed", name="P", before=[1, 2], after=[2])
    ]


def test_a_null_is_not_nothing():
    """For programs a null that was there is told from a value that was not."""
    gone, came = compare("P", None, ABSENT), compare("P", ABSENT, None)
    assert [it.to_plain() for it in (*gone, *came)] == [
        {"change": "removed", "field": "P", "before": None},
        {"change": "added", "field": "P", "after": None},
    ]
