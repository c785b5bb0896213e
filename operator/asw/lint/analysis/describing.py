"""Describes shapes in words."""

import math
from collections.abc import Iterable
from typing import Final

from asw.asl.values import to_text
from asw.lint.analysis.scalars import Numbers, Texts
from asw.lint.analysis.shapes import ANY, BOOLEAN, Shape

MOST_NAMED: Final = 6
"""Most values or names that a sentence lists."""


def described(found: Shape) -> str:
    """What the value may be: ``a text other than 'a'``, ``a number from 1 or null``."""
    if found is ANY:
        return "anything"
    kinds = []
    if found.texts is not None:
        kinds.append(_texts(found.texts))
    if found.numbers is not None:
        kinds.append(_numbers(found.numbers))
    if found.booleans:
        is_any = found.booleans == BOOLEAN.booleans
        kinds.append("true or false" if is_any else to_text(next(iter(found.booleans))))
    if found.objects is not None:
        kinds.append("an object")
    if found.arrays is not None:
        kinds.append("an array" if found.arrays.most != 0 else "an empty array")
    if found.null:
        kinds.append("null")
    return some_of(kinds) or "nothing"


def some_of(words: Iterable[str], last: str = "or") -> str:
    """The first few of the words: ``a, b or c``."""
    found = list(words)
    if len(found) > MOST_NAMED:
        return ", ".join(found[:MOST_NAMED]) + " ..."
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"


def _texts(texts: Texts) -> str:
    if texts.constants is not None:
        return some_of(f"'{it}'" for it in sorted(texts.constants))
    if texts.excluded:
        others = some_of(f"'{it}'" for it in sorted(texts.excluded))
        return f"a text other than {others}"
    return "a text"


def _numbers(numbers: Numbers) -> str:
    if numbers.constants is not None:
        return some_of(map(to_text, sorted(numbers.constants)))
    (low, above), (high, below) = numbers.low, numbers.high
    said = "a number"
    if low > -math.inf:
        said += f" above {low}" if above else f" from {low}"
    if high < math.inf:
        said += f" below {high}" if below else f" to {high}"
    if numbers.excluded:
        others = some_of(map(to_text, sorted(numbers.excluded)))
        said += f" other than {others}"
    return said
