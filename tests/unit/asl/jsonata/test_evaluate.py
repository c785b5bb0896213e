"""What expressions are worth, and that nothing but JSONataError ever comes of the worst of them."""

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asw.asl.jsonata import (
    JSONataError,
    UnsupportedResultError,
    check_source,
    evaluate,
    find_faults,
    variables_in,
)
from asw.asl.values import ABSENT, to_text

VARIABLES = {
    "states": {
        "input": {"a": 1, "none": None, "list": [1, 2, 3], "one": [7], "empty": [], "n": 1.0},
        "context": {"State": {"Name": "S"}},
    },
    "id": 2**53 + 1,
    "zip": 5,
}


def worth(source):
    """The value of the source over the variables."""
    return evaluate(source, VARIABLES, random.Random(0).random)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("$states.input.a", 1),
        ("$states.input.none", None),
        ("$states.input.nothing", ABSENT),
        ("$states.input.none.nothing", ABSENT),
        ("$nothing", ABSENT),
        ("nothing", ABSENT),
        ("$", ABSENT),
        ("null", None),
        ("$states.input.list[$ > 1]", [2, 3]),
        ("$states.input.list[$ > 2]", 3),
        ("$states.input.list[$ > 3]", ABSENT),
        ("$states.input.one", [7]),
        ("$states.input.empty", []),
        ("[$states.input.empty]", []),
        ("[$states.input.nothing]", []),
        ("{'a': $states.input.nothing, 'b': null}", {"b": None}),
        (
            "$map($states.input.list, function($v){ $v = 1 ? 'pass' : 'failed' })",
            ["pass"] + ["failed"] * 2,
        ),
        ("$count($states.input.list[$ = 1])", 1),
        ("$variable := 1", 1),
        ("$contains('hello$world', /^hello\\$/)", True),
        ("$states.input.n", 1),
        ("$string($states.input.n)", "1"),
        ("[1.0, 1e2, 0.5, 1e21]", [1, 100, 0.5, 1e21]),
        ("$string(1/3)", "0.333333333333333"),
        ("$string(1e20) & $string(1e21)", "1000000000000000000001e+21"),
        ("$id", 2**53 + 1),
        ("0/0", "NaN"),
        ("1 /* c */", 1),
        ("'😀' ~> $length", 1),
    ],
)
def test_values(source, value):
    """Undefined is told from null, one value from a list of one, and numbers are JSONata's."""
    found = worth(source)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "source", ["function($x){ $x }", "$fn := function($x){$x}", "$sum", "$substring(?, 0)"]
)
def test_functions_are_no_values(source):
    """A function as the result is told apart from all other errors."""
    with pytest.raises(UnsupportedResultError):
        worth(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("'a' + 1", 'T2001: The left side of the "+" operator must evaluate to a number'),
        ("1 + {}", 'T2002: The right side of the "+" operator must evaluate to a number'),
        (
            "1 < 'a'",
            'T2009: The values 1 and "a" either side of operator "<" must be of the same data type',
        ),
        ("$sum(['a'])", 'T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        (
            "$each('x', function($v){$v})",
            'T0410: Argument 1 of function "each" does not match function signature',
        ),
        (
            "$sqrt(-1)",
            "D3060: The sqrt function cannot be applied to a negative number: -1",
        ),
        ("$error('costs 1.0')", "D3137: costs 1.0"),
        ("$unknown(1)", "T1006: Attempted to invoke a non-function"),
        ("$zip([1])", "T1006: Attempted to invoke a non-function"),
        ("1 +", "S0207: Unexpected end of expression"),
        ("$states.input.a ?? 2", 'S0211: The symbol "?" cannot be used as a unary operator'),
    ],
)
def test_errors(source, message):
    """AWS's sentence comes after JSONata's code; a variable hides the function of its name."""
    with pytest.raises(JSONataError) as caught:
        worth(source)
    assert str(caught.value) == caught.value.message == message
    assert message == f"{caught.value.code}: {caught.value.reason}"


def test_now_is_given():
    """The clock is the caller's, and stands still during an evaluation."""
    now = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    text, millis = evaluate("[$now(), $millis()]", {}, random.Random(0).random, now=now)
    assert (text, millis) == ("2026-01-02T03:04:05.678Z", 1767323045678)


def test_evaluations_inside_evaluations():
    """What draws while another expression draws leaves that one's numbers alone."""
    inner = iter([0.125])

    def chance():
        assert evaluate("$random()", {}, lambda: next(inner, 0.5)) in {0.125, 0.5}
        return 0.25

    assert evaluate("[$random(), $random()]", {}, chance) == [0.25, 0.25]


SOURCES = (
    "$states.input.list[$ > 1].{'a': $, 'b': $sum($states.input.list)}",
    "$map([1..5], function($v, $i){ $v * $i ~> $string() })",
    "($f := function($n){ $n < 2 ? 1 : $n * $f($n - 1) }; $f(5))",
    "$replace('a-b', /(a)-(b)/, '$2-$1') & $uuid() & $hash('x', 'MD5')",
    "$states.input ~> |list|{'x': 1}, ['a']|",
    "$reduce($range(1, 9, 2), function($a, $b){ $a + $b }) /* done */",
    "$merge([{'a': 1}, $parse('{\"b\": [null]}')])^(>a)#$i@$e",
)
PIECES = (
    *"()[]{}.,;:?|~<>=!&@#%*/+-$'\"`\\ 019aλ",
    "..",
    ":=",
    "~>",
    "**",
    "$$",
    "function",
    "and",
)


def _edited(source, edits):
    for start, length, piece in edits:
        source = source[:start] + piece + source[start + length :]
    return source


sources = st.builds(
    _edited,
    st.sampled_from(SOURCES),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 6), st.sampled_from(PIECES)), max_size=4),
)


def is_value_or_error(source):
    """Whether the source has a value that JSON can say, is undefined, or tells what is wrong."""
    try:
        value = worth(source)
    except JSONataError as error:
        return bool(error.message)
    return value is ABSENT or bool(to_text(value))


@settings(max_examples=400)
@given(sources)
def test_nonsense_is_an_error(source):
    """Any source has a JSON value, is undefined, or raises JSONataError; its faults can be told."""
    faults = find_faults(source)
    assert check_source(source) == (faults[0].message if faults else None)
    assert faults or variables_in(source) is not None
    assert is_value_or_error(source)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_noise_is_an_error(text):
    """So does any text at all."""
    assert is_value_or_error(text)
