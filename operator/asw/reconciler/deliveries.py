"""What tasks reported themselves, held in memory until it is recorded, and who waits for that.

The first outcome of a task counts; further ones get the same answer.
"""

import asyncio
from dataclasses import dataclass, field
from enum import Enum

from asw.engine.facts import TaskFact, TaskHeartbeat, TaskStarted
from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.reconciler.tasks import awaited_tasks


class Delivery(Enum):
    """The result of a task's report."""

    SAVED = "saved"
    """It is in the record (a heartbeat: it will be)."""
    LATE = "late"
    """Dropped: nobody waits for this attempt, because it is over or never existed."""
    GONE = "gone"
    """The execution does not exist any more."""


@dataclass(slots=True)
class _Outcome:
    fact: TaskFact
    waiters: list[asyncio.Future[Delivery]] = field(default_factory=list)
    is_given: bool = False

    def open_waiters(self) -> list[asyncio.Future[Delivery]]:
        return [future for future in self.waiters if not future.done()]


class Deliveries:
    """The reports of one execution's tasks."""

    def __init__(self) -> None:
        self._outcomes: dict[TaskId, _Outcome] = {}
        self._signs: dict[tuple[TaskId, type], TaskFact] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return not self._outcomes and not self._signs

    def put(self, fact: TaskFact) -> None:
        """Hold a fact whose result nobody waits for: a sign of life, or a refused start."""
        if isinstance(fact, TaskStarted | TaskHeartbeat):
            self._signs[fact.task_id, type(fact)] = fact
        else:
            self._outcomes.setdefault(fact.task_id, _Outcome(fact))

    def wait_for(self, fact: TaskFact) -> asyncio.Future[Delivery]:
        """Hold an outcome; the result, once it is known."""
        self.put(fact)
        future: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        self._outcomes[fact.task_id].waiters.append(future)
        return future

    def give(self, task_id: TaskId) -> TaskFact | None:
        """The held outcome of the task, for the next step."""
        held = self._outcomes.get(task_id)
        if held is None:
            return None
        held.is_given = True
        return held.fact

    def signs(self, task_id: TaskId) -> tuple[TaskFact, ...]:
        """The newest held start and heartbeat of the task."""
        kinds: tuple[type, ...] = (TaskStarted, TaskHeartbeat)
        return tuple(self._signs[task_id, kind] for kind in kinds if (task_id, kind) in self._signs)

    def settle(self, before: Record, after: Record) -> tuple[int, int]:
        """Answer according to the saved step from ``before`` to ``after``.

        An outcome that was given to the step, and is no longer awaited, is SAVED. One that is
        still awaited keeps waiting. All others are LATE. Returns how many were SAVED and LATE.
        """
        was_awaited, still = awaited_tasks(before).keys(), awaited_tasks(after).keys()
        over = {id_: held for id_, held in self._outcomes.items() if id_ not in still}
        saved = [id_ for id_, held in over.items() if held.is_given and id_ in was_awaited]
        self._signs = {key: fact for key, fact in self._signs.items() if key[0] in still}
        for task_id in saved:
            self._answer(task_id, Delivery.SAVED)
        for task_id in over.keys() - saved:
            self._answer(task_id, Delivery.LATE)
        return len(saved), len(over) - len(saved)

    def answer_all(self, delivery: Delivery) -> int:
        """Give everybody the same answer and hold nothing any more; returns how many there were."""
        task_ids = list(self._outcomes)
        for task_id in task_ids:
            self._answer(task_id, delivery)
        return len(task_ids)

    def fail_all(self, error: Exception) -> None:
        """Fail everybody who waits: they must deliver again, perhaps to another replica."""
        for held in self._outcomes.values():
            for future in held.open_waiters():
                future.set_exception(error)
        self._outcomes.clear()

    def _answer(self, task_id: TaskId, delivery: Delivery) -> None:
        for future in self._outcomes.pop(task_id).open_waiters():
            future.set_result(delivery)
