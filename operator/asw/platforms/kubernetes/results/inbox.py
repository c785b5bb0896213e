"""Takes what tasks report to the reconciler, and serves the events that they fetch."""

from dataclasses import dataclass, replace

from asw.asl.values import to_text
from asw.engine.facts import TaskFact, TaskFailed, TaskStarted, TaskSucceeded
from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.platforms.kubernetes.storage.executions import Executions
from asw.reconciler.answers import is_approval
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import ExecutionKey, Unavailable
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.tasks import awaited_callbacks, awaited_reports, awaited_tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The way from the result server to the reconciler."""

    cache: Cache
    executions: Executions
    reconciler: Reconciler

    async def deliver(self, fact: TaskFact) -> Delivery:
        """Hand the fact to its execution, with the start time that the watches showed."""
        seen = self.cache.executions.get(fact.task_id.execution_uid)
        if seen is None:
            return await self._deliver_express(fact)
        if seen.is_finished:
            return Delivery.LATE
        return await self.reconciler.deliver(seen.key, self._with_start(seen.key, fact))

    async def awaits(self, task_id: TaskId) -> bool:
        """Whether an outcome of the task would still be taken."""
        return await self._waiting(task_id) is not None

    async def bound_to(self, task_id: TaskId) -> str | None:
        """The warm process that the task is bound to; None if it is not, or not awaited."""
        waiting = await self._waiting(task_id)
        return None if waiting is None else waiting.bound_to

    async def event(self, task_id: TaskId) -> str | None:
        """The payload of a task that its record awaits, as JSON text."""
        waiting = await self._waiting(task_id)
        return None if waiting is None else to_text(waiting.payload)

    async def awaits_callback(self, claim: Claim) -> Delivery:
        """SAVED if a report by this token would be taken, else why not."""
        task_id = claim.task_id
        seen = self.cache.executions.get(task_id.execution_uid)
        if seen is None or seen.key.namespace != claim.namespace:
            return Delivery.GONE
        if seen.is_finished:
            return Delivery.LATE
        known = self.reconciler.record(seen.key)
        if known is not None and task_id in awaited_callbacks(known):
            return Delivery.SAVED
        record = await self.executions.stored_record(seen.key)  # memory may be out of date
        if record is None or task_id.ordinal >= record.next_ordinal:
            return Delivery.GONE
        return Delivery.SAVED if task_id in awaited_callbacks(record) else Delivery.LATE

    async def approval(self, claim: Claim) -> tuple[ExecutionKey, str, OnTask] | None:
        """The execution, state and task of an open approval; None if it does not wait any more."""
        seen = self.cache.executions.get(claim.task_id.execution_uid)
        if seen is None or seen.key.namespace != claim.namespace or seen.is_finished:
            return None
        known = self.reconciler.record(seen.key)
        found = None if known is None else _approval(known, claim.task_id)
        if found is None:  # memory may be out of date
            stored = await self.executions.stored_record(seen.key)
            found = None if stored is None else _approval(stored, claim.task_id)
        return None if found is None else (seen.key, *found)

    def namespace(self, task_id: TaskId) -> str:
        """The namespace of the task; empty if the execution was not seen."""
        seen = self.cache.executions.get(task_id.execution_uid)
        seen = seen or next(self.cache.owners(task_id), None)
        return "" if seen is None else seen.key.namespace

    async def _waiting(self, task_id: TaskId) -> OnTask | None:
        """What waits for the task.

        The record is the worker's, which reads it again after another replica held the Lease, or
        else the stored one.
        """
        seen = self.cache.executions.get(task_id.execution_uid)
        if seen is None:
            express = self.reconciler.express_task(task_id)
            if express is None:
                self._require_none_coming(task_id)
            return express
        if seen.is_finished:
            return None
        record = self.reconciler.record(seen.key)
        if record is None:
            record = await self.executions.stored_record(seen.key)
        return None if record is None else awaited_tasks(record).get(task_id)

    async def _deliver_express(self, fact: TaskFact) -> Delivery:
        """The same for a task of an express child, which has no object."""
        key = self.reconciler.express_child(fact.task_id.execution_uid)
        if key is not None:
            return await self.reconciler.deliver(key, self._with_start(key, fact))
        self._require_none_coming(fact.task_id)
        return Delivery.GONE

    def _require_none_coming(self, task_id: TaskId) -> None:
        """Raise Unavailable if the child may still come up, as it does again after a restart."""
        if any(not owner.is_finished for owner in self.cache.owners(task_id)):
            raise Unavailable("the child that waits for this task is not up; deliver again")

    def _with_start(self, key: ExecutionKey, fact: TaskFact) -> TaskFact:
        if not isinstance(fact, TaskSucceeded | TaskFailed):
            return fact
        shown = self.cache.facts(key, fact.task_id) or ()
        started_at = next((it.at for it in shown if isinstance(it, TaskStarted)), None)
        return replace(fact, started_at=started_at or fact.started_at)


def _approval(record: Record, task_id: TaskId) -> tuple[str, OnTask] | None:
    waiting = awaited_reports(record).get(task_id)
    if waiting is None or not is_approval(waiting):
        return None
    states = (it.state for it in record.frames.values() if it.waiting is waiting)
    return next(states, ""), waiting
