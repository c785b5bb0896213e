"""The reader of histories: each entry into a state, with all that happened until it was left.

Pure. AWS links events by previousEventId into a tree of lines of control; a visit is a stretch of
such a line. Explanations and replay use the visits themselves, ``progress`` counts over them. Two
others ask less of events and read no lines: ``snapshots.visits`` counts entries and exits of
children, and ``explain.replay.facts`` follows the links the other way round.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from asw.asl.values import Json
from asw.engine.history import Event

ENTERED = "StateEntered"
EXITED = "StateExited"
_KINDS = ("Parallel", "Map")
_CALLS = ("LambdaFunction", "Task", "Activity")


def _of_calls(*phases: str) -> frozenset[str]:
    return frozenset(f"{call}{phase}" for call in _CALLS for phase in phases)


SCHEDULED = _of_calls("Scheduled")
_STARTED = _of_calls("Started")
_CALL_FAULTS = _of_calls("Failed", "TimedOut") | {"ActivityScheduleFailed"}
CALL_ENDS = _of_calls("Succeeded") | _CALL_FAULTS
BEGINS = frozenset({"ParallelStateStarted", "MapStateStarted"})
FAULTS = _CALL_FAULTS | {"EvaluationFailed"}
"""Events with the error of a state's work, or of an expression."""


@dataclass(slots=True)
class Call:
    """One call of a Task; ``ended`` is None while it runs, or if nothing waited for its end."""

    scheduled: Event
    started: Event | None = None
    ended: Event | None = None


@dataclass(slots=True, eq=False)
class Visit:
    """One stay in a state.

    ``outer`` is the visit of the Parallel or Map around it, ``before`` the one that led to it on
    the same line; ``index`` the iteration of the Map around. ``variables`` are those that the
    state sees. ``began`` are the events that started the work of a Parallel or Map, one for each
    try. ``iterations`` says how those of a Map ended, by index, in the words of event types.
    """

    name: str
    kind: str
    entered: Event
    outer: "Visit | None"
    before: "Visit | None" = None
    index: int | None = None
    variables: Mapping[str, Json] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    began: list[Event] = field(default_factory=list)
    iterations: dict[int, str] = field(default_factory=dict)
    exited: Event | None = None
    has_failed: bool = False
    is_aborted: bool = False

    @property
    def input(self) -> Json:
        """The state's raw input."""
        return self.entered.details.get("input")

    @property
    def result(self) -> Event | None:
        """The event with the result of its work, None if it has given nothing yet."""
        last = self.calls[-1].ended if self.calls else None
        return last if last is not None and last.type.endswith("Succeeded") else None

    def faults(self) -> list[Event]:
        """The errors of its work and its expressions, in order."""
        return [event for event in self.events if event.type in FAULTS]

    def line(self) -> list["Visit"]:
        """The visits around it from the outermost, and it itself."""
        found = [self]
        while (outer := found[-1].outer) is not None:
            found.append(outer)
        return found[::-1]

    def is_within(self, other: "Visit") -> bool:
        """Whether the other visit is around this one."""
        return any(each is other for each in self.line()[:-1])


@dataclass(frozen=True, slots=True)
class Visits:
    """All visits in the order of their entries; ``of_event`` finds one by the id of an event."""

    all: Sequence[Visit]
    of_event: Mapping[int, Visit]

    def of_state(self, name: str) -> list[Visit]:
        """Those of this state."""
        return [visit for visit in self.all if visit.name == name]

    def within(self, visit: Visit) -> Iterator[Visit]:
        """Those directly within it."""
        return (each for each in self.all if each.outer is visit)


def read_visits(events: Sequence[Event]) -> Visits:
    """Follow every line of control through the whole history, given in order of ids."""
    reader = VisitReader()
    for event in events:
        reader.read(event)
    return Visits(reader.all, reader.of_event)


