"""How filters compare two values: Jayway 2.0.0, which AWS runs, makes a text what the other is.

So ``'5'`` equals 5 and ``true`` equals ``'true'``. What is missing neither equals nor differs from
anything, nor does a text that is no number from a number.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from operator import ge, gt, le, lt
from typing import Any, Final

from asw.asl.values import ABSENT, Json, is_number, is_same

_LONGEST_NUMBER: Final = 400
"""Characters of a text that may be a number."""
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_NULL: Final = "null"


def _equals(left: Json, right: Json) -> bool:
    pair = _alike(left, right)
    return pair is not None and is_same(*pair)


def _differs(left: Json, right: Json) -> bool:
    pair = _alike(left, right)
    return pair is not None and not is_same(*pair)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Json, Json], bool]:
    """The comparison, for numbers, texts and booleans: nothing else has an order."""

    def holds(left: Json, right: Json) -> bool:
        pair = _alike(left, right)
        return pair is not None and not _is_unordered(pair) and compare(*pair)

    return holds


def _is_unordered(pair: tuple[Json, Json]) -> bool:
    return any(value is None or isinstance(value, list | dict) for value in pair)


def _alike(left: Json, right: Json) -> tuple[Json, Json] | None:
    """Both as values of one kind, or one of them null; None if they cannot be compared."""
    if left is ABSENT or right is ABSENT:
        return None
    left, right = (None if value == _NULL else value for value in (left, right))
    if left is None or right is None or _kind(left) is _kind(right):
        return left, right
    if isinstance(right, str):
        text = _turned(right, left)
        return None if text is None else (_exact(left), text)
    if isinstance(left, str):
        text = _turned(left, right)
        return None if text is None else (text, _exact(right))
    return None


def _kind(value: Json) -> type:
    return float if is_number(value) else type(value)


def _turned(text: str, other: Json) -> Json:
    """The text as a boolean or a number, as the other value is; None if it is not one."""
    if isinstance(other, bool):
        return text.lower() == "true"
    if not is_number(other) or len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds
        return None


def _exact(value: Json) -> Json:
    """The number as it is written; a boolean stays one."""
    return Decimal(repr(value)) if is_number(value) else value


COMPARISONS: Final[Mapping[str, Callable[[Json, Json], bool]]] = {
    "==": _equals,
    "!=": _differs,
    "<": _ordered(lt),
    "<=": _ordered(le),
    ">": _ordered(gt),
    ">=": _ordered(ge),
}
"""Comparisons by their symbols."""
