"""What is known of a number or a text: ranges, single values, lengths."""

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

MOST_CONSTANTS: Final = 24
"""Most single texts or numbers that are distinguished; with more, any is possible."""
Bound: TypeAlias = tuple[float, int]
"""A number, and 0 if inclusive; if exclusive 1 for a lower and -1 for an upper bound."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers in a range: only the ``constants`` if given, else all but ``excluded``."""

    low: Bound = (-math.inf, 0)
    high: Bound = (math.inf, 0)
    constants: frozenset[float] | None = None
    excluded: frozenset[float] = frozenset()


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts: only the ``constants`` if given, else all but ``excluded``.

    ``longest`` bounds the bytes of the JSON text; None if unbounded.
    """

    constants: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    longest: int | None = None


def settled_numbers(numbers: Numbers) -> Numbers | None:
    """The same numbers; None if there are none."""
    if numbers.constants is None:
        return numbers if numbers.low <= numbers.high else None
    kept = (
        frozenset(it for it in numbers.constants if numbers.low <= (it, 0) <= numbers.high)
        - numbers.excluded
    )
    if len(kept) > MOST_CONSTANTS:
        return Numbers((min(kept), 0), (max(kept), 0))
    return Numbers((min(kept), 0), (max(kept), 0), kept) if kept else None


def settled_texts(texts: Texts) -> Texts | None:
    """The same texts; None if there are none, any text if there are too many."""
    if texts.constants is None:
        return texts
    kept = texts.constants - texts.excluded
    longest = max((_bytes(it) for it in kept), default=0)
    if len(kept) > MOST_CONSTANTS:
        return Texts(longest=longest)
    return Texts(kept, longest=longest) if kept else None


def _bytes(constant: str) -> int:
    """Approximate bytes of the JSON text: few characters of a constant are escaped."""
    return len(constant.encode(errors="replace")) + 2


def join_numbers(one: Numbers | None, other: Numbers | None) -> Numbers | None:
    """The union of both."""
    if one is None or other is None or one == other:
        return one or other
    low, high = min(one.low, other.low), max(one.high, other.high)
    if one.constants is not None and other.constants is not None:
        return Numbers(low, high, one.constants | other.constants)
    excluded = frozenset(it for it in one.excluded if not _has(other, it)) | frozenset(
        it for it in other.excluded if not _has(one, it)
    )
    return Numbers(low, high, None, excluded)


def _has(numbers: Numbers, value: float) -> bool:
    if numbers.constants is not None:
        return value in numbers.constants
    return numbers.low <= (value, 0) <= numbers.high and value not in numbers.excluded


def join_texts(one: Texts | None, other: Texts | None) -> Texts | None:
    """The union of both."""
    if one is None or other is None or one == other:
        return one or other
    unbound = one.longest is None or other.longest is None
    longest = None if unbound else max(one.longest or 0, other.longest or 0)
    if one.constants is not None and other.constants is not None:
        return Texts(one.constants | other.constants, longest=longest)
    if one.constants is not None:
        return Texts(None, other.excluded - one.constants, longest)
    if other.constants is not None:
        return Texts(None, one.excluded - other.constants, longest)
    return Texts(None, one.excluded & other.excluded, longest)
