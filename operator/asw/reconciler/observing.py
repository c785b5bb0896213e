"""What one pass sees of all that a record holds open: delivered and observed facts together.

No I/O: the platform observes from memory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from asw.engine.calls import ACTIVITY
from asw.engine.facts import CALLBACKS, TaskFact, TaskHeartbeat, TaskStarted, TaskVanished
from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Deliveries
from asw.reconciler.ledger import Ledger
from asw.reconciler.platform import ExecutionKey, KnownTask, Observation, Unsent
from asw.reconciler.tasks import awaited_of_maps, awaited_reports, awaited_tasks, cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Tasks that are ``known`` exist outside, so they are not started; ``ended`` need no cancel.

    ``pending_reasons`` say what keeps some of them from running.
    """

    facts: tuple[TaskFact, ...]
    known: frozenset[TaskId]
    ended: frozenset[TaskId]
    pending_reasons: Mapping[TaskId, str]


class TaskView(Protocol):
    """The part of the port that needs no I/O."""

    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:
        """What is known of the task, from memory."""
        ...


@dataclass(slots=True)
class Term:
    """Since when this process acts: before that others, or nobody, heard signs of life."""

    began_at: datetime | None = None


class Observer:
    """Takes snapshots, and remembers which tasks were seen and what was done for them."""

    def __init__(
        self, deliveries: Deliveries, starts: Ledger, cancels: Ledger, term: Term | None = None
    ) -> None:
        self._deliveries = deliveries
        self._term = term or Term()
        self._starts = starts
        self._cancels = cancels
        self._seen: frozenset[TaskId] = frozenset()

    def look(self, platform: TaskView, key: ExecutionKey, record: Record) -> Snapshot:
        """Everything that is known now of the record's open tasks."""
        now = platform.now()
        self._term.began_at = self._term.began_at or now
        awaited = awaited_tasks(record)
        observed = {task_id: platform.observe(key, task_id) for task_id in record.open_tasks()}
        shown = {id_: it.facts for id_, it in observed.items() if isinstance(it, KnownTask)}
        unsent = {id_ for id_, it in observed.items() if isinstance(it, Unsent)}
        self._seen = ((self._seen & observed.keys()) | shown.keys()) - unsent
        facts: list[TaskFact] = []
        for task_id, task in awaited.items():
            facts += self._facts_of(task_id, task, shown.get(task_id), now)
        for task_id, task in awaited_reports(record).items():
            signs = (*self._unheard(task_id, task), *self._deliveries.heard_of(task_id))
            facts += (*signs, *filter(_is_report, shown.get(task_id, ())))
        for task_id in awaited_of_maps(record):
            facts += shown.get(task_id, ())
        for task_id in cancelled(record):
            facts += self._end_of(task_id, shown.get(task_id), now)
        about = frozenset(fact.task_id for fact in facts)
        ended = frozenset(fact.task_id for fact in facts if is_outcome(fact))
        pending_reasons = {
            id_: it.pending_reason
            for id_, it in observed.items()
            if isinstance(it, KnownTask) and it.pending_reason is not None
        }
        known = about | shown.keys()
        return Snapshot(
            facts=tuple(facts), known=known, ended=ended, pending_reasons=pending_reasons
        )

    def _facts_of(
        self, task_id: TaskId, task: OnTask, shown: tuple[TaskFact, ...] | None, now: datetime
    ) -> Iterable[TaskFact]:
        """The facts of a task; a delivered outcome goes before an observed one."""
        signs = (*self._unheard(task_id, task), *self._deliveries.heard_of(task_id))
        outcome = self._deliveries.give(task_id)
        if outcome is not None:
            return (outcome, *signs, *(fact for fact in shown or () if not is_outcome(fact)))
        if shown is None and self._is_missing(task_id, task, now):
            return (_vanished(task_id, now, "the task is gone without an outcome"), *signs)
        return (*signs, *(shown or ()))

    def _unheard(self, task_id: TaskId, task: OnTask) -> Iterable[TaskFact]:
        """A task whose signs of life nobody could hear is not silent: its span starts again."""
        at, last = self._term.began_at, task.heartbeat_at or task.started_at
        if at is not None and last is not None and last < at and task.heartbeat_seconds is not None:
            yield TaskHeartbeat(task_id=task_id, at=at)

    def _is_missing(self, task_id: TaskId, task: OnTask, now: datetime) -> bool:
        """Whether a task that the platform does not know existed once.

        A task that was just started here may be unknown because its echo is still under way. What
        a worker of an activity does shows nowhere.
        """
        if task.call == ACTIVITY:
            return False
        if task_id in self._seen:
            return True
        is_fresh = self._starts.is_done(task_id) and not self._starts.is_due(task_id, now)
        return task.started_at is not None and not is_fresh

    def _end_of(
        self, task_id: TaskId, shown: tuple[TaskFact, ...] | None, now: datetime
    ) -> Iterable[TaskFact]:
        if shown is None and self._cancels.is_done(task_id):
            return (_vanished(task_id, now, "the task was cancelled"),)
        return tuple(fact for fact in shown or () if is_outcome(fact))


def is_outcome(fact: TaskFact) -> bool:
    """Whether the fact ends its task. A callback does not: what asked for it may still run."""
    return not isinstance(fact, (TaskStarted, TaskHeartbeat, *CALLBACKS))


def _is_report(fact: TaskFact) -> bool:
    return isinstance(fact, (TaskHeartbeat, *CALLBACKS))


def _vanished(task_id: TaskId, at: datetime, reason: str) -> TaskVanished:
    return TaskVanished(task_id=task_id, at=at, reason=reason)
