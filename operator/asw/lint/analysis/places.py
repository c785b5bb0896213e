"""Places in a value whose shape is known: find, put, keep, remove.

``steps`` are names and indexes, as in a reference path. More is known of a value once a run gets
past something that needs a place: ``keeping`` and ``lacking`` are the two sides of that.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Final, NamedTuple, Unpack

from asw.lint.analysis.shapes import (
    ANY,
    DEEPEST,
    LONGEST_HEAD,
    NOTHING,
    Arrays,
    Field,
    Kinds,
    Objects,
    Presence,
    Shape,
    items_of,
    join,
    record,
    shape,
)

Steps = Sequence[str | int]


class Missing(IntEnum):
    """Whether a place is missing; the worse of two steps counts."""

    NEVER = 0
    UNKNOWN = 1
    SHOWN = 2
    """There is a known way on which it is missing."""
    ALWAYS = 3


_OF_PRESENCE: Final = {
    Presence.SURE: Missing.NEVER,
    Presence.UNKNOWN: Missing.UNKNOWN,
    Presence.SHOWN_MISSING: Missing.SHOWN,
}


class Lookup(NamedTuple):
    """What is at a place, and whether it may be missing."""

    shape: Shape
    missing: Missing = Missing.NEVER


LOST: Final = Lookup(NOTHING, Missing.ALWAYS)


def find(value: Shape, steps: Steps) -> Lookup:
    """What is at the end of the steps."""
    missing = Missing.NEVER
    for step in steps:
        found = child(value, step)
        value, missing = found.shape, max(missing, found.missing)
    return Lookup(value, missing) if value is not NOTHING or not steps else LOST


def child(value: Shape, step: str | int) -> Lookup:
    """What is at the end of one step."""
    if isinstance(step, str):
        return _member(value, step)
    return _item(value, step)


def failing(start: Shape, steps: tuple[str | int, ...]) -> tuple[int, tuple[str, ...]]:
    """The first step that may find nothing, and the names that exist there."""
    for at, step in enumerate(steps):
        found = child(start, step)
        if found.missing >= Missing.SHOWN:
            known = () if start.objects is None else start.objects.fields.items()
            return at, tuple(name for name, it in known if it.shape is not NOTHING)
        start = found.shape
    return max(len(steps) - 1, 0), ()


def _member(value: Shape, name: str) -> Lookup:
    if value.objects is None:
        return LOST
    field = value.objects.field(name)
    if field.shape is NOTHING:
        return LOST
    return Lookup(field.shape, max(_OF_PRESENCE[field.presence], _of_others(value, "objects")))


def _item(value: Shape, index: int) -> Lookup:
    arrays = value.arrays
    if arrays is None:
        return LOST
    needed = index + 1 if index >= 0 else -index
    if arrays.most is not None and arrays.most < needed:
        return LOST
    missing = Missing.NEVER if arrays.least >= needed else Missing.UNKNOWN
    found = _at(value, arrays, index)
    return LOST if found is NOTHING else Lookup(found, max(missing, _of_others(value, "arrays")))


def _at(value: Shape, arrays: Arrays, index: int) -> Shape:
    if index < 0:
        if arrays.most != arrays.least:
            return items_of(value)
        index += arrays.least
    return arrays.head[index] if index < len(arrays.head) else arrays.rest


def _of_others(value: Shape, kind: str) -> Missing:
    """Whether a value of another type may come, in which the step finds nothing."""
    other = value.arrays if kind == "objects" else value.objects
    if value.booleans or value.numbers or value.texts or other:
        return Missing.UNKNOWN
    return Missing.SHOWN if value.null else Missing.NEVER


def put(value: Shape, steps: Steps, result: Shape) -> Shape:
    """The value with the result at the place, as by ResultPath; NOTHING if that fails."""
    if not steps:
        return result
    if len(steps) > DEEPEST:
        return put(value, steps[:DEEPEST], ANY)
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        return _put_item(value, step, rest, result)
    if value.objects is None:
        return NOTHING
    field = value.objects.field(step)
    below = put(field.shape, rest, result) if field.shape is not NOTHING else NOTHING
    if field.presence is not Presence.SURE or field.shape is NOTHING:
        below = join(below, _made(rest, result))
    return _with_field(value.objects, step, below)


def _put_item(value: Shape, index: int, rest: Steps, result: Shape) -> Shape:
    found = _item(value, index)
    if found.missing is Missing.ALWAYS or value.arrays is None:
        return NOTHING
    return _with_item(value.arrays, index, put(found.shape, rest, result))


def _made(steps: Steps, result: Shape) -> Shape:
    """What is created where nothing was: only objects, an index finds no place."""
    for step in reversed(steps):
        if isinstance(step, int):
            return NOTHING
        result = record({step: result})
    return result


def keeping(value: Shape, steps: Steps, change: Callable[[Shape], Shape]) -> Shape:
    """The values in which the place exists, with what is there changed."""
    if not steps:
        return change(value)
    if len(steps) > DEEPEST:
        return keeping(value, steps[:DEEPEST], lambda found: found)
    step, rest = steps[0], steps[1:]
    found = child(value, step)
    if found.missing is Missing.ALWAYS:
        return NOTHING
    below = keeping(found.shape, rest, change)
    if below is NOTHING:
        return NOTHING
    if isinstance(step, str):
        assert value.objects is not None
        return _with_field(value.objects, step, below)
    assert value.arrays is not None
    return _with_item(value.arrays, step, below)


def lacking(value: Shape, steps: Steps) -> Shape:
    """The values in which the place is missing."""
    if len(steps) > DEEPEST:
        return value
    step, rest = steps[0], steps[1:]
    found = child(value, step)
    if found.missing is Missing.ALWAYS:
        return value
    if isinstance(step, int):
        return _lacking_item(value, step, rest, found.shape)
    assert value.objects is not None
    field = value.objects.field(step)
    below = lacking(field.shape, rest) if rest else NOTHING
    presence = field.presence
    if below is NOTHING:
        if presence is Presence.SURE:
            return replaced(value, objects=None)
        presence = Presence.SHOWN_MISSING
    fields = {**value.objects.fields, step: Field(below, presence)}
    return replaced(value, objects=Objects(fields, value.objects.rest))


def _lacking_item(value: Shape, index: int, rest: Steps, found: Shape) -> Shape:
    arrays, needed = value.arrays, index + 1 if index >= 0 else -index
    assert arrays is not None
    if rest:
        below = lacking(found, rest)
        is_there = value if below is not NOTHING else NOTHING
        shorter = replaced(value, arrays=_shorter(arrays, needed))
        return join(is_there, shorter)
    return replaced(value, arrays=_shorter(arrays, needed))


def _shorter(arrays: Arrays, length: int) -> Arrays | None:
    """The arrays with fewer items than this."""
    most = length - 1 if arrays.most is None else min(arrays.most, length - 1)
    return replace(arrays, most=most) if arrays.least <= most else None


def replaced(value: Shape, **kinds: Unpack[Kinds]) -> Shape:
    """The value with some of its JSON types replaced."""
    parts: Kinds = {
        "null": value.null,
        "booleans": value.booleans,
        "numbers": value.numbers,
        "texts": value.texts,
        "arrays": value.arrays,
        "objects": value.objects,
    }
    parts.update(kinds)
    return shape(**parts)


def _with_field(objects: Objects, name: str, value: Shape) -> Shape:
    if value is NOTHING:
        return NOTHING
    return shape(objects=Objects({**objects.fields, name: Field(value)}, objects.rest))


def _with_item(arrays: Arrays, index: int, value: Shape) -> Shape:
    """The arrays that have this value at the index."""
    if value is NOTHING:
        return NOTHING
    least = max(arrays.least, index + 1 if index >= 0 else -index)
    if index < 0:
        if arrays.least != arrays.most:
            head = tuple(join(it, value) for it in arrays.head)
            return shape(arrays=Arrays(join(arrays.rest, value), head, least, arrays.most))
        index += arrays.least
    if index >= LONGEST_HEAD:
        return shape(arrays=replace(arrays, rest=join(arrays.rest, value), least=least))
    missing = index + 1 - len(arrays.head)
    head = (*arrays.head, *[arrays.rest] * missing)
    head = (*head[:index], value, *head[index + 1 :])
    return shape(arrays=Arrays(arrays.rest, head, least, arrays.most))
