"""Jayway's functions at the end of a path: ``$.items.length()``."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from asw.asl.values import ABSENT, Absent, Json, is_number


def _length(value: Json) -> Json:
    return len(value) if isinstance(value, list | dict | str) else ABSENT


def _keys(value: Json) -> Json:
    return list(value) if isinstance(value, dict) else ABSENT


def _of_numbers(reckon: Callable[[list[float]], float]) -> Callable[[Json], Json]:
    """A function of an array's numbers; no result without numbers, or for too large ones."""

    def apply(value: Json) -> Json:
        numbers = [item for item in value if is_number(item)] if isinstance(value, list) else []
        if not numbers:
            return ABSENT
        try:
            result = reckon(numbers)
            return result if math.isfinite(result) else ABSENT
        except OverflowError:
            return ABSENT

    return apply


def _item(index: int) -> Callable[[Json], Json | Absent]:
    def apply(value: Json) -> Json | Absent:
        return value[index] if isinstance(value, list) and value else ABSENT

    return apply


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _deviation(numbers: list[float]) -> float:
    mean = _mean(numbers)
    return math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))


FUNCTIONS: Final[Mapping[str, Callable[[Json], Json | Absent]]] = {
    "length": _length,
    "size": _length,
    "keys": _keys,
    "min": _of_numbers(min),
    "max": _of_numbers(max),
    "sum": _of_numbers(sum),
    "avg": _of_numbers(_mean),
    "stddev": _of_numbers(_deviation),
    "first": _item(0),
    "last": _item(-1),
}
"""Functions by name; they return ABSENT if the value has no result."""
