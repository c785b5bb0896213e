"""What tasks reported themselves, held in memory until it is recorded, and who waits for that.

The first outcome of a task counts; further ones get the same answer. So does the first callback; a
further one that says something else came too late.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import Enum

from asw.engine.facts import CALLBACKS, TaskFact, TaskHeartbeat, TaskStarted
from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import Unavailable
from asw.reconciler.tasks import (
    awaited_callbacks,
    awaited_tasks,
    listening_tasks,
    tasks_of_workers,
)


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
    waiters: list[tuple[asyncio.Future[Delivery], TaskFact]] = field(default_factory=list)
    is_given: bool = False

    def open_waiters(self) -> list[tuple[asyncio.Future[Delivery], TaskFact]]:
        return [(future, fact) for future, fact in self.waiters if not future.done()]

    def answer(self, delivery: Delivery) -> None:
        for future, _ in self.open_waiters():
            future.set_result(delivery)

    def fail(self, error: Exception) -> None:
        for future, _ in self.open_waiters():
            future.set_exception(error)

    def answer_report(self, delivery: Delivery) -> None:
        """The same, but whoever reported something else is told that it came too late."""
        for future, fact in self.open_waiters():
            is_same = replace(fact, at=self.fact.at) == self.fact
            future.set_result(delivery if is_same else Delivery.LATE)


class Deliveries:
    """The reports of one execution's tasks: of those at work, and by tokens of callbacks."""

    def __init__(self) -> None:
        self._outcomes: dict[TaskId, _Outcome] = {}
        self._callbacks: dict[TaskId, _Outcome] = {}
        self._taken: dict[TaskId, _Outcome] = {}
        self._signs: dict[tuple[TaskId, type], TaskFact] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return not any((self._outcomes, self._callbacks, self._taken, self._signs))

    def put(self, fact: TaskFact) -> None:
        """Hold a fact whose result nobody waits for: a sign of life, or a refused start."""
        if isinstance(fact, TaskStarted | TaskHeartbeat):
            self._signs[fact.task_id, type(fact)] = fact
        else:
            self._held(fact)

    def wait_for(self, fact: TaskFact) -> asyncio.Future[Delivery]:
        """Hold an outcome or a callback; the result, once it is known."""
        future: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        self._held(fact).waiters.append((future, fact))
        return future

    def wait_for_start(self, fact: TaskStarted) -> asyncio.Future[Delivery]:
        """Hold that a worker takes the task of an activity: SAVED once the record says so.

        Whoever stops waiting cancels the future, and the task then stays for others, unless the
        save is under way.
        """
        future: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        held = self._taken[fact.task_id] = _Outcome(fact)
        held.waiters.append((future, fact))
        return future

    def _held(self, fact: TaskFact) -> _Outcome:
        held = self._callbacks if isinstance(fact, CALLBACKS) else self._outcomes
        return held.setdefault(fact.task_id, _Outcome(fact))

    def give(self, task_id: TaskId) -> TaskFact | None:
        """The held outcome of the task, for the next step."""
        return _given(self._outcomes.get(task_id))

    def heard_of(self, task_id: TaskId) -> tuple[TaskFact, ...]:
        """The newest held start and heartbeat of the task, and its callback, for the next step."""
        kinds: tuple[type, ...] = (TaskStarted, TaskHeartbeat)
        signs = (self._signs[task_id, kind] for kind in kinds if (task_id, kind) in self._signs)
        taken = self._taken.get(task_id)
        if taken is not None and not taken.open_waiters():
            del self._taken[task_id]
            taken = None
        further = (_given(taken), _given(self._callbacks.get(task_id)))
        return (*signs, *(fact for fact in further if fact is not None))

    def settle(self, before: Record, after: Record, heard: Collection[int] = ()) -> tuple[int, int]:
        """Answer according to the saved step from ``before`` to ``after``.

        An outcome that was given to the step, and is no longer awaited, is SAVED; so is a callback
        whose ordinal was ``heard``. One that is still awaited keeps waiting. All others are LATE.
        Returns how many were SAVED and LATE.
        """
        was_awaited, still = awaited_tasks(before).keys(), awaited_tasks(after).keys()
        over = {id_: held for id_, held in self._outcomes.items() if id_ not in still}
        saved = [id_ for id_, held in over.items() if held.is_given and id_ in was_awaited]
        for task_id in over:
            verdict = Delivery.SAVED if task_id in saved else Delivery.LATE
            self._outcomes.pop(task_id).answer(verdict)
        self._settle_taken(after)
        told, ended = self._settle_callbacks(before, after, heard)
        listening = listening_tasks(after)
        self._signs = {
            (id_, kind): sign
            for (id_, kind), sign in self._signs.items()
            if id_ in listening and (id_ in still or _is_news(sign, listening[id_]))
        }
        return len(saved) + told, len(over) - len(saved) + ended - told

    def _settle_taken(self, after: Record) -> None:
        """Whoever took a task has it if the record says that it started at that very moment.

        So one whose save was made, although its answer was lost, is found when the record is read.
        """
        waits = tasks_of_workers(after)
        for task_id, held in list(self._taken.items()):
            task = waits.get(task_id)
            if task is None or task.started_at is not None:
                is_this = task is not None and task.started_at == held.fact.at
                del self._taken[task_id]
                held.answer(Delivery.SAVED if is_this else Delivery.LATE)

    def _settle_callbacks(
        self, before: Record, after: Record, heard: Collection[int]
    ) -> tuple[int, int]:
        """How many took effect, and how many are answered.

        One that was given to an earlier step, whose save failed as far as anybody knows, and is
        not awaited any more, may be what ended its task: whoever brought it must ask again.
        """
        was_awaited, still = awaited_callbacks(before).keys(), awaited_callbacks(after).keys()
        over = [id_ for id_ in self._callbacks if id_ not in still]
        for task_id in over:
            held = self._callbacks.pop(task_id)
            if task_id.ordinal in heard:
                held.answer_report(Delivery.SAVED)
            elif held.is_given and task_id not in was_awaited:
                held.fail(Unavailable("whether the report was saved is not known"))
            else:
                held.answer(Delivery.LATE)
        return sum(task_id.ordinal in heard for task_id in over), len(over)

    def answer_all(self, delivery: Delivery) -> int:
        """Give everybody the same answer and hold nothing any more; returns how many there were."""
        held = [*self._outcomes.values(), *self._callbacks.values()]
        for each in (*held, *self._taken.values()):
            each.answer(delivery)
        self._clear()
        return len(held)

    def fail_all(self, error: Exception) -> None:
        """Fail everybody who waits: they must deliver again, perhaps to another replica."""
        for books in (self._outcomes, self._callbacks, self._taken):
            for held in books.values():
                held.fail(error)
        self._clear()

    def _clear(self) -> None:
        self._outcomes.clear()
        self._callbacks.clear()
        self._taken.clear()


def _given(held: _Outcome | None) -> TaskFact | None:
    if held is None:
        return None
    held.is_given = True
    return held.fact


def _is_news(sign: TaskFact, task: OnTask) -> bool:
    """Whether the record of a task of which nothing runs can still use the sign of life."""
    if not isinstance(sign, TaskHeartbeat) or task.heartbeat_seconds is None:
        return False
    return task.heartbeat_at is None or sign.at > task.heartbeat_at
