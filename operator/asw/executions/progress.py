"""What a history says of each state: how often it was entered, how it went, how long it took.

Pure. A reader is fed events as they come and never looks back at those it knows, so that ten
thousand Map items cost a view that moves no more than what is new. Must not know how it looks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from asw.asl.values import Json
from asw.engine.history import Event
from asw.engine.limits import HISTORY_LIMIT
from asw.executions.changes import Change, ChangeKind
from asw.executions.port import Children

Mark: TypeAlias = Literal["idle", "running", "done", "caught", "failed", "stopped"]

_ENTERED = "StateEntered"
_EXITED = "StateExited"
_FAILED = ("Failed", "TimedOut")
_WITHIN = ("Execution", "MapIteration", "MapRun")
"""Events that are no end of the state that their line of control is inside of."""
_ATTEMPTS = frozenset({"LambdaFunctionScheduled", "TaskScheduled"})
_BEGINS = frozenset({"ParallelStateStarted", "MapStateStarted"})
_TASK_ENDS = frozenset(
    f"{kind}{end}"
    for kind in ("LambdaFunction", "Task")
    for end in ("Succeeded", "Failed", "TimedOut")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How one state fared, over all its visits.

    ``attempts`` counts starts of its task, so more than ``visits`` means retries. ``took`` sums
    the finished visits. ``children`` of a Map: how many iterations or executions ended, failed,
    of how many. ``open`` visits are not over, the oldest of which began at ``since``.
    """

    mark: Mark = "idle"
    visits: int = 0
    attempts: int = 0
    took: timedelta = timedelta()
    children: Children | None = None
    open: int = 0
    since: datetime | None = None


IDLE = Progress()


@dataclass(slots=True)
class _Items:
    """Iterations of one visit of an inline Map."""

    total: int = 0
    done: int = 0
    failed: set[int] = field(default_factory=set)
    started: dict[int, datetime] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Visit:
    """A state that a line of control is inside of, with those around it."""

    name: str
    kind: str
    id: int
    at: datetime
    outer: "_Visit | None"
    inner: dict[int, "_Visit"] = field(default_factory=dict)
    has_failed: bool = False
    has_left: bool = False
    attempts: int = 0
    task_at: datetime | None = None
    items: _Items | None = None

    @property
    def is_inner(self) -> bool:
        return self.outer is not None and (self.outer.kind == "Map" or self.outer.is_inner)

    def line(self) -> Iterator["_Visit"]:
        """It, and those around it, from the inside out."""
        visit: _Visit | None = self
        while visit is not None:
            yield visit
            visit = visit.outer

    def around(self, name: Json) -> "_Visit | None":
        """The innermost of these that is in the state of this name."""
        return next((it for it in self.line() if it.name == name), None)

    @property
    def has_lost_frame(self) -> bool:
        """Whether it, or one around it, was left."""
        return any(it.has_left for it in self.line())


@dataclass(slots=True)
class _Tally:
    """What is counted for one state while the history is read."""

    entered: int = 0
    exited: int = 0
    failed: int = 0
    caught: int = 0
    attempts: int = 0
    took: timedelta = field(default_factory=timedelta)
    open: dict[int, _Visit] = field(default_factory=dict)
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
            since=None if is_over or oldest is None else oldest.at,
        )

    def _mark(self, *, is_over: bool) -> Mark:
        if self.exited < self.entered:
            if self.open and not is_over:
                return "running"
            return "failed" if self.failed > self.caught else "stopped"
        return "caught" if self.caught else "done"


@dataclass(frozen=True, slots=True)
class Reading:
    """``progress`` by state name, states not reached lack; ``states`` names the state by event.

    ``took`` has the time of a state, a task, an iteration or the execution by the id of the event
    that ended it.
    """

    progress: Mapping[str, Progress]
    states: Mapping[int, str]
    took: Mapping[int, timedelta] = field(default_factory=dict)


