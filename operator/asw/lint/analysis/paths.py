"""What a JSONPath finds in a value whose shape is known."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from asw.asl.errors import RUNTIME
from asw.asl.jsonpath import Path, Root
from asw.asl.jsonpath.segments import (
    Descent,
    Excerpt,
    Filter,
    Indexes,
    Names,
    Segment,
    Slice,
    Wildcard,
)
from asw.asl.jsonpath.syntax import leading_steps
from asw.lint.analysis.evaluation import EvaluationContext, FieldSteps, Note
from asw.lint.analysis.places import LOST, Lookup, Missing, child, failing, find
from asw.lint.analysis.shapes import (
    ANY,
    ARRAY,
    NOTHING,
    NUMBER,
    OBJECT,
    Shape,
    array,
    items_of,
    joined,
    number,
    values_of,
)

_NUMBERS: Final = ("min", "max", "sum", "avg", "stddev")


def read(
    path: Path, document: Shape, evaluation: EvaluationContext, where: FieldSteps, *, is_raw: bool
) -> Shape:
    """What the path finds; NOTHING, with a note, if it never finds anything.

    ``is_raw``: the document is the state's raw input.
    """
    found, steps = look_up(path, document, evaluation), steps_of(path)
    is_raw = is_raw and path.root is Root.DOCUMENT
    if found.missing is Missing.NEVER:
        is_list = not path.is_definite and path.function is None
        if is_list and found.shape.arrays is not None and found.shape.arrays.most == 0:
            evaluation.note(Note(kind="finds nothing", where=where, text=path.text))
        return found.shape
    if steps is not None and (is_raw or path.root is Root.VARIABLE):
        evaluation.has(path.variable, steps)
    if found.missing is not Missing.UNKNOWN:
        note_missing(Reading(path, document, is_raw), found.missing, evaluation, where)
    return found.shape


class Reading(NamedTuple):
    """A path, the document it reads, and whether that is the state's raw input."""

    path: Path
    document: Shape
    is_raw: bool


def note_missing(
    reading: Reading, missing: Missing, evaluation: EvaluationContext, where: FieldSteps
) -> None:
    """Note that the path never finds anything, or not on every way."""
    path, document, is_raw = reading
    steps = steps_of(path) or ()
    at, near = failing(_start(path, document, evaluation).shape, steps)
    if (
        path.root is Root.VARIABLE
        and child(evaluation.variables, path.variable or "").shape is NOTHING
    ):
        at, near = (
            -1,
            tuple(
                () if evaluation.variables.objects is None else evaluation.variables.objects.fields
            ),
        )
    evaluation.note(
        Note(
            kind="never there" if missing is Missing.ALWAYS else "maybe missing",
            where=where,
            text=path.text,
            steps=steps,
            root=path.variable,
            at=at,
            near=near,
            error=RUNTIME,
            is_raw=is_raw,
        )
    )


def look_up(path: Path, document: Shape, evaluation: EvaluationContext) -> Lookup:
    """What the path finds, and whether it may be missing."""
    start = _start(path, document, evaluation)
    if start.missing is Missing.ALWAYS:
        return start
    steps = steps_of(path)
    if path.steps is not None:
        found = find(start.shape, path.steps)
    elif path.function is not None:
        found = _applied(path.function, start.shape, steps)
    elif path.is_definite:  # names picked out of an object
        found = find(start.shape, leading_steps(path.segments))
        found = LOST if found.shape.objects is None else Lookup(OBJECT, Missing.UNKNOWN)
    else:
        found = Lookup(_listed(path.segments, start.shape))
    return Lookup(found.shape, max(found.missing, start.missing))


def steps_of(path: Path) -> tuple[str | int, ...] | None:
    """The steps to the single place that the path names, without its function; None if none."""
    if path.steps is not None:
        return path.steps
    steps = leading_steps(path.segments)
    return steps if path.function is not None and len(steps) == len(path.segments) else None


def _start(path: Path, document: Shape, evaluation: EvaluationContext) -> Lookup:
    if path.root is Root.CONTEXT:
        return Lookup(evaluation.context)
    if path.root is Root.VARIABLE:
        return child(evaluation.variables, path.variable or "")
    return Lookup(document)


def _applied(function: str, start: Shape, steps: tuple[str | int, ...] | None) -> Lookup:
    """Jayway: a function of nothing finds nothing."""
    found = Lookup(ANY, Missing.UNKNOWN) if steps is None else find(start, steps)
    if found.missing is Missing.ALWAYS:
        return LOST
    if function in ("length", "size"):
        return Lookup(number(0), Missing.UNKNOWN)
    if function == "keys":
        return Lookup(ARRAY, Missing.UNKNOWN)
    return Lookup(NUMBER if function in _NUMBERS else ANY, Missing.UNKNOWN)


class _Several(NamedTuple):
    """Values that a path selects: the shape of each, and how many."""

    shape: Shape
    least: int
    most: int | None


def _listed(segments: Sequence[Segment], start: Shape) -> Shape:
    """The array that an indefinite path gives."""
    found = _Several(start, 1, 1)
    for segment in segments:
        found = _BELOW[type(segment)](segment, found)
    if found.shape is NOTHING:
        return array(NOTHING, 0, 0)
    return array(found.shape, found.least, found.most)


def _named(segment: Names, here: _Several) -> _Several:
    return _one_or_more([child(here.shape, name) for name in segment.names], here)


def _indexed(segment: Indexes, here: _Several) -> _Several:
    return _one_or_more([child(here.shape, index) for index in segment.indexes], here)


def _one_or_more(found: Sequence[Lookup], here: _Several) -> _Several:
    is_sure = len(found) == 1 and found[0].missing is Missing.NEVER
    least = here.least if is_sure else 0
    return _Several(joined(it.shape for it in found), least, _times(here.most, len(found)))


def _sliced(_segment: Slice, here: _Several) -> _Several:
    longest = 0 if here.shape.arrays is None else here.shape.arrays.most
    return _Several(items_of(here.shape), 0, _times(here.most, longest))


def _filtered(_segment: Filter, here: _Several) -> _Several:
    """Jayway: a filter takes or leaves a whole object."""
    objects = OBJECT if here.shape.objects else NOTHING
    return _Several(joined((items_of(here.shape), objects)), 0, None)


def _excerpted(_segment: Excerpt, here: _Several) -> _Several:
    return _Several(OBJECT if here.shape.objects else NOTHING, 0, here.most)


def _descended(_segment: Descent, _here: _Several) -> _Several:
    return _Several(ANY, 0, None)


def _every(_segment: Wildcard, here: _Several) -> _Several:
    value = here.shape
    several = joined((items_of(value), values_of(value)))
    only_arrays = value.arrays and not (
        value.objects or value.null or value.booleans or value.numbers or value.texts
    )
    if only_arrays and value.arrays:
        least = here.least * value.arrays.least
        return _Several(several, least, _times(here.most, value.arrays.most))
    return _Several(several, 0, None)


def _times(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one * other


_BELOW: Final[Mapping[type[Any], Callable[[Any, _Several], _Several]]] = {
    Names: _named,
    Indexes: _indexed,
    Slice: _sliced,
    Wildcard: _every,
    Filter: _filtered,
    Excerpt: _excerpted,
    Descent: _descended,
}
"""What each type of segment selects from what was selected before."""
