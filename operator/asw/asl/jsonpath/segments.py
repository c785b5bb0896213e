"""A parsed path, its segments, and one walk along it; ``walk`` knows what the segments select."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from asw.asl.budget import Budget
from asw.asl.values import Json


@dataclass(frozen=True, slots=True)
class Walk:
    """One evaluation: the document that it started from (``$``), and its budget."""

    root: Json
    budget: Budget


Predicate: TypeAlias = Callable[[Json, Walk], bool]
"""Whether a filter holds for this item (``@``) of a walk."""


@dataclass(frozen=True, slots=True)
class Names:
    """``.a``, ``['a']``, ``['a','b']``: children of an object by name."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """``['a','b']`` at the end: one object with those of the members that exist (Jayway)."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """``[0]``, ``[-1]``, ``[0,2]``: items of an array, counted from the end if negative."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """``[1:3]``, ``[:2]``, ``[-2:]``, ``[::2]``: a run of items of an array."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``[*]``, ``.*``: every item of an array, every value of an object."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?(...)]``: the items of an array for which the predicate holds."""

    holds: Predicate


@dataclass(frozen=True, slots=True)
class Descent:
    """``..``: the segment, applied to the value here and to everything below it."""

    segment: "Segment"


Segment: TypeAlias = Names | Excerpt | Indexes | Slice | Wildcard | Filter | Descent


class Root(Enum):
    """What a path starts from: document, context object, a variable or the item of a filter."""

    DOCUMENT = "$"
    CONTEXT = "$$"
    VARIABLE = "$name"
    ITEM = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A parsed path.

    ``steps`` are the names and indexes of a path that has nothing else, which makes it fast to
    walk; None for any other. ``function`` is the one at the end. A path that is not definite finds
    a list, possibly an empty one. ``variable`` is the variable that the path starts from.
    """

    text: str
    root: Root
    segments: tuple[Segment, ...]
    steps: tuple[str | int, ...] | None
    function: str | None
    is_definite: bool
    variable: str | None = None

    @property
    def is_matching(self) -> bool:
        """Whether it may match regular expressions, which can take long."""
        return "=~" in self.text

    @property
    def is_repeating(self) -> bool:
        """Whether it may find the same part more than once."""
        return any(map(_repeats, self.segments))


def _repeats(segment: Segment) -> bool:
    match segment:
        case Names(names=several) | Excerpt(names=several) | Indexes(indexes=several):
            return len(several) > 1
        case Descent():
            return True
    return False
