"""Whether a value is one of a Shape: the meaning of shapes, said a second time for tests."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from asw.asl.values import Json, kind_of
from asw.lint.analysis.scalars import Numbers, Texts
from asw.lint.analysis.shapes import ANY, Arrays, Objects, Presence, Shape

HIDDEN: Final = object()
"""Stands where a recording does not show the value: any may have been there."""


def contains(shape: Shape, value: Any) -> bool:
    """Whether the shape says that this value may come; what is hidden in it, may."""
    if shape is ANY or value is HIDDEN:
        return True
    kind = kind_of(value)
    part = getattr(shape, _PARTS[kind])
    return bool(part) and _HAS[kind](part, value)


def _has_text(texts: Texts, value: str) -> bool:
    return value not in texts.excluded and (texts.constants is None or value in texts.constants)


def _has_number(numbers: Numbers, value: float) -> bool:
    in_range = numbers.low <= (value, 0) <= numbers.high
    known = numbers.constants is None or value in numbers.constants
    return in_range and known and value not in numbers.excluded


def _has_array(arrays: Arrays, value: list[Json]) -> bool:
    if len(value) < arrays.least or (arrays.most is not None and len(value) > arrays.most):
        return False
    return all(
        contains(arrays.head[at] if at < len(arrays.head) else arrays.rest, item)
        for at, item in enumerate(value)
    )


def _has_object(objects: Objects, value: dict[str, Json]) -> bool:
    needed = {name for name, it in objects.fields.items() if it.presence is Presence.SURE}
    return needed <= value.keys() and all(
        contains(objects.field(name).shape, item) for name, item in value.items()
    )


_PARTS: Final = {
    "null": "null",
    "boolean": "booleans",
    "number": "numbers",
    "string": "texts",
    "array": "arrays",
    "object": "objects",
}
_HAS: Final[Mapping[str, Callable[[Any, Json], bool]]] = {
    "null": lambda _part, _value: True,
    "boolean": lambda part, value: value in part,
    "number": _has_number,
    "string": _has_text,
    "array": _has_array,
    "object": _has_object,
}
