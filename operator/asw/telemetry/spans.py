"""Which spans ended with a saved step: of the execution, of visits of states, of tries. Pure.

One trace for each execution, and another for each redrive of it, with a link to the one before. Its
root is the execution; a visit of a state is within the visit of the Parallel or inline Map around
it; a try of a task is within its visit, and has the wait for its start and its run within. A span
is made once, when it ends. Payloads and causes are not in it: of an error it has the name alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asw.asl.model import TaskState
from asw.engine.facts import (
    CALLBACKS,
    TASK_ENDS,
    ChildFinished,
    Order,
    TaskFact,
    TaskFailed,
    TaskStarted,
    TaskSucceeded,
)
from asw.engine.record import Failed, Frame, Header, OnTask, Status
from asw.engine.task_ids import TaskId
from asw.reconciler.telling import SavedStep
from asw.telemetry.places import Place, Places, error_of, is_open
from asw.telemetry.trace_ids import SpanKind, span_id_of, trace_id_of

Attributes: TypeAlias = Mapping[str, str | int]
Result: TypeAlias = Literal["succeeded", "failed", "aborted"]
"""What became of it; ``aborted`` if something else ended it."""
LONGEST_TEXT: Final = 256
"""Characters of names that users choose: of errors and Resources."""

_ENDS: Final = (*TASK_ENDS, *CALLBACKS, ChildFinished)
_RESULTS: Final[Mapping[Status, Result]] = {
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "failed",
    "ABORTED": "aborted",
}
_ROOT: Final[SpanKind] = "execution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a trace that is over; ``parent`` is None for the root, which may have a link.

    ``link`` is the trace and the span of the run that a redrive continues.
    """

    trace_id: int
    id: int
    parent: int | None
    name: str
    started_at: datetime
    ended_at: datetime
    result: Result
    error: str | None = None
    attributes: Attributes = field(default_factory=dict)
    link: tuple[int, int] | None = None


def spans_of(saved: SavedStep) -> Iterator[Span]:
    """The spans that ended with the step, each of them once in the life of the execution."""
    before, after = saved.before, saved.step.record
    is_redriven = before.redrive_count != after.redrive_count
    if before.outcome is None or is_redriven:
        yield from _Ends(saved).spans()


def never_began(header: Header, at: datetime, error: str | None) -> Span:
    """The only span of an execution that ended before it had a record."""
    return _root(header, 0, _End(header.started_at, at, "failed", error))


class _End(NamedTuple):
    started_at: datetime
    ended_at: datetime
    result: Result
    error: str | None = None

    def fields(self) -> dict[str, Any]:
        """Those of a span. A clock that was set back makes none end before it starts."""
        started_at, error = min(self.started_at, self.ended_at), self.error
        return {
            "started_at": started_at,
            "ended_at": self.ended_at,
            "result": self.result,
            "error": None if error is None else error[:LONGEST_TEXT],
        }


def _root(header: Header, redrive_count: int, end: _End) -> Span:
    uid, link = header.uid, None
    if redrive_count:
        link = trace_id_of(uid, redrive_count - 1), span_id_of(uid, _ROOT)
    return Span(
        trace_id=trace_id_of(uid, redrive_count),
        id=span_id_of(uid, _ROOT),
        parent=None,
        name=header.workflow_name,
        attributes={"asw.execution.arn": header.arn, "asw.redrive_count": redrive_count},
        link=link,
        **end.fields(),
    )


