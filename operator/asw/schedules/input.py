"""The input of a scheduled run: a payload template over ``$$.Schedule`` (ASL: Parameters)."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from asw.asl.elsewhere import Evaluations, Interrupted
from asw.asl.errors import StatesError
from asw.asl.scope import Scope
from asw.asl.templates import MARK, check_expression, expand
from asw.asl.timestamps import format_timestamp
from asw.asl.values import Json, JsonObject, is_too_deep, to_text

LONGEST_INPUT: Final = 16 * 1024
"""Bytes of a template, and of the input that is made of it."""
MOST_EXPRESSIONS: Final = 64
"""Of one template: they are evaluated while others wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a run is started for, by the Schedule of this name and time zone.

    ``scheduled`` is its instant, ``succeeded`` that of the last run that succeeded.
    """

    name: str
    scheduled: datetime
    succeeded: datetime | None = None
    zone: tzinfo = UTC

    def context(self) -> JsonObject:
        """The context object that expressions read."""
        succeeded = None if self.succeeded is None else format_timestamp(self.succeeded)
        return {
            "Schedule": {
                "Name": self.name,
                "ScheduledTime": format_timestamp(self.scheduled),
                "LocalTime": self.scheduled.astimezone(self.zone).isoformat(),
                "LastSuccessTime": succeeded,
            }
        }


def input_of(template: Json, occasion: Occasion) -> Json:
    """The input of the run. Raises ValueError with a sentence."""
    seed = f"{occasion.name} {occasion.scheduled.isoformat()}"
    chance = random.Random(seed).random  # noqa: S311  reproducible, not secret
    scope = Scope(context=occasion.context(), chance=chance, now=occasion.scheduled)
    evaluations = Evaluations()
    while True:
        try:
            made = evaluations.run(lambda: expand(template, {}, scope))
        except Interrupted as more:
            if more.question is not None:
                raise ValueError("an expression takes too long: shorten it") from None
        except StatesError as error:
            raise ValueError(error.failure.cause or error.failure.error) from None
        else:
            break
    if len(to_text(made).encode()) > LONGEST_INPUT:
        raise ValueError(f"the input is larger than {LONGEST_INPUT} bytes")
    return made


def check_input(template: Json) -> None:
    """Look whether the template makes an input. Raises ValueError with the place and a remedy."""
    text = to_text(template)
    if len(text.encode()) > LONGEST_INPUT or is_too_deep(template, text):
        raise ValueError(f"up to {LONGEST_INPUT} bytes: put what is larger into a store")
    expressions = list(_expressions(template, ""))
    if len(expressions) > MOST_EXPRESSIONS:
        raise ValueError(f"a template may have {MOST_EXPRESSIONS} expressions")
    for place, value in expressions:
        problem = check_expression(value) if isinstance(value, str) else "it is no text"
        if problem is not None:
            raise ValueError(f"{place}: {problem}")
    sample = datetime(2026, 1, 1, tzinfo=UTC)
    input_of(template, Occasion(name="sample", scheduled=sample, succeeded=sample))


def _expressions(template: Json, place: str) -> Iterator[tuple[str, Json]]:
    """Each expression of the template with its place."""
    if isinstance(template, dict):
        for key, value in template.items():
            here = f"{place}.{key}" if place else key
            if key.endswith(MARK):
                yield here, value
            else:
                yield from _expressions(value, here)
    elif isinstance(template, list):
        for index, item in enumerate(template):
            yield from _expressions(item, f"{place}[{index}]")
