"""Counts and logs what a saved step did; an execution gets few lines in the log.

There is a line for its start, one for its end, and one for each failed task. They never contain a
payload, nor a cause, which often is one. ``ABOUT`` says which execution a line of any logger is
about: that of the pass that runs in this asyncio task.
"""

import logging
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from asw.engine.facts import Fact, TaskFailed, TaskStarted, TaskSucceeded
from asw.engine.history import Event
from asw.engine.record import Frame, OnTask, Record
from asw.engine.step import Step
from asw.reconciler.counters import Counters
from asw.reconciler.platform import ExecutionKey

ABOUT: ContextVar[ExecutionKey | None] = ContextVar("ABOUT", default=None)

ERROR_LIMIT = 256
"""Characters of an error's name in a line of the log, because users choose the names."""

_TASK_EVENTS = ("LambdaFunction", "Task", "Activity")
_FAILURES = ("Failed", "TimedOut")

log = logging.getLogger(__name__)


def note_step(counters: Counters, before: Record, step: Step, facts: Sequence[Fact]) -> None:
    """Count and log a saved step from ``before`` on these facts."""
    _Notes(counters, before, facts, {"workflow": before.header.workflow_name}).take(step)


def note_failure_to_start(counters: Counters, error: str) -> None:
    """Count and log an execution that ended before it began."""
    _note_end(counters, "FAILED", error, {})


@dataclass(slots=True)
class _Notes:
    counters: Counters
    before: Record
    facts: Sequence[Fact]
    fields: Mapping[str, str]
    _frames: dict[int, Frame] | None = None

    def take(self, step: Step) -> None:
        for event in step.history:
            self._take_event(event)
        outcome, before = step.record.outcome, self.before
        is_open = before.outcome is None or before.redrive_count != step.record.redrive_count
        if outcome is not None and is_open:
            error = None if outcome.failure is None else outcome.failure.error
            _note_end(self.counters, outcome.status, error, self.fields)

    def _take_event(self, event: Event) -> None:
        kind = event.type
        if kind.endswith("StateEntered"):
            self.counters.transitions += 1
        elif kind == "ExecutionStarted":
            self.counters.started += 1
            log.info("execution started", extra=self.fields)
        elif kind == "ExecutionRedriven":
            log.info("execution redriven", extra=self.fields)
        elif kind.startswith(_TASK_EVENTS):
            if kind.endswith("Started"):
                self._note_start(event)
            elif kind.endswith(_FAILURES):
                self._log_failure(event)

    def _frame_before(self, event: Event) -> Frame | None:
        """The frame that existed before this step and that the event continues."""
        if self._frames is None:
            self._frames = {frame.last_event: frame for frame in self.before.frames.values()}
        return self._frames.get(event.previous_event_id)

    def _note_start(self, event: Event) -> None:
        frame = self._frame_before(event)
        if frame is None or not isinstance(frame.waiting, OnTask):
            return
        assert self._frames is not None
        self._frames[event.id] = frame
        task_id = self.before.task_id(frame.waiting.ordinal)
        starts = (_start_of(fact) for fact in self.facts if getattr(fact, "task_id", 0) == task_id)
        started_at = min((at for at in starts if at is not None), default=event.at)
        delay = started_at - frame.waiting.scheduled_at
        self.counters.start_seconds.add(delay.total_seconds())

    def _log_failure(self, event: Event) -> None:
        error = str(event.details.get("error"))[:ERROR_LIMIT]
        extra: dict[str, object] = {**self.fields, "error": error}
        frame = self._frame_before(event)
        if frame is not None and isinstance(frame.waiting, OnTask):
            extra |= {"state": frame.state, "task": frame.waiting.ordinal}
        log.info("task failed: %s", error, extra=extra)


def _start_of(fact: Fact) -> datetime | None:
    match fact:
        case TaskStarted():
            return fact.at
        case TaskSucceeded() | TaskFailed():
            return fact.started_at
    return None


def _note_end(
    counters: Counters, status: str, error: str | None, fields: Mapping[str, str]
) -> None:
    counters.ended[status] += 1
    extra = {**fields, "status": status, **({"error": error[:ERROR_LIMIT]} if error else {})}
    log.info("execution ended: %s", status, extra=extra)
