"""Shapes of values: for each JSON type, which of its values may come.

A Shape is a set of values. All operations are conservative: join, widen and trim may add values,
but never lose one. ANY is every value. NOTHING is none, as at a place that no run reaches.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import reduce
from itertools import islice
from typing import Final, TypedDict, Unpack

from asw.asl.values import Json
from asw.lint.analysis.scalars import (
    Numbers,
    Texts,
    join_numbers,
    join_texts,
    settled_numbers,
    settled_texts,
)

MOST_FIELDS: Final = 200
"""Fields of an object that are distinguished."""
LONGEST_HEAD: Final = 32
"""Items of an array that are distinguished."""
LONGEST_VALUE: Final = 1000
"""Most items of a constant array that is read."""
DEEPEST: Final = 10
"""Levels of a value that are kept."""
HEAVIEST: Final = 1000
"""Parts of a value that are kept; a larger one is cut to fewer levels."""


class Presence(IntEnum):
    """Whether a field exists; joining two ways takes the worse."""

    SURE = 0
    UNKNOWN = 1
    SHOWN_MISSING = 2
    """There is a known way on which it is missing."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """Arrays: the first items one by one, the shape of all others, and the possible lengths."""

    rest: "Shape"
    head: tuple["Shape", ...] = ()
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object; it is certainly missing if its shape is NOTHING."""

    shape: "Shape"
    presence: Presence = Presence.SURE


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects: the fields known by name, and the shape of any other; NOTHING if none."""

    fields: Mapping[str, Field]
    rest: "Shape"

    def field(self, name: str) -> Field:
        """The field of this name."""
        found = self.fields.get(name)
        if found is not None:
            return found
        none = self.rest is NOTHING
        return Field(self.rest, Presence.SHOWN_MISSING if none else Presence.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Shape:
    """The values that may come, by JSON type; ``depth`` and ``weight`` are its size.

    Create one with ``shape``, which keeps NOTHING the only one without values.
    """

    null: bool = False
    booleans: frozenset[bool] = frozenset()
    numbers: Numbers | None = None
    texts: Texts | None = None
    arrays: Arrays | None = None
    objects: Objects | None = None
    depth: int = field(default=0, compare=False)
    weight: int = field(default=1, compare=False)


NOTHING: Final = Shape(depth=-1)
"""No value: no run gets here."""
_BOTH: Final = frozenset({True, False})


def _any() -> Shape:
    found = Shape(null=True, booleans=_BOTH, numbers=Numbers(), texts=Texts(), depth=-1)
    object.__setattr__(found, "arrays", Arrays(rest=found))
    object.__setattr__(found, "objects", Objects({}, found))
    return found


ANY: Final = _any()
"""Every value."""


class Kinds(TypedDict, total=False):
    """The parts of a Shape, by JSON type."""

    null: bool
    booleans: frozenset[bool]
    numbers: Numbers | None
    texts: Texts | None
    arrays: Arrays | None
    objects: Objects | None


def shape(**kinds: Unpack[Kinds]) -> Shape:
    """A Shape; NOTHING if it has no value, trimmed if it is too deep or too large."""
    null, booleans = kinds.get("null", False), kinds.get("booleans", frozenset())
    numbers, texts = kinds.get("numbers"), kinds.get("texts")
    arrays, objects = kinds.get("arrays"), kinds.get("objects")
    numbers = None if numbers is None else settled_numbers(numbers)
    texts = None if texts is None else settled_texts(texts)
    arrays = None if arrays is None else _settled_arrays(arrays)
    objects = None if objects is None else _settled_objects(objects)
    if not (null or booleans or numbers or texts or arrays or objects):
        return NOTHING
    all_below = objects is ANY.objects and arrays is ANY.arrays and null and booleans == _BOTH
    if all_below and numbers == ANY.numbers and texts == ANY.texts:
        return ANY
    depth, weight = 0, 1
    for below in (*_items_of(arrays), *_values_of(objects)):  # most of the time is spent here
        weight += below.weight
        if below.depth >= depth:
            depth = below.depth + 1
    made = Shape(null, booleans, numbers, texts, arrays, objects, depth, weight)
    if depth > DEEPEST:
        return trimmed(made, DEEPEST)
    while made.weight > HEAVIEST:
        made = trimmed(made, made.depth - 1)
    return made


def text(constant: str | None = None, *, longest: int | None = None) -> Shape:
    """Any text, or this one."""
    constants = None if constant is None else frozenset({constant})
    return shape(texts=Texts(constants, longest=longest))


def number(least: float = -math.inf, most: float = math.inf) -> Shape:
    """Any number from ``least`` to ``most``."""
    return shape(numbers=Numbers((least, 0), (most, 0)))


def array(rest: Shape, least: int = 0, most: int | None = None) -> Shape:
    """An array whose items are all of one shape."""
    return shape(arrays=Arrays(rest, (), least, most))


def row(items: Iterable[Shape]) -> Shape:
    """An array of exactly these items."""
    head = tuple(items)
    if len(head) > LONGEST_HEAD:
        return array(joined(head), len(head), len(head))
    return shape(arrays=Arrays(NOTHING, head, len(head), len(head)))


def record(fields: Mapping[str, Shape], rest: Shape = NOTHING) -> Shape:
    """An object that has all of these fields, and perhaps others of the shape ``rest``."""
    return shape(objects=Objects({name: Field(it) for name, it in fields.items()}, rest))


def of_value(value: Json, depth: int = 0) -> Shape:
    """The shape of exactly this value."""
    if isinstance(value, dict):
        if depth > DEEPEST or not all(map(_is_whole, value)):
            return OBJECT
        some = islice(value.items(), MOST_FIELDS)
        rest = ANY if len(value) > MOST_FIELDS else NOTHING
        return record({name: of_value(item, depth + 1) for name, item in some}, rest)
    if isinstance(value, list):
        if len(value) > LONGEST_VALUE:
            return array(ANY, len(value), len(value))
        return ARRAY if depth > DEEPEST else row(of_value(item, depth + 1) for item in value)
    return _of_scalar(value)


def _of_scalar(value: Json) -> Shape:
    match value:
        case None:
            return shape(null=True)
        case bool():
            return shape(booleans=frozenset({value}))
        case str():
            return text(value) if _is_whole(value) else TEXT
    # JSONata rounds to fifteen digits, and doubles cannot hold every number.
    is_exact = abs(value) < 2**53 and (isinstance(value, int) or float(f"{value:.15g}") == value)
    return shape(numbers=Numbers(constants=frozenset({value}))) if is_exact else NUMBER


def _is_whole(constant: str) -> bool:
    """Whether the text has no lone surrogate, which JSONata replaces."""
    return constant.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in constant)


def items_of(found: Shape) -> Shape:
    """The union of the items of an array of this shape."""
    return joined(_items_of(found.arrays))


def values_of(found: Shape) -> Shape:
    """The union of the values of an object of this shape."""
    return joined(_values_of(found.objects))


def joined(shapes: Iterable[Shape]) -> Shape:
    """The union of all."""
    return reduce(join, shapes, NOTHING)


def join(one: Shape, other: Shape) -> Shape:
    """The union of both."""
    if one is other or other is NOTHING:
        return one
    if one is NOTHING:
        return other
    if one is ANY or other is ANY:
        return ANY
    return shape(
        null=one.null or other.null,
        booleans=one.booleans | other.booleans,
        numbers=join_numbers(one.numbers, other.numbers),
        texts=join_texts(one.texts, other.texts),
        arrays=_join_arrays(one.arrays, other.arrays),
        objects=_join_objects(one.objects, other.objects),
    )


def widen(old: Shape, new: Shape, depth: int = 5) -> Shape:
    """A union that soon stops growing: what changed becomes any value of its type."""
    both = join(old, new)
    if both is old or both == old or both is ANY:
        return both if both is ANY else old
    if old is NOTHING or depth == 0:
        return trimmed(both, depth)
    arrays, objects = both.arrays, both.objects
    if arrays is not None and arrays != old.arrays:
        was = NOTHING if old.arrays is None else joined(_items_of(old.arrays))
        arrays = Arrays(widen(was, joined(_items_of(arrays)), depth - 1))
    if objects is not None and objects != old.objects:
        objects = _widen_objects(old.objects, objects, depth)
    return shape(
        null=both.null,
        booleans=both.booleans,
        numbers=both.numbers if both.numbers == old.numbers else Numbers(),
        texts=both.texts if both.texts == old.texts else Texts(),
        arrays=arrays,
        objects=objects,
    )


def trimmed(found: Shape, depth: int) -> Shape:
    """The same, with anything possible below this many levels."""
    if found.depth <= depth:
        return found
    arrays, objects = found.arrays, found.objects
    if depth <= 0:
        arrays = arrays and replace(arrays, rest=ANY, head=())
        objects = objects and ANY.objects
    else:
        if arrays is not None:
            head = tuple(trimmed(it, depth - 1) for it in arrays.head)
            arrays = replace(arrays, rest=trimmed(arrays.rest, depth - 1), head=head)
        if objects is not None:
            fields = {
                name: Field(trimmed(it.shape, depth - 1), it.presence)
                for name, it in objects.fields.items()
            }
            objects = Objects(fields, trimmed(objects.rest, depth - 1))
    return shape(
        null=found.null,
        booleans=found.booleans,
        numbers=found.numbers,
        texts=found.texts,
        arrays=arrays,
        objects=objects,
    )


def _items_of(arrays: Arrays | None) -> list[Shape]:
    return [] if arrays is None else [*arrays.head, arrays.rest]


def _values_of(objects: Objects | None) -> list[Shape]:
    return [] if objects is None else [*(it.shape for it in objects.fields.values()), objects.rest]


def _settled_arrays(arrays: Arrays) -> Arrays | None:
    """The arrays, with their length bounded by items that are NOTHING."""
    head, rest, most = arrays.head[:LONGEST_HEAD], arrays.rest, arrays.most
    if len(arrays.head) > LONGEST_HEAD:
        rest = joined((*arrays.head[LONGEST_HEAD:], rest))
    none = next((at for at, it in enumerate(head) if it is NOTHING), len(head))
    if none < len(head) or rest is NOTHING:
        most = none if most is None else min(most, none)
    if most is not None and most <= len(head):
        head, rest = head[:most], NOTHING
    if most is not None and arrays.least > most:
        return None
    if (head, rest, arrays.least, most) == ((), ANY, 0, None):
        return ANY.arrays
    return Arrays(rest, head, arrays.least, most)


def _settled_objects(objects: Objects) -> Objects | None:
    fields, rest = objects.fields, objects.rest
    for it in fields.values():
        if it.shape is NOTHING and it.presence is Presence.SURE:
            return None
    if len(fields) > MOST_FIELDS:
        names = list(fields)
        kept = {name: fields[name] for name in names[:MOST_FIELDS]}
        return Objects(kept, joined((rest, *(fields[it].shape for it in names[MOST_FIELDS:]))))
    return ANY.objects if rest is ANY and not fields else objects


def _join_arrays(one: Arrays | None, other: Arrays | None) -> Arrays | None:
    if one is None or other is None or one == other:
        return one or other
    length = max(len(one.head), len(other.head))
    head = tuple(
        join(
            one.head[at] if at < len(one.head) else one.rest,
            other.head[at] if at < len(other.head) else other.rest,
        )
        for at in range(length)
    )
    unbound = one.most is None or other.most is None
    most = None if unbound else max(one.most or 0, other.most or 0)
    return Arrays(join(one.rest, other.rest), head, min(one.least, other.least), most)


def _join_objects(one: Objects | None, other: Objects | None) -> Objects | None:
    if one is None or other is None or one is other:
        return one or other
    fields = {}
    for name in (*one.fields, *(it for it in other.fields if it not in one.fields)):
        left, right = one.field(name), other.field(name)
        fields[name] = (
            left
            if left is right
            else Field(join(left.shape, right.shape), max(left.presence, right.presence))
        )
    return Objects(fields, join(one.rest, other.rest))


def _widen_objects(old: Objects | None, both: Objects, depth: int) -> Objects:
    was = old or Objects({}, NOTHING)
    fields = {
        name: Field(widen(was.field(name).shape, it.shape, depth - 1), it.presence)
        for name, it in both.fields.items()
    }
    return Objects(fields, widen(was.rest, both.rest, depth - 1))


BOOLEAN: Final = shape(booleans=_BOTH)
NUMBER: Final = number()
TEXT: Final = text()
OBJECT: Final = shape(objects=ANY.objects)
ARRAY: Final = shape(arrays=ANY.arrays)
