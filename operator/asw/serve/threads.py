"""Runs what blocks in few threads, so that the loop answers everybody else meanwhile.

A thread is taken until its work is over, whoever still waits for it: a database that hangs takes
the threads, and no more. An owner has some of them at most, so that one leaves others to the rest.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

from asw.reconciler.platform import Unavailable

THREADS: Final = 4
OF_OWNER: Final = 2
SECONDS: Final = 10.0
MOST_WAITING: Final = 64
MOST_WAITING_OF_OWNER: Final = 16

_Result = TypeVar("_Result")


class _Turn(NamedTuple):
    owner: str
    come: asyncio.Future[None]


class Threads:
    """The threads. ``seconds`` is how long anybody waits, for a thread and for its work."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="blocking")
        self._seconds = seconds
        self._taken: Counter[str] = Counter()
        self._line: list[_Turn] = []

    async def run(self, owner: str, work: Callable[[], _Result]) -> _Result:
        """What the work returns or raises. Raises Unavailable if it takes too long."""
        loop = asyncio.get_running_loop()

        def over(_: object) -> None:
            with suppress(RuntimeError):  # the loop may be closed by the end of the work
                loop.call_soon_threadsafe(self._free, owner)

        try:
            async with asyncio.timeout(self._seconds):
                await self._take(owner)
                future = self._pool.submit(work)
                future.add_done_callback(over)
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise Unavailable("it takes too long") from None

    def close(self) -> None:
        """Take no more work; what runs goes on to its end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _take(self, owner: str) -> None:
        """Take a thread, once there is one for the owner."""
        if self._has_room(owner):
            self._taken[owner] += 1
            return
        of_owner = sum(turn.owner == owner for turn in self._line)
        if len(self._line) >= MOST_WAITING or of_owner >= MOST_WAITING_OF_OWNER:
            raise Unavailable("too many wait")
        turn = _Turn(owner, asyncio.get_running_loop().create_future())
        self._line.append(turn)
        try:
            await turn.come
        except asyncio.CancelledError:
            if turn in self._line:
                self._line.remove(turn)
            else:
                self._free(owner)  # it was its turn, just as it gave up
            raise

    def _has_room(self, owner: str) -> bool:
        return self._taken.total() < THREADS and self._taken[owner] < OF_OWNER

    def _free(self, owner: str) -> None:
        """Give the owner's thread back, and to whoever waits longest and may have it."""
        self._taken[owner] -= 1
        if not self._taken[owner]:
            del self._taken[owner]
        turn = next((it for it in self._line if self._has_room(it.owner)), None)
        if turn is not None:
            self._line.remove(turn)
            self._taken[turn.owner] += 1
            turn.come.set_result(None)
