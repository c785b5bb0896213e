"""Tasks of activities that wait for a worker: each once, the one scheduled first at the front.

Nothing here is durable. An execution offers its tasks when it is loaded and after each save, so
whoever takes over from another replica has them again as soon as it has read the executions. What
the record says decides: a task that it shows as started or over is offered no more.
"""

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asw.asl.errors import RUNTIME
from asw.asl.resources import ActivityInvocation
from asw.engine.commands import StartTask
from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.activities import Place
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.workflows.functions import Functions
from asw.reconciler.platform import ExecutionKey, PlatformError, TaskRefused
from asw.reconciler.tasks import tasks_of_workers

_SLACK: Final = 64
"""How many offers that are not open any more a line may hold besides as many as are open."""


@dataclass(frozen=True, slots=True, order=True)
class Offer:
    """A task that waits for a worker of the activity ``place``: namespace and public name."""

    scheduled_at: datetime
    task_id: TaskId
    key: ExecutionKey = field(compare=False)
    place: Place = field(compare=False)


class Workers:
    """The tasks that wait, by activity. Taking one costs the logarithm of how many wait."""

    def __init__(self, cache: Cache, functions: Functions) -> None:
        self._cache = cache
        self._functions = functions
        self._open: dict[TaskId, Offer] = {}
        self._of: defaultdict[str, set[TaskId]] = defaultdict(set)
        """The same by the uid of the execution."""
        self._lines: defaultdict[Place, list[Offer]] = defaultdict(list)
        """Heaps; they hold offers that are not open any more, too, until these come to the top."""
        self._counts: defaultdict[Place, int] = defaultdict(int)
        self._listeners: defaultdict[Place, set[asyncio.Event]] = defaultdict(set)

    def __len__(self) -> int:
        """How many tasks wait."""
        return len(self._open)

    def start(
        self, key: ExecutionKey, tasks: Sequence[StartTask], record: Record | None
    ) -> dict[TaskId, PlatformError | None]:
        """Offer the tasks; the error of those whose activity does not exist."""
        waits = {} if record is None else tasks_of_workers(record)
        found: dict[TaskId, PlatformError | None] = {}
        for task in tasks:
            assert isinstance(task.invocation, ActivityInvocation)
            place = (key.namespace, task.invocation.activity)
            waiting = waits.get(task.task_id)
            if not self._cache.activities.has(*place):
                found[task.task_id] = self._missing(key, task.invocation)
                continue
            found[task.task_id] = None
            if waiting is not None and waiting.started_at is None:
                self.put(Offer(waiting.scheduled_at, task.task_id, key, place))
        return found

    def put(self, offer: Offer) -> None:
        """Have workers find the task; once more is the same."""
        if offer.task_id in self._open:
            return
        self._open[offer.task_id] = offer
        self._of[offer.key.uid].add(offer.task_id)
        self._counts[offer.place] += 1
        heapq.heappush(self._lines[offer.place], offer)
        for listener in self._listeners.get(offer.place, ()):
            listener.set()

    def knows(self, task_id: TaskId) -> bool:
        """Whether the task waits here."""
        return task_id in self._open

    def take(self, place: Place) -> Offer | None:
        """The task of the activity that waits longest, which is no longer offered; None if none."""
        line = self._lines.get(place, [])
        while line:
            offer = heapq.heappop(line)
            if self._open.get(offer.task_id) is offer:
                self._close(offer)
                return offer
        return None

    def count(self, place: Place) -> int:
        """How many tasks of the activity wait."""
        return self._counts.get(place, 0)

    async def wait(self, places: Collection[Place], seconds: float) -> dict[Place, int]:
        """How many tasks of each activity wait, once any do, else after so many seconds none."""
        listener = asyncio.Event()
        for place in places:
            self._listeners[place].add(listener)
        try:
            if not any(map(self.count, places)):
                async with asyncio.timeout(seconds):
                    await listener.wait()
        except TimeoutError:
            pass
        finally:
            for place in places:
                self._listeners[place].discard(listener)
                if not self._listeners[place]:
                    del self._listeners[place]
        return {place: count for place in places if (count := self.count(place))}

    def keep(self, uid: str, record: Record) -> None:
        """Offer no tasks of the execution but those that its record has waiting."""
        if uid not in self._of:
            return
        waits = tasks_of_workers(record)
        for task_id in list(self._of[uid]):
            waiting = waits.get(task_id)
            if waiting is None or waiting.started_at is not None:
                self._close(self._open[task_id])

    def forget(self, uid: str) -> None:
        """Offer no tasks of the execution: it is over, gone or suspended."""
        for task_id in list(self._of.get(uid, ())):
            self._close(self._open[task_id])

    def clear(self) -> None:
        """Others act: offer nothing."""
        for books in (self._open, self._of, self._lines, self._counts):
            books.clear()

    def _close(self, offer: Offer) -> None:
        del self._open[offer.task_id]
        uid, place = offer.key.uid, offer.place
        self._of[uid].discard(offer.task_id)
        if not self._of[uid]:
            del self._of[uid]
        self._counts[place] -= 1
        line = self._lines[place]
        if not self._counts[place]:
            del self._counts[place], self._lines[place]
        elif len(line) > 2 * self._counts[place] + _SLACK:
            line[:] = [it for it in line if self._open.get(it.task_id) is it]
            heapq.heapify(line)

    def _missing(self, key: ExecutionKey, invocation: ActivityInvocation) -> PlatformError:
        """What is applied together may come in any order, as with Functions."""
        ends_at, name = self._functions.grace_ends_at(key), invocation.activity
        if ends_at is None:
            return TaskRefused(RUNTIME, f"The activity {name} does not exist.")
        why = f"Activity {name!r} does not exist in namespace {key.namespace!r}"
        return self._functions.not_yet(key, invocation.name, why, ends_at)
