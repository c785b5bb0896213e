"""Readers of single values: texts, numbers, paths, templates."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from asw.asl.definition.fields import Reader
from asw.asl.definition.place import Place, listed
from asw.asl.errors import LANGUAGE_ERRORS, normalize
from asw.asl.jsonata import is_expression
from asw.asl.paths import check_path, check_reference_path
from asw.asl.problems import UNKNOWN_ERROR_NAME
from asw.asl.templates import MARK, check_expression
from asw.asl.timestamps import parse_timestamp
from asw.asl.values import Json, is_number

LONGEST_SECONDS: Final = 99_999_999
"""AWS: no number of seconds is greater."""

Item = TypeVar("Item")

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'")
_VARIABLE = re.compile(r"(?<!\$)\$([^\W\d]\w*)")


def anything(value: Json, _place: Place) -> Json:
    """Any JSON value."""
    return value


def text(value: Json, place: Place) -> Json:
    """A string."""
    if not isinstance(value, str):
        place.wrong(value, "a string")
    return value


def boolean(value: Json, place: Place) -> Json:
    """True or false."""
    if not isinstance(value, bool):
        place.wrong(value, "true or false")
    return value


def one_of(*allowed: str) -> Reader:
    """One of these strings."""

    def read(value: Json, place: Place) -> Json:
        if value not in allowed:
            place.wrong(value, f"one of {listed(allowed)}")
        return value

    return read


def integer(least: int, most: int = LONGEST_SECONDS) -> Reader:
    """A whole number in the range, ends included; ``5.0`` is one, as JSON has it."""

    def read(value: Json, place: Place) -> int:
        if not is_number(value) or value != int(value) or not least <= value <= most:
            place.wrong(value, f"an integer from {least} to {most}")
            return least
        return int(value)

    return read


def number(least: float, most: float | None = None) -> Reader:
    """A number in the range, ends included."""
    wanted = f"a number of at least {least}" if most is None else f"a number from {least} to {most}"

    def read(value: Json, place: Place) -> Json:
        if not is_number(value) or value < least or (most is not None and value > most):
            place.wrong(value, wanted)
        return value

    return read


def timestamp(value: Json, place: Place) -> Json:
    """An RFC 3339 timestamp."""
    if not isinstance(value, str) or parse_timestamp(value) is None:
        place.error("String does not match RFC3339 timestamp", "write it as 2026-11-24T10:00:00Z")
    return value


def path(value: Json, place: Place) -> Json:
    """A path, or null (ASL: Paths)."""
    if value is not None:
        _check(value, place, check_path, "a valid JSONPath")
    return value


def reference_path(value: Json, place: Place) -> Json:
    """A path that names one place (ASL: Reference Paths)."""
    _check(value, place, check_reference_path, "a Reference Path")
    return value


def result_path(value: Json, place: Place) -> Json:
    """A reference path into the input, or null; the context object cannot be written to."""
    if value is None:
        return None
    if isinstance(value, str) and (value.startswith("$$") or _VARIABLE.match(value)):
        place.wrong(value, "a Reference Path into the input, beginning with $. or $[")
        return value
    return reference_path(value, place)


def expression(value: Json, place: Place) -> Json:
    """A reference path or an intrinsic call (ASL: ErrorPath, CausePath)."""
    check = check_reference_path if str(value).startswith("$") else check_expression
    _check(value, place, check, "a Reference Path or a valid intrinsic function call")
    return value


def template(value: Json, place: Place) -> Json:
    """A payload template: an object in which keys ending in ``.$`` have expressions."""
    if not isinstance(value, dict):
        place.wrong(value, "an object")
    _check_template(value, place)
    return value


def error_names(value: Json, place: Place) -> tuple[str, ...]:
    """ErrorEquals: error names, TCSL's dotless spelling of the language's own made ASL's."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        place.wrong(value, "an array of strings")
        return ()
    if not value:
        place.error("Value cannot be empty", "name at least one error, or States.ALL")
    names = tuple(map(normalize, value))
    for at, name in enumerate(names):
        if name.startswith("States.") and name not in LANGUAGE_ERRORS:
            place.at(at).warning(
                f"'{name}' is no error name of the language",
                place.near(name, LANGUAGE_ERRORS),
                code=UNKNOWN_ERROR_NAME,
            )
    return names


def array_of(
    read_item: Callable[[Json, Place], Item], *, is_filled: bool = False
) -> Callable[[Json, Place], tuple[Item, ...]]:
    """An array of what the reader reads; one that ``is_filled`` must have an item."""

    def read(value: Json, place: Place) -> tuple[Item, ...]:
        if not isinstance(value, list):
            place.wrong(value, "an array")
            return ()
        if is_filled and not value:
            place.error("Value cannot be empty")
        return tuple(read_item(item, place.at(at)) for at, item in enumerate(value))

    return read


def _check(value: Json, place: Place, check: Callable[[str], str | None], wanted: str) -> None:
    if not isinstance(value, str) or is_expression(value):
        place.wrong(value, wanted)
        return
    problem = check(value)
    if problem is not None:
        place.error(f"The value for the field '{place.field}' must be {wanted}", problem)
    else:
        _note_variables(value, place)


def _check_template(value: Json, place: Place) -> None:
    if isinstance(value, list):
        for at, item in enumerate(value):
            _check_template(item, place.at(at))
    if not isinstance(value, dict):
        return
    for key, member in value.items():
        if not key.endswith(MARK):
            _check_template(member, place.at(key))
            continue
        _check_marked(key, member, place)
        name = key.removesuffix(MARK)
        if name in value:
            place.error(f"The field '{name}' is there twice, as '{name}' and as '{key}'")


def _check_marked(key: str, value: Json, place: Place) -> None:
    """AWS tells of these at the object that they are in."""
    problem = check_expression(value) if isinstance(value, str) else "it is no string"
    if problem is not None:
        summary = (
            f"The value for the field '{key}' must be a valid JSONPath "
            "or a valid intrinsic function call"
        )
        place.error(summary, problem)
    else:
        _note_variables(value, place.at(key))


def _note_variables(value: str, place: Place) -> None:
    """Variables that a path or a call reads; what stands in quotes is text."""
    if "$" in value:
        for name in _VARIABLE.findall(_QUOTED.sub("", value)):
            place.refer_to(name)
