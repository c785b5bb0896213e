"""Which of an execution's tasks wait to be started, and when its status must say so.

A task waits for a slot (``gate``) or for room (the platform answered NoRoom). A status that is
written anyway says so; one write of its own does where the wait has become long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asw.engine.commands import StartTask
from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.reconciler.admission import Place
from asw.reconciler.gate import Gate
from asw.reconciler.platform import ExecutionKey, NoRoom
from asw.reconciler.tasks import awaited_tasks
from asw.reconciler.view import View


@dataclass(slots=True, kw_only=True)
class Waits:
    """See the module; one per execution. ``queued`` are those that wait for a slot."""

    key: ExecutionKey
    gate: Gate
    patience: timedelta
    queued: frozenset[TaskId] = frozenset()
    _roomless: dict[TaskId, tuple[datetime, str]] = field(default_factory=dict)
    _is_said: bool = False

    def admit(
        self,
        place: Place,
        record: Record,
        view: View,
        commands: Sequence[StartTask],
        due: Sequence[StartTask],
    ) -> list[StartTask]:
        """Those of the ``due`` commands that may be performed now.

        ``record`` is the one after the step: what it closed gives its slot to others at once.
        """
        awaited = awaited_tasks(record)
        for task_id in self._roomless.keys() - awaited:
            del self._roomless[task_id]
        wanted = [it.task_id for it in due]
        admitted = self.gate.admit(
            place,
            wanted=wanted,
            running=view.known.intersection(awaited),
            kept=frozenset(it.task_id for it in commands).union(
                record.task_id(ordinal) for ordinal in record.cancelling
            ),
        )
        self.queued = frozenset(wanted) - admitted
        return [it for it in due if it.task_id in admitted]

    def note(self, task_id: TaskId, error: Exception | None, now: datetime) -> None:
        """Take what came of a start; one that failed has no slot any more."""
        if error is None:
            self._roomless.pop(task_id, None)
            return
        self.gate.release(self.key, task_id)
        if isinstance(error, NoRoom):
            since = self._roomless.get(task_id, (now, ""))[0]
            self._roomless[task_id] = (since, str(error))
        else:
            self._roomless.pop(task_id, None)

    def sentence(self) -> str | None:
        """How many tasks wait, and what for; None where none do."""
        queue = self.gate.queue(self.key)
        told = []
        if queue is not None:
            told.append(f"{_tasks(queue.count)} for a free slot: {queue.held_by}")
        roomless = [it for it in self._roomless if it not in self.queued]
        if roomless:
            told.append(f"{_tasks(len(roomless))} for room: {self._roomless[roomless[0]][1]}")
        return "; ".join(told) or None

    def say_at(self) -> datetime | None:
        """When the status must say so by a write of its own; None where nothing is to be said."""
        if self._is_said:
            return None
        queue = self.gate.queue(self.key)
        instants = [since for since, _ in self._roomless.values()]
        if queue is not None:
            instants.append(queue.since)
        return min(instants) + self.patience if instants else None

    def must_say(self, now: datetime) -> bool:
        """Whether that instant has come."""
        at = self.say_at()
        return at is not None and at <= now

    def said(self, sentence: str | None) -> None:
        """The status was written, with this sentence."""
        self._is_said = sentence is not None


def _tasks(count: int) -> str:
    return f"{count} task waits" if count == 1 else f"{count} tasks wait"
