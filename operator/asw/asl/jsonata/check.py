"""What is wrong with an expression before it runs, in the words in which AWS refuses it."""

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

    ``offset`` is where it is in the source, in characters, where that is known; ``hint`` is ours.
    """

    code: str
    message: str
    offset: int | None = None
    hint: str = ""


def find_faults(source: str) -> tuple[Fault, ...]:
    """All that AWS refuses in the source: what does not parse, or each name read from no input."""
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
    """The first thing that is wrong with the source; None where there is nothing."""
    faults = find_faults(source)
    return faults[0].message if faults else None


def variables_in(source: str) -> frozenset[str]:
    """The variables, without ``$``, that the expression reads and does not bind itself.

    One that is bound in another place of the expression may be missing. Raises JSONataError for
    what does not parse.
    """
    return parse(source).variables


def _hint(source: str, offset: int) -> str:
    """What those mean who write it as in other languages; else what stands there."""
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
"""Characters before and after a fault that a hint shows."""
_OTHERWISE: Final[Mapping[str, str]] = {
    "==": "JSONata compares by a single =",
    "=>": "a function is function($x) { ... }",
    "&&": "JSONata says and",
    "||": "JSONata says or",
    "!": "JSONata says $not(...)",
}
"""Operators of other languages, and what JSONata has for them."""


def _unsupported(name: str) -> str:
    if name == ROOT:
        return f"Reference to '{name}' is not supported."
    return f"Reference to '{name}' at the top level is not supported."
