"""Tests of ``asw.asl.jsonpath.filters``: what is between ``[?(`` and ``)]``."""

import pytest

from asw.asl.budget import OverBudgetError
from asw.asl.jsonpath import PathSyntaxError, find, parse_path

ITEMS = [
    {"n": 1, "s": "a", "t": ["x", "y"]},
    {"n": 2.0, "s": "b", "t": []},
    {"n": 3, "s": "c", "z": None, "a-b": True},
    {"n": "3", "s": ""},
    7,
    {"p": "/eggs/cooked/like", "f": "x(1)"},
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
        ("@.n != 2", [0, 2, 3]),
        ("@.n !== 2", [0, 2, 3, 4, 5]),
        ("@.n < 2", [0]),
        ("@.n <= 2", [0, 1]),
        ("@.n > 2", [2, 3]),
        ("@.n >= $.limit", [1, 2, 3]),
        ("2 == @.n", [1]),
        ("@ == 7", [4]),
        ("@ > -1.5e1", [4]),
        ("@.s == 'b'", [1]),
        ('@.s == "b"', [1]),
        ("@.s > 'a'", [1, 2]),
        ("@.s > b", [2]),
        ("@.n == '3'", [2, 3]),
        ("@.n == 3", [2, 3]),
        ("@.n == 3.0", [2]),
        ("@.n === 3", [2]),
        ("'3' == @.n", [2, 3]),
        ("@.n == 1_0", []),
        ("@.n == 1e9999999999999999999", []),
        ("@.n == " + "9" * 500, []),
        ("@.n != nothing", [3]),
        ("@.t == nothing", []),
        ("@.t != nothing", []),
        ("@.t == [ 'x', 'y' ]", [0]),
        ("@.t > [ ]", []),
        ("@.s == b", [1]),
        ("@.s==b && @.n==2", [1]),
        ("@.s==b||@.s==c", [1, 2]),
        ("(@.s==b)", [1]),
        ("@.f == x(1)", [5]),
        ("@.p == /eggs/cooked/like", [5]),
        ("@.p == /eggs/", []),
        ("@.p != /eggs/", []),
        ("@.a-b == TRUE", [2]),
        ("@.a-b == 'true'", [2]),
        ("@.a-b != false", [2]),
        ("@.a-b > false", [2]),
        ("@.a-b == 1", []),
        ("@.z == 'null'", [2]),
        ("@.z != 1", [2]),
        ("@.z > 1", []),
        ("@.x", []),
        ("@.z", []),
        ("!@.z", [0, 1, 2, 3, 4, 5]),
        ("@.s =~ /A|B/i", [0, 1]),
        ("@.s =~ /(?i)A/", [0]),
        ("@.s =~ /A/", []),
        ("@.p =~ /.*/", [5]),
        ("@.p =~ //eggs/.*/", [5]),
        (r"@.p =~ /\/eggs.*/", [5]),
        ("@.p =~ /eggs/", []),
        ("@.n =~ /[12].*/ && @.s", [0, 1]),
        ("@.a-b =~ /true/", [2]),
        ("@.t =~ /.*/", []),
        ("@.z == null", [2]),
        ("@.a-b == true", [2]),
        ("@['a-b'] == true", [2]),
        ("@.a-b == false", []),
        ("@.n == 1 || @.s == 'c'", [0, 2]),
        ("@.n >= 1 && @.n < 3", [0, 1]),
        ("@.n == 1 || @.n == 3 && @.a-b", [0, 2]),
        ("(@.n == 1 || @.n == 3) && @.s", [0, 2, 3]),
        ("!(@.n == 1)", [1, 2, 3, 4, 5]),
        ("@.s in ['a', 'b']", [0, 1]),
        ("@.s in $.names", [0, 2]),
        ("@.s nin ['a','b']", [2, 3, 4, 5]),
        ("@.s in 5", []),
        ("@.n in [ ]", []),
        ("@.t subsetof ['x','y','z']", [0, 1]),
        ("@.t anyof ['x']", [0]),
        ("@.t noneof ['x']", [1, 2, 3, 4, 5]),
        ("@.t contains 'x'", [0]),
        ("@.s contains 'b'", [1]),
        ("@.s contains 1", []),
        ("@.t size 2", [0]),
        ("@.n size 2", []),
        ("@.t empty true", [1]),
        ("@.t empty false", [0]),
        ("@.s empty true", [3]),
        ("@.t[0]", [0]),
        ("@.t[?(@ == 'y')]", [0, 1, 2, 3, 4, 5]),
        ("@.t.length() == 2", [0]),
    ],
)
def test_which_items_hold(condition, holding):
    """Jayway's operators, and its idea of what is the same: a text may be written bare."""
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
        ("@.s =~ a", "expected a regular expression between slashes"),
        ("@.s =~ /a", "expected a regular expression between slashes"),
        ("@.s =~ /a/x", "expected a regular expression between slashes"),
        ("@.s =~ /(a/", "'(a' is not a regular expression"),
        ("@.s =~ /a)|(b/", "'a)|(b' is not a regular expression"),
        ("@.s like 'a'", "'like' is not an operator of filters"),
        ("5", "expected an operator such as =="),
        ("", "expected '@', '$', a number"),
        ("@.n == ", "expected '@', '$', a number"),
        ("@.n === nothing", "expected '@', '$', a number"),
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
    """Broken patterns, unknown operators, unfinished and bottomless filters are refused."""
    with pytest.raises(PathSyntaxError) as caught:
        parse_path(f"$.items[?({condition})]")
    assert reason in str(caught.value)


def test_a_filter_stands_in_parentheses():
    """AWS's dialect has ``[?(...)]``, not the newer ``[?...]``."""
    with pytest.raises(PathSyntaxError, match="expected '\\('"):
        parse_path("$.items[?@.n]")


def test_a_pattern_cannot_run_forever():
    """A regular expression that backtracks without end exceeds the budget of the evaluation."""
    with pytest.raises(OverBudgetError):
        find(parse_path("$[?(@ =~ /(a+)+b/)]"), ["a" * 60])


def test_long_texts_cost_more_to_match():
    """Matching costs budget, so that many long texts are refused rather than searched for hours."""
    path = parse_path("$[?(@ =~ /a/)]")
    with pytest.raises(OverBudgetError):
        find(path, ["b" * 16_000] * 600)
    assert find(path, ["a"] * 600) == ["a"] * 600
