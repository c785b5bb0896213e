"""Tests of ``asw.asl.jsonpath.walk``: what paths find."""

import pytest

from asw.asl.budget import OverBudgetError
from asw.asl.jsonpath import explain_missing, find, parse_path
from asw.asl.values import ABSENT

STORE = {
    "books": [
        {"title": "A", "price": 8, "tags": ["x", "y"]},
        {"title": "B", "price": 12.5, "isbn": None},
        {"title": "C", "price": 9},
    ],
    "bike": {"colour": "red", "price": 20},
    "numbers": [5, 3, 4],
    "delivery-partner": "UQS",
    "a.b": {"c d": 1, "it's": 2},
    "empty": [],
    "none": None,
    "求": {"和": 15},
}


def _find(text):
    return find(parse_path(text), STORE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.books[0].title", "A"),
        ("$.books[-1].title", "C"),
        ("$['books'][1]['title']", "B"),
        ('$["books"][1]["title"]', "B"),
        ("$.delivery-partner", "UQS"),
        ("$['a.b']['c d']", 1),
        (r"$['a.b']['it\'s']", 2),
        ("$.求.和", 15),
        ("$.none", None),
        ("$.books[ 0 ].title", "A"),
        ("$.books[(@.length-1)].title", "C"),
        ("$.bike['colour','price']", {"colour": "red", "price": 20}),
        ("$.bike['colour','nope']", {"colour": "red"}),
        ("$.numbers.length()", 3),
        ("$.books[*].length()", 3),
        ("$.books[*].price.sum()", 29.5),
    ],
)
def test_definite_paths_find_the_value(path, value):
    """Names, indexes and the function at the end."""
    assert _find(path) == value


@pytest.mark.parametrize(
    "path",
    [
        "$.nope",
        "$.books[3]",
        "$.books[-4]",
        "$.books.title",
        "$.bike[0]",
        "$.none.x",
        "$.bike.colour.x",
        "$.bike.colour[0]",
        "$.none['a','b']",
        "$.nope.length()",
        "$.none.length()",
    ],
)
def test_definite_paths_may_find_nothing(path):
    """Nothing is told from null."""
    assert _find(path) is ABSENT


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.books[*].title", ["A", "B", "C"]),
        ("$.books.*.title", ["A", "B", "C"]),
        ("$.bike.*", ["red", 20]),
        ("$.bike[*]", ["red", 20]),
        ("$.none[*]", []),
        ("$.nope[*].x", []),
        ("$.books[0,2].title", ["A", "C"]),
        ("$.books[0,7].title", ["A"]),
        ("$.bike[0,1]", []),
        ("$.numbers[1:]", [3, 4]),
        ("$.numbers[:1]", [5]),
        ("$.numbers[-2:]", [3, 4]),
        ("$.numbers[0:9]", [5, 3, 4]),
        ("$.numbers[::2]", [5, 4]),
        ("$.numbers[ 0 : 1 ]", [5]),
        ("$.bike[0:1]", []),
        ("$..price", [8, 12.5, 9, 20]),
        ("$..tags[0]", ["x"]),
        ("$..['price','colour']", [8, 12.5, 9, 20, "red"]),
        ("$.books[*]['title','price']", [{"title": "A", "price": 8}]),
        ("$.books..x", []),
        ("$.bike['colour','price'].x", []),
    ],
)
def test_other_paths_find_a_list(path, values):
    """Wildcards, unions, slices and descents find all that is there, in the document's order."""
    assert _find(path)[: len(values)] == values
    assert isinstance(_find(path), list)


def test_descent_goes_outside_in():
    """``..*`` lists each value before what is in it, Jayway's order."""
    document = {"a": {"b": [1]}, "c": 2}
    everything = find(parse_path("$..*"), document)
    assert everything == [{"b": [1]}, 2, [1], 1]


def test_descent_into_great_depth_does_no_harm():
    """The depth of a document costs no stack."""
    assert find(parse_path("$..x"), _deep(5000)) == [0]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("$.nope", "No results for path: $['nope']"),
        ("$.nope.x.y", "Missing property in path $['nope']"),
        ("$.books[7].title", "No results for path: $['books'][7]['title']"),
        ("$.books[7]", "No results for path: $['books'][7]"),
        ("$.none.x", "Property ['x'] not found in path $['none']"),
        ("$.bike[0]", "Filter: [0] can only be applied to arrays. Current context is: {"),
        ("$.none['a','b']", "No results for path: $.none['a','b']"),
    ],
)
def test_reasons_are_jayways(path, reason):
    """AWS passes on why Jayway found nothing."""
    assert explain_missing(parse_path(path), STORE).startswith(reason)


LONG = {"l": [{"x": n} for n in range(3000)], "half": list(range(1500))}


@pytest.mark.parametrize(
    "path",
    [
        "$.l[?($..x == @.x)]",
        "$.l[?(@.x in $.l[*].x)]",
        "$.l[?($.l subsetof $.l)]",
        "$.l[?($.l[?($.l[?(@.x)])])]",
        "$..*..*..*..*..*..*..*..*",
    ],
)
def test_no_path_looks_for_years(path):
    """A path that looks at everything for everything is given up, soon."""
    document = LONG if "?" in path else _deep(300)
    with pytest.raises(OverBudgetError):
        find(parse_path(path), document)


def test_a_path_may_look_at_much():
    """What fits into a payload is looked at."""
    assert len(find(parse_path("$..x"), LONG)) == 3000
    assert len(find(parse_path("$.l[?(@.x in [1, 2, 3])]"), LONG)) == 3


def _deep(levels):
    document = {"x": 0}
    for _ in range(levels):
        document = {"a": document}
    return document
