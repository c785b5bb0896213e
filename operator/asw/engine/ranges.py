"""Runs of numbers as ranges: how a redrive of a large Map describes its children briefly."""

from collections.abc import Iterable, Sequence
from itertools import chain

from asw.engine.record import Ranges


def ranges(numbers: Iterable[int]) -> Ranges:
    """The ascending numbers as ranges (first, until)."""
    return tuple((first, until) for first, until, _ in _joined((n, 0) for n in numbers))


def taken(some: Ranges, count: int) -> tuple[list[int], Ranges]:
    """The first ``count`` numbers of the ranges, and the ranges of the rest."""
    numbers: list[int] = []
    for at, (first, until) in enumerate(some):
        stop = min(until, first + count - len(numbers))
        numbers += range(first, stop)
        if stop < until:
            return numbers, ((stop, until), *some[at + 1 :])
    return numbers, ()


def moved(before: Ranges, indexes: Sequence[int], ordinal: int) -> Ranges:
    """Ranges (first, until, ordinal of the first) after these ascending indexes get new ordinals.

    The new ordinals count up from ``ordinal``.
    """
    ordinals = {
        index: place + index - first
        for first, until, place in before
        for index in range(first, until)
    }
    ordinals |= dict(zip(indexes, range(ordinal, ordinal + len(indexes)), strict=True))
    return tuple(_joined(((index, ordinals[index]) for index in sorted(ordinals)), step=1))


def _joined(pairs: Iterable[tuple[int, int]], step: int = 0) -> Iterable[tuple[int, int, int]]:
    """Neighbours joined: consecutive indexes whose ordinals are ``step`` apart."""
    first = until = place = -1
    for index, ordinal in chain(pairs, [(-2, 0)]):
        if index == until and ordinal == place + (until - first) * step:
            until += 1
            continue
        if first >= 0:
            yield first, until, place
        first, until, place = index, index + 1, ordinal
