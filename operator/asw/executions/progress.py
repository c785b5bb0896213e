"""What a history says of each state: how often it was entered, how it went, how long it took.

Pure. A reader is fed events as they come and never looks back at those it knows, so that ten
thousand Map items cost a moving view no more than what is new. ``visits``
says which visit an event belongs to; this counts how the visits of a state went. Must not know
how it looks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from asw.engine.history import Event
from asw.engine.limits import HISTORY_LIMIT
from asw.executions.port import Children
from asw.executions.visits import (
    BEGINS,
    CALL_ENDS,
    ENTERED,
    EXITED,
    SCHEDULED,
    Visit,
    VisitReader,
)

Mark: TypeAlias = Literal["idle", "running", "done", "caught", "failed", "stopped"]
ChangeKind: TypeAlias = Literal["entered", "left", "failed", "retried"]

_FAILED = ("Failed", "TimedOut")
_WITHIN = ("Execution", "MapIteration", "MapRun")
"""Events that are no end of the state that their line of control is inside of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How one state fared, over all its visits.

    ``attempts`` counts starts of its task, so more than ``visits`` means retries. ``took`` sums
    the finished visits. ``children`` of a Map: how many iterations or executions ended, failed,
    of how many. ``open`` visits are not over; the oldest of them began at ``since``.
    """

    mark: Mark = "idle"
    visits: int = 0
    attempts: int = 0
    took: timedelta = timedelta()
    children: Children | None = None
    open: int = 0
    since: datetime | None = None


IDLE = Progress()


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a state, worth a line of its own.

    ``took`` is the visit's time where it was left; ``is_inner`` says that it belongs to one of a
    Map's iterations, and there may be very many.
    """

    kind: ChangeKind
    state: str
    event: Event
    took: timedelta | None = None
    is_inner: bool = False


@dataclass(slots=True)
class _Items:
    """Iterations of one visit of an inline Map."""

    total: int = 0
    done: int = 0
    failed: set[int] = field(default_factory=set)
    started: dict[int, datetime] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Stay:
    """How one visit fares, with those around it; ``inner`` are the open ones inside of it.

    ``has_failed`` counts what no event tells too, until another try begins.
    """

    visit: Visit
    outer: "_Stay | None"
    inner: dict[int, "_Stay"] = field(default_factory=dict)
    has_failed: bool = False
    has_left: bool = False
    attempts: int = 0
    task_at: datetime | None = None
    items: _Items = field(default_factory=_Items)

    @property
    def id(self) -> int:
        return self.visit.entered.id

    @property
    def is_inner(self) -> bool:
        return self.outer is not None and (self.outer.visit.kind == "Map" or self.outer.is_inner)

    def line(self) -> Iterator["_Stay"]:
        """It, and those around it, from the inside out."""
        stay: _Stay | None = self
        while stay is not None:
            yield stay
            stay = stay.outer


@dataclass(slots=True)
class _Tally:
    """The counts of one state while the history is read."""

    entered: int = 0
    exited: int = 0
    failed: int = 0
    caught: int = 0
    attempts: int = 0
    took: timedelta = field(default_factory=timedelta)
    open: dict[int, _Stay] = field(default_factory=dict)
    total: int = 0
    done: int = 0
    lost: int = 0

    def progress(self, *, is_over: bool) -> Progress:
        oldest = next(iter(self.open.values()), None)
        children = Children(self.done + self.lost, self.total, self.lost) if self.total else None
        return Progress(
            mark=self._mark(is_over=is_over),
            visits=self.entered,
            attempts=self.attempts,
            took=self.took,
            children=children,
            open=0 if is_over else len(self.open),
            since=None if is_over or oldest is None else oldest.visit.entered.at,
        )

    def _mark(self, *, is_over: bool) -> Mark:
        if self.exited < self.entered:
            if self.open and not is_over:
                return "running"
            return "failed" if self.failed > self.caught else "stopped"
        return "caught" if self.caught else "done"


@dataclass(frozen=True, slots=True)
class Reading:
    """``progress`` by name of each state that was reached; ``states`` names each event's state.

    ``took`` has the time of a state, a task, an iteration or the execution by the id of the event
    that ended it.
    """

    progress: Mapping[str, Progress]
    states: Mapping[int, str]
    took: Mapping[int, timedelta] = field(default_factory=dict)


