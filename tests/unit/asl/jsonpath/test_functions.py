"""Tests of ``asw.asl.jsonpath.functions``: functions at the end of a path."""

import pytest

from asw.asl.jsonpath.functions import FUNCTIONS
from asw.asl.values import ABSENT


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("length", [1, 2], 2),
        ("length", {"a": 1}, 1),
        ("length", "abc", 3),
        ("size", [], 0),
        ("length", 5, ABSENT),
        ("keys", {"a": 1, "b": 2}, ["a", "b"]),
        ("keys", [1], ABSENT),
        ("min", [3, 1, 2.5], 1),
        ("max", [3, "x", True, 5], 5),
        ("sum", [1, 2, 3], 6),
        ("avg", [1, 2], 1.5),
        ("stddev", [2, 4], 1.0),
        ("sum", [], ABSENT),
        ("sum", ["x"], ABSENT),
        ("sum", "12", ABSENT),
        ("sum", [1e308, 1e308], ABSENT),
        ("avg", [10**400], ABSENT),
        ("first", [1, 2], 1),
        ("last", [1, 2], 2),
        ("first", [], ABSENT),
        ("last", "ab", ABSENT),
    ],
)
def test_functions_of_a_path(name, value, result):
    """A function that has no value for this kind of thing finds nothing."""
    found = FUNCTIONS[name](value)
    assert found is result or found == result
