"""What a parsed path finds in a document.

Documents are made of dict, list and scalars as ``values.from_text`` makes them. What is found are
the document's own parts, not copies: nobody changes values in place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

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
    Wildcard,
)
from asw.asl.values import ABSENT, Json, to_text


def find(path: Path, start: Json, root: Json) -> Json:
    """What the path finds from ``start``, in a document with this root.

    A definite path finds a value or ABSENT, any other a list.
    """
    if path.steps is not None:
        return _follow(path.steps, start)
    found = _select(path.segments, start, root)
    value = found if not path.is_definite else found[0] if found else ABSENT
    return value if path.function is None else FUNCTIONS[path.function](value)


def explain_missing(path: Path, start: Json) -> str:
    """Why a definite path found nothing, in the words of Jayway, which AWS passes on."""
    steps = path.steps or ()
    value = start
    for count, step in enumerate(steps):
        if isinstance(step, int) and not isinstance(value, list):
            return (
                f"Filter: [{step}] can only be applied to arrays. "
                f"Current context is: {to_text(value)}"
            )
        if isinstance(step, str) and not isinstance(value, dict):
            return (
                f"Expected to find an object with property ['{step}'] in path "
                f"{_spell(steps[:count])} but found {_KINDS[type(value)]}"
            )
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


def _select(segments: Iterable[Segment], start: Json, root: Json) -> list[Json]:
    values = [start]
    for segment in segments:
        values = [child for value in values for child in _children(segment, value, root)]
    return values


def _children(segment: Segment, value: Json, root: Json) -> Iterable[Json]:
    return _SELECTORS[type(segment)](segment, value, root)


def _named(segment: Names, value: Json, _root: Json) -> Iterable[Json]:
    return (
        [value[name] for name in segment.names if name in value] if isinstance(value, dict) else ()
    )


def _excerpt(segment: Excerpt, value: Json, _root: Json) -> Iterable[Json]:
    if not isinstance(value, dict):
        return ()
    return ({name: value[name] for name in segment.names if name in value},)


def _indexed(segment: Indexes, value: Json, _root: Json) -> Iterable[Json]:
    size = len(value) if isinstance(value, list) else 0
    return [value[index] for index in segment.indexes if -size <= index < size]


def _sliced(segment: Slice, value: Json, _root: Json) -> Iterable[Json]:
    return value[segment.start : segment.stop : segment.step] if isinstance(value, list) else ()


def _filtered(segment: Filter, value: Json, root: Json) -> Iterable[Json]:
    """Jayway: a filter picks among the items of an array, but takes or leaves a whole object."""
    items = value if isinstance(value, list) else (value,) if isinstance(value, dict) else ()
    return [item for item in items if segment.holds(item, root)]


def _descended(segment: Descent, value: Json, root: Json) -> Iterable[Json]:
    for inner in _everything(value):
        yield from _children(segment.segment, inner, root)


def _every(_segment: Wildcard, value: Json, _root: Json) -> Iterable[Json]:
    return _below(value)


def _below(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _everything(value: Json) -> Iterator[Json]:
    """The value and all below it, outer before inner, without a stack that depth could exhaust."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(reversed(list(_below(here))))


_SELECTORS: Final[Mapping[type[Segment], Callable[[Any, Json, Json], Iterable[Json]]]] = {
    Names: _named,
    Excerpt: _excerpt,
    Indexes: _indexed,
    Slice: _sliced,
    Wildcard: _every,
    Filter: _filtered,
    Descent: _descended,
}

_KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
}
