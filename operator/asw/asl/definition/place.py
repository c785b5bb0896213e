"""Where a reader of the definition is, and the report for the problems found there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, NamedTuple

from asw.asl.model import Dialect, QueryLanguage
from asw.asl.problems import (
    NOT_SUPPORTED,
    SCHEMA_VALIDATION_FAILED,
    Problem,
    did_you_mean,
    nearest_name,
    pointer_of,
)
from asw.asl.values import Json, to_text

MOST_PROBLEMS: Final = 1000
"""With this many problems reported, another error ends reading: nobody fixes so many at once."""
_HINTED_PROBLEMS = 100
_HINTED_NAMES = 1000


class TooManyProblemsError(Exception):
    """Enough problems have been reported."""


@dataclass(slots=True)
class Report:
    """The problems found so far; ``state_names`` and ``labels`` keep where each was first used.

    ``references`` holds the variables that are read, where, and what else each may mean. ``meant``
    holds, by the steps to an object, the fields that its misspelt fields most likely stand for.
    With ``any_resource``, a Resource need not be one that executions can run. A machine that
    ``is_express`` cannot wait for others.
    """

    problems: list[Problem] = field(default_factory=list)
    state_names: dict[str, "Place"] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    references: list[tuple["Place", str, Callable[[str], str]]] = field(default_factory=list)
    meant: dict[tuple[str | int, ...], set[str]] = field(default_factory=dict)
    any_resource: bool = False
    is_express: bool = False


class Place(NamedTuple):
    """The place of a value in the definition; ``steps`` lead to it from the top.

    ``language`` is the query language of the whole machine; states may have their own. It is a
    tuple because large definitions have a hundred thousand places.
    """

    report: Report
    dialect: Dialect
    language: QueryLanguage = "JSONPath"
    steps: tuple[str | int, ...] = ()

    def at(self, *steps: str | int) -> "Place":
        """The place of a member or item of this value."""
        return Place(self.report, self.dialect, self.language, self.steps + steps)

    @property
    def around(self) -> "Place":
        """The place of the object or array that contains this value."""
        return Place(self.report, self.dialect, self.language, self.steps[:-1])

    def speaking(self, language: QueryLanguage) -> "Place":
        """The same place in a machine with this query language."""
        return Place(self.report, self.dialect, language, self.steps)

    def refer_to(self, variable: str, hint: Callable[[str], str] = lambda _name: "") -> None:
        """Note a variable read here; the hint says what it may mean if no state assigns it."""
        self.report.references.append((self, variable, hint))

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer; ``/`` for the whole definition, as AWS has it."""
        return pointer_of(self.steps)

    @property
    def location(self) -> str:
        """The place as AWS spells it: indexes in brackets, names unescaped."""
        if not self.steps:
            return "/"
        return "".join(f"[{it}]" if isinstance(it, int) else f"/{it}" for it in self.steps)

    @property
    def field(self) -> str:
        """The name of this field, or of the field whose item this is."""
        return next((step for step in reversed(self.steps) if isinstance(step, str)), "definition")

    def error(
        self,
        summary: str,
        hint: str = "",
        *,
        code: str = SCHEMA_VALIDATION_FAILED,
        location: str | None = None,
        is_consequence: bool = False,
    ) -> None:
        """The definition cannot run because of the value here.

        ``location`` is where AWS reports it, if not here; empty if AWS names no place. With
        ``is_consequence``, fixing another reported error fixes this one.
        """
        if len(self.report.problems) >= MOST_PROBLEMS:
            raise TooManyProblemsError
        told = Problem(
            severity="ERROR",
            code=code,
            path=self.pointer,
            summary=summary,
            hint=hint,
            location=self.location if location is None else location,
            is_consequence=is_consequence,
        )
        self.report.problems.append(told)

    def error_within(self, offset: int | None, summary: str, hint: str, *, code: str) -> None:
        """The definition cannot run because of what is at this offset in the text here."""
        self.error(summary, hint, code=code)
        problems = self.report.problems
        problems[-1] = replace(problems[-1], offset=offset)

    def warning(
        self, summary: str, hint: str = "", *, code: str, is_consequence: bool = False
    ) -> None:
        """The definition can run, but its author should know about this."""
        told = Problem(
            severity="WARNING",
            code=code,
            path=self.pointer,
            summary=summary,
            hint=hint,
            location=self.location,
            is_consequence=is_consequence,
        )
        self.report.problems.append(told)

    def wrong(self, value: Json, expected: str) -> None:
        """The value here does not have the ``expected`` type, such as [STRING] or Integer."""
        hint = f"{self.field} is {shown(value)}"
        if isinstance(value, str) and value.startswith("{%"):
            hint += "; only a state whose QueryLanguage is JSONata has expressions"
        self.error(f"Expected value of type {expected}", hint)

    def not_among(self, value: Json, allowed: Iterable[str]) -> None:
        """The value here is not one of those allowed."""
        allowed = tuple(allowed)
        near = self.near(value, allowed) if isinstance(value, str) else ""
        self.error(
            f"Value should be one of the following: [{listed(allowed)}]",
            near or f"{self.field} is {shown(value)}",
        )

    def near(self, name: str, known: Iterable[str]) -> str:
        """A hint at the nearest known name; none after many problems, because it takes time."""
        if len(self.report.problems) >= _HINTED_PROBLEMS:
            return ""
        return did_you_mean(name, islice(known, _HINTED_NAMES))

    def misspelt(self, known: Iterable[str]) -> str:
        """A hint at the known field that is most likely meant here, which then is not missing."""
        name = self.steps[-1]
        if len(self.report.problems) >= _HINTED_PROBLEMS or not isinstance(name, str):
            return ""
        near = nearest_name(name, islice(known, _HINTED_NAMES))
        if near is None:
            return ""
        self.report.meant.setdefault(self.steps[:-1], set()).add(near)
        return f"did you mean '{near}'?"

    @property
    def meant(self) -> set[str]:
        """The fields that misspelt fields of this object most likely stand for."""
        return self.report.meant.get(self.steps, set())

    def not_supported(self, what: str, hint: str = "") -> None:
        """AWS supports this, asw does not."""
        self.error(f"{what} is not supported yet", hint, code=NOT_SUPPORTED)


def shown(value: Json) -> str:
    """The value, shortened for a message."""
    text = to_text(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def listed(names: Iterable[str]) -> str:
    """Names for a message."""
    return ", ".join(names)


def some(names: Iterable[str], most: int = 12) -> str:
    """Names for a hint, only the first few of many."""
    known = list(names)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return listed(known[:most]) + more
