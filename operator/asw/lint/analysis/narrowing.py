"""Narrows a value by a data test that held, or did not (ASL: data-test expressions)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from asw.asl.choice import TESTS
from asw.asl.values import Json, is_number
from asw.lint.analysis.places import replaced
from asw.lint.analysis.scalars import Bound, Numbers, Texts
from asw.lint.analysis.shapes import Kinds, Shape, shape

MOST_EXCLUDED: Final = 200
"""Most single values that a shape excludes."""


def narrowed(value: Shape, operator: str, operand: Json, *, holds: bool) -> Shape:
    """The values of this shape for which the test holds, or does not.

    Conservative: others may be among them if a shape cannot express it exactly.
    """
    if operator in _TYPES:
        return _of_type(value, _TYPES[operator], is_kept=holds is operand)
    if operator == "BooleanEquals":
        return _booleans(value, operand, holds=holds)
    if operator.startswith("Numeric"):
        return _numbers(value, operator, operand, holds=holds)
    return _texts(value, operator, operand, holds=holds)


def narrowed_by_type(value: Shape, operator: str, *, holds: bool) -> Shape:
    """The same, if the other operand is unknown."""
    if not holds:
        return value
    if operator.startswith("Boolean"):
        return shape(booleans=value.booleans)
    if operator.startswith("Numeric"):
        return shape(numbers=value.numbers)
    return shape(texts=value.texts)


def _of_type(value: Shape, kind: str, *, is_kept: bool) -> Shape:
    if is_kept:
        return shape(**_only(kind, getattr(value, kind)))
    return replaced(value, **_only(kind, _NONE[kind]))


def _only(kind: str, part: Any) -> Kinds:
    found: Any = {kind: part}
    made: Kinds = found
    return made


def _booleans(value: Shape, operand: Json, *, holds: bool) -> Shape:
    same = value.booleans & {operand} if isinstance(operand, bool) else frozenset[bool]()
    return shape(booleans=same) if holds else replaced(value, booleans=value.booleans - same)


def _texts(value: Shape, operator: str, operand: Json, *, holds: bool) -> Shape:
    texts = value.texts
    if texts is not None:
        texts = _some_texts(texts, operator, operand, holds=holds)
    if operator == "IsTimestamp" and operand is False:
        return replaced(value, texts=texts) if holds else shape(texts=texts)
    return shape(texts=texts) if holds else replaced(value, texts=texts)


def _some_texts(texts: Texts, operator: str, operand: Json, *, holds: bool) -> Texts | None:
    if texts.constants is not None:
        test = TESTS[operator]
        kept = frozenset(it for it in texts.constants if test(it, operand) is holds)
        return Texts(kept) if kept else None
    if operator != "StringEquals" or not isinstance(operand, str):
        return texts
    if holds:
        return None if operand in texts.excluded else Texts(frozenset({operand}))
    if len(texts.excluded) >= MOST_EXCLUDED:
        return texts
    return replace(texts, excluded=texts.excluded | {operand})


def _numbers(value: Shape, operator: str, operand: Json, *, holds: bool) -> Shape:
    numbers = value.numbers
    if numbers is not None and is_number(operand):
        numbers = _some_numbers(numbers, operator, operand, holds=holds)
    elif holds:
        numbers = None
    return shape(numbers=numbers) if holds else replaced(value, numbers=numbers)


def _some_numbers(numbers: Numbers, operator: str, operand: float, *, holds: bool) -> Numbers:
    order = operator.removeprefix("Numeric")
    if order == "Equals":
        if not holds:
            if len(numbers.excluded) >= MOST_EXCLUDED:
                return numbers
            return replace(numbers, excluded=numbers.excluded | {operand})
        return _exactly(numbers, operand)
    low, high = _RANGES[order, holds](operand)
    return replace(numbers, low=max(numbers.low, low), high=min(numbers.high, high))


def _exactly(numbers: Numbers, operand: float) -> Numbers:
    constants = frozenset({operand})
    if numbers.constants is not None:
        constants &= numbers.constants
    return replace(numbers, constants=constants)


_ALL: Final = Numbers()
_RANGES: Final[Mapping[tuple[str, bool], Callable[[float], tuple[Bound, Bound]]]] = {
    ("LessThan", True): lambda it: (_ALL.low, (it, -1)),
    ("LessThan", False): lambda it: ((it, 0), _ALL.high),
    ("LessThanEquals", True): lambda it: (_ALL.low, (it, 0)),
    ("LessThanEquals", False): lambda it: ((it, 1), _ALL.high),
    ("GreaterThan", True): lambda it: ((it, 1), _ALL.high),
    ("GreaterThan", False): lambda it: (_ALL.low, (it, 0)),
    ("GreaterThanEquals", True): lambda it: ((it, 0), _ALL.high),
    ("GreaterThanEquals", False): lambda it: (_ALL.low, (it, -1)),
}
"""The range of the numbers for which the order holds, or does not."""
_TYPES: Final[Mapping[str, str]] = {
    "IsNull": "null",
    "IsString": "texts",
    "IsNumeric": "numbers",
    "IsBoolean": "booleans",
}
"""Type tests, and the part of a Shape that each selects."""
_NONE: Final[Mapping[str, object]] = {
    "null": False,
    "texts": None,
    "numbers": None,
    "booleans": frozenset(),
}
