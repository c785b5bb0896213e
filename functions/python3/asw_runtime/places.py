"""Finds in a result the value that JSON cannot say, for the message of a MarshalError."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def place_of(result: Any) -> str:
    """`` (at $.items[3])``, or nothing where the culprit is the result itself or is not found."""
    try:
        place = _search(result, "$", ())
    except RecursionError:
        return ""
    return f" (at {place})" if place not in (None, "$") else ""


def _search(value: Any, place: str, above: tuple[int, ...]) -> str | None:
    if id(value) in above:
        return place
    if not isinstance(value, dict | list | tuple):
        return None if _is_fine(value) else place
    if isinstance(value, dict):
        for key in value:
            if key is not None and not isinstance(key, str | int | float):
                return f"{place}, key {key!r}"
    for child, child_place in _children(value, place):
        found = _search(child, child_place, (*above, id(value)))
        if found is not None:
            return found
    return None


def _children(value: Any, place: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            is_plain = isinstance(key, str) and key.isidentifier()
            yield child, f"{place}.{key}" if is_plain else f"{place}[{key!r}]"
    else:
        for index, child in enumerate(value):
            yield child, f"{place}[{index}]"


def _is_fine(value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0  # false for NaN and the infinities
    if type(value).__name__ == "Decimal":
        return bool(value.is_finite())
    return value is None or isinstance(value, str | int)
