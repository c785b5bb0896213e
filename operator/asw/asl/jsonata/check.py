"""What is wrong with an expression before it runs, in the words in which AWS refuses it."""

from dataclasses import dataclass

from asw.asl.jsonata.engine import parse
from asw.asl.jsonata.errors import JSONataError
from asw.asl.jsonata.references import ROOT, references_in
from asw.asl.problems import INVALID_JSONATA_EXPRESSION, UNSUPPORTED_JSONATA_EXPRESSION


@dataclass(frozen=True, slots=True)
class Fault:
    """``code`` is AWS's for the diagnostic, ``message`` its sentence."""

    code: str
    message: str


def find_faults(source: str) -> tuple[Fault, ...]:
    """All that AWS refuses in the source: what does not parse, or each name read from no input."""
    try:
        expression = parse(source)
    except JSONataError as error:
        return (Fault(INVALID_JSONATA_EXPRESSION, error.reason),)
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


def _unsupported(name: str) -> str:
    if name == ROOT:
        return f"Reference to '{name}' is not supported."
    return f"Reference to '{name}' at the top level is not supported."
