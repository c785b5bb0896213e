"""The queue of task starts: a ``Scheduler`` with a clock, a timer and somebody to wake."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from asw.engine.task_ids import TaskId
from asw.reconciler.counters import Histogram
from asw.reconciler.pacing import Window
from asw.reconciler.platform import ExecutionKey
from asw.reconciler.scheduler import Limits, Queue, QueuePosition, Scheduler

Wake = Callable[[ExecutionKey], None]


class TaskQueue:
    """Admits starts. ``waits`` gets how long each start waited, in seconds."""

    def __init__(
        self, limits: Limits, now: Callable[[], datetime], wake: Wake, waits: Histogram
    ) -> None:
        self._book = Scheduler(limits)
        self.now = now
        self._wake = wake
        self._waits = waits
        self._timer: asyncio.TimerHandle | None = None
        self._is_closing = False

    @property
    def active(self) -> int:
        """How many tasks have a slot."""
        return self._book.active

    @property
    def window(self) -> Window:
        """How many starts are, and may be, under way."""
        return self._book.window

    @property
    def waiting(self) -> int:
        """How many tasks wait for one."""
        return self._book.waiting

    def admit(
        self,
        place: QueuePosition,
        *,
        wanted: Sequence[TaskId],
        running: Collection[TaskId],
        kept: Collection[TaskId],
        ready: Collection[TaskId] = (),
    ) -> frozenset[TaskId]:
        """Tell the scheduler how things stand; those of the wanted tasks that may start now.

        No node has to start anything for those that are ``ready``.
        """
        held, queue = self._book.held(place.key), self._book.queue(place.key)
        if not wanted and queue is None and set(running) == held:
            return frozenset()  # as in most passes: nothing to settle
        self._book.settle(place, self.now(), wanted=wanted, running=running, kept=kept)
        self._book.admit_ready(place.key, ready)
        self._hand_out(place.key)
        return frozenset(wanted).intersection(self._book.held(place.key))

    def show(
        self, key: ExecutionKey, running: Collection[TaskId], stuck: Collection[TaskId]
    ) -> None:
        """These tasks of an execution run by now, or something else keeps them from running."""
        now = self.now()
        freed = [self._book.show(it, now, is_stuck=False) for it in running]
        freed += [self._book.show(it, now, is_stuck=True) for it in stuck]
        if any(freed):
            self._hand_out(key)

    def queue(self, key: ExecutionKey) -> Queue | None:
        """How many tasks of the execution wait, since when and for what; None if none do."""
        return self._book.queue(key)

    def release(self, key: ExecutionKey, task_id: TaskId) -> None:
        """The task did not start after all: free its slot."""
        self._book.release(key, task_id)
        self._hand_out()

    def forget(self, key: ExecutionKey) -> None:
        """Nothing of the execution waits or is active any more, unless this process ends."""
        if not self._is_closing:
            self._book.forget(key)
            self._hand_out()

    def put_limit(self, namespace: str, workflow_name: str, limit: int) -> None:
        """Change the limit of a Workflow."""
        self._book.put_limit(namespace, workflow_name, limit)
        self._hand_out()

    def adopt(self, place: QueuePosition, task_id: TaskId) -> None:
        """The task runs, as a restart found: it has its slot."""
        self._book.adopt(place, task_id)

    def clear(self) -> None:
        """Forget everything: others act."""
        self._book.clear()
        self._stop_timer()

    def close(self) -> None:
        """This process ends: what runs keeps its slots, because passes at hand still ask for some.

        Time frees none any more.
        """
        self._is_closing = True
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hand_out(self, asking: ExecutionKey | None = None) -> None:
        """Hand out what is free, and come back when time frees more."""
        for grant in self._book.grant(self.now()):
            self._waits.add(grant.waited.total_seconds())
            if grant.key != asking:
                self._wake(grant.key)
        at = None if self._is_closing else self._book.next_at()
        if at is None:
            return
        loop = asyncio.get_running_loop()
        rings_at = loop.time() + max((at - self.now()).total_seconds(), 0.0)
        if self._timer is not None and self._timer.when() > rings_at:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(rings_at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._hand_out()
