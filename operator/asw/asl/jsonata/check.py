"""What is wrong with an expression before it runs, in AWS's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from asw.asl.jsonata.engine import parse
from asw.asl.jsonata.errors import JSONataError
from asw.asl.jsonata.references import ROOT, references_in
from asw.asl.problems import INVALID_JSONATA_EXPRESSION, UNSUPPORTED_JSONATA_EXPRESSION


@dataclass(frozen=True, slots=True)
class Fault:
    """``code`` is AWS's for the diagnostic, ``message`` its sentence.

    ``offset`` is its place in the source in characters, if that is known; ``hint`` is ours.
    """

    code: str
    message: str
    offset: int | None = None
    hint: str = ""


def find_faults(source: str) -> tuple[Fault, ...]:
    """Everything AWS refuses in the source: a syntax error, or each name read without an input."""
    try:
        expression = parse(source)
    except JSONataError as error:
        hint = "" if error.offset is None else _hint(source, error.offset)
        return (Fault(INVALID_JSONATA_EXPRESSION, error.reason, error.offset, hint),)
    if expression.needs_no_input:
        return ()
    return tuple(
        Fault(UNSUPPORTED_JSONATA_EXPRESSION, _unsupported(name))
        for name in references_in(expression.tokens)
    )


def check_source(source: str) -> str | None:
    """The first fault of the source; None if there is none."""
    faults = find_faults(source)
    return faults[0].message if faults else None


def variables_in(source: str) -> frozenset[str]:
    """The variables, without ``$``, that the expression reads and does not bind itself.

    One that is bound elsewhere in the expression may be missing. Raises JSONataError for what does
    not parse.
    """
    return parse(source).variables


def _hint(source: str, offset: int) -> str:
    """What a habit from another language most likely means; otherwise the text at that place."""
    around = source[max(0, offset - 1) : offset + 2]
    for foreign, remedy in _OTHERWISE.items():
        if foreign in around:
            return remedy
    if offset >= len(source):
        return ""
    start, end = max(0, offset - _SHOWN), offset + _SHOWN
    near = " ".join(source[start:end].split())
    return f"near '{'...' if start else ''}{near}{'...' if end < len(source) else ''}'"


_SHOWN: Final = 15
"""A hint shows this many characters before and after a fault."""
_OTHERWISE: Final[Mapping[str, str]] = {
    "==": "JSONata compares with a single =",
    "=>": "a function is written function($x) { ... }",
    "&&": "JSONata uses and",
    "||": "JSONata uses or",
    "!": "JSONata uses $not(...)",
}
"""Operators of other languages, and JSONata's counterparts."""


def _unsupported(name: str) -> str:
    if name == ROOT:
        return f"Reference to '{name}' is not supported."
    return f"Reference to '{name}' at the top level is not supported."
