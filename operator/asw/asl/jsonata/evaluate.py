"""Evaluation of a JSONata expression over variables."""

from collections.abc import Callable, Mapping
from datetime import datetime

from asw.asl.jsonata.engine import parse
from asw.asl.jsonata.functions import CHANCE
from asw.asl.jsonata.paths import UNSURE, follow, steps_of
from asw.asl.values import Absent, Json


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
    expression = parse(source)
    if not expression.draws:
        return expression.run(bindings, now)
    token = CHANCE.set(chance)
    try:
        return expression.run(bindings, now)
    finally:
        CHANCE.reset(token)
