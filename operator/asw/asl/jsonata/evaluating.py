"""Evaluation of a JSONata expression with variables, here or in another process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from asw.asl.budget import FULL
from asw.asl.elsewhere import Chance, End, is_all_here, settle
from asw.asl.jsonata.engine import Compiled, is_long, parse
from asw.asl.jsonata.errors import MEMORY, TIMEOUT, JSONataError, UnsupportedResultError
from asw.asl.jsonata.functions import CHANCE
from asw.asl.jsonata.paths import UNSURE, follow, steps_of
from asw.asl.values import Absent, Json

MOST_DRAWS: Final = 100_000
"""One evaluation may draw this many numbers."""
_EXHAUSTED: Final[Mapping[End, str]] = {"time": TIMEOUT, "memory": MEMORY}


def evaluate(
    source: str,
    bindings: Mapping[str, Json],
    chance: Callable[[], float],
    now: datetime | None = None,
) -> Json | Absent:
    """The result of the expression; ABSENT if undefined.

    ``bindings`` are the variables without their ``$``. ``chance`` returns the next number in [0, 1)
    for ``$random()`` and ``$uuid()``; ``now`` is the moment that ``$now()`` and ``$millis()``
    return, the clock's if None. Raises JSONataError, also if a limit is exceeded, and
    UnsupportedResultError for a function.
    """
    steps = steps_of(source)
    if steps is not None:
        value = follow(steps, bindings)
        if value is not UNSURE:
            return value
    if is_long(source):
        return _settle_long(source, bindings, chance, now)
    expression = parse(source)
    read = expression.cut(bindings)
    if is_all_here():
        return _attempt(expression, read, now, FULL, chance)
    return settle(
        partial(_attempt, expression, read, now),
        lambda: JSONataQuestion(
            source=source, bindings=read, chance=chance if expression.draws else None, now=now
        ),
        chance=chance if expression.draws else None,
        is_costly=partial(_is_costly, expression, read),
    )


def _settle_long(
    source: str, bindings: Mapping[str, Json], chance: Chance, now: datetime | None
) -> Json | Absent:
    """The result of an expression that takes long even to parse."""
    question = JSONataQuestion(source=source, bindings=bindings, chance=chance, now=now)
    return settle(
        lambda _units, chance: question.evaluate(chance),
        lambda: question,
        chance=chance,
        is_costly=lambda: True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JSONataQuestion:
    """A JSONata expression, as a question that another process can answer."""

    source: str
    bindings: Mapping[str, Json]
    chance: Chance | None
    now: datetime | None

    def evaluate(self, chance: Chance | None) -> Json | Absent:
        """What the expression returns, within the full budget."""
        expression = parse(self.source)
        return _attempt(expression, expression.cut(self.bindings), self.now, FULL, chance)

    def spell(self, error: Exception) -> Json | None:
        """The error as JSON; empty for UnsupportedResultError, None for any unexpected error."""
        if isinstance(error, UnsupportedResultError):
            return {}
        if isinstance(error, JSONataError):
            return {"reason": error.reason, "code": error.code, "offset": error.offset}
        return None

    def error(self, spelled: Json) -> Exception:
        """The error that ``spell`` wrote."""
        if not spelled:
            return UnsupportedResultError()
        return JSONataError(str(spelled["reason"]), str(spelled["code"]), spelled["offset"])

    def exhausted(self, by: End) -> Exception:
        """The expression took too much time or memory."""
        return JSONataError(_EXHAUSTED[by])


def _attempt(
    expression: Compiled,
    read: dict[str, Json],
    now: datetime | None,
    units: int,
    chance: Chance | None,
) -> Json | Absent:
    is_small = units < FULL
    if not expression.draws or chance is None:
        return expression.run(read, now, is_small=is_small)
    token = CHANCE.set(_Draws(chance))
    try:
        return expression.run(read, now, is_small=is_small)
    finally:
        CHANCE.reset(token)


def _is_costly(expression: Compiled, read: Mapping[str, Json]) -> bool:
    return expression.growth is None or expression.growth.is_costly(read)


class _Draws:
    """A bounded number of draws: the caller's process repeats them to reach the same state."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._left = MOST_DRAWS

    def __call__(self) -> float:
        self._left -= 1
        if self._left < 0:
            raise JSONataError(TIMEOUT)
        return self._chance()
