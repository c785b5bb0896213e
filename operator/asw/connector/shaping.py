"""Parameters of a state as arguments of an operation, and its answer as a state's result. Pure.

Step Functions spells members its own way (``asw.connector.naming``), takes an object where the
service wants text or bytes, and gives text for bytes and instants.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from botocore.model import ListShape, MapShape, Shape, StructureShape

from asw.asl.values import Json, to_text
from asw.connector.naming import legacy_member_name, member_name

Spelling = Callable[[str], str]
"""Spells a member of the model for a result."""
Dating = Callable[[datetime], Json]
"""Spells an instant for a result."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INTEGERS: Final = ("integer", "long")
_FRACTIONS: Final = ("float", "double", "bigdecimal")
_WANTED: Final[Mapping[str, str]] = {
    "structure": "an object",
    "map": "an object",
    "list": "an array",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "bigdecimal": "a number",
    "boolean": "true or false",
    "timestamp": "a time, as text or as seconds since 1970",
}


class BadParameters(Exception):
    """The parameters do not fit the operation; the message names the member and what it takes."""


def arguments(value: Json, shape: StructureShape | None) -> dict[str, Any]:
    """What the serializer is given for the parameters. Raises BadParameters.

    Members that are null are left out, as the SDK does.
    """
    if value is None or shape is None:
        return {}
    found: dict[str, Any] = _argument(value, shape, "")
    return found


def result(
    answer: Mapping[str, Any], shape: StructureShape | None, spell: Spelling, date: Dating
) -> Json:
    """The result of an answer that botocore has parsed; what belongs to transport is dropped."""
    return {} if shape is None else _result(answer, shape, spell, date)


def instant_millis(instant: datetime) -> int:
    """An instant as version 1 of the SDK writes it: milliseconds since 1970."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def instant_text(instant: datetime) -> str:
    """An instant as Java writes it: UTC, and milliseconds only if there are any."""
    at = instant.astimezone(UTC)
    text = at.isoformat(timespec="milliseconds" if at.microsecond >= 1000 else "seconds")
    return text.replace("+00:00", "Z")


def text_of(data: bytes) -> str:
    """Bytes as the text that they spell in UTF-8, else in base64."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


def _argument(value: Json, shape: Shape, path: str) -> Any:
    match shape:
        case StructureShape():
            return value if shape.is_document_type else _structure(value, shape, path)
        case ListShape():
            items = _of_kind(value, list, shape, path)
            return [_argument(it, shape.member, f"{path}[{n}]") for n, it in enumerate(items)]
        case MapShape():
            known = _of_kind(value, dict, shape, path).items()
            return {key: _argument(it, shape.value, f"{path}.{key}") for key, it in known}
        case _:
            return _scalar(value, shape.type_name, path)


def _structure(value: Json, shape: StructureShape, path: str) -> dict[str, Any]:
    names = _spellings(shape)
    made: dict[str, Any] = {}
    for key, member in _of_kind(value, dict, shape, path).items():
        name = names.get(key)
        if name is None:
            raise BadParameters(f'The field "{key}" is not supported by Step Functions')
        if member is not None:
            made[name] = _argument(member, shape.members[name], f"{path}.{key}".lstrip("."))
    return made


@cache
def _spellings(shape: StructureShape) -> Mapping[str, str]:
    """The model's name of each member, by every name that is understood."""
    names = list(shape.members)
    spelt = ({spell(name): name for name in names} for spell in (legacy_member_name, member_name))
    known: dict[str, str] = {}
    for each in (*spelt, dict(zip(names, names, strict=True))):
        known |= each
    return known


def _of_kind(value: Json, kind: type, shape: Shape, path: str) -> Any:
    if not isinstance(value, kind):
        raise _unfit(shape.type_name, path)
    return value


def _scalar(value: Json, kind: str, path: str) -> Any:
    if kind == "blob":
        return (value if isinstance(value, str) else to_text(value)).encode()
    if kind in ("string", "character"):
        return value if isinstance(value, str) else to_text(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    fits = {
        "boolean": isinstance(value, bool),
        "timestamp": isinstance(value, str | int | float) and not isinstance(value, bool),
    }.get(kind)
    if fits is None:
        return _number(value, kind, path)
    if not fits:
        raise _unfit(kind, path)
    return value


def _number(value: Json, kind: str, path: str) -> int | float:
    """A number, which may be spelt as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _unfit(kind, path)
    try:
        number = float(value) if kind in _FRACTIONS else int(value)
    except ValueError:
        raise _unfit(kind, path) from None
    if kind in _INTEGERS and number != float(value):
        raise _unfit(kind, path)
    return number


def _unfit(kind: str, path: str) -> BadParameters:
    return BadParameters(f"{path or 'the whole'} must be {_WANTED[kind]}")


def _result(value: Any, shape: Shape, spell: Spelling, date: Dating) -> Json:
    match shape:
        case StructureShape() if not shape.is_document_type:
            members = shape.members
            return {
                spell(name): _result(member, members[name], spell, date)
                for name, member in value.items()
                if name in members and member is not None
            }
        case ListShape():
            return [_result(it, shape.member, spell, date) for it in value]
        case MapShape():
            return {key: _result(it, shape.value, spell, date) for key, it in value.items()}
    if isinstance(value, datetime):
        return date(value)
    return text_of(bytes(value)) if isinstance(value, bytes | bytearray) else value
