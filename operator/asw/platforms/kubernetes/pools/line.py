"""Tasks that wait for a slot of a pool, in a line for each Workflow. Without I/O.

Workflows take turns, so that ten thousand calls of one keep nobody else waiting; of one Workflow,
whoever has waited longest comes first. Every step costs the same however many wait.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.reported import Outcome
from asw.reconciler.platform import ExecutionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a slot is told of a task: its event, JSON text, and variables of the task contract."""

    task_id: TaskId
    event: str
    environment: dict[str, str]

    def of(self, task_id: TaskId) -> "Handover":
        """The same for another task."""
        return replace(self, task_id=task_id)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Something that no record awaits, and whose answer is told here: None if it is lost."""

    handover: Handover
    answered: "asyncio.Future[Outcome | None]"

    def answer(self, outcome: "Outcome | None") -> None:
        """Tell whoever still waits."""
        if not self.answered.done():
            self.answered.set_result(outcome)


@dataclass(slots=True, eq=False, kw_only=True)
class Waiter:
    """A task that waits for a slot, since an instant of the steady clock, on behalf of a Workflow.

    If it ``falls_back``, it gets a Job as soon as one may be started, or a slot before that. It is
    no task of a record if it is a ``question``.
    """

    key: ExecutionKey
    owner: str
    since: float
    falls_back: bool = False
    question: Question | None = None


@dataclass(slots=True, eq=False)
class Line:
    """Who waits. Its length is how many do."""

    _queues: "OrderedDict[str, OrderedDict[TaskId, Waiter]]" = field(default_factory=OrderedDict)
    """By owner: the one whose turn is next comes first."""
    _waiters: dict[TaskId, Waiter] = field(default_factory=dict)
    _of: dict[str, set[TaskId]] = field(default_factory=dict)
    """By uid of their execution."""

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiters)

    @property
    def since(self) -> float | None:
        """When whoever waits longest came; None if nobody waits."""
        firsts = (next(iter(queue.values())) for queue in self._queues.values())
        return min((first.since for first in firsts), default=None)

    def get(self, task_id: TaskId) -> Waiter | None:
        """The task as it waits, None if it does not."""
        return self._waiters.get(task_id)

    def add(self, task_id: TaskId, waiter: Waiter) -> None:
        """Have the task wait; one that does so already keeps its place."""
        if task_id not in self._waiters:
            self._waiters[task_id] = waiter
            self._queues.setdefault(waiter.owner, OrderedDict())[task_id] = waiter
            self._of.setdefault(task_id.execution_uid, set()).add(task_id)

    def discard(self, task_id: TaskId) -> None:
        """The task waits no more, if it did."""
        waiter = self._waiters.pop(task_id, None)
        if waiter is None:
            return
        queue, known = self._queues[waiter.owner], self._of[task_id.execution_uid]
        del queue[task_id]
        known.discard(task_id)
        if not queue:
            del self._queues[waiter.owner]
        if not known:
            del self._of[task_id.execution_uid]

    def take(self) -> tuple[TaskId, Waiter]:
        """Whose turn it is: waits no more. Raises StopIteration if nobody waits."""
        owner, queue = next(iter(self._queues.items()))
        self._queues.move_to_end(owner)
        task_id, waiter = next(iter(queue.items()))
        self.discard(task_id)
        return task_id, waiter

    def forget(self, uid: str) -> None:
        """Nothing of this execution waits any more."""
        for task_id in tuple(self._of.get(uid, ())):
            self.discard(task_id)
