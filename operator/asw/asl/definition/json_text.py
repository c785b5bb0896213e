"""From the text of a definition to its JSON object, with what JSON readers let pass."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

from asw.asl.definition.place import Place
from asw.asl.problems import DUPLICATE_FIELD, INVALID_JSON_DESCRIPTION, TOO_LARGE
from asw.asl.values import ABSENT, Json, finite, refuse_constant

LARGEST_DEFINITION: Final = 1024 * 1024
"""AWS: the bytes that a definition may have."""
DEEPEST_DEFINITION: Final = 100
"""Levels of arrays and objects; deeper ones would exhaust the stack of those who walk them."""

_NOT_AN_OBJECT: Final = "Definition must be a valid JSON object"


class _Repeating(dict[str, Json]):
    """An object in whose text a field stands more than once."""

    repeated: tuple[str, ...] = ()


def read_text(text: str, place: Place) -> dict[str, Json] | None:
    """The definition as an object, or None where it is none; tells the place what is wrong."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST_DEFINITION:
        place.error(
            f"The definition has {size} bytes, {LARGEST_DEFINITION} is the most", code=TOO_LARGE
        )
        return None
    definition = _load(text, place)
    if definition is ABSENT:
        return None
    if not isinstance(definition, dict):
        place.error(_NOT_AN_OBJECT)
        return None
    return definition if _is_plain(definition, place) else None


def _load(text: str, place: Place) -> Json:
    if not text.strip():
        place.error(_NOT_AN_OBJECT)
        return ABSENT
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=refuse_constant, parse_float=finite
        )
    except json.JSONDecodeError as problem:
        where = f"at line {problem.lineno}, column {problem.colno}"
        place.error(_NOT_AN_OBJECT, f"{problem.msg} {where}", code=INVALID_JSON_DESCRIPTION)
    except ValueError as problem:
        place.error(_NOT_AN_OBJECT, str(problem), code=INVALID_JSON_DESCRIPTION)
    except RecursionError:
        _tell_depth(place)
    return ABSENT


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    repeating = _Repeating(members)
    counts = Counter(name for name, _ in pairs)
    repeating.repeated = tuple(name for name, count in counts.items() if count > 1)
    return repeating


def _is_plain(definition: Json, place: Place) -> bool:
    """Tell of repeated fields, and of depth, which alone makes it useless to read on."""
    waiting: list[tuple[Json, tuple[str | int, ...]]] = [(definition, ())]
    while waiting:
        value, steps = waiting.pop()
        if len(steps) > DEEPEST_DEFINITION:
            _tell_depth(place)
            return False
        if isinstance(value, _Repeating):
            _tell_repeated(value, place.at(*steps))
        waiting.extend((item, (*steps, step)) for step, item in _members(value))
    return True


def _tell_repeated(value: _Repeating, place: Place) -> None:
    for name in value.repeated:
        place.at(name).error(
            f"The field '{name}' is there more than once", "keep one of them", code=DUPLICATE_FIELD
        )


def _members(value: Json) -> Iterator[tuple[str | int, Json]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _tell_depth(place: Place) -> None:
    place.error(f"The definition is nested more than {DEEPEST_DEFINITION} deep", code=TOO_LARGE)
