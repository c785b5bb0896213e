"""JSON values and their text, in one spelling everywhere.

Integers of any size, ``1.0`` and nulls survive ``from_text(to_text(value))``; what JSON cannot
express (NaN, infinities) is refused. Values are shared, never changed in place.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias, TypeGuard

DEEPEST_VALUE: Final = 600
"""Levels of arrays and objects that can be written and read; more would exhaust the stack."""
DEEPEST_PAYLOAD: Final = 400
"""Levels that a user's value may have, so that what contains it stays within DEEPEST_VALUE."""

LONGEST_QUOTE: Final = 30_000
"""Characters of a value that a message shows; AWS's causes have at most 32,768."""

_GLANCE: Final = 48
"""How many values ``is_surely_short`` looks at."""

_FULL: Final = (dict, list)
_LONG: Final = (str, dict, list)
"""Types whose text may be long."""

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Any]


def to_text(value: Json) -> str:
    """The compact JSON text of a value, keys in their own order, Chinese left readable.

    Raises ValueError for NaN, infinities and what is nested deeper than DEEPEST_VALUE, TypeError
    for what is not a JSON value.
    """
    try:
        text = _encode(value)
    except RecursionError:
        raise _too_deep() from None
    if _is_deeper(value, text, DEEPEST_VALUE):
        raise _too_deep()
    return text


def from_text(
    text: str | bytes, *, pairs: Callable[[list[tuple[str, Json]]], Json] | None = None
) -> Json:
    """The value of a JSON text. Raises ValueError.

    Refuses NaN and infinities, numbers that would become infinite, and what is nested deeper than
    DEEPEST_VALUE: everything that could not be written again. ``pairs`` makes each object.
    """
    if isinstance(text, bytes):
        text = text.decode()
    try:
        value = json.loads(
            text, parse_constant=refuse_constant, parse_float=finite, object_pairs_hook=pairs
        )
    except RecursionError:
        raise _too_deep() from None
    if _is_deeper(value, text, DEEPEST_VALUE):
        raise _too_deep()
    return value


def quote(value: Json) -> str:
    """The text of a value for a message, cut if it is long."""
    if is_longer(value, LONGEST_QUOTE):
        return "..."
    try:
        return to_text(value)
    except ValueError:
        return "..."


def is_longer(value: Json, characters: int) -> bool:
    """Whether the text of a value certainly has more characters than this."""
    return what_is_left(value, characters) < 0


def what_is_left(value: Json, characters: int) -> int:
    """What the text of a value leaves of this many characters; negative if it is longer.

    Counts no further than that: values share their parts but text repeats them, so a small value
    may have a text that no memory holds.
    """
    waiting = [value]
    while waiting and characters >= 0:
        here = waiting.pop()
        characters -= 1
        if isinstance(here, str):
            characters -= len(here) + 1
        elif isinstance(here, dict | list):
            characters -= len(here)
            if isinstance(here, dict):
                characters -= sum(map(len, here)) + 3 * len(here)
            long = [item for item in _items_of(here) if isinstance(item, _LONG)]
            characters -= len(here) - len(long)
            waiting += long
    return characters


def is_surely_short(value: Json, most: int) -> bool:
    """Whether the text of a value evidently has no more bytes than this.

    False for large, deep and long values, which have to be written to know. For most values that go
    from state to state this answers at a tenth of the cost of writing them.
    """
    waiting, looks = [value], _GLANCE
    while waiting:
        here = waiting.pop()
        kind = type(here)
        if kind is str:
            most -= 6 * len(here) + 4
        elif kind is dict:
            waiting += here
            waiting += here.values()
        elif kind is list:
            waiting += here
        elif kind is int:
            most -= here.bit_length() // 3 + 4
        else:
            most -= 28
        looks -= 1
        if most < 0 or looks < len(waiting):
            return False
    return True


def is_too_deep(value: Json, text: str) -> bool:
    """Whether the user's value with this text is nested deeper than DEEPEST_PAYLOAD."""
    return _is_deeper(value, text, DEEPEST_PAYLOAD)


def refuse_constant(name: str) -> Json:
    """For JSON readers: refuse NaN and the infinities."""
    raise ValueError(f"{name} is not JSON")


def finite(digits: str) -> float:
    """For JSON readers: the number, unless it is so large that it becomes infinite."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is out of the range of numbers")
    return number


class Absent(Enum):
    """The type of ABSENT, which tells a missing value from null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether the value is a JSON number; true and false are not, unlike in Python."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind_of(value: Json) -> str:
    """The JSON type of a value: ``object``, ``array``, ``string`` ..."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def is_same(left: Json, right: Json) -> bool:
    """Whether two JSON values are equal: 1 is 1.0, but true is not 1."""
    waiting = [(left, right)]
    while waiting:
        one, other = waiting.pop()
        if one is other:
            continue
        if isinstance(one, bool) or isinstance(other, bool):
            return False
        if isinstance(one, dict) and isinstance(other, dict):
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


def _is_deeper(value: Json, text: str, levels: int) -> bool:
    """Brackets are counted first: a few cannot be deep, and counting is quick."""
    if text.count("[") + text.count("{") <= levels:
        return False
    level: list[Json] = [[value]]
    for _ in range(levels + 1):
        level = [it for here in level for it in _items_of(here) if isinstance(it, _FULL) and it]
        if not level:
            return False
    return True


def _items_of(value: Json) -> Iterable[Json]:
    return value.values() if isinstance(value, dict) else value


def _too_deep() -> ValueError:
    return ValueError(f"the value is nested more than {DEEPEST_VALUE} deep")
