"""Tests of ``asw.asl.choice``: the data-test expressions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.choice import TESTS, holds
from asw.asl.errors import RUNTIME, StatesError
from asw.asl.model import And, Comparison, Not, Or
from tests.unit.asl.definitions import a_scope

SCOPE = a_scope({"State": {"Name": "S"}})
EARLY, LATE = "2012-10-09T19:00:55Z", "2012-10-09T19:00:56Z"
SAME_AS_EARLY = "2012-10-09T20:00:55+01:00"

ORDER = {
    "Equals": (False, True, False),
    "LessThan": (True, False, False),
    "GreaterThan": (False, False, True),
    "LessThanEquals": (True, True, False),
    "GreaterThanEquals": (False, True, True),
}
VALUES = {
    "String": ("A", "B", "C"),
    "Numeric": (1, 2, 2.5),
    "Timestamp": (EARLY, LATE, "2023-01-01T00:00:00Z"),
}
ALL_VALUES = [None, True, 1, 0.0, "x", EARLY, [], {}]
IS = {
    "IsNull": {0},
    "IsBoolean": {1},
    "IsNumeric": {2, 3},
    "IsString": {4, 5},
    "IsTimestamp": {5},
}


def _holds(operator, value, operand, *, is_path=False):
    comparison = Comparison(variable="$.v", operator=operator, operand=operand, is_path=is_path)
    return holds(comparison, {"v": value, "o": operand}, SCOPE)


@pytest.mark.parametrize("order", ORDER)
@pytest.mark.parametrize("kind", VALUES)
def test_values_are_ordered(kind, order):
    """Each of three values in order is compared with the middle one, given or found by a path."""
    low, middle, high = VALUES[kind]
    found = tuple(_holds(f"{kind}{order}", value, middle) for value in (low, middle, high))
    assert found == ORDER[order]
    by_path = Comparison(variable="$.v", operator=f"{kind}{order}", operand="$.o", is_path=True)
    assert found == tuple(
        holds(by_path, {"v": value, "o": middle}, SCOPE) for value in (low, middle, high)
    )


@pytest.mark.parametrize("order", ORDER)
@pytest.mark.parametrize("kind", VALUES)
def test_other_types_do_not_hold(kind, order):
    """A value or an operand of another type makes the comparison false, never wrong."""
    operand = VALUES[kind][1]
    is_kind = IS[{"String": "IsString", "Numeric": "IsNumeric", "Timestamp": "IsTimestamp"}[kind]]
    for at, value in enumerate(ALL_VALUES):
        if at not in is_kind:
            assert not _holds(f"{kind}{order}", value, operand)
            assert not _holds(f"{kind}{order}", operand, value)


@pytest.mark.parametrize(
    ("value", "operand", "same"),
    [
        (True, True, True),
        (False, True, False),
        (1, True, False),
        ("true", True, False),
        (None, False, False),
    ],
)
def test_booleans_are_compared(value, operand, same):
    """Nothing but true is true."""
    assert _holds("BooleanEquals", value, operand) is same


@pytest.mark.parametrize("operator", IS)
def test_types_are_told(operator):
    """Each Is operator holds for its own type, and turns round when compared with false."""
    for at, value in enumerate(ALL_VALUES):
        assert _holds(operator, value, True) is (at in IS[operator])
        assert _holds(operator, value, False) is (at not in IS[operator])


def test_instants_are_compared_not_texts():
    """The same instant in another zone is equal."""
    assert _holds("TimestampEquals", SAME_AS_EARLY, EARLY)
    assert not _holds("StringEquals", SAME_AS_EARLY, EARLY)


def test_strings_are_ordered_as_in_java():
    """By UTF-16 units: an emoji comes before a private-use character."""
    assert _holds("StringLessThan", "\U0001f600", "\ue000")
    assert not _holds("StringLessThan", "a\ud800", "a")


@pytest.mark.parametrize(
    ("pattern", "value", "match"),
    [
        ("log-*.txt", "log-1.txt", True),
        ("log-*.txt", "log-.txt", True),
        ("log-*.txt", "log-1.text", False),
        ("log-*.txt", "a log-1.txt", False),
        ("*a*b*", "xaxbx", True),
        ("*a*b*", "bax", False),
        ("*ab*ab", "ab", False),
        ("a*a", "a", False),
        ("*", "", True),
        ("*", "any\nthing", True),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("a.c", "abc", False),
        (r"a\*c", "a*c", True),
        (r"a\*c", "abc", False),
        (r"a\\*", "a\\bc", True),
        (r"a\bc", r"a\bc", True),
        ("", "", True),
        ("*", 5, False),
    ],
)
def test_wildcards_match(pattern, value, match):
    """An asterisk stands for any text, unless a backslash stands before it."""
    assert _holds("StringMatches", value, pattern) is match


def test_many_wildcards_are_quick():
    """A pattern that would keep a regular expression busy for years is answered at once."""
    assert not _holds("StringMatches", "a" * 100_000, "*a" * 50 + "b")


@given(st.text(alphabet="ab*\\", max_size=12))
def test_a_text_matches_its_escaped_self(text):
    """Escaping makes a pattern that matches the text."""
    escaped = text.replace("\\", "\\\\").replace("*", "\\*")
    assert _holds("StringMatches", text, escaped)


@pytest.mark.parametrize(
    ("document", "present"), [({"v": None}, True), ({"v": 0}, True), ({}, False), ("x", False)]
)
def test_presence_is_told(document, present):
    """A null is present; what is not there is no error for IsPresent."""
    for operand in (True, False):
        comparison = Comparison(variable="$.v", operator="IsPresent", operand=operand)
        assert holds(comparison, document, SCOPE) is (present is operand)


@pytest.mark.parametrize("operator", sorted(TESTS))
def test_a_missing_variable_fails_the_state(operator):
    """All other operators want their variable."""
    with pytest.raises(StatesError) as caught:
        holds(Comparison(variable="$.no", operator=operator, operand="x"), {}, SCOPE)
    assert caught.value.failure.error == RUNTIME
    assert "'$.no': The choice state's condition path references" in caught.value.failure.cause


def test_a_missing_operand_fails_the_state():
    """A path to compare with must find something too."""
    comparison = Comparison(variable="$.v", operator="NumericEquals", operand="$.o", is_path=True)
    with pytest.raises(StatesError, match=r"Invalid path '\$.o'"):
        holds(comparison, {"v": 1}, SCOPE)


def test_variables_may_be_of_the_context():
    """``$$`` works in a rule."""
    comparison = Comparison(variable="$$.State.Name", operator="StringEquals", operand="S")
    assert holds(comparison, {}, SCOPE)


YES = Comparison(variable="$", operator="IsPresent", operand=True)
NO = Not(YES)
BAD = Comparison(variable="$.no", operator="IsNull", operand=True)


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        (NO, False),
        (Not(NO), True),
        (And((YES, YES)), True),
        (And((YES, NO)), False),
        (And((NO, BAD)), False),
        (Or((NO, YES)), True),
        (Or((NO, NO)), False),
        (Or((YES, BAD)), True),
        (And((Or((NO, YES)), Not(And((YES, NO))))), True),
    ],
)
def test_conditions_combine(condition, result):
    """And, Or and Not nest, and look no further than they must."""
    assert holds(condition, {}, SCOPE) is result
