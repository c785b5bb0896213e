"""Evaluation of a JSONata expression over variables, here or elsewhere."""

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
"""Numbers that one evaluation may draw."""
_EXHAUSTED: Final[Mapping[End, str]] = {"time": TIMEOUT, "memory": MEMORY}


def evaluate(
    source: str,
    bindings: Mapping[str, Json],
    chance: Callable[[], float],
    now: datetime | None = None,
) -> Json | Absent:
    """What the expression is worth; ABSENT if that is undefined.

    ``bindings`` are the variables without their ``$``. ``chance`` returns the next number in [0, 1)
    for ``$random()`` and ``$uuid()``; ``now`` is the moment that ``$now()`` and ``$millis()`` tell,
    the clock's if None. Raises JSONataError, also where a limit is exceeded, and
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
    """An expression of which even the reading takes long."""
    question = JSONataQuestion(source=source, bindings=bindings, chance=chance, now=now)
    return settle(
        lambda _units, chance: question.evaluate(chance),
        lambda: question,
        chance=chance,
        is_costly=lambda: True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JSONataQuestion:
    """See ``asw.asl.elsewhere.Question``."""

    source: str
    bindings: Mapping[str, Json]
    chance: Chance | None
    now: datetime | None

    def evaluate(self, chance: Chance | None) -> Json | Absent:
        """See Question."""
        expression = parse(self.source)
        return _attempt(expression, expression.cut(self.bindings), self.now, FULL, chance)

    def spell(self, error: Exception) -> Json | None:
        """See Question."""
        if isinstance(error, UnsupportedResultError):
            return {}
        if isinstance(error, JSONataError):
            return {"reason": error.reason, "code": error.code, "offset": error.offset}
        return None

    def error(self, spelled: Json) -> Exception:
        """See Question."""
        if not spelled:
            return UnsupportedResultError()
        return JSONataError(str(spelled["reason"]), str(spelled["code"]), spelled["offset"])

    def exhausted(self, by: End) -> Exception:
        """See Question."""
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
    """So many numbers and no more: elsewhere they are drawn again, for what comes after them."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._left = MOST_DRAWS

    def __call__(self) -> float:
        self._left -= 1
        if self._left < 0:
            raise JSONataError(TIMEOUT)
        return self._chance()
