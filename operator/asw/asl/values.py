"""JSON values and their text, one spelling for everybody.

Integers of any size, ``1.0`` and nulls survive ``from_text(to_text(value))``; what JSON cannot
say (NaN, infinities) is refused rather than written. Values are shared, never changed in place.
"""

import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, TypeAlias, TypeGuard

DEEPEST_VALUE: Final = 400
"""Levels of arrays and objects that a value may have."""
_TOO_DEEP: Final = f"the value is nested more than {DEEPEST_VALUE} deep"

Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Any]


def to_text(value: Json) -> str:
    """The compact JSON text of a value, in the order its keys came, Chinese left readable.

    Raises ValueError for NaN and infinities, TypeError for what is no JSON value.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_text(text: str | bytes) -> Json:
    """The value that a JSON text spells. Raises ValueError.

    Refused are NaN and infinities, numbers that would become infinite, and values nested so deep
    that they would exhaust the stack of whoever writes them again.
    """
    if isinstance(text, bytes):
        text = text.decode()
    try:
        value = json.loads(text, parse_constant=refuse_constant, parse_float=finite)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if text.count("[") + text.count("{") > DEEPEST_VALUE and _depth(value) > DEEPEST_VALUE:
        raise ValueError(_TOO_DEEP)
    return value


def refuse_constant(name: str) -> Json:
    """For readers of JSON: refuse NaN and the infinities."""
    raise ValueError(f"{name} is not JSON")


def finite(digits: str) -> float:
    """For readers of JSON: the number, which must not be so large that it becomes infinite."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is beyond the numbers that can be kept")
    return number


class Absent(Enum):
    """The type of ABSENT, which tells a value that is not there from one that is null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether the value is a JSON number; true and false are none, though Python counts them."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_same(left: Json, right: Json) -> bool:
    """Whether two JSON values are equal: 1 is 1.0, but true is not 1."""
    waiting = [(left, right)]
    while waiting:
        one, other = waiting.pop()
        if isinstance(one, bool) or isinstance(other, bool):
            if one is not other:
                return False
        elif isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            waiting.extend((value, other[key]) for key, value in one.items())
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting.extend(zip(one, other, strict=True))
        elif one != other:
            return False
    return True


def _depth(value: Json) -> int:
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        here, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(here, dict):
            waiting.extend((item, depth + 1) for item in here.values())
        elif isinstance(here, list):
            waiting.extend((item, depth + 1) for item in here)
    return deepest
