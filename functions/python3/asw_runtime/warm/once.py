"""Something that happens once, and that threads wait for: ``threading`` costs memory for more."""

from __future__ import annotations

import _thread


class Once:
    """It has not happened until ``set``."""

    def __init__(self) -> None:
        self.is_set = False
        self._guard = _thread.allocate_lock()
        self._pending = _thread.allocate_lock()
        self._pending.acquire()

    def set(self) -> None:
        """It happens now, unless it has happened."""
        with self._guard:
            if not self.is_set:
                self.is_set = True
                self._pending.release()

    def wait(self, seconds: float = -1) -> bool:
        """Whether it has happened, after so many seconds at most; for ever if negative."""
        if not self.is_set:
            if not self._pending.acquire(timeout=seconds):
                return False
            self._pending.release()
        return True
