"""How often calls start: at most so many in a second, each at its turn."""

import asyncio
from typing import Final

BURST_SECONDS: Final = 1.0
"""What was not used of this span may be used at once."""


class Pace:
    """Lets callers through at the rate of a Connection, in the order in which they come."""

    def __init__(self, per_second: float | None) -> None:
        self._interval = 0.0 if per_second is None else 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the turn of one more call."""
        if not self._interval:
            return
        now = asyncio.get_running_loop().time()
        turn = max(self._next, now - BURST_SECONDS + self._interval)
        self._next = turn + self._interval
        await asyncio.sleep(max(0.0, turn - now))
