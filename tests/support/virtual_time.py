"""An event loop whose clock jumps: whoever sleeps is woken at once, at the instant he asked for.

Waiting for nothing at all is an error instead of a test that hangs. No threads, no network.
"""

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The wall clock when a loop's clock shows zero."""


class _JumpingSelector(selectors.SelectSelector):
    """Turns waiting into the passing of virtual time."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, Any]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("everybody waits and nothing will ever happen")
        self.time += timeout
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._virtual = _JumpingSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds of virtual time since the loop was made."""
        return self._virtual.time


def virtual_now() -> datetime:
    """The wall clock of the running loop, to the millisecond."""
    seconds = asyncio.get_running_loop().time()
    return EPOCH + timedelta(milliseconds=round(seconds * 1000))
