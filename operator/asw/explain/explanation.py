"""What is said of an execution, as values: the same for text and for JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from asw.asl.values import Json
from asw.executions.port import LogLine
from asw.explain.choices import RuleSaid
from asw.explain.verdicts import Verdict

Verb: TypeAlias = Literal["failed", "timed out", "aborted", "waits", "succeeded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One call of a Task. ``took`` None while it runs; ``pod`` and the rest where it is known."""

    number: int
    at: datetime
    took: timedelta | None
    end: str
    error: str | None = None
    pod: str | None = None
    node: str | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedItem:
    """A child of a distributed Map that kept no history: this is all that is left of it.

    ``index`` is its number, ``uid`` the one that its tasks are known by.
    """

    index: int
    uid: str
    input: Json
    error: str | None
    cause: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFailure:
    """A state that failed: where it is, what it got, with what it failed, and who was asked.

    ``place`` says from the outside in which Parallel and Map states are around it. ``notes`` are
    sentences on the failure, ``led`` on what led to the state; ``rules`` those of a Choice of which
    none held. ``event`` entered the state, ``last_event`` is the last of the visit. ``asked`` is
    the error that Retry and Catch were asked about, where another one came of it. ``item`` is the
    first EXPRESS child that failed, by number, of a distributed Map.
    """

    state: str
    kind: str
    place: tuple[str, ...]
    event: int
    last_event: int
    input: Json
    error: str | None
    cause: str | None
    asked: str | None = None
    function: str | None = None
    action: str | None = None
    notes: tuple[str, ...] = ()
    led: tuple[str, ...] = ()
    tries: tuple[Try, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    rules: tuple[RuleSaid, ...] = ()
    item: FailedItem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a line of control waits for. ``until`` where an instant ends it.

    ``trouble`` is what keeps its task from running, in the words of its place; ``is_at_work``: it
    runs.
    """

    state: str
    kind: str
    place: tuple[str, ...]
    event: int
    since: datetime
    what: str
    until: datetime | None = None
    trouble: str = ""
    is_at_work: bool = False


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to try: a sentence, and a command or a piece of JSON for it."""

    text: str
    command: str = ""
    snippet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that is said. ``failures`` goes from the innermost state outwards.

    ``child`` explains the first child execution of a distributed Map that failed.
    """

    name: str
    namespace: str
    workflow: str
    phase: str
    verb: Verb
    headline: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failures: tuple[StateFailure, ...] = ()
    waits: tuple[Wait, ...] = ()
    notes: tuple[str, ...] = ()
    log: Sequence[LogLine] = ()
    advice: tuple[Advice, ...] = ()
    child: "Explanation | None" = None
    missing: Sequence[str] = field(default_factory=tuple)
