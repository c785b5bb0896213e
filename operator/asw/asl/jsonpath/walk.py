"""What a parsed path finds in a document.

Documents consist of dict, list and scalars as ``values.from_text`` makes them. Results are parts of
the document, not copies: nobody changes values in place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from asw.asl.budget import Budget
from asw.asl.jsonpath.functions import FUNCTIONS
from asw.asl.jsonpath.segments import (
    Descent,
    Excerpt,
    Filter,
    Indexes,
    Names,
    Path,
    Segment,
    Slice,
    Walk,
    Wildcard,
)
from asw.asl.values import ABSENT, Json, quote


def find(path: Path, document: Json, budget: Budget | None = None) -> Json:
    """What the path finds in the document.

    A definite path finds a value or ABSENT, any other path a list. Raises OverBudgetError.
    """
    if path.steps is not None:
        return _follow(path.steps, document)
    return find_from(document, path, Walk(document, budget or Budget()))


def find_from(start: Json, path: Path, walk: Walk) -> Json:
    """What the path finds when it starts from a value within the walk's document."""
    walk.budget.spend(1)
    if path.steps is not None:
        return _follow(path.steps, start)
    found = _select(path.segments, start, walk)
    value = found if not path.is_definite else found[0] if found else ABSENT
    if path.function is None:
        return value
    walk.budget.spend(len(value) if isinstance(value, list | dict) else 1)
    return FUNCTIONS[path.function](value)


def explain_missing(path: Path, start: Json) -> str:
    """Why a definite path found nothing, in the words of Jayway, which AWS repeats."""
    steps = path.steps or ()
    value = start
    for count, step in enumerate(steps):
        if isinstance(step, int) and not isinstance(value, list):
            return (
                f"Filter: [{step}] can only be applied to arrays. "
                f"Current context is: {quote(value)}"
            )
        if isinstance(step, str) and not isinstance(value, dict):
            return f"Property ['{step}'] not found in path {_spell(steps[:count])}"
        value = _follow((step,), value)
        if value is ABSENT:
            if isinstance(step, str) and count + 1 < len(steps):
                return f"Missing property in path {_spell(steps[: count + 1])}"
            break
    return f"No results for path: {_spell(steps) if steps else path.text}"


def _spell(steps: Iterable[str | int]) -> str:
    """A path as Jayway spells it: ``$['a'][0]``."""
    return "$" + "".join(f"[{s}]" if isinstance(s, int) else f"['{s}']" for s in steps)


def _follow(steps: Iterable[str | int], value: Json) -> Json:
    for step in steps:
        if isinstance(value, dict):
            if step not in value:
                return ABSENT
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int):
            if not -len(value) <= step < len(value):
                return ABSENT
            value = value[step]
        else:
            return ABSENT
    return value


def _select(segments: Iterable[Segment], start: Json, walk: Walk) -> list[Json]:
    values = [start]
    for segment in segments:
        found: list[Json] = []
        for value in values:
            walk.budget.spend(1)
            found.extend(_children(segment, value, walk))
        values = found
    return values


def _children(segment: Segment, value: Json, walk: Walk) -> Sequence[Json]:
    children = _SELECTORS[type(segment)](segment, value, walk)
    walk.budget.spend(len(children))
    return children


def _named(segment: Names, value: Json, walk: Walk) -> Sequence[Json]:
    if not isinstance(value, dict):
        return ()
    walk.budget.spend(len(segment.names))
    return [value[name] for name in segment.names if name in value]


def _excerpt(segment: Excerpt, value: Json, walk: Walk) -> Sequence[Json]:
    if not isinstance(value, dict):
        return ()
    walk.budget.spend(len(segment.names))
    return ({name: value[name] for name in segment.names if name in value},)


def _indexed(segment: Indexes, value: Json, walk: Walk) -> Sequence[Json]:
    walk.budget.spend(len(segment.indexes))
    size = len(value) if isinstance(value, list) else 0
    return [value[index] for index in segment.indexes if -size <= index < size]


def _sliced(segment: Slice, value: Json, _walk: Walk) -> Sequence[Json]:
    return value[segment.start : segment.stop : segment.step] if isinstance(value, list) else ()


def _filtered(segment: Filter, value: Json, walk: Walk) -> Sequence[Json]:
    """Jayway: a filter selects items of an array, but takes or leaves an object as a whole."""
    items = value if isinstance(value, list) else (value,) if isinstance(value, dict) else ()
    walk.budget.spend(len(items))
    return [item for item in items if segment.holds(item, walk)]


def _descended(segment: Descent, value: Json, walk: Walk) -> Sequence[Json]:
    found: list[Json] = []
    for inner in _everything(value):
        walk.budget.spend(1)
        found.extend(_children(segment.segment, inner, walk))
    return found


def _every(_segment: Wildcard, value: Json, _walk: Walk) -> Sequence[Json]:
    return _below(value)


def _below(value: Json) -> Sequence[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def _everything(value: Json) -> Iterator[Json]:
    """The value and all below it, outer before inner; not recursive, so depth does no harm."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(reversed(_below(here)))


_SELECTORS: Final[Mapping[type[Segment], Callable[[Any, Json, Walk], Sequence[Json]]]] = {
    Names: _named,
    Excerpt: _excerpt,
    Indexes: _indexed,
    Slice: _sliced,
    Wildcard: _every,
    Filter: _filtered,
    Descent: _descended,
}
