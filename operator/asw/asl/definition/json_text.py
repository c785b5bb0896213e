"""From the text of a definition to its JSON object, with what JSON readers let pass."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from asw.asl.definition.json_faults import sentence_of
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
    reading = _Reading()
    definition = _load(text, place, reading)
    if definition is ABSENT:
        return None
    if not isinstance(definition, dict):
        place.error(_NOT_AN_OBJECT, location="")
        return None
    if _is_too_deep(definition):
        _tell_depth(place)
        return None
    if reading.repeats:
        _tell_repeated(definition, place)
    return definition


@dataclass(slots=True)
class _Reading:
    """Makes the objects of a text, and notes whether a field of any is repeated."""

    repeats: bool = False

    def object_of(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        self.repeats = True
        repeating = _Repeating(members)
        counts = Counter(name for name, _ in pairs)
        repeating.repeated = tuple(name for name, count in counts.items() if count > 1)
        return repeating


def _load(text: str, place: Place, reading: _Reading) -> Json:
    if not text.strip():
        place.error(_NOT_AN_OBJECT, location="")
        return ABSENT
    try:
        return json.loads(
            text,
            object_pairs_hook=reading.object_of,
            parse_constant=refuse_constant,
            parse_float=finite,
        )
    except json.JSONDecodeError as problem:
        said = sentence_of(problem)
        place.error(
            said.sentence,
            f"line {problem.lineno}, column {problem.colno}",
            code=INVALID_JSON_DESCRIPTION,
            location=said.location,
        )
    except ValueError as problem:
        place.error(_NOT_AN_OBJECT, str(problem), code=INVALID_JSON_DESCRIPTION, location="")
    except RecursionError:
        _tell_depth(place)
    return ABSENT


def _is_too_deep(definition: Json) -> bool:
    """Whether it is too deep to be read; level by level, since stacks are what depth exhausts."""
    level = [definition]
    for _ in range(DEEPEST_DEFINITION + 1):
        level = [
            item
            for value in level
            for item in (value.values() if isinstance(value, dict) else value)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _tell_repeated(value: Json, place: Place) -> None:
    if isinstance(value, _Repeating):
        for name in value.repeated:
            place.at(name).error(
                f"The field '{name}' is there more than once",
                "keep one of them",
                code=DUPLICATE_FIELD,
            )
    for step, item in _members(value):
        _tell_repeated(item, place.at(step))


def _members(value: Json) -> Iterator[tuple[str | int, Json]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _tell_depth(place: Place) -> None:
    place.error(f"The definition is nested more than {DEEPEST_DEFINITION} deep", code=TOO_LARGE)
