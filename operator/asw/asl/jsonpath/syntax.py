"""From the text of a path to its segments, or to the reason why it is not a path.

The grammar is Jayway's: ``$``, ``$$`` or, ASL's own, ``$variable``; then ``.name``, ``['name']``,
``[0]``, ``[1:3]``, ``[*]``, ``..``, ``[?(filter)]``, and at the end a function, as in
``.length()``. AWS runs version 2.0.0, as its messages show, so all that is lenient about that one
is accepted: blanks around a path, a dot before a bracket, and no dot after one.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final

from asw.asl.jsonpath.filters import FilterReader, Operand
from asw.asl.jsonpath.functions import FUNCTIONS
from asw.asl.jsonpath.scanner import PathSyntaxError, Scanner
from asw.asl.jsonpath.segments import (
    Descent,
    Excerpt,
    Filter,
    Indexes,
    Names,
    Path,
    Root,
    Segment,
    Slice,
    Walk,
    Wildcard,
)
from asw.asl.jsonpath.walk import find_from
from asw.asl.values import DEEPEST_PAYLOAD, Json

LONGEST_KEPT: Final = 1000
"""The longest text whose parsed form is kept; longer ones, which are rare, are parsed each time."""

_NAME = re.compile(r"""[^\s.\[\]()'"*?,]+""")
_NAME_IN_FILTER = re.compile(r"""[^\s.\[\]()'"*?,=<>!&|]+""")
_STEP = r"""\.([^\s.\[\]()'"*?,]+)|\[(-?[0-9]{1,9})\]"""
_PLAIN = re.compile(rf"(?P<root>\$\$?)(?:{_STEP}){{0,{DEEPEST_PAYLOAD}}}")
_PLAIN_STEP = re.compile(_STEP)
_BRACKET = re.compile(r"\.?\[")
_BLANKS: Final = " \t\r\n"
_VARIABLE = re.compile(r"[^\W\d]\w*")
_FROM_THE_END = re.compile(r"\(\s*@\.length\s*-\s*(\d{1,9})\s*\)", re.ASCII)


def parse_path(text: str) -> Path:
    """The path in the text. Raises PathSyntaxError."""
    return _parse_short(text) if len(text) <= LONGEST_KEPT else _parse(text)


def _parse(text: str) -> Path:
    plain = _PLAIN.fullmatch(text)
    return _parse_any(text) if plain is None else _parse_plain(text, plain)


def _parse_plain(text: str, plain: re.Match[str]) -> Path:
    """A path of names and indexes only, as most are: parsed many times faster than any other."""
    steps = tuple(
        name or int(index) for name, index in _PLAIN_STEP.findall(text, plain.end("root"))
    )
    return Path(
        text=text,
        root=Root(plain["root"]),
        segments=tuple(
            Names((step,)) if isinstance(step, str) else Indexes((step,)) for step in steps
        ),
        steps=steps,
        function=None,
        is_definite=True,
    )


def _parse_any(text: str) -> Path:
    scanner = Scanner(text.strip(_BLANKS))
    variable = None
    if scanner.take("$$"):
        root = Root.CONTEXT
    elif scanner.take("$"):
        name = scanner.match(_VARIABLE)
        root = Root.DOCUMENT if name is None else Root.VARIABLE
        variable = None if name is None else name[0]
    else:
        raise PathSyntaxError("a path starts with '$'")
    if not scanner.at_end() and scanner.text[scanner.position] not in ".[":
        scanner.fail("expected '.' or '['")
    path = _read_path(scanner, root, _NAME)
    if not scanner.at_end():
        scanner.fail(f"unexpected '{scanner.text[scanner.position]}'")
    return replace(path, text=text, variable=variable)


_parse_short = lru_cache(maxsize=2048)(_parse)


def _read_path(scanner: Scanner, root: Root, names: re.Pattern[str]) -> Path:
    """The path whose segments come next, after its root."""
    start = scanner.position
    segments: list[Segment] = []
    function = None
    while function is None:
        if len(segments) > DEEPEST_PAYLOAD:
            scanner.fail(f"a path of more than {DEEPEST_PAYLOAD} steps")
        if scanner.take(".."):
            segments.append(Descent(_read_below(scanner, names)))
        elif scanner.match(_BRACKET):
            segments.append(_read_bracket(scanner))
            if scanner.looks_at("*") or scanner.is_next(names):
                segments.append(_read_dotted(scanner, names))
        elif scanner.take("."):
            function = _read_function(scanner)
            if function is None:
                segments.append(_read_dotted(scanner, names))
        else:
            break
    if segments and isinstance(segments[-1], Names) and len(segments[-1].names) > 1:
        segments[-1] = Excerpt(segments[-1].names)
    return Path(
        text=root.value + scanner.text[start : scanner.position],
        root=root,
        segments=tuple(segments),
        steps=_steps_of(segments) if function is None else None,
        function=function,
        is_definite=_are_definite(segments),
    )


def _read_below(scanner: Scanner, names: re.Pattern[str]) -> Segment:
    return _read_bracket(scanner) if scanner.take("[") else _read_dotted(scanner, names)


def _read_dotted(scanner: Scanner, names: re.Pattern[str]) -> Segment:
    if scanner.take("*"):
        return Wildcard()
    name = scanner.match(names)
    if name is None:
        scanner.fail("expected a name")
    if scanner.looks_at("("):
        known = ", ".join(f"{function}()" for function in FUNCTIONS)
        scanner.fail(f"'{name[0]}' is not a function of paths ({known} are)")
    return Names((name[0],))


def _read_function(scanner: Scanner) -> str | None:
    for name in FUNCTIONS:
        if scanner.take(f"{name}()"):
            return name
    return None


def _read_bracket(scanner: Scanner) -> Segment:
    """What is in a bracket, which has been opened."""
    scanner.skip_space()
    segment = (
        _read_wildcard(scanner)
        or _read_filter(scanner)
        or _read_from_the_end(scanner)
        or _read_names(scanner)
        or _read_numbers(scanner)
    )
    if segment is None:
        scanner.fail("expected a quoted name, a number, '*' or '?('")
    scanner.expect("]")
    return segment


def _read_wildcard(scanner: Scanner) -> Segment | None:
    return Wildcard() if scanner.take("*") else None


def _read_filter(scanner: Scanner) -> Segment | None:
    if not scanner.take("?"):
        return None
    return Filter(FilterReader(scanner, _read_operand).read())


def _read_operand(scanner: Scanner) -> Operand:
    """The path that comes next in a filter."""
    if scanner.take("@"):
        return partial(_find_in_item, _read_path(scanner, Root.ITEM, _NAME_IN_FILTER))
    scanner.expect("$")
    return partial(_find_in_root, _read_path(scanner, Root.DOCUMENT, _NAME_IN_FILTER))


def _find_in_item(path: Path, item: Json, walk: Walk) -> Json:
    return find_from(item, path, walk)


def _find_in_root(path: Path, _item: Json, walk: Walk) -> Json:
    return find_from(walk.root, path, walk)


def _read_from_the_end(scanner: Scanner) -> Segment | None:
    found = scanner.match(_FROM_THE_END)
    return Indexes((-int(found[1]),)) if found else None


def _read_names(scanner: Scanner) -> Segment | None:
    name = scanner.quoted()
    if name is None:
        return None
    names = [name]
    while _take_comma(scanner):
        name = scanner.quoted()
        if name is None:
            scanner.fail("expected a quoted name")
        names.append(name)
    return Names(tuple(names))


def _read_numbers(scanner: Scanner) -> Segment | None:
    first = scanner.integer()
    scanner.skip_space()
    if scanner.looks_at(":"):
        return _read_slice(scanner, first)
    if first is None:
        return None
    indexes = [first]
    while _take_comma(scanner):
        index = scanner.integer()
        if index is None:
            scanner.fail("expected a number")
        indexes.append(index)
    return Indexes(tuple(indexes))


def _read_slice(scanner: Scanner, start: int | None) -> Segment:
    bounds = [start]
    while len(bounds) < 3 and scanner.take(":"):
        scanner.skip_space()
        bounds.append(scanner.integer())
        scanner.skip_space()
    step = bounds[2] if len(bounds) == 3 else None
    if step is not None and step < 1:
        scanner.fail("the step of a slice is at least 1")
    return Slice(bounds[0], bounds[1], step)


def _take_comma(scanner: Scanner) -> bool:
    scanner.skip_space()
    took = scanner.take(",")
    scanner.skip_space()
    return took


def leading_steps(segments: Sequence[Segment]) -> tuple[str | int, ...]:
    """The steps of the leading segments that each lead to one place."""
    steps: list[str | int] = []
    for segment in segments:
        match segment:
            case Names((name,)):
                steps.append(name)
            case Indexes((index,)):
                steps.append(index)
            case _:
                break
    return tuple(steps)


def _steps_of(segments: Sequence[Segment]) -> tuple[str | int, ...] | None:
    steps = leading_steps(segments)
    return steps if len(steps) == len(segments) else None


def _are_definite(segments: list[Segment]) -> bool:
    if segments and isinstance(segments[-1], Excerpt):
        segments = segments[:-1]
    return _steps_of(segments) is not None
