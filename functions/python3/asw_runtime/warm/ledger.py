"""Which tasks are here: the one place that says so, to operator and slots, under one lock."""

from __future__ import annotations

import _thread
import time

from .once import Once

_REMEMBERED = 1000

NEW, HELD, FINISHED, DRAINING = "new", "held", "finished", "draining"
"""What a task is to us when it arrives."""


class Ledger:
    """Tasks that run or whose outcome was not acknowledged, the last ones after that, the drain."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._held: dict[str, None] = {}
        self._finished: dict[str, None] = {}
        self._is_draining = False
        self._drain = Once()

    def receive(self, task_id: str) -> str:
        """What the task is to us; from now on it is held, unless we hold it or are draining.

        Once ``told`` has said that we drain, whatever arrives was on its way: it is not run, since
        the operator was told that it is not here.
        """
        with self._lock:
            if task_id in self._held:
                return HELD
            if self._is_draining:
                return DRAINING
            self._held[task_id] = None
            return FINISHED if task_id in self._finished else NEW

    def finish(self, task_id: str) -> None:
        """Nothing more is to be said about the task."""
        with self._lock:
            self._held.pop(task_id, None)
            self._finished.pop(task_id, None)
            self._finished[task_id] = None
            if len(self._finished) > _REMEMBERED:
                del self._finished[next(iter(self._finished))]

    def told(self) -> tuple[list[str], bool]:
        """Tasks held and whether we drain, at one moment."""
        with self._lock:
            return list(self._held), self._is_draining

    def drain(self) -> bool:
        """Take no more tasks; false where that was so already."""
        with self._lock:
            if self._is_draining:
                return False
            self._is_draining = True
        self._drain.set()
        return True

    @property
    def is_draining(self) -> bool:
        """Whether no more tasks are taken."""
        return self._is_draining

    def pause(self, seconds: float) -> None:
        """Sleep, but no longer than until a drain begins."""
        if self._is_draining:
            time.sleep(seconds)
        else:
            self._drain.wait(seconds)
