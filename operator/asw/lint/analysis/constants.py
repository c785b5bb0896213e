"""What is known before anything runs: single values, and expressions that read nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asw.asl.jsonata.engine import parse
from asw.asl.jsonata.errors import MEMORY, TIMEOUT, JSONataError, UnsupportedResultError
from asw.asl.values import ABSENT, Absent, Json
from asw.lint.analysis.shapes import Shape

_LEFT_ALONE: Final = frozenset({"now", "millis", "shuffle", "error", "assert"})
"""Functions that give another value each time, besides our own, and those that fail on purpose."""
_LONGEST: Final = 1000
"""Characters of a source that is evaluated."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an expression is worth in every run: its value, ABSENT, or why it ``fails``."""

    value: Json | Absent = ABSENT
    fails: str = ""


def outcome_of(source: str, assigned: Collection[str]) -> Outcome | None:
    """What the expression is always worth; None where that is not certain.

    ``assigned`` are the variables that there may be: one of them may hide a function.
    """
    if len(source) > _LONGEST or "$states" in source:
        return None
    names, outcome = _evaluated(source)
    return None if outcome is None or not names.isdisjoint(assigned) else outcome


@lru_cache(maxsize=2048)
def _evaluated(source: str) -> tuple[frozenset[str], Outcome | None]:
    """The names that it mentions, and what it is worth if they are all of functions."""
    expression = parse(source)
    names = frozenset(expression.reads)
    if expression.variables or expression.draws or not names.isdisjoint(_LEFT_ALONE):
        return names, None
    try:
        return names, Outcome(value=expression.run({}, None))
    except UnsupportedResultError:
        return names, Outcome(fails="it is worth a function, which is no JSON value")
    except JSONataError as error:
        if error.message in (TIMEOUT, MEMORY):  # which depends on the machine
            return names, None
        return names, Outcome(fails=error.message)


def sole_value(found: Shape) -> Json | Absent:
    """The one text, number or boolean that may come; ABSENT where there is none, or more."""
    if found.null or found.arrays or found.objects:
        return ABSENT
    only: list[Json] = [*found.booleans]
    for known in (found.texts, found.numbers):
        if known is not None:
            if known.constants is None:
                return ABSENT
            only += known.constants
    return only[0] if len(only) == 1 else ABSENT
