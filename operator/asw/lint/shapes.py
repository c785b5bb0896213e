"""What models say of a field with a wrong value, in our words and in the user's language. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from asw.asl.values import Json
from asw.failures import nearest
from asw.lint.hints import translated
from asw.messages import t

_NUMBER = re.compile(r"(?:at least|at most) (\d+)")
_NAME = re.compile(r"'([^']*)'")


def told_of(kind: str, message: str, value: Json) -> tuple[str, str] | None:
    """A sentence and a remedy for pydantic's kind of error; None where its own message must do."""
    if kind == "literal_error":
        names = _NAME.findall(message)
        near = nearest(value, names) if isinstance(value, str) else ""
        if len(names) == 1:
            return t("this must be {name}", name=names[0]), near
        return t("this must be one of {names}", names=", ".join(names)), near
    number = message.rpartition(" ")[2]
    if kind == "greater_than_equal":
        return t("this must be {number} or more", number=number), ""
    if kind == "less_than_equal":
        return t("this must be {number} or less", number=number), ""
    return (said, "") if (said := _said(kind, message)) else None


def _said(kind: str, message: str) -> str:
    if kind in _SIZES and (size := _NUMBER.search(message)):
        return _SIZES[kind](size[1])
    if kind == "string_pattern_mismatch":
        return t("this must match {pattern}", pattern=message.partition("'")[2].rstrip("'"))
    if kind == "value_error":  # a sentence of our models
        return translated(message.removeprefix("Value error, "))
    return _TYPES[kind]() if kind in _TYPES else ""


def value_at(content: Json, steps: Sequence[int | str]) -> Json:
    """The value that the steps lead to; None where they lead nowhere."""
    here = content
    for step in steps:
        if isinstance(here, dict) and isinstance(step, str):
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        else:
            return None
    return here


_SIZES: Final[Mapping[str, Callable[[str], str]]] = {
    "too_short": lambda least: (
        t("this must not be empty") if least == "1" else t("this must have {n} or more", n=least)
    ),
    "too_long": lambda most: t("this must have {n} or less", n=most),
    "string_too_short": lambda least: (
        t("this must not be empty")
        if least == "1"
        else t("this must have {n} characters or more", n=least)
    ),
    "string_too_long": lambda most: t("this must have {n} characters or less", n=most),
}
"""What pydantic tells of how much there is, by its kind of error."""
_TYPES: Final[Mapping[str, Callable[[], str]]] = {
    "model_type": lambda: t("this must be an object"),
    "dict_type": lambda: t("this must be an object"),
    "mapping_type": lambda: t("this must be an object"),
    "tuple_type": lambda: t("this must be a list"),
    "list_type": lambda: t("this must be a list"),
    "string_type": lambda: t("this must be a text"),
    "int_type": lambda: t("this must be a whole number"),
    "int_parsing": lambda: t("this must be a whole number"),
    "int_from_float": lambda: t("this must be a whole number"),
    "bool_type": lambda: t("this must be true or false"),
    "bool_parsing": lambda: t("this must be true or false"),
}
"""What pydantic tells in the words of Python, by its kind of error."""
