"""What is said of the functions without an engine is what the engine does."""

from itertools import product

import pytest

from asw.asl.jsonata import JSONataError, evaluate
from asw.asl.jsonata.names import ARITIES

VALUES = ("$none", "'a'", "1", "[1]", "{'a': 1}", "true", "function($x) { $x }")
CONTEXTS = ("", "('a').", "(1).", "([[1]]).", "({'a': 1}).", "(true).")
MISMATCH = frozenset({"T0410", "T0411", "T0412"})


def is_taken(call: str) -> bool:
    """Whether the call passes the signature of its function, whatever it then does."""
    try:
        evaluate(call, {}, lambda: 0.5)
    except JSONataError as error:
        return error.code not in MISMATCH
    return True


def calls(name: str, count: int, contexts: tuple[str, ...]) -> list[str]:
    """Calls with so many arguments; of more than two only alike ones."""
    several = product(VALUES, repeat=count) if count < 3 else ([it] * count for it in VALUES)
    return [f"{context}${name}({', '.join(given)})" for given in several for context in contexts]


@pytest.mark.parametrize("name", ARITIES)
def test_other_numbers_of_arguments_are_never_taken(name: str) -> None:
    """One argument less or more than the function is said to take fails, whatever is handed."""
    arity = ARITIES[name]
    beyond = [arity.least - 1] if arity.least else []
    beyond += [] if arity.most is None else [arity.most + 1]
    for count in beyond:
        assert not [it for it in calls(name, count, CONTEXTS) if is_taken(it)]


TAKEN = [
    *("$replace('a', 'a', 'b', 1)", "$formatNumber(1, '0', {})", "$fromMillis(1, '[Y]', '+0100')"),
    *("$reduce([1], function($a, $b) { $a }, 1)", "$pad('a', 5, '#')", "$match('a', /a/, 1)"),
    *("$split('a', ',', 1)", "$substring('a', 0, 1)", "$zip([1], [2], [3])", "$range(1, 2, 1)"),
]
"""Calls with more than two arguments that are not alike."""


@pytest.mark.parametrize("name", ARITIES)
def test_the_ends_of_the_range_are_taken(name: str) -> None:
    """Some call with as few, and some with as many arguments as is said passes."""
    arity = ARITIES[name]
    most = 3 if arity.most is None else arity.most
    for count in {arity.least, most}:
        listed = [it for it in TAKEN if it.startswith(f"${name}(") and count > 2]
        assert any(map(is_taken, [*listed, *calls(name, count, CONTEXTS)])), count
