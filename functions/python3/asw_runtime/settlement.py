"""Who may answer: a task ends once, by its result or by its timeout, in the process it began in."""

from __future__ import annotations

import _thread
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_STARTED_IN = os.getpid()


class Settlement:
    """The right to tell the outcome, given to the first who asks."""

    def __init__(self) -> None:
        self._right = _thread.allocate_lock()

    def claim(self) -> bool:
        """Whether the caller is the first; a forked child, which never may, ends here."""
        if os.getpid() != _STARTED_IN:
            os._exit(1)
        return self._right.acquire(blocking=False)


class Watchdog:
    """Calls ``on_timeout`` on a thread of its own unless stopped in time; 0 seconds is never.

    It works while user code waits or computes in Python. Code that never gives the interpreter
    up is ended from outside, by the Job's deadline.
    """

    def __init__(self, seconds: float, on_timeout: Callable[[], None]) -> None:
        self._stopped = _thread.allocate_lock()
        self._stopped.acquire()
        if seconds:
            _thread.start_new_thread(self._watch, (seconds, on_timeout))

    def stop(self) -> None:
        """The function has returned."""
        self._stopped.release()

    def _watch(self, seconds: float, on_timeout: Callable[[], None]) -> None:
        if not self._stopped.acquire(timeout=min(seconds, _thread.TIMEOUT_MAX)):
            on_timeout()


def park() -> None:
    """Wait for the process to be ended by another thread."""
    lock = _thread.allocate_lock()
    lock.acquire()
    lock.acquire()
