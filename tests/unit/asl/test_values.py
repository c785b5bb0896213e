"""Tests of ``asw.asl.values``."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.values import (
    DEEPEST_PAYLOAD,
    DEEPEST_VALUE,
    from_text,
    is_longer,
    is_number,
    is_same,
    is_too_deep,
    quote,
    to_text,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_text_comes_back_as_the_value(value):
    """What is written is read back the same, integers, floats and nulls included."""
    again = from_text(to_text(value))
    assert again == value
    assert to_text(again) == to_text(value)


@given(JSON)
def test_every_value_is_the_same_as_its_copy(value):
    """Equality does not depend on identity."""
    assert is_same(value, json.loads(json.dumps(value)))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        (None, False, False),
        ("1", 1, False),
        ([], {}, False),
        ([1, [2]], [1, [2]], True),
        ([1], [1, 2], False),
        ([1], [True], False),
        ({"a": 1, "b": [None]}, {"b": [None], "a": 1.0}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": {"b": True}}, {"a": {"b": 1}}, False),
    ],
)
def test_sameness_is_that_of_json(left, right, same):
    """Numbers compare by value, but true is not 1, and an order of keys does not count."""
    assert is_same(left, right) is same
    assert is_same(right, left) is same


@pytest.mark.parametrize(
    ("value", "number"), [(1, True), (1.5, True), (True, False), ("1", False), (None, False)]
)
def test_true_is_no_number(value, number):
    """Python counts booleans as integers, JSON does not."""
    assert is_number(value) is number


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "1e999", "[-1e999]", "{", ""])
def test_what_is_no_json_is_refused(text):
    """NaN, infinities and numbers that would become infinite never get in."""
    with pytest.raises(ValueError):
        from_text(text)


def test_what_is_no_json_is_not_written():
    """NaN never gets out."""
    with pytest.raises(ValueError):
        to_text(float("nan"))


def test_bytes_are_utf8():
    """Bytes are read like the text that they spell."""
    assert from_text('{"求":"和"}'.encode()) == {"求": "和"}


@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["arrays", "objects"])
def test_depth_has_a_bound(opening):
    """What may be read may be written; deeper values do no harm on either way."""
    closing = "]" if opening == "[" else "}"

    def nested(depth):
        return opening * depth + "0" + closing * depth

    assert to_text(from_text(nested(DEEPEST_VALUE))) == nested(DEEPEST_VALUE)
    for depth in (DEEPEST_VALUE + 1, 100_000):
        with pytest.raises(ValueError, match="nested more than"):
            from_text(nested(depth))


@pytest.mark.parametrize("levels", [DEEPEST_VALUE + 1, 100_000])
def test_a_value_may_grow_too_deep_to_write(levels):
    """A value that grew deeper step by step is refused, and messages do without it."""
    value = _nested(levels)
    with pytest.raises(ValueError, match="nested more than"):
        to_text(value)
    assert quote(value) == "..."


def test_payloads_leave_room_for_what_holds_them():
    """A user's value is called too deep before it could no longer be stored."""
    for levels, deep in ((DEEPEST_PAYLOAD, False), (DEEPEST_PAYLOAD + 1, True)):
        value = _nested(levels)
        assert is_too_deep(value, to_text(value)) is deep


@given(JSON, st.integers(0, 60))
def test_longer_means_longer(value, characters):
    """Nothing is called longer than a number of characters that is not."""
    if is_longer(value, characters):
        assert len(to_text(value)) > characters


def test_shared_parts_count_each_time():
    """A small value whose text no memory holds is told without writing it."""
    value = ["x" * 1000]
    for _ in range(60):
        value = [value, value]
    assert is_longer(value, 10**6)
    assert quote(value) == "..."
    assert not is_longer(["x" * 10], 100)


def test_values_are_quoted():
    """A message shows the compact text."""
    assert quote({"a": [1, None]}) == '{"a":[1,null]}'


def _nested(levels):
    value = 0
    for _ in range(levels):
        value = [value]
    return value


def test_many_brackets_are_not_deep():
    """Breadth is not taken for depth."""
    assert len(from_text("[" + "[]," * 1000 + "[]]")) == 1001