class _Ends:
    """What ended with one step, at the instant of the step."""

    def __init__(self, saved: SavedStep) -> None:
        self._saved = saved
        self._before, self._after = saved.before, saved.step.record
        self._outcome = self._after.outcome
        self._places = Places(saved)
        history = saved.step.history
        self._at = history[-1].at if history else saved.at
        self._uid = self._before.header.uid
        self._trace_id = trace_id_of(self._uid, self._after.redrive_count)
        self._facts: dict[TaskId, list[TaskFact]] | None = None

    def spans(self) -> Iterator[Span]:
        """Those of tries, then of visits, then of the execution."""
        for frame in self._moved():
            if isinstance(frame.waiting, OnTask) and not self._still_tries(frame, frame.waiting):
                yield from self._try(frame, frame.waiting)
            if is_open(frame) and not self._is_still_in(frame):
                yield self._visit(self._places.of_frame(frame), self._after.frames.get(frame.id))
        yield from self._fresh_visits()
        if self._outcome is not None:
            failure, status = self._outcome.failure, self._outcome.status
            header = self._before.header
            error = None if failure is None else failure.error
            end = _End(header.started_at, self._at, _RESULTS[status], error)
            yield _root(header, self._after.redrive_count, end)

    def _moved(self) -> Iterable[Frame]:
        """The lines of control of which something may have ended."""
        after, is_over = self._after.frames, self._outcome is not None
        frames = self._before.frames.items()
        return [frame for key, frame in frames if is_over or after.get(key) is not frame]

    def _still_tries(self, frame: Frame, waiting: OnTask) -> bool:
        now = self._after.frames.get(frame.id)
        if now is None or self._outcome is not None:
            return False
        return isinstance(now.waiting, OnTask) and now.waiting.ordinal == waiting.ordinal

    def _is_still_in(self, frame: Frame) -> bool:
        now = self._after.frames.get(frame.id)
        if now is None or self._outcome is not None:
            return False
        return is_open(now) and now.state_event == frame.state_event

    def _fresh_visits(self) -> Iterator[Span]:
        """Those that began and ended in this step."""
        entered = self._places.entered
        if not entered:
            return
        frames = self._after.frames.values()
        here = {it.state_event: it for it in frames if it.state_event in entered and is_open(it)}
        for event, place in entered.items():
            frame = here.get(event)
            if frame is None or self._outcome is not None:
                yield self._visit(place, frame)

    def _visit(self, place: Place, frame: Frame | None) -> Span:
        """``frame`` is what is left of its line of control, which a failed execution keeps."""
        assert place.around is not None, "a visit is within something"
        attributes: dict[str, str | int] = {"asw.state": place.name, "asw.state.type": place.kind}
        if isinstance(place.state, TaskState):
            attributes["asw.resource"] = place.state.resource_text[:LONGEST_TEXT]
        return self._made(
            ("visit", place.event),
            self._id_of(place.around),
            place.name,
            _End(place.entered_at, self._at, *self._visit_result(place, frame)),
            attributes,
        )

    def _visit_result(self, place: Place, frame: Frame | None) -> tuple[Result, str | None]:
        if place.has_exited:
            return "succeeded", None
        if place.is_aborted or (frame is not None and not place.is_failing):
            return "aborted", None
        if frame is not None and isinstance(frame.waiting, Failed):
            return "failed", frame.waiting.failure.error
        return "failed", place.error

    def _try(self, frame: Frame, waiting: OnTask) -> Iterator[Span]:
        place, ordinal = self._places.of_frame(frame), waiting.ordinal
        whole = _End(waiting.scheduled_at, self._at, *_try_result(place))
        attributes: Attributes = {"asw.state": place.name, "asw.attempt": frame.attempt}
        name, visit = f"{place.name} try", self._id_of(place)
        yield self._made(("try", ordinal), visit, name, whole, attributes)
        within = span_id_of(self._uid, "try", ordinal)
        started, ended = self._run_of(waiting, place)
        if started is None:
            yield self._made(("wait", ordinal), within, "wait", whole, {})
            return
        started = min(max(started, whole.started_at), self._at)
        ended = min(max(ended or self._at, started), self._at)
        waited = _End(whole.started_at, started, "succeeded")
        yield self._made(("wait", ordinal), within, "wait", waited, {})
        ran = whole._replace(started_at=started, ended_at=ended)
        yield self._made(("run", ordinal), within, "run", ran, {})

    def _run_of(self, waiting: OnTask, place: Place) -> tuple[datetime | None, datetime | None]:
        """When the task's code began and ended, as far as that is known."""
        if self._facts is None:  # a Map may have thousands of tasks that end in one step
            self._facts = {}
            for fact in self._saved.facts:
                if not isinstance(fact, Order):
                    self._facts.setdefault(fact.task_id, []).append(fact)
        facts = self._facts.get(TaskId(self._uid, waiting.ordinal), ())
        started = waiting.started_at
        if started is None and place.has_started:
            starts = [at for it in facts if (at := _start_of(it)) is not None]
            started = min(starts, default=self._at)
        return started, min((it.at for it in facts if isinstance(it, _ENDS)), default=None)

    def _made(
        self,
        of: tuple[SpanKind, int],
        parent: int,
        name: str,
        end: _End,
        attributes: Attributes,
    ) -> Span:
        return Span(
            trace_id=self._trace_id,
            id=span_id_of(self._uid, *of),
            parent=parent,
            name=name,
            attributes=attributes,
            **end.fields(),
        )

    def _id_of(self, place: Place) -> int:
        if place is self._places.root:
            return span_id_of(self._uid, _ROOT)
        return span_id_of(self._uid, "visit", place.event)


def _try_result(place: Place) -> tuple[Result, str | None]:
    if place.ended is None:
        return "aborted", None
    is_good = place.ended.type.endswith("Succeeded")
    return "succeeded" if is_good else "failed", error_of(place.ended)


def _start_of(fact: TaskFact) -> datetime | None:
    match fact:
        case TaskStarted(at=at):
            return at
        case TaskSucceeded(started_at=started, at=at):
            return started or at
        case TaskFailed(started_at=started) | ChildFinished(started_at=started):
            return started
    return None
