"""Where a failure came from: the innermost visit that failed, and what it became on its way out.

Pure. ASL "Errors": a failure that no Retrier or Catcher of a state takes becomes the failure of
the Parallel or Map around it.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from asw.asl.errors import HEARTBEAT_TIMEOUT, QUERY_EVALUATION_ERROR, Failure
from asw.asl.model import FailState, MapState, State
from asw.engine.history import Event
from asw.engine.map_items import THRESHOLD_EXCEEDED
from asw.executions.visits import FAULTS, Call, Visit
from asw.explain.case import Case

_PLACE: Final = re.compile(
    r"^An error occurred while executing the state '.*?' "
    r"\(entered at the event id #(\d+)\)\. ",
    re.DOTALL,
)
"""How causes of failed expressions begin (AWS)."""
_FULL: Final = "The execution reached the maximum number of history events"
_ENDS: Final = ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
NOTED: Final = ("ParallelStateFailed", "MapStateFailed", "MapRunFailed")


@dataclass(frozen=True, slots=True)
class Level:
    """A visit that failed, and by what."""

    visit: Visit
    failure: Failure


@dataclass(frozen=True, slots=True)
class Origin:
    """How the failure travelled: the innermost level first, the outermost last.

    ``end`` is the event that ended the execution. ``stands_at`` are the visits that were open when
    it was ended from outside.
    """

    levels: tuple[Level, ...]
    end: Event | None
    stands_at: tuple[Visit, ...] = ()

    def printing(self) -> Visit | None:
        """The visit whose task printed what matters: the one that failed, else an open one."""
        if self.levels:
            return self.levels[0].visit
        has_task = (it for it in self.stands_at if it.calls and it.calls[-1].started)
        return next(has_task, None)


def origin_of(case: Case) -> Origin:
    """Follow the end of the execution back to where it began."""
    end = next((it for it in reversed(case.events) if it.type.startswith("Execution")), None)
    if end is None or end.type not in _ENDS:  # a failure before a redrive no longer counts
        return Origin((), None)
    if end.type != "ExecutionFailed":
        stood = [it for it in case.visits.all if it.exited is None and not _has_open(case, it)]
        return Origin((), end, tuple(stood))
    last = Failure(end.details.get("error"), end.details.get("cause"))
    if is_full(last.cause):
        return Origin((), end)
    inner = _innermost(case, end, last)
    return Origin(() if inner is None else _outwards(case, inner, last), end)


def is_full(cause: str | None) -> bool:
    """Whether an execution failed because its history was full, not by a state."""
    return (cause or "").startswith(_FULL)


def cause_within(cause: str) -> str:
    """The cause without the place at its beginning."""
    return _PLACE.sub("", cause, count=1)


def _has_open(case: Case, visit: Visit) -> bool:
    return any(it.exited is None for it in case.visits.within(visit))


def _innermost(case: Case, end: Event, failure: Failure) -> Visit | None:
    found = _PLACE.match(failure.cause or "")
    if found is not None and (visit := case.visits.of_event.get(int(found[1]))) is not None:
        return visit
    by_id = {event.id: event for event in case.events}
    at = by_id.get(end.previous_event_id)
    visit = case.visits.of_event.get(end.previous_event_id)
    while at is not None and visit is not None and at.type in NOTED:
        at = by_id.get(at.previous_event_id)
        within = case.visits.of_event.get(at.id) if at else None
        if within is None or (within is not visit and not within.is_within(visit)):
            break
        visit = within
    return visit


def _outwards(case: Case, inner: Visit, last: Failure) -> tuple[Level, ...]:
    failure = _own_failure(case, inner, last)
    levels = [Level(inner, failure)]
    for visit in inner.line()[-2::-1]:
        state = case.state(visit.name)
        if bears_failures(state):
            failure = THRESHOLD_EXCEEDED
        levels.append(Level(visit, failure))
    if levels[-1].failure != last:
        # Its own Catch or data flow failed after that, which is the execution's failure.
        levels[-1] = Level(levels[-1].visit, last)
    return tuple(levels)


def bears_failures(state: State | None) -> bool:
    """Whether it is an inline Map that fails only by the number of its failures."""
    if not isinstance(state, MapState):
        return False
    given = (
        state.tolerated_failure_count,
        state.tolerated_failure_count_path,
        state.tolerated_failure_percentage,
        state.tolerated_failure_percentage_path,
    )
    return state.distribution is None and any(it is not None for it in given)


def _own_failure(case: Case, visit: Visit, last: Failure) -> Failure:
    """What the innermost state failed with, before states around changed it."""
    state = case.state(visit.name)
    if isinstance(state, MapState) or _PLACE.match(last.cause or ""):
        return last
    faults = visit.faults()
    if not faults:
        fails_by_name = isinstance(state, FailState) and isinstance(state.error, str)
        return Failure(str(state.error), _text(state)) if fails_by_name else last  # type: ignore[union-attr]
    return failure_of(faults[-1], visit)


def _text(state: object) -> str | None:
    cause = getattr(state, "cause", None)
    return cause if isinstance(cause, str) else None


def failure_of(event: Event, visit: Visit) -> Failure:
    """The failure of its state according to an event of the visit.

    AWS shows a missed heartbeat as States.Timeout; Retry and Catch may use its own name.
    """
    error, cause = event.details.get("error"), event.details.get("cause")
    if event.type == "EvaluationFailed":
        return Failure(QUERY_EVALUATION_ERROR, cause)
    if event.type.endswith("TimedOut"):
        call = next(it for it in visit.calls if it.ended is event)
        return Failure(error, cause, matched_as=HEARTBEAT_TIMEOUT if is_missed(call) else None)
    return Failure(error, cause)


def failure_told(case: Case, event_id: int) -> Failure | None:
    """The failure behind this event, which may be one of a Parallel or Map; None if not recorded.

    Their own events name no error: it is that of what failed inside.
    """
    at = _event(case, event_id)
    while at is not None and at.type in NOTED and at.type != "MapRunFailed":
        visit = case.visits.of_event.get(at.id)
        if visit is not None and bears_failures(case.state(visit.name)):
            return THRESHOLD_EXCEEDED
        at = _event(case, at.previous_event_id)
    visit = case.visits.of_event.get(at.id) if at is not None else None
    if at is None or visit is None:
        return None
    if at.type in FAULTS or at.type == "MapRunFailed":
        return failure_of(at, visit)
    state = case.state(visit.name)
    if isinstance(state, FailState) and isinstance(state.error, str):
        return Failure(state.error, _text(state))
    return None


def _event(case: Case, event_id: int) -> Event | None:
    """The event of this id: they are numbered from 1 on."""
    return case.events[event_id - 1] if 0 < event_id <= len(case.events) else None


def is_missed(call: Call) -> bool:
    """Whether a call that timed out missed a heartbeat, rather than its deadline."""
    bounds = call.scheduled.details
    if call.ended is None or "heartbeatInSeconds" not in bounds:
        return False
    began = call.started or call.scheduled
    ran = (call.ended.at - began.at).total_seconds()
    return ran < float(bounds.get("timeoutInSeconds", math.inf))
