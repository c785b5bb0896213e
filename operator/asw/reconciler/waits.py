"""Which of an execution's tasks wait to be started, and when its status must say so.

A task waits for a slot (``task_queue``), for room (the platform answered NoRoom), for its Function
(NotYet), or exists but is pending (no node accepts it, for example). A status that is written
anyway says so; once the wait is long, a write of its own does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asw.engine.commands import StartTask
from asw.engine.facts import Fact, TaskHeld
from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.reconciler.answers import Answer, judge
from asw.reconciler.observing import Snapshot
from asw.reconciler.platform import ExecutionKey, NoRoom, NotYet
from asw.reconciler.scheduler import QueuePosition
from asw.reconciler.task_queue import TaskQueue
from asw.reconciler.tasks import awaited_tasks, nested_executions, tasks_of_workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a step wants to start: all of its ``tasks``, and those ``due`` now.

    Warm processes run those that are ``ready``, or will in a moment.
    """

    tasks: Sequence[StartTask]
    due: Sequence[StartTask]
    ready: Collection[TaskId]


@dataclass(slots=True, kw_only=True)
class Waits:
    """The waiting tasks of one execution. ``queued`` are those that wait for a slot."""

    key: ExecutionKey
    task_queue: TaskQueue
    patience: timedelta
    queued: frozenset[TaskId] = frozenset()
    _stuck: dict[TaskId, tuple[datetime, str]] = field(default_factory=dict)
    _refused: dict[TaskId, datetime] = field(default_factory=dict)
    """Since when there has been no room for a task, unless the record says so already."""
    _is_said: bool = False
    _objections: str | None = None
    """Why answers of people do not count, and what of it the status says."""
    _objections_said: str | None = None

    def judged(self, record: Record, answers: Sequence[Answer], now: datetime) -> Sequence[Fact]:
        """The tasks that people's answers end; those that do not count are told by ``sentence``."""
        found = judge(record, answers, now)
        self._objections = "; ".join(found.objections) or None
        return found.facts

    def admit(
        self, place: QueuePosition, record: Record, view: Snapshot, starts: Wanted
    ) -> list[StartTask]:
        """Those of the starts that may be performed now.

        ``record`` is the one after the step: tasks that it closed free their slots at once.
        """
        tasks = awaited_tasks(record).keys()
        self._look(view, tasks, self.task_queue.now())
        awaited = tasks - nested_executions(record) - tasks_of_workers(record).keys()
        self.task_queue.show(
            self.key, {fact.task_id for fact in view.facts}, view.pending_reasons.keys()
        )
        wanted = [it.task_id for it in starts.due]
        admitted = self.task_queue.admit(
            place,
            wanted=wanted,
            running=view.known & awaited,
            kept=frozenset(it.task_id for it in starts.tasks).union(
                record.task_id(ordinal) for ordinal in record.cancelling
            ),
            ready=starts.ready,
        )
        self.queued = frozenset(wanted) - admitted
        return [it for it in starts.due if it.task_id in admitted]

    def note(self, task_id: TaskId, error: Exception | None, now: datetime) -> None:
        """Note the result of a start; one that failed loses its slot."""
        if error is not None:
            self.task_queue.release(self.key, task_id)
        if isinstance(error, NoRoom | NotYet):
            self._put(task_id, str(error), now)
        else:
            self._stuck.pop(task_id, None)
        if isinstance(error, NoRoom):
            self._refused.setdefault(task_id, now)
        else:
            self._refused.pop(task_id, None)

    def held(self, record: Record, view: Snapshot, now: datetime) -> tuple[TaskHeld, ...]:
        """Facts for the record about tasks that have found no room for long."""
        if not self._refused:
            return ()
        untold = {
            task_id
            for task_id, task in awaited_tasks(record).items()
            if task.held_at is None and task.started_at is None
        }
        for task_id in self._refused.keys() - (untold - view.known):
            del self._refused[task_id]
        return tuple(
            TaskHeld(task_id=task_id, at=at)
            for task_id, at in self._refused.items()
            if at + self.patience <= now
        )

    def sentence(self) -> str | None:
        """How many tasks wait, and what for; None if none do."""
        queue = self.task_queue.queue(self.key)
        told = []
        if queue is not None:
            told.append(f"{_tasks(queue.count)} for a free slot: {queue.held_by}")
        if stuck := self._reasons():
            told.append(f"{_tasks(len(stuck))} to start: {stuck[0]}")
        if self._objections is not None:
            told.append(self._objections)
        return "; ".join(told) or None

    def trouble(self) -> str | None:
        """Why tasks do not start though it is their turn; None if they do."""
        return next(iter(self._reasons()), None)

    def _reasons(self) -> list[str]:
        return [why for it, (_, why) in self._stuck.items() if it not in self.queued]

    def _look(self, view: Snapshot, awaited: Collection[TaskId], now: datetime) -> None:
        """Forget what is no longer awaited, and note the pending reasons of existing tasks."""
        for task_id in self._stuck.keys() - awaited:
            del self._stuck[task_id]
        for task_id in view.known.intersection(awaited):
            pending_reason = view.pending_reasons.get(task_id)
            if pending_reason is None:
                self._stuck.pop(task_id, None)
            else:
                self._put(task_id, pending_reason, now)

    def _put(self, task_id: TaskId, why: str, now: datetime) -> None:
        since = self._stuck.get(task_id, (now, ""))[0]
        self._stuck[task_id] = (since, why)

    def say_at(self) -> datetime | None:
        """When the status must say so by a write of its own; None if there is nothing to say."""
        if self._is_said:
            return None
        queue = self.task_queue.queue(self.key)
        instants = [since for since, _ in self._stuck.values()]
        if queue is not None:
            instants.append(queue.since)
        return min(instants) + self.patience if instants else None

    def next_at(self) -> datetime | None:
        """When status or record must say more; None if there is nothing to say."""
        refused = min(self._refused.values(), default=None)
        at = self.say_at()
        if refused is None or (at is not None and at <= refused + self.patience):
            return at
        return refused + self.patience

    def must_say(self, now: datetime) -> bool:
        """Whether the status must say so now."""
        if self._objections != self._objections_said:
            return True
        at = self.say_at()
        return at is not None and at <= now

    def said(self, sentence: str | None) -> None:
        """The status was written, with this sentence."""
        self._is_said = sentence is not None and sentence != self._objections
        self._objections_said = self._objections


def _tasks(count: int) -> str:
    return f"{count} task waits" if count == 1 else f"{count} tasks wait"
