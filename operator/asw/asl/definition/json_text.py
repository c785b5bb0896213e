"""From the text of a definition to its JSON object; refuses what JSON readers let pass.

AWS reads it with the Java library Jackson: ``sentence_of`` gives Jackson's message and location
for text that is not JSON.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from asw.asl.definition.place import Place
from asw.asl.execution_input import check_input_text
from asw.asl.problems import DUPLICATE_FIELD, INVALID_JSON_DESCRIPTION, TOO_LARGE
from asw.asl.values import ABSENT, Json, finite, refuse_constant

LARGEST_DEFINITION: Final = 1024 * 1024
"""AWS: a definition has at most this many bytes."""
DEEPEST_DEFINITION: Final = 100
"""Levels of arrays and objects; walking deeper ones would exhaust the stack."""

_NOT_AN_OBJECT: Final = "Definition must be a valid JSON object"


class _Repeating(dict[str, Json]):
    """An object whose text repeats a field."""

    repeated: tuple[str, ...] = ()


def read_text(text: str, place: Place) -> dict[str, Json] | None:
    """The definition as an object, or None if it is not one; reports problems to the place."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST_DEFINITION:
        place.error(
            f"The definition has {size} bytes, at most {LARGEST_DEFINITION} are allowed",
            code=TOO_LARGE,
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
        _report_depth(place)
        return None
    if reading.repeats:
        _report_repeated(definition, place)
    return definition


@dataclass(slots=True)
class _Reading:
    """Makes the objects of a text, and notes whether any of them repeats a field."""

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
        _report_depth(place)
    return ABSENT


def _is_too_deep(definition: Json) -> bool:
    """Whether it is too deep to be read; goes level by level, because depth exhausts the stack."""
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


def _report_repeated(value: Json, place: Place) -> None:
    if isinstance(value, _Repeating):
        for name in value.repeated:
            place.at(name).error(
                f"The field '{name}' is there more than once",
                "keep one of them",
                code=DUPLICATE_FIELD,
            )
    for step, item in _members(value):
        _report_repeated(item, place.at(step))


def _members(value: Json) -> Iterator[tuple[str | int, Json]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _report_depth(place: Place) -> None:
    place.error(f"The definition is nested more than {DEEPEST_DEFINITION} deep", code=TOO_LARGE)


LONGEST_QUOTE: Final = 500
"""Jackson quotes this many characters of the text."""
_NOWHERE: Final = "[Source: UNKNOWN;"
_TOKEN: Final = re.compile(r"Unrecognized token '([^']*)'")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACES: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class JsonFault:
    """Jackson's message, and the location that it names."""

    sentence: str
    location: str


def sentence_of(error: json.JSONDecodeError) -> JsonFault:
    """Jackson's message for what Python's reader found; Python's own if Jackson's is unknown."""
    text = error.doc
    said = check_input_text(text) or error.msg
    source = f"[Source: {_quoted(text)};"
    location = f"{source} {_reached(error, said)}]"
    sentence = said.replace(_NOWHERE, source)
    return JsonFault(f"{sentence}\n at {location}", location)


def _quoted(text: str) -> str:
    quoted = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text[:LONGEST_QUOTE])
    left_out = len(text) - LONGEST_QUOTE
    return f'(String)"{quoted}"' + (f"[truncated {left_out} chars]" if left_out > 0 else "")


def _reached(error: json.JSONDecodeError, said: str) -> str:
    """Where Jackson is when it complains: behind the wrong character or token."""
    text = error.doc
    spaces = _SPACES.match(text, error.pos)
    at = spaces.end() if spaces else error.pos
    token = _TOKEN.match(said)
    at = min(at + (len(token[1]) if token else 1), len(text))
    line = text.count("\n", 0, at) + 1
    return f"line: {line}, column: {at - text.rfind(chr(10), 0, at)}"
