"""The short way to a value and the engine agree wherever the short way is sure."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asw.asl.jsonata.engine import parse
from asw.asl.jsonata.paths import UNSURE, follow, steps_of
from asw.asl.values import ABSENT

NAMES = ("a", "b", "c")

leaves = st.none() | st.booleans() | st.integers(-3, 3) | st.just(0.5) | st.sampled_from(NAMES)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(values, st.lists(st.sampled_from(NAMES), max_size=3))
def test_same_value(value: Any, fields: list[str]) -> None:
    """What is found without the engine is what the engine would say."""
    bindings, source = {"x": value}, ".".join(["$x", *fields])
    found = follow(steps_of(source) or (), bindings)
    assert found is UNSURE or found == parse(source).run(bindings, None)


@pytest.mark.parametrize(
    ("source", "steps"),
    [
        ("$x", ("x",)),
        ("$states.input.a_1.名", ("states", "input", "a_1", "名")),
        ("$x.true", None),
        ("$x.1", None),
        ("$x .a", None),
        ("$x[0]", None),
        ("$", None),
        ("$.a", None),
        ("x", None),
    ],
)
def test_steps(source, steps):
    """Only a variable and plain fields below it go the short way."""
    assert steps_of(source) == steps


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": 2**53 + 1}, 2**53 + 1),
        ({"a": [2**53 + 1, {"b": 0.5}]}, [2**53 + 1, {"b": 0.5}]),
        ({"a": None}, None),
        ({}, ABSENT),
        (None, ABSENT),
        ([{"a": 1}], UNSURE),
        ({"a": 1.0}, UNSURE),
        ({"a": [{"b": 1.0}]}, UNSURE),
        ({"a": 2**63}, UNSURE),
    ],
)
def test_following(value, found):
    """Integers stay exact; arrays on the way and numbers that AWS rewrites are the engine's."""
    assert follow(("x", "a"), {"x": value}) == found


def test_unknown_variable():
    """A name that is bound to nothing may be a function of the language."""
    assert follow(("sum",), {}) is UNSURE
