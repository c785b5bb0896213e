"""Whether an event starts a run, and with which input: a job for a sandbox.

Both are expressions of a tenant about data of a stranger, so neither is evaluated where it could
hold up or fill up anybody else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from asw.asl import jsonata
from asw.asl.errors import StatesError
from asw.asl.jsonata import is_expression, source_of
from asw.asl.queries import Query
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Absent, Json, JsonObject, from_text, is_too_deep, to_text
from asw.sandbox.jobs import Limits

if TYPE_CHECKING:
    from asw.triggers.cel import Program

LONGEST_FILTER: Final = 2048
"""Characters of a filter."""
LONGEST_TEMPLATE: Final = 16 * 1024
"""Bytes of a template."""
LONGEST_INPUT: Final = 256 * 1024
"""Bytes of an input (AWS: quota of an execution's input)."""
MOST_EXPRESSIONS: Final = 64
"""Of one template."""
LIMITS: Final = Limits(processor_seconds=1, answer=2 * LONGEST_INPUT)
_LONGEST_PROBLEM: Final = 1000
_BOUND: Final = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*(\w+)\s*,")
"""Names that a macro of CEL binds: ``tags.exists(tag, tag == "x")``."""


class Verdict(NamedTuple):
    """What came of an event: ``input`` is ABSENT if the filter held it back, or on a problem."""

    input: Json | Absent = ABSENT
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a Trigger does with its events; ``input`` is the template as JSON text.

    Without a filter each event starts a run, without a template the event is the input.
    """

    filter: str = ""
    input: str | None = None

    @property
    def is_simple(self) -> bool:
        """Whether nothing needs to be evaluated."""
        return not self.filter and self.input is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """A job that finds the verdict on an event; without one, what is wrong with the wish."""

    wish: Wish
    event: str | None
    """The event's document as JSON text."""
    now: datetime | None = None
    """What JSONata's ``$now()`` gives."""
    limits: Limits = LIMITS

    def run(self) -> bytes:
        """The verdict as JSON text; ``read_verdict`` reads it."""
        try:
            check(self.wish)
            if self.event is None:
                return b"{}"
            verdict = judge(self.wish, _object(self.event), self.now)
        except ValueError as error:
            verdict = Verdict(problem=str(error))
        if verdict.input is ABSENT:
            return to_text({"problem": verdict.problem[:_LONGEST_PROBLEM]}).encode()
        return to_text({"input": verdict.input}).encode()


def read_verdict(answer: bytes) -> Verdict:
    """The verdict that a job found. Raises ValueError, LookupError or TypeError."""
    told = from_text(answer.decode())
    if not isinstance(told, dict):
        raise TypeError("a verdict is an object")
    return Verdict(told.get("input", ABSENT), str(told.get("problem", "")))


def judge(wish: Wish, event: JsonObject, now: datetime | None = None) -> Verdict:
    """The verdict on the event, found here and now. Raises ValueError with a sentence."""
    if wish.filter and not _passes(wish.filter, event):
        return Verdict()
    value: Json = event
    if wish.input is not None:
        scope = Scope(context={}, chance=lambda: 0.5, variables={"event": event}, now=now)
        try:
            value = Query(scope, event).expand(from_text(wish.input), "input")
        except StatesError as error:
            raise ValueError(error.failure.cause or error.failure.error) from None
    if len(to_text(value).encode()) > LONGEST_INPUT:
        raise ValueError(
            f"the input is larger than {LONGEST_INPUT} bytes: let spec.input pick less of the event"
        )
    return Verdict(value)


def check(wish: Wish) -> None:
    """Look whether the filter and the template can be read. Raises ValueError with the place."""
    if wish.filter:
        _compiled(wish.filter)
    if wish.input is not None:
        check_template(from_text(wish.input))


def check_template(template: Json) -> None:
    """Look whether the template makes an input. Raises ValueError with the place and a remedy."""
    text = to_text(template)
    if len(text.encode()) > LONGEST_TEMPLATE or is_too_deep(template, text):
        raise ValueError(f"spec.input: up to {LONGEST_TEMPLATE} bytes: put more into a store")
    found = list(_expressions(template, "spec.input"))
    if len(found) > MOST_EXPRESSIONS:
        raise ValueError(f"spec.input: a template may have {MOST_EXPRESSIONS} expressions")
    for place, source in found:
        problem = jsonata.check_source(source)
        if problem is not None:
            raise ValueError(f"{place}: {problem}")


def _expressions(template: Json, place: str) -> Iterator[tuple[str, str]]:
    """Each expression of the template with its place."""
    if isinstance(template, str):
        if is_expression(template):
            yield place, source_of(template)
    elif isinstance(template, dict):
        for name, value in template.items():
            yield from _expressions(value, f"{place}.{name}")
    elif isinstance(template, list):
        for at, item in enumerate(template):
            yield from _expressions(item, f"{place}[{at}]")


def _object(text: str) -> JsonObject:
    found = from_text(text)
    assert isinstance(found, dict), "an event is an object"
    return found


def _passes(source: str, event: JsonObject) -> bool:
    """Whether the filter lets the event through. Raises ValueError."""
    try:
        passes = _compiled(source).execute({"event": event})
    except KeyError as error:
        raise ValueError(
            f"spec.filter: the event has no {error}: ask with has() before reading it"
        ) from None
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"spec.filter: {_one_line(error)}") from None
    if not isinstance(passes, bool):
        kind = type(passes).__name__
        raise ValueError(f"spec.filter: gives {kind}, not true or false")  # noqa: TRY004
    return passes


def _compiled(source: str) -> "Program":
    """The filter as a program. Raises ValueError with a sentence."""
    from asw.triggers.cel import read  # noqa: PLC0415 -- loads the engine, with the first filter

    try:
        program = read(source)
    except ValueError as error:
        raise ValueError(f"spec.filter: {_one_line(error)}") from None
    strangers = sorted(set(program.variables()) - {"event", *_BOUND.findall(source)})
    if strangers:
        raise ValueError(f"spec.filter: there is no {strangers[0]!r}: read the event by event.data")
    return program


def _one_line(error: Exception) -> str:
    """The sentence of an error without the source that it repeats."""
    text = str(error).partition("ERROR: ")[2] or str(error)
    return " ".join(text.partition("\n")[0].split())[:_LONGEST_PROBLEM]
