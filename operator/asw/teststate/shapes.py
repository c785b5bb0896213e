"""Checks a mocked result against the API's model (AWS: fieldValidationMode).

The first field that does not fit is reported, with AWS's sentence. Every mode accepts fields that
the model does not know, and null, which stands for a missing field.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from asw.asl.values import Json, is_number
from asw.teststate.api_models import Message, Shape
from asw.teststate.refusals import TestStateRefused, invalid_request

_PREFIX: Final = "Mock result schema validation error: "


def check_result(result: Json, answer: Message, *, is_strict: bool) -> None:
    """Refuse a result that the operation could not return; ``is_strict`` checks required fields."""
    if not isinstance(result, dict):
        raise invalid_request("Mocked result must be a JSON object.")
    _Checker(answer, is_strict=is_strict).check(result, answer.name, "")


class _Checker:
    """Checks values against the types of one service."""

    def __init__(self, answer: Message, *, is_strict: bool) -> None:
        self._answer = answer
        self._is_strict = is_strict

    def check(self, value: Json, name: str, field: str) -> None:
        """Raise TestStateRefused unless the field's value fits the type of that name."""
        shape = self._answer.shape(name)
        if value is None or shape.get("document") or shape.get("eventstream"):
            return
        kind = shape["type"]
        wanted, fits = _KINDS[kind]
        if not fits(value):
            raise _wrong(field, f"must be {wanted}")
        if kind == "structure":
            self._check_members(value, shape)
        elif kind == "list":
            self._check_items(value, shape["member"], field)
        elif kind == "map":
            self._check_items(value.values(), shape["value"], field)
        if value not in shape.get("enum", (value,)):
            raise _wrong(field, "is not an expected value")
        if kind in _SIZED:
            _check_length(len(value), shape, field)
        elif is_number(value):
            _check_range(value, shape, field)

    def _check_items(self, items: Iterable[Json], member: Shape, field: str) -> None:
        for item in items:
            self.check(item, member["shape"], field)

    def _check_members(self, value: Mapping[str, Json], shape: Shape) -> None:
        if self._is_strict:
            for required in map(pascal_case, shape.get("required", ())):
                if required not in value:
                    raise invalid_request(f"{_PREFIX}Required field '{required}' is missing")
        members = {pascal_case(name): member for name, member in shape["members"].items()}
        for field, item in value.items():
            if field in members:
                self.check(item, members[field]["shape"], field)


def pascal_case(name: str) -> str:
    """A field's name as Step Functions spells it, like the SDK for Java.

    ``executionArn`` is ExecutionArn, ``DBInstanceId`` is DbInstanceId, ``MD5OfBody`` Md5OfBody.
    """
    spaced = re.sub(r"[^A-Za-z0-9]+", " ", name)
    for pattern, replacement in _WORD_BOUNDARIES:
        spaced = pattern.sub(replacement, spaced)
    return "".join(word.capitalize() for word in spaced.split())


_WORD_BOUNDARIES: Final = (
    (re.compile(r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])"), " "),
    (re.compile(r"([A-Z]+)([A-Z][a-z])"), r"\1 \2"),
    (re.compile(r"([0-9])([a-zA-Z])"), r"\1 \2"),
)
"""Before a capital after a lower-case letter, after an acronym, after a number in a word."""


def _check_length(length: int, shape: Shape, field: str) -> None:
    if length < shape.get("min", 0):
        raise _wrong(field, "is smaller than the minimum length")
    if length > shape.get("max", length):
        raise _wrong(field, "exceeds the maximum length")


def _check_range(value: float, shape: Shape, field: str) -> None:
    if value < shape.get("min", value):
        raise _wrong(field, "is less than the minimum value")
    if value > shape.get("max", value):
        raise _wrong(field, "exceeds the maximum value")


def _wrong(field: str, what: str) -> TestStateRefused:
    return invalid_request(f"{_PREFIX}Field '{field}' {what}")


def _is(kind: type) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, kind)


_KINDS: Final[Mapping[str, tuple[str, Callable[[Json], bool]]]] = {
    "structure": ("an object", _is(dict)),
    "map": ("an object", _is(dict)),
    "list": ("an array", _is(list)),
    "string": ("a string", _is(str)),
    "timestamp": ("a string", _is(str)),
    "blob": ("a string", _is(str)),
    "boolean": ("a boolean", _is(bool)),
    "integer": ("a number", is_number),
    "long": ("a number", is_number),
    "float": ("a number", is_number),
    "double": ("a number", is_number),
}
"""By the model's type: the wording for people, and the check of a value."""
_SIZED: Final = frozenset({"list", "map", "string", "blob"})
"""Types whose ``min`` and ``max`` bound the length."""
