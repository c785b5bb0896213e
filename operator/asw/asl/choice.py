"""Whether the condition of a Choice rule holds (ASL: Choice State, data-test expressions).

A value of a type that the operator does not compare makes the condition false; it is not an error.
A missing variable fails the state, except with IsPresent.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

from asw.asl.elsewhere import settle_here
from asw.asl.model import And, Comparison, Condition, Not
from asw.asl.paths import evaluate_path, find_value
from asw.asl.scope import Scope
from asw.asl.timestamps import parse_timestamp
from asw.asl.values import ABSENT, Json, is_number

_LONG: Final = 4096
"""Texts longer than this take long enough to compare to be counted."""
_WILDCARD_PIECE = re.compile(r"\\([*\\])|.", re.DOTALL)

_Test: TypeAlias = Callable[[Json, Json], bool]


def holds(condition: Condition, document: Json, scope: Scope) -> bool:
    """Whether the condition holds for the document.

    Raises StatesError if a compared variable is missing.
    """
    if isinstance(condition, Comparison):
        return _compare(condition, document, scope)
    if isinstance(condition, Not):
        return not holds(condition.rule, document, scope)
    combine = all if isinstance(condition, And) else any
    return combine(holds(rule, document, scope) for rule in condition.rules)


def _compare(comparison: Comparison, document: Json, scope: Scope) -> bool:
    if comparison.operator == "IsPresent":
        found = find_value(comparison.variable, document, scope)
        return (found is not ABSENT) is comparison.operand
    value = evaluate_path(comparison.variable, document, scope, field="Variable")
    operand = comparison.operand
    if comparison.is_path:
        operand = evaluate_path(operand, document, scope, field="Variable")
    test = TESTS[comparison.operator]
    if isinstance(value, str) and len(value) > _LONG:
        return settle_here(partial(test, value, operand))
    return test(value, operand)


def _is(is_kind: Callable[[Json], bool]) -> _Test:
    """A type test; an operand of false inverts it."""
    return lambda value, wanted: is_kind(value) is wanted


def _both(convert: Callable[[Json], Any], compare: Callable[[Any, Any], bool]) -> _Test:
    """A comparison of two values of one type; ``convert`` returns None for values of any other."""

    def test(value: Json, operand: Json) -> bool:
        left, right = convert(value), convert(operand)
        return left is not None and right is not None and compare(left, right)

    return test


def _text(value: Json) -> bytes | None:
    """The text as Java orders it, by UTF-16 code units."""
    return value.encode("utf-16-be", "surrogatepass") if isinstance(value, str) else None


def _number(value: Json) -> float | None:
    return value if is_number(value) else None


def _boolean(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def _instant(value: Json) -> datetime | None:
    return parse_timestamp(value) if isinstance(value, str) else None


def _matches(value: Json, pattern: Json) -> bool:
    """ASL: StringMatches. Each part is searched for only once, so no pattern runs long."""
    if not isinstance(value, str):
        return False
    first, *parts = _parts(pattern)
    if not parts:
        return value == first
    if not value.startswith(first):
        return False
    at = len(first)
    for part in parts[:-1]:
        at = value.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return value.endswith(parts[-1]) and len(value) - len(parts[-1]) >= at


@lru_cache(maxsize=1024)
def _parts(pattern: str) -> tuple[str, ...]:
    r"""The texts between the wildcards; ``\*`` is an asterisk and ``\\`` a backslash."""
    parts = [""]
    for found in _WILDCARD_PIECE.finditer(pattern):
        if found[0] == "*":
            parts.append("")
        else:
            parts[-1] += found[1] or found[0]
    return tuple(parts)


_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_KINDS: Final[Mapping[str, Callable[[Json], Any]]] = {
    "String": _text,
    "Numeric": _number,
    "Timestamp": _instant,
}

TESTS: Final[Mapping[str, _Test]] = {
    "BooleanEquals": _both(_boolean, operator.eq),
    "StringMatches": _matches,
    "IsNull": _is(lambda value: value is None),
    "IsString": _is(lambda value: isinstance(value, str)),
    "IsNumeric": _is(is_number),
    "IsBoolean": _is(lambda value: isinstance(value, bool)),
    "IsTimestamp": _is(lambda value: _instant(value) is not None),
    **{
        f"{kind}{order}": _both(convert, compare)
        for kind, convert in _KINDS.items()
        for order, compare in _ORDERS.items()
    },
}
"""Tests by operator, without the ``Path`` suffix that makes the operand a path."""
