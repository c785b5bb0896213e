"""Expressions that only descend into objects, such as ``$states.input.order.id``: the most common.

They are answered from the value itself, which costs next to nothing and keeps integers exact.
Everything for which JSONata has more rules, above all arrays on the way, is left to the engine.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from asw.asl.values import ABSENT, Absent, Json

UNSURE: Final = object()
"""The answer of ``follow`` that leaves the expression to the engine."""

_PATH: Final = re.compile(r"\$[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_NO_FIELDS: Final = frozenset({"true", "false", "null", "function", "λ", "and", "or", "in"})
_LONG: Final = 2**63
_LONGEST_PATH: Final = 1000
"""Longer expressions are left to the engine and not kept."""


def steps_of(source: str) -> tuple[str, ...] | None:
    """The variable and the fields of such an expression; None for any other expression."""
    return _steps_of_short(source) if len(source) <= _LONGEST_PATH else None


@lru_cache(maxsize=2048)
def _steps_of_short(source: str) -> tuple[str, ...] | None:
    if not _PATH.fullmatch(source):
        return None
    steps = tuple(source[1:].split("."))
    return None if _NO_FIELDS.intersection(steps) else steps


def follow(steps: Sequence[str], bindings: Mapping[str, Json]) -> Json | Absent | object:
    """The value found there, ABSENT if there is none, or UNSURE."""
    if steps[0] not in bindings:
        return UNSURE
    value = bindings[steps[0]]
    for step in steps[1:]:
        if isinstance(value, dict):
            if step not in value:
                return ABSENT
            value = value[step]
        elif isinstance(value, list):
            return UNSURE
        else:
            return ABSENT
    return value if _is_settled(value) else UNSURE


def _is_settled(value: Json) -> bool:
    """Whether AWS would write all its numbers unchanged: not 1.0, which becomes 1."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        kind = type(here)
        if kind is dict:
            waiting.extend(here.values())
        elif kind is list:
            waiting.extend(here)
        elif (kind is float and here.is_integer()) or (kind is int and not -_LONG <= here < _LONG):
            return False
    return True