@dataclass(slots=True)
class VisitReader:
    """Follows every line of control through a history that it is given in order of ids.

    It never looks back at a whole history, but for a redrive.
    """

    all: list[Visit] = field(default_factory=list)
    of_event: dict[int, Visit] = field(default_factory=dict)
    types: dict[int, str] = field(default_factory=dict)
    indexes: dict[int, int] = field(default_factory=dict)

    def inside_of(self, event_id: int) -> Visit | None:
        """The visit that the line of control is inside of after this event."""
        visit = self.of_event.get(event_id)
        has_left = visit is not None and visit.exited is not None and visit.exited.id <= event_id
        return visit.outer if visit is not None and has_left else visit

    def read(self, event: Event) -> Visit | None:
        """Take the next event; the visit that it belongs to."""
        self.types[event.id] = event.type
        if event.type == "ExecutionRedriven":
            for each in self.all:
                each.has_failed = each.is_aborted = False
        before = self.of_event.get(event.previous_event_id)
        visit = self._enter(event, before) if event.type.endswith(ENTERED) else None
        visit = visit or _owner(event, before, self.all)
        if visit is None:
            return None
        self.of_event[event.id] = visit
        if not event.type.startswith("Execution"):
            visit.events.append(event)
            _note(visit, event)
        if event.type == "MapIterationStarted":
            self.indexes[event.id] = int(event.details.get("index") or 0)
        return visit

    def _enter(self, event: Event, before: Visit | None) -> Visit:
        name, kind = str(event.details.get("name")), event.type.removesuffix(ENTERED)
        visit = Visit(name=name, kind=kind, entered=event, outer=None)
        if before is not None and self.types[event.previous_event_id].endswith(EXITED):
            visit.before, visit.outer, visit.index = before, before.outer, before.index
            assigned = before.exited and before.exited.details.get("assignedVariables")
            visit.variables = {**before.variables, **(assigned or {})}
        elif before is not None:
            visit.outer, visit.variables = before, before.variables
            visit.index = self.indexes.get(event.previous_event_id)
        self.all.append(visit)
        return visit


def _owner(event: Event, before: Visit | None, visits: Sequence[Visit]) -> Visit | None:
    """The visit that the event is of: the one that it follows, or one around that."""
    if event.type == "EvaluationFailed":
        # AWS links it to what came before the entry into the state.
        name, after = event.details.get("state"), event.previous_event_id
        fresh = (
            each
            for each in reversed(visits)
            if each.name == name and (each is before or each.entered.previous_event_id == after)
        )
        return next(fresh, before)
    line = before.line()[::-1] if before is not None else []
    if event.type.endswith(EXITED) or event.type.startswith("MapIteration"):
        name = event.details.get("name")
        return next((it for it in line if it.name == name and it.exited is None), before)
    kind = next((kind for kind in _KINDS if event.type.startswith(kind)), None)
    if kind is None:
        return before
    open_ones = [it for it in line if it.kind == kind and it.exited is None]
    is_end = event.type.endswith("StateAborted")  # of what failed within, then, before others
    fitting = (it for it in open_ones if not (it.is_aborted or (it.has_failed and not is_end)))
    return next(fitting, open_ones[0] if open_ones else before)


def _note(visit: Visit, event: Event) -> None:
    if event.type in SCHEDULED:
        visit.calls.append(Call(event))
    elif event.type in _STARTED and visit.calls:
        visit.calls[-1].started = event
    elif event.type in CALL_ENDS and visit.calls:
        visit.calls[-1].ended = event
    elif event.type.endswith(EXITED):
        visit.exited = event
    elif event.type in BEGINS:
        visit.began.append(event)
        visit.iterations.clear()
    elif event.type.startswith("MapIteration"):
        what = event.type.removeprefix("MapIteration")
        visit.iterations[int(event.details.get("index") or 0)] = what
    elif event.type.endswith("StateAborted"):
        visit.is_aborted = True
    elif event.type.endswith("StateFailed"):
        visit.has_failed = True
