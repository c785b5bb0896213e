"""Matchers: what fits, what does not and where, and what is no matcher."""

import pytest

from asw.testkit.matchers import check_matchers, differences

FITS = [
    pytest.param(1, 1.0, id="numbers by value"),
    pytest.param({"a": [1, None]}, {"a": [1, None]}, id="the same"),
    pytest.param({"$any": True}, None, id="any"),
    pytest.param([{"$any": True}], [{"x": 1}], id="any inside"),
    pytest.param({"$type": "object"}, {}, id="type"),
    pytest.param({"$type": "boolean"}, False, id="boolean"),
    pytest.param({"$regex": "^a.c"}, "abcd", id="regex"),
    pytest.param({"$number": {"min": 1, "max": 2}}, 2, id="range"),
    pytest.param({"$number": {"min": 1}}, 10**9, id="open range"),
    pytest.param({"$subset": {"a": {"b": 1}}}, {"a": {"b": 1, "c": 2}, "d": 3}, id="subset"),
    pytest.param({"$subset": {"a": [{"b": 1}]}}, {"a": [{"b": 1, "c": 2}]}, id="subset in a list"),
    pytest.param({"$subset": {"a": {"$regex": "x"}}}, {"a": "xyz", "b": 1}, id="matcher in subset"),
    pytest.param({"$each": {"$type": "string"}}, ["a", "b"], id="each"),
    pytest.param({"$each": 1}, [], id="each of none"),
    pytest.param({"$unordered": [1, {"$type": "string"}]}, ["a", 1], id="unordered"),
    pytest.param({"$oneOf": [1, {"a": 2}]}, {"a": 2}, id="one of"),
    pytest.param({"$json": {"$subset": {"e": "K"}}}, '{"e": "K", "s": []}', id="json"),
    pytest.param({"$exact": {"$any": 1}}, {"$any": 1}, id="exact"),
    pytest.param({"$a b": 1}, {"$a b": 1}, id="no matcher's name"),
    pytest.param({"$any": 1, "x": 2}, {"$any": 1, "x": 2}, id="an object with other keys"),
]


@pytest.mark.parametrize(("expected", "actual"), FITS)
def test_fits(expected, actual):
    """A value that is as expected differs nowhere."""
    assert list(differences(expected, actual)) == []
    assert list(check_matchers(expected)) == []


DIFFERS = [
    pytest.param(1, True, ["$"], id="true is no number"),
    pytest.param({"a": 1, "b": 2}, {"a": 2, "c": 3}, ["$.a", "$.b", "$.c"], id="members"),
    pytest.param([1, 2, 3], [1, 5], ["$[1]", "$"], id="items"),
    pytest.param({"a b": {"": 1}}, {"a b": {"": 2}}, ['$["a b"][""]'], id="odd names"),
    pytest.param({"姓名": 1}, {"姓名": 2}, ["$.姓名"], id="Chinese"),
    pytest.param({"$type": "number"}, "1", ["$"], id="type"),
    pytest.param({"$regex": "^a"}, "ba", ["$"], id="regex"),
    pytest.param({"$regex": "1"}, 1, ["$"], id="regex of a number"),
    pytest.param({"$number": {"min": 1, "max": 2}}, 2.1, ["$"], id="range"),
    pytest.param({"$number": {"max": 2}}, True, ["$"], id="no number"),
    pytest.param({"$subset": {"a": {"b": 1}}}, {"a": {"b": 2}}, ["$.a.b"], id="subset"),
    pytest.param({"$subset": {"a": 1}}, {}, ["$.a"], id="missing"),
    pytest.param({"$subset": [1]}, [1, 2], ["$"], id="subset of a list"),
    pytest.param({"$subset": {"a": 1}}, [], ["$"], id="subset of no object"),
    pytest.param({"$each": 1}, [1, 2, 3], ["$[1]", "$[2]"], id="each"),
    pytest.param({"$each": 1}, {}, ["$"], id="each of no list"),
    pytest.param({"$unordered": [1, 2]}, [2, 3], ["$", "$"], id="unordered"),
    pytest.param({"$unordered": [1]}, 1, ["$"], id="unordered of no list"),
    pytest.param({"$oneOf": [1, 2]}, 3, ["$"], id="one of"),
    pytest.param({"$json": {"a": 1}}, '{"a": 2}', ["$.a"], id="json"),
    pytest.param({"$json": 1}, "{", ["$"], id="no json"),
    pytest.param({"$json": 1}, 1, ["$"], id="no text"),
    pytest.param({"$exact": {"$any": 1}}, 1, ["$"], id="exact"),
]


@pytest.mark.parametrize(("expected", "actual", "paths"), DIFFERS)
def test_differs(expected, actual, paths):
    """Each difference is told with its place, in order."""
    assert [found.path for found in differences(expected, actual)] == paths


WRONG = [
    pytest.param({"a": [{"$regx": "x"}]}, ("a", 0, "$regx"), "did you mean $regex?", id="typo"),
    pytest.param({"$foobar": 1}, ("$foobar",), "in $exact", id="unknown"),
    pytest.param({"$type": "int"}, ("$type",), "null, boolean, number", id="type"),
    pytest.param({"$number": {}}, ("$number",), "min, max", id="number"),
    pytest.param({"$number": {"min": "1"}}, ("$number",), "min, max", id="text as a bound"),
    pytest.param({"$unordered": 1}, ("$unordered",), "a list", id="unordered"),
    pytest.param({"$oneOf": {}}, ("$oneOf",), "a list", id="one of"),
    pytest.param({"$regex": "("}, ("$regex",), "regular expression", id="regex"),
    pytest.param({"$regex": 1}, ("$regex",), "regular expression", id="no text"),
]


@pytest.mark.parametrize(("expected", "pointer", "words"), WRONG)
def test_matchers_that_cannot_be_used(expected, pointer, words):
    """A slip in a matcher is found before anything is run, with its place and the remedy."""
    ((found, message),) = check_matchers(expected)
    assert found == pointer
    assert words in message


def test_long_values_are_cut():
    """A difference in a large value stays readable."""
    (found,) = differences("a", "b" * 1000)
    assert len(found.message) < 200
