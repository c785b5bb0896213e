"""JSON values and their text, one spelling for everybody.

Integers of any size, ``1.0`` and nulls survive ``from_text(to_text(value))``; what JSON cannot
say (NaN, infinities) is refused rather than written. Values are shared, never changed in place.
"""

import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, TypeAlias, TypeGuard

Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Any]


def to_text(value: Json) -> str:
    """The compact JSON text of a value, in the order its keys came, Chinese left readable.

    Raises ValueError for NaN and infinities, TypeError for what is no JSON value.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_text(text: str | bytes) -> Json:
    """The value that a JSON text spells; NaN and infinities are refused. Raises ValueError."""
    return json.loads(text, parse_constant=refuse_constant, parse_float=finite)


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
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            is_same(value, right[key]) for key, value in left.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_same, left, right))
    return bool(left == right)