class HistoryReader:
    """Counts how the states of an execution fare, over a history fed in order of ids."""

    def __init__(self) -> None:
        self.last_id = 0
        self.began_at: datetime | None = None
        self.is_over = False
        self._visits = VisitReader()
        self._stays: dict[int, _Stay] = {}
        self._tallies: dict[str, _Tally] = {}
        self._closed: list[_Stay] = []
        self._states: dict[int, str] = {}
        self._took: dict[int, timedelta] = {}
        self._changes: list[Change] = []

    def feed(self, events: Iterable[Event]) -> Sequence[Change]:
        """Read those of the events that are not known yet; what changed by them."""
        self._changes = []
        for event in events:
            if event.id > self.last_id:
                self._read(event)
        return self._changes

    def progress(self) -> dict[str, Progress]:
        """How every state that was reached fares now."""
        return {name: tally.progress(is_over=self.is_over) for name, tally in self._tallies.items()}

    def reading(self) -> Reading:
        """Everything that was read."""
        return Reading(self.progress(), self._states, self._took)

    def _read(self, event: Event) -> None:
        self.last_id = event.id
        self.began_at = self.began_at or event.at
        inside = self._stay(self._visits.inside_of(event.previous_event_id))
        visit = self._visits.read(event)
        if event.type.startswith("Execution"):
            self._execution(event, inside)
        elif visit is not None:
            self._states[event.id] = visit.name
            if event.type.endswith(ENTERED):
                self._enter(event, visit)
            else:
                self._count(event, self._stays[visit.entered.id], inside)

    def _stay(self, visit: Visit | None) -> _Stay | None:
        return None if visit is None else self._stays[visit.entered.id]

    def _execution(self, event: Event, inside: _Stay | None) -> None:
        """It started, goes on once more, or ended: by what failed in the state it follows."""
        self.is_over = event.type not in ("ExecutionStarted", "ExecutionRedriven")
        if event.type == "ExecutionFailed" and _is_by_state(event):
            self._fail_line(event, inside)
        if event.type == "ExecutionRedriven":
            self._reopen()
        elif self.is_over and self.began_at is not None:
            self._took[event.id] = event.at - self.began_at

    def _reopen(self) -> None:
        """What was stopped goes on, and what failed is worked again, by a redrive."""
        for closed in self._closed:
            if not any(it.has_left for it in closed.line()):
                self._open(closed)
        for tally in self._tallies.values():
            for stay in tally.open.values():
                tally.failed -= stay.has_failed
                stay.has_failed = False
        self._closed = []
        self._changes = []  # a follower of a redrive has seen what was before

    def _enter(self, event: Event, visit: Visit) -> None:
        stay = self._stays[event.id] = _Stay(visit, self._stay(visit.outer))
        tally = self._tallies.setdefault(visit.name, _Tally())
        tally.entered += 1
        self._open(stay)
        if visit.kind == "Fail":
            stay.has_failed = True
            tally.failed += 1
        self._note("failed" if visit.kind == "Fail" else "entered", stay, event)

    def _count(self, event: Event, stay: _Stay, inside: _Stay | None) -> None:
        """An event of a visit that is known; ``inside`` is where its line of control came from."""
        if event.type.endswith(EXITED):
            self._leave(event, stay)
            return
        if event.type.startswith("MapIteration"):
            self._iterate(event, stay, inside)
            return
        if event.type in CALL_ENDS and stay.task_at is not None:
            self._took[event.id] = event.at - stay.task_at
        if event.type == "MapRunSucceeded":
            self._tallies[stay.visit.name].done += stay.items.total - stay.items.done
            stay.items.done = stay.items.total
        if event.type in SCHEDULED or event.type in BEGINS:
            self._attempt(event, stay)
        elif event.type.endswith(_FAILED) and not event.type.startswith(_WITHIN):
            if event.type.endswith("StateFailed"):
                self._fail_line(event, inside, stay)
                self._close_inner(stay)
            self._fail(event, stay, is_told=True)

    def _open(self, stay: _Stay) -> None:
        self._tallies[stay.visit.name].open[stay.id] = stay
        if stay.outer is not None:
            stay.outer.inner[stay.id] = stay

    def _leave(self, event: Event, stay: _Stay) -> None:
        tally = self._tallies[stay.visit.name]
        took = self._took[event.id] = event.at - stay.visit.entered.at
        tally.exited += 1
        tally.took += took
        tally.caught += stay.has_failed
        self._close_inner(stay)
        self._close(stay)
        stay.has_left = True
        self._note("left", stay, event, took)

    def _close_inner(self, stay: _Stay) -> None:
        """What was still at work inside of it has been stopped."""
        for inner in list(stay.inner.values()):
            self._close_inner(inner)
            self._close(inner)
            self._closed.append(inner)

    def _close(self, stay: _Stay) -> None:
        self._tallies[stay.visit.name].open.pop(stay.id, None)
        if stay.outer is not None:
            stay.outer.inner.pop(stay.id, None)

    def _attempt(self, event: Event, stay: _Stay) -> None:
        """A task starts, or a Parallel or a Map, for the first time or again."""
        tally = self._tallies[stay.visit.name]
        stay.attempts += 1
        stay.task_at = event.at
        tally.attempts += event.type in SCHEDULED
        if stay.has_failed:
            stay.has_failed = False
            tally.failed -= 1
            self._open(stay)
        if stay.attempts > 1:
            self._note("retried", stay, event)
            for inner in stay.inner.values():
                inner.has_left = True  # with the try that it was of
            self._close_inner(stay)
        if event.type == "MapStateStarted":
            self._count_items(stay, int(event.details.get("length") or 0))

    def _count_items(self, stay: _Stay, total: int) -> None:
        """A Map begins, or begins once more: what was counted of this visit is void."""
        tally, old = self._tallies[stay.visit.name], stay.items
        tally.total += total - old.total
        tally.done -= old.done
        tally.lost -= len(old.failed)
        stay.items = _Items(total=total)

    def _iterate(self, event: Event, stay: _Stay, inside: _Stay | None) -> None:
        """An iteration of an inline Map began or ended."""
        if event.type == "MapIterationFailed":
            self._fail_line(event, inside, stay)
        items, tally = stay.items, self._tallies[stay.visit.name]
        index = int(event.details.get("index") or 0)
        if event.type == "MapIterationStarted":
            items.started[index] = event.at
            tally.lost -= index in items.failed
            items.failed.discard(index)
            return
        if index in items.started:
            self._took[event.id] = event.at - items.started.pop(index)
        if event.type == "MapIterationSucceeded":
            items.done += 1
            tally.done += 1
        elif event.type == "MapIterationFailed" and index not in items.failed:
            items.failed.add(index)
            tally.lost += 1

    def _fail_line(self, event: Event, stay: _Stay | None, until: _Stay | None = None) -> None:
        """Mark what failed without an event of its own, and those around it but for ``until``.

        AWS tells of a path that finds nothing by the end of what is around the state alone.
        """
        for each in () if stay is None else stay.line():
            if each is until:
                break
            self._fail(event, each)

    def _fail(self, event: Event, stay: _Stay, *, is_told: bool = False) -> None:
        if not stay.has_failed:
            stay.has_failed = is_told = True
            self._tallies[stay.visit.name].failed += 1
        if is_told:
            self._note("failed", stay, event)

    def _note(
        self, kind: ChangeKind, stay: _Stay, event: Event, took: timedelta | None = None
    ) -> None:
        self._changes.append(Change(kind, stay.visit.name, event, took, stay.is_inner))


