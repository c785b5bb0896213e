"""What tasks report, on its way to the reconciler; and the events that they fetch."""

from dataclasses import dataclass, replace
from typing import Protocol

from asw.asl.values import to_text
from asw.engine.facts import TaskFact, TaskFailed, TaskStarted, TaskSucceeded
from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.kubernetes.cache import Cache
from asw.kubernetes.executions import Executions
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import ExecutionKey
from asw.reconciler.tasks import awaited_tasks


class Delivering(Protocol):
    """The part of ``Reconciler`` that takes facts."""

    async def deliver(self, key: ExecutionKey, fact: TaskFact) -> Delivery:
        """See ``Reconciler.deliver``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """See the module."""

    cache: Cache
    executions: Executions
    reconciler: Delivering

    async def deliver(self, fact: TaskFact) -> Delivery:
        """Hand the fact to its execution, with when the watches saw the task start."""
        seen = self.cache.executions.get(fact.task_id.execution_uid)
        if seen is None:
            return Delivery.GONE
        if seen.is_finished:
            return Delivery.LATE
        return await self.reconciler.deliver(seen.key, self._with_start(fact))

    async def event(self, task_id: TaskId) -> str | None:
        """The payload of a task that its record awaits, as JSON text."""
        seen = self.cache.executions.get(task_id.execution_uid)
        if seen is None:
            return None
        record: Record | None = self.executions.record(task_id.execution_uid)
        if record is None:
            record = await self.executions.stored_record(seen.key)
        waiting = awaited_tasks(record).get(task_id) if record is not None else None
        return None if waiting is None else to_text(waiting.payload)

    def _with_start(self, fact: TaskFact) -> TaskFact:
        if not isinstance(fact, TaskSucceeded | TaskFailed):
            return fact
        shown = self.cache.facts(fact.task_id) or ()
        started_at = next((it.at for it in shown if isinstance(it, TaskStarted)), None)
        return replace(fact, started_at=started_at)