class HistoryReader:
    """Follows every line of control through a history that it is fed in order of ids."""

    def __init__(self) -> None:
        self.last_id = 0
        self.began_at: datetime | None = None
        self.is_over = False
        self._tallies: dict[str, _Tally] = {}
        self._inside: dict[int, _Visit | None] = {0: None}
        self._closed: list[_Visit] = []
        self._states: dict[int, str] = {}
        self._took: dict[int, timedelta] = {}
        self._changes: list[Change] = []

    def feed(self, events: Iterable[Event]) -> Sequence[Change]:
        """Read these events, of which it takes only those that it does not know; what changed."""
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
        before = self._inside.get(event.previous_event_id)
        if event.type == "EvaluationFailed":
            before = self._evaluated(event, before)
        visit = self._inside[event.id] = self._follow(event, before)
        if event.type.endswith((_ENTERED, _EXITED)):
            self._states[event.id] = str(event.details.get("name"))
        elif event.type.startswith("Execution"):
            self._execution(event, before)
        elif visit is not None:
            self._states[event.id] = visit.name

    def _execution(self, event: Event, visit: _Visit | None) -> None:
        """It started, goes on once more, or ended: by what failed in the state it follows."""
        self.is_over = event.type not in ("ExecutionStarted", "ExecutionRedriven")
        if event.type == "ExecutionFailed" and _is_by_state(event):
            self._fail_line(event, visit)
        if event.type == "ExecutionRedriven":
            self._take_up()
        elif self.is_over and self.began_at is not None:
            self._took[event.id] = event.at - self.began_at

    def _take_up(self) -> None:
        """What was stopped goes on, and what failed is worked again, by a redrive."""
        for closed in self._closed:
            if not closed.has_lost_frame:
                self._open(closed)
        for tally in self._tallies.values():
            for visit in tally.open.values():
                tally.failed -= visit.has_failed
                visit.has_failed = False
        self._closed = []
        self._changes = []  # whoever follows a redrive has seen what was before

    def _follow(self, event: Event, visit: _Visit | None) -> _Visit | None:
        """Count the event, and say which state its line of control is inside of after it."""
        if event.type.endswith(_ENTERED):
            return self._enter(event, visit)
        if event.type.endswith(_EXITED):
            return self._leave(event, visit)
        if event.type.startswith("MapIteration"):
            return self._iterate(event, visit)
        if visit is None:
            return None
        if event.type in _TASK_ENDS and visit.task_at is not None:
            self._took[event.id] = event.at - visit.task_at
        if event.type == "MapRunSucceeded" and visit.items is not None:
            self._tallies[visit.name].done += visit.items.total - visit.items.done
            visit.items.done = visit.items.total
        if event.type in _BEGINS:
            visit = _begun(visit, event.type.removesuffix("StateStarted"))
        if event.type in _ATTEMPTS or event.type in _BEGINS:
            self._attempt(event, visit)
        elif event.type.endswith(_FAILED) and not event.type.startswith(_WITHIN):
            return self._fail(event, visit)
        return visit

    def _enter(self, event: Event, outer: _Visit | None) -> _Visit:
        name = str(event.details.get("name"))
        kind = event.type.removesuffix(_ENTERED)
        visit = _Visit(name, kind, event.id, event.at, outer)
        tally = self._tallies.setdefault(name, _Tally())
        tally.entered += 1
        self._open(visit)
        if kind == "Fail":
            visit.has_failed = True
            tally.failed += 1
        self._note("failed" if kind == "Fail" else "entered", visit, event)
        return visit

    def _open(self, visit: _Visit) -> None:
        self._tallies[visit.name].open[visit.id] = visit
        if visit.outer is not None:
            visit.outer.inner[visit.id] = visit

    def _leave(self, event: Event, visit: _Visit | None) -> _Visit | None:
        visit = None if visit is None else visit.around(event.details.get("name"))
        if visit is None:
            return None
        tally = self._tallies[visit.name]
        took = self._took[event.id] = event.at - visit.at
        tally.exited += 1
        tally.took += took
        tally.caught += visit.has_failed
        self._close_inner(visit)
        self._close(visit)
        visit.has_left = True
        self._note("left", visit, event, took)
        return visit.outer

    def _close_inner(self, visit: _Visit) -> None:
        """What was still at work inside of it has been stopped."""
        for inner in list(visit.inner.values()):
            self._close_inner(inner)
            self._close(inner)
            self._closed.append(inner)

    def _close(self, visit: _Visit) -> None:
        self._tallies[visit.name].open.pop(visit.id, None)
        if visit.outer is not None:
            visit.outer.inner.pop(visit.id, None)

    def _attempt(self, event: Event, visit: _Visit) -> None:
        """A task starts, or a Parallel or a Map, for the first time or again."""
        tally = self._tallies[visit.name]
        visit.attempts += 1
        visit.task_at = event.at
        tally.attempts += event.type in _ATTEMPTS
        if visit.has_failed:
            visit.has_failed = False
            tally.failed -= 1
            self._open(visit)
        if visit.attempts > 1:
            self._note("retried", visit, event)
            for inner in visit.inner.values():
                inner.has_left = True  # with the try that it was of
            self._close_inner(visit)
        if event.type == "MapStateStarted":
            self._count_items(visit, int(event.details.get("length") or 0))

    def _count_items(self, visit: _Visit, total: int) -> None:
        """A Map begins, or begins once more: what was counted of this visit is void."""
        tally, old = self._tallies[visit.name], visit.items or _Items()
        tally.total += total - old.total
        tally.done -= old.done
        tally.lost -= len(old.failed)
        visit.items = _Items(total=total)

    def _iterate(self, event: Event, visit: _Visit | None) -> _Visit | None:
        """An iteration of an inline Map began or ended."""
        inner = visit
        visit = None if inner is None else inner.around(event.details.get("name"))
        if visit is None:
            return None
        if event.type == "MapIterationFailed":
            self._fail_line(event, inner, visit)
        items = visit.items = visit.items or _Items()
        tally, index = self._tallies[visit.name], int(event.details.get("index") or 0)
        if event.type == "MapIterationStarted":
            items.started[index] = event.at
            tally.lost -= index in items.failed
            items.failed.discard(index)
            return visit
        if index in items.started:
            self._took[event.id] = event.at - items.started.pop(index)
        if event.type == "MapIterationSucceeded":
            items.done += 1
            tally.done += 1
        elif event.type == "MapIterationFailed" and index not in items.failed:
            items.failed.add(index)
            tally.lost += 1
        return visit

    def _fail(self, event: Event, visit: _Visit) -> _Visit | None:
        """Mark the visit that failed: a ParallelStateFailed follows an event of a branch."""
        if event.type.endswith("StateFailed"):
            kind = event.type.removesuffix("StateFailed")
            of_kind = (it for it in visit.line() if it.kind == kind and not it.has_failed)
            found = next(of_kind, None)
            if found is None:
                return None
            self._fail_line(event, visit, found)
            self._close_inner(found)
            visit = found
        self._fail_once(event, visit, is_told=True)
        return visit

    def _evaluated(self, event: Event, visit: _Visit | None) -> _Visit | None:
        """The state that it names: AWS has it follow the event before the entry into that."""
        tally = self._tallies.get(str(event.details.get("state")), _Tally())
        return next((it for it in reversed(tally.open.values()) if it.outer is visit), visit)

    def _fail_line(self, event: Event, visit: _Visit | None, until: _Visit | None = None) -> None:
        """Mark what failed without an event of its own, and those around it but for ``until``.

        AWS tells of a path that finds nothing by the end of what is around the state alone.
        """
        for each in () if visit is None else visit.line():
            if each is until:
                break
            self._fail_once(event, each)

    def _fail_once(self, event: Event, visit: _Visit, *, is_told: bool = False) -> None:
        if not visit.has_failed:
            visit.has_failed = is_told = True
            self._tallies[visit.name].failed += 1
        if is_told:
            self._note("failed", visit, event)

    def _note(
        self, kind: ChangeKind, visit: _Visit, event: Event, took: timedelta | None = None
    ) -> None:
        self._changes.append(Change(kind, visit.name, event, took, visit.is_inner))


def _begun(visit: _Visit, kind: str) -> _Visit:
    """The Parallel or Map that begins, in another try after an event of what failed within."""
    of_kind = [it for it in visit.line() if it.kind == kind]
    return next((it for it in of_kind if not it.has_failed), of_kind[0] if of_kind else visit)


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
