"""What a history says of each state: how often it was entered, how it went, how long it took.

Pure. Read by the graph and by tables; must not know how they look.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from asw.engine.history import Event

Mark: TypeAlias = Literal["idle", "running", "done", "caught", "failed", "stopped"]

_ENTERED = "StateEntered"
_EXITED = "StateExited"
_FAILED = ("Failed", "TimedOut")
_WITHIN = ("Execution", "MapIteration", "MapRun")
"""Events that are no end of the state that their line of control is inside of."""
_ATTEMPTS = ("LambdaFunctionScheduled", "TaskScheduled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How one state fared, over all its visits.

    ``attempts`` counts starts of its task, so more than ``visits`` means retries. ``took`` sums
    the finished visits. ``children`` of a distributed Map at work: how many ended, of how many.
    """

    mark: Mark = "idle"
    visits: int = 0
    attempts: int = 0
    took: timedelta = timedelta()
    children: tuple[int, int] | None = None


IDLE = Progress()


@dataclass(slots=True)
class _Tally:
    """What is counted for one state while the history is read."""

    entered: int = 0
    exited: int = 0
    failed: int = 0
    caught: int = 0
    attempts: int = 0
    took: timedelta = field(default_factory=timedelta)

    def progress(self, *, is_over: bool) -> Progress:
        return Progress(
            mark=self._mark(is_over=is_over),
            visits=self.entered,
            attempts=self.attempts,
            took=self.took,
        )

    def _mark(self, *, is_over: bool) -> Mark:
        if self.exited < self.entered:
            if not is_over:
                return "running"
            return "failed" if self.failed > self.caught else "stopped"
        return "caught" if self.caught else "done"


@dataclass(frozen=True, slots=True)
class _Visit:
    """A state that a line of control is inside of, with those around it."""

    name: str
    kind: str
    at: datetime
    outer: "_Visit | None"
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """``progress`` by state name, states not reached lack; ``states`` names the state by event."""

    progress: Mapping[str, Progress]
    states: Mapping[int, str]


def read_history(events: Iterable[Event]) -> Reading:
    """Follow every line of control through the whole history, given in order of ids."""
    tallies: dict[str, _Tally] = {}
    inside: dict[int, _Visit | None] = {0: None}
    states: dict[int, str] = {}
    is_over = False
    for event in events:
        visit = inside[event.id] = _follow(event, inside.get(event.previous_event_id), tallies)
        if event.type.endswith((_ENTERED, _EXITED)):
            states[event.id] = str(event.details.get("name"))
        elif visit is not None:
            states[event.id] = visit.name
        is_over = is_over or _ends_execution(event.type)
    progress = {name: tally.progress(is_over=is_over) for name, tally in tallies.items()}
    return Reading(progress, states)


def of_children(visits: Mapping[str, tuple[int, int]], *, is_over: bool) -> dict[str, Progress]:
    """What children's states have in sum, given how often they entered and left each.

    One that was entered and never left, in an execution that is over, has failed or was stopped.
    """
    return {
        name: Progress(mark=_mark_of(entered, left, is_over=is_over), visits=entered)
        for name, (entered, left) in visits.items()
    }


def _mark_of(entered: int, left: int, *, is_over: bool) -> Mark:
    if entered == left:
        return "done"
    return "failed" if is_over else "running"


def _ends_execution(event_type: str) -> bool:
    return event_type.startswith("Execution") and event_type not in (
        "ExecutionStarted",
        "ExecutionRedriven",
    )


def _follow(event: Event, visit: _Visit | None, tallies: dict[str, _Tally]) -> _Visit | None:
    """Count the event, and say which state its line of control is inside of after it."""
    if event.type.endswith(_ENTERED):
        name = str(event.details.get("name"))
        tally = tallies.setdefault(name, _Tally())
        tally.entered += 1
        kind = event.type.removesuffix(_ENTERED)
        if kind == "Fail":
            tally.failed += 1
        return _Visit(name, kind, event.at, visit)
    if event.type.endswith(_EXITED):
        return _leave(event, visit, tallies)
    if event.type in _ATTEMPTS and visit is not None:
        tallies[visit.name].attempts += 1
        return visit
    if event.type.endswith(_FAILED) and not event.type.startswith(_WITHIN):
        return _fail(event, visit, tallies)
    return visit


def _leave(event: Event, visit: _Visit | None, tallies: dict[str, _Tally]) -> _Visit | None:
    name = event.details.get("name")
    while visit is not None and visit.name != name:
        visit = visit.outer
    if visit is None:
        return None
    tally = tallies[visit.name]
    tally.exited += 1
    tally.took += event.at - visit.at
    tally.caught += visit.has_failed
    return visit.outer


def _fail(event: Event, visit: _Visit | None, tallies: dict[str, _Tally]) -> _Visit | None:
    """Mark the visit that failed: a ParallelStateFailed follows an event of one of its branches."""
    for kind in ("Parallel", "Map"):
        if event.type == f"{kind}StateFailed":
            while visit is not None and (visit.kind != kind or visit.has_failed):
                visit = visit.outer
    if visit is None:
        return None
    tallies[visit.name].failed += 1
    return _Visit(visit.name, visit.kind, visit.at, visit.outer, has_failed=True)
