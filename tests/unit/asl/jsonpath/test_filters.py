"""Tests of ``asw.asl.jsonpath.filters``: what is between ``[?(`` and ``)]``."""

import pytest

from asw.asl.jsonpath import PathSyntaxError, find, parse_path

ITEMS = [
    {"n": 1, "s": "a", "t": ["x", "y"]},
    {"n": 2.0, "s": "b", "t": []},
    {"n": 3, "s": "c", "z": None, "a-b": True},
    {"n": "3", "s": ""},
    7,
]
DOCUMENT = {"items": ITEMS, "limit": 2, "names": ["a", "c"], "one": {"n": 1}}


def _holding(condition):
    found = find(parse_path(f"$.items[?({condition})]"), DOCUMENT)
    return [ITEMS.index(item) for item in found]


@pytest.mark.parametrize(
    ("condition", "holding"),
    [
        ("@.n == 2", [1]),
        ("@.n === 2", [1]),
        ("@.n != 2", [0, 2, 3, 4]),
        ("@.n !== 2", [0, 2, 3, 4]),
        ("@.n < 2", [0]),
        ("@.n <= 2", [0, 1]),
        ("@.n > 2", [2]),
        ("@.n >= $.limit", [1, 2]),
        ("2 == @.n", [1]),
        ("@ == 7", [4]),
        ("@ > -1.5e1", [4]),
        ("@.s == 'b'", [1]),
        ('@.s == "b"', [1]),
        ("@.s > 'a'", [1, 2]),
        ("@.n == '3'", [3]),
        ("@.z", [2]),
        ("!@.z", [0, 1, 3, 4]),
        ("@.z == null", [2]),
        ("@.a-b == true", [2]),
        ("@['a-b'] == true", [2]),
        ("@.a-b == false", []),
        ("@.n == 1 || @.s == 'c'", [0, 2]),
        ("@.n >= 1 && @.n < 3", [0, 1]),
        ("@.n == 1 || @.n == 3 && @.z", [0, 2]),
        ("(@.n == 1 || @.n == 3) && @.s", [0, 2]),
        ("!(@.n == 1)", [1, 2, 3, 4]),
        ("@.s in ['a', 'b']", [0, 1]),
        ("@.s in $.names", [0, 2]),
        ("@.s nin ['a','b']", [2, 3, 4]),
        ("@.s in 5", []),
        ("@.n in [ ]", []),
        ("@.t subsetof ['x','y','z']", [0, 1]),
        ("@.t anyof ['x']", [0]),
        ("@.t noneof ['x']", [1, 2, 3, 4]),
        ("@.t contains 'x'", [0]),
        ("@.s contains 'b'", [1]),
        ("@.s contains 1", []),
        ("@.t size 2", [0]),
        ("@.n size 2", []),
        ("@.t empty true", [1]),
        ("@.t empty false", [0]),
        ("@.s empty true", [3]),
        ("@.t[0]", [0]),
        ("@.t[?(@ == 'y')]", [0, 1, 2, 3, 4]),
        ("@.t.length() == 2", [0]),
    ],
)
def test_which_items_hold(condition, holding):
    """Jayway's operators, with JSON's own idea of what is the same and what has an order."""
    assert _holding(condition) == holding


@pytest.mark.parametrize(
    ("path", "found"),
    [("$.one[?(@.n == 1)]", [{"n": 1}]), ("$.one[?(@.n == 2)]", []), ("$.limit[?(@ == 2)]", [])],
)
def test_a_filter_takes_or_leaves_an_object(path, found):
    """Jayway does not look into the members of an object, and skips what has no parts."""
    assert find(parse_path(path), DOCUMENT) == found


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("@.s =~ /a/", "'=~' is not an operator of filters"),
        ("@.s like 'a'", "'like' is not an operator of filters"),
        ("5", "expected an operator such as =="),
        ("", "expected '@', '$', a number"),
        ("@.n == ", "expected '@', '$', a number"),
        ("@.n == nothing", "expected '@', '$', a number"),
        ("@.n == 1 &&", "expected '@', '$', a number"),
        ("(@.n == 1", "expected ')'"),
        ("@.s in ['a' 'b']", "expected ','"),
        ("!" * 30 + "@.n", "nested more than 20 deep"),
        ("(" * 30 + "@.n" + ")" * 30, "nested more than 20 deep"),
        ("@.n in " + "[" * 30 + "]" * 30, "nested more than 20 deep"),
        ("@.a[?(" * 30 + "@.n" + ")]" * 30, "nested more than 20 deep"),
    ],
)
def test_what_is_no_filter_says_why(condition, reason):
    """Regular expressions, unknown operators, unfinished and bottomless filters are refused."""
    with pytest.raises(PathSyntaxError) as caught:
        parse_path(f"$.items[?({condition})]")
    assert reason in str(caught.value)


def test_a_filter_stands_in_parentheses():
    """AWS's dialect has ``[?(...)]``, not the newer ``[?...]``."""
    with pytest.raises(PathSyntaxError, match="expected '\\('"):
        parse_path("$.items[?@.n]")