def _is_by_state(event: Event) -> bool:
    """Whether the failure that ends an execution is that of the state that it follows.

    That of a full history, and what befalls the execution (``Asw.RecordLost``), is no state's.
    """
    return str(event.details.get("error")).startswith("States.") and event.id < HISTORY_LIMIT


def read_history(events: Iterable[Event]) -> Reading:
    """All of a history at once."""
    reader = HistoryReader()
    reader.feed(events)
    return reader.reading()


def with_children(
    progress: Mapping[str, Progress],
    visits: Mapping[str, tuple[int, int]],
    map_runs: Mapping[str, Children],
    *,
    is_over: bool,
) -> dict[str, Progress]:
    """An execution's progress with that of its distributed Maps' children in it.

    Children have histories of their own: ``visits`` says how often they entered and left each
    state. One that was entered and never left, in an execution that is over, has failed or was
    stopped.
    """
    unfinished: Mark = "failed" if is_over else "running"
    of_children = {
        name: Progress(
            mark="done" if entered == left else unfinished,
            visits=entered,
            open=0 if is_over else entered - left,
        )
        for name, (entered, left) in visits.items()
    }
    whole = {**of_children, **progress}
    for state, children in map_runs.items():
        whole[state] = replace(whole.get(state, IDLE), children=children)
    return whole
