"""Tasks that ask people: nothing runs for them, so the question itself is the answer to the call.

Nothing here is durable: whoever takes over starts an unrecorded question again, to the same end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asw.asl.errors import START_FAILED
from asw.engine.commands import StartTask
from asw.engine.facts import TaskFact, TaskSucceeded
from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import ExecutionKey, PlatformError, TaskRefused
from asw.reconciler.tasks import awaited_tasks

_UNHELD: Final = (
    "approvals need the chart's admission policies, which hold the names of those who answer:"
    " set admissionPolicy.enabled"
)


@dataclass(slots=True, kw_only=True)
class Asking:
    """Questions that were asked and are not recorded yet.

    ``is_held``: admission policies keep people from answering in others' names.
    """

    clock: Callable[[], datetime]
    is_held: bool
    _asked: dict[str, dict[TaskId, TaskFact]] = field(default_factory=dict)
    """By uid of the execution."""

    def start(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> dict[TaskId, PlatformError | None]:
        """Ask; the errors of questions that cannot be asked."""
        if not self.is_held:
            return {it.task_id: TaskRefused(START_FAILED, _UNHELD) for it in tasks}
        for it in tasks:
            fact = TaskSucceeded(task_id=it.task_id, at=self.clock(), output=it.payload)
            self._asked.setdefault(key.uid, {}).setdefault(it.task_id, fact)
        return {it.task_id: None for it in tasks}

    def fact(self, key: ExecutionKey, task_id: TaskId) -> TaskFact | None:
        """That it was asked, until that is recorded."""
        return self._asked.get(key.uid, {}).get(task_id)

    def keep(self, uid: str, record: Record) -> None:
        """Drop what the saved record shows."""
        asked = self._asked.get(uid)
        if asked is None:
            return
        for task_id in asked.keys() - awaited_tasks(record).keys():
            del asked[task_id]
        if not asked:
            self.forget(uid)

    def forget(self, uid: str) -> None:
        """Hold nothing of an execution."""
        self._asked.pop(uid, None)
