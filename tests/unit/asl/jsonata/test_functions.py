"""The functions that AWS adds: every answer here was recorded at AWS."""

import re
from itertools import cycle

import pytest

from asw.asl.jsonata import JSONataError, evaluate
from asw.asl.jsonata.functions import parse_json
from asw.asl.values import ABSENT

SIGNATURE = 'Argument {} of function "{}" does not match function signature'


def worth(source, draws=(0.25, 0.5, 0.75)):
    """The value of the source, drawing these numbers again and again."""
    numbers = cycle(draws)
    return evaluate(source, {}, lambda: next(numbers))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
        ("$partition([0], 5)", [[0]]),
        ("$partition([1,2,3])", [[1, 2, 3]]),
        ("$partition([1,2,3,4,5], 2.9)", [[1, 2], [3, 4], [5]]),
        ("$partition([[1],[2]], 1)", [[[1]], [[2]]]),
        ("$partition([], 2)", ABSENT),
        ("$partition(nothing, 2)", ABSENT),
        ("$partition([1,2,3], 0)", ABSENT),
        ("$partition([1,2,3], -0.5)", ABSENT),
        ("$range(0, 10, 3)", [0, 3, 6, 9]),
        ("$range(10, 0, -2)", [10, 8, 6, 4, 2, 0]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$range(5, 1, -1.5)", [5, 4, 3, 2, 1]),
        ("$range(3, 3, 1)", 3),
        ("$range(5, 1, 1)", ABSENT),
        ("$range(1, 5, 0)", ABSENT),
        ("$range(1, 5)", ABSENT),
        ("$count($range(1, 360145, 1))", 360_145),
        ("$count($range(-9223372036854775808, 9223372036854775807, 9223372036854775807))", 3),
        ("$hash('Hello', 'MD5')", "8b1a9953c4611296a827abf8c47804d7"),
        ("$hash('ñ', 'MD5')", "94e9342ecbb1458b6043ecd3bfcbc192"),
        ("$hash('Hello', 'SHA-1')", "f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"),
        ("$length($hash('Hello', 'SHA-256'))", 64),
        ("$length($hash('Hello', 'SHA-384'))", 96),
        ("$length($hash('Hello', 'SHA-512'))", 128),
        ("$hash('Hello')", ABSENT),
        ("$random(42)", 0.7275636800328681),
        ("$random(0)", 0.730967787376657),
        ("$random(0.9)", 0.730967787376657),
        ("$random(7)", 0.7306990420600421),
        ("$parse('[1, 2, \"a\"]')", [1, 2, "a"]),
        ("$parse('{\"a\":[]}').a", []),
        ("$parse('[[1]]')", [[1]]),
        ("$parse('1.0')", 1),
        ("$parse('null')", None),
        ("$exists($parse('null'))", True),
        ("$parse()", ABSENT),
        ("$map(['{\"a\":1}', '{\"a\":2}'], $parse).a", [1, 2]),
    ],
)
def test_answers(source, value):
    """The function answers as AWS's does."""
    assert worth(source) == value


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater"),
        (
            "$partition('a', 2)",
            'T0412: Argument 1 of function "partition" must be an array of undefined',
        ),
        ("$partition([1], 'a')", f"T0410: {SIGNATURE.format(2, 'partition')}"),
        ("$partition([1], 2, 3)", f"T0410: {SIGNATURE.format(3, 'partition')}"),
        ("$range(nothing, 1, 1)", f"T0410: {SIGNATURE.format(1, 'range')}"),
        ("$range(1, nothing, 1)", f"T0410: {SIGNATURE.format(2, 'range')}"),
        ("$range(1)", f"T0410: {SIGNATURE.format(2, 'range')}"),
        ("$range(1, 5, 1, 'x')", f"T0410: {SIGNATURE.format(4, 'range')}"),
        (
            "$range(1, 360146, 1)",
            "Expression evaluation memory limit exceeded: Check for excessive memory usage",
        ),
        (
            "$hash('a', 'md5')",
            "D3137: Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5",
        ),
        ("$hash(42, 'MD5')", f"T0410: {SIGNATURE.format(1, 'hash')}"),
        ("$hash(nothing, 'MD5')", f"T0410: {SIGNATURE.format(1, 'hash')}"),
        ("$hash('a', 5)", f"T0410: {SIGNATURE.format(2, 'hash')}"),
        ("$random(1, 2)", f"T0410: {SIGNATURE.format(2, 'random')}"),
        ("$uuid('a')", f"T0410: {SIGNATURE.format(1, 'uuid')}"),
        ("$parse('{}{}')", "D3137: Invalid JSON"),
        ("$parse(null)", f"T0410: {SIGNATURE.format(1, 'parse')}"),
        ("$parse('{}', 'x')", f"T0410: {SIGNATURE.format(2, 'parse')}"),
        ("$eval('1')", "T1006: Attempted to invoke a non-function"),
    ],
)
def test_refusals(source, message):
    """The function fails as AWS's does, in its words."""
    with pytest.raises(JSONataError) as caught:
        worth(source)
    assert caught.value.message == message


def test_random_draws_anew():
    """Each call without a seed draws the next number; one with a seed draws none."""
    assert worth("[$random(), $random(7), $random()]") == [0.25, 0.7306990420600421, 0.5]


def test_uuid_comes_from_chance():
    """The same draws make the same UUID of version 4, and the next call makes another."""
    first, second = worth("[$uuid(), $uuid()]")
    assert [first, second] == worth("[$uuid(), $uuid()]")
    assert first != second
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-0", 0),
        (" 1.1 ", 1.1),
        ('{"b": 1, "a": [null, true]}', {"b": 1, "a": [None, True]}),
        ("{'a': 'it\"s'}", {"a": 'it"s'}),
        ("""{"it's": 'it\\'s'}""", {"it's": "it's"}),
        ("""["a'b", 'c']""", ["a'b", "c"]),
    ],
)
def test_read(text, value):
    """JSON is read, with strings in single quotes too."""
    assert parse_json(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "  ", "{}{}", '{"a":1,"a":2}', "1e400", "NaN", "Infinity", "{a: 1}", "'a", "[" * 100_000],
    ids=range(10),
)
def test_refused(text):
    """What is not JSON, or would lose something, is refused."""
    with pytest.raises(ValueError):
        parse_json(text)
