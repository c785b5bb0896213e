"""Readers of single values: texts, numbers, paths, templates."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from asw.asl.definition.fields import Reader
from asw.asl.definition.place import Place, shown
from asw.asl.errors import LANGUAGE_ERRORS, normalize
from asw.asl.jsonata import is_expression
from asw.asl.paths import check_path, check_reference_path
from asw.asl.problems import NO_DOLLAR, OTHER_LANGUAGE, UNKNOWN_ERROR_NAME
from asw.asl.templates import MARK, check_expression
from asw.asl.timestamps import parse_timestamp
from asw.asl.values import Json, is_number

LONGEST_SECONDS: Final = 99_999_999
"""AWS: the greatest number of seconds."""

NO_REFERENCE_PATH: Final = "Value is not a Reference Path"
_NO_PATH: Final = "Value must be a valid JSONPath."

Item = TypeVar("Item")

_DYNAMIC = re.compile(r"\$\$?[.\[]|\$\$?\Z|States\.\w+\(")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'")
_VARIABLE = re.compile(r"(?<!\$)\$([^\W\d]\w*)")


def anything(value: Json, _place: Place) -> Json:
    """Any JSON value."""
    return value


def text(value: Json, place: Place) -> Json:
    """A string."""
    if not isinstance(value, str):
        place.wrong(value, "[STRING]")
    return value


def boolean(value: Json, place: Place) -> Json:
    """True or false."""
    if not isinstance(value, bool):
        place.wrong(value, "[BOOLEAN]")
    return value


def one_of(*allowed: str) -> Reader:
    """One of these strings."""

    def read(value: Json, place: Place) -> Json:
        if not isinstance(value, str):
            place.wrong(value, "[STRING]")
        elif value not in allowed:
            place.not_among(value, allowed)
        return value

    return read


def integer(least: int, most: int | None = LONGEST_SECONDS) -> Reader:
    """A whole number in the range, ends included; ``5.0`` counts as one, as in JSON."""

    def read(value: Json, place: Place) -> int:
        if not is_number(value) or value != int(value):
            place.wrong(value, "Integer")
            return least
        _check_range(value, place, least, most)
        return int(value)

    return read


def number(least: float, most: float | None = None) -> Reader:
    """A number in the range, ends included."""

    def read(value: Json, place: Place) -> Json:
        if not is_number(value):
            place.wrong(value, "[NUMBER]")
        else:
            _check_range(value, place, least, most)
        return value

    return read


def _check_range(value: Json, place: Place, least: float, most: float | None) -> None:
    if value < least:
        place.error(f"Minimum value is {least}", f"{place.field} is {value}")
    elif most is not None and value > most:
        place.error(f"Maximum value is {most}", f"{place.field} is {value}")


def timestamp(value: Json, place: Place) -> Json:
    """An RFC 3339 timestamp."""
    if not isinstance(value, str) or parse_timestamp(value) is None:
        place.error("String does not match RFC3339 timestamp", "write it as 2026-11-24T10:00:00Z")
    return value


def path(value: Json, place: Place) -> Json:
    """A path, or null (ASL: Paths)."""
    if value is not None and _is_text(value, place):
        _check_path(value, place)
    return value


def reference_path(value: Json, place: Place) -> Json:
    """A path to exactly one place (ASL: Reference Paths)."""
    if _is_text(value, place) and _check_path(value, place):
        problem = check_reference_path(value)
        if problem is not None:
            place.error(NO_REFERENCE_PATH, problem)
    return value


def operand_path(value: Json, place: Place) -> Json:
    """A reference path in a Choice rule, where AWS words a missing ``$`` differently."""
    if isinstance(value, str) and not value.startswith("$"):
        place.error(
            f"{NO_REFERENCE_PATH}: Reference path didn't start with '$'",
            f"{place.field} is {shown(value)}",
        )
        return value
    return reference_path(value, place)


def result_path(value: Json, place: Place) -> Json:
    """A reference path into the input, or null; the context object cannot be written to."""
    if value is None:
        return None
    if isinstance(value, str) and (value.startswith("$$") or _VARIABLE.match(value)):
        place.error(
            NO_REFERENCE_PATH, "it must begin with $. or $[, because it names a place in the input"
        )
        return value
    return reference_path(value, place)


def expression(value: Json, place: Place) -> Json:
    """A reference path or an intrinsic call (ASL: ErrorPath, CausePath)."""
    if isinstance(value, str) and not value.startswith("$"):
        problem = check_expression(value)
        if problem is not None:
            place.error(_NO_PATH, problem)
        else:
            _note_variables(value, place)
        return value
    return reference_path(value, place)


def _is_text(value: Json, place: Place) -> bool:
    text(value, place)
    return isinstance(value, str)


def _check_path(value: str, place: Place) -> bool:
    problem = check_path(value)
    if problem is None:
        _note_variables(value, place)
        return True
    if value.startswith("{%"):
        problem = "only a state whose QueryLanguage is JSONata has expressions"
    place.error(_NO_PATH, problem)
    return False


def template(value: Json, place: Place) -> Json:
    """A payload template: an object in which keys ending in ``.$`` hold expressions."""
    if not isinstance(value, dict):
        place.wrong(value, "[OBJECT]")
    _check_template(value, place)
    return value


def parameters(value: Json, place: Place) -> Json:
    """A payload template that may also be an array of them, or a text: AWS accepts these, too."""
    if isinstance(value, str):
        if looks_dynamic(value):
            warn_static(value, place, NO_DOLLAR, "use InputPath")
        return value
    if not isinstance(value, list):
        return template(value, place)
    _check_template(value, place)
    return value


def error_names(value: Json, place: Place) -> tuple[str, ...]:
    """ErrorEquals: error names; TCSL's dotless spelling is turned into ASL's."""
    if not isinstance(value, list):
        place.wrong(value, "[ARRAY]")
        return ()
    for at, name in enumerate(value):
        text(name, place.at(at))
    if not value:
        place.error("Value cannot be empty", "name at least one error, or States.ALL")
    names = tuple(normalize(name) for name in value if isinstance(name, str))
    for at, name in enumerate(names):
        if name.startswith("States.") and name not in LANGUAGE_ERRORS:
            place.at(at).warning(
                f"'{name}' is not an error name of the language",
                place.near(name, LANGUAGE_ERRORS),
                code=UNKNOWN_ERROR_NAME,
            )
    return names


def array_of(
    read_item: Callable[[Json, Place], Item], *, is_filled: bool = False
) -> Callable[[Json, Place], tuple[Item, ...]]:
    """An array of what the reader reads; with ``is_filled`` it must not be empty."""

    def read(value: Json, place: Place) -> tuple[Item, ...]:
        if not isinstance(value, list):
            place.wrong(value, "[ARRAY]")
            return ()
        if is_filled and not value:
            place.error("Value cannot be empty")
        return tuple(read_item(item, place.at(at)) for at, item in enumerate(value))

    return read


def _check_template(value: Json, place: Place) -> None:
    if isinstance(value, list):
        for at, item in enumerate(value):
            _check_item(item, place, at)
    elif isinstance(value, dict):
        for key, member in value.items():
            if not key.endswith(MARK):
                _check_item(member, place, key)
                continue
            _check_marked(key, member, place)
            name = key.removesuffix(MARK)
            if name in value:
                place.error(f"The field '{name}' is there twice, as '{name}' and as '{key}'")


def _check_item(value: Json, place: Place, step: str | int) -> None:
    if isinstance(value, str):
        if isinstance(step, str) and looks_dynamic(value):
            warn_static(value, place.at(step), NO_DOLLAR, f"name the field '{step}{MARK}'")
        elif is_expression(value):
            warn_static(value, place.at(step), OTHER_LANGUAGE, "set QueryLanguage to JSONata")
    elif isinstance(value, dict | list):
        _check_template(value, place.at(step))


def looks_dynamic(value: Json) -> bool:
    """Whether a string that is taken literally looks like a path or an intrinsic call."""
    return isinstance(value, str) and _DYNAMIC.match(value) is not None


def warn_static(value: str, place: Place, code: str, remedy: str) -> None:
    """Warn that the string looks like an expression but is taken literally."""
    place.warning(
        f"The value of the field '{place.field}' is taken literally",
        f"{shown(value)} looks like an expression; to have it evaluated, {remedy}",
        code=code,
    )


def _check_marked(key: str, value: Json, place: Place) -> None:
    """AWS reports these at the object that contains them."""
    problem = check_expression(value) if isinstance(value, str) else "it is not a string"
    if problem is not None:
        summary = (
            f"The value for the field '{key}' must be a valid JSONPath "
            "or a valid intrinsic function call"
        )
        place.at(key).error(summary, problem, location=place.location)
    else:
        _note_variables(value, place.at(key))


def _note_variables(value: str, place: Place) -> None:
    """Note the variables that a path or a call reads; quoted parts are text."""
    if "$" in value:
        for name in _VARIABLE.findall(_QUOTED.sub("", value)):
            place.refer_to(name)
