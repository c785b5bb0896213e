"""Whose turn it is: a line for each namespace, so that one with ten thousand holds nobody up."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

AT_ONCE: Final = 16
"""Objects of one namespace that have their turn at the same time."""


class Lines:
    """Gives turns to uids; each has one at a time. ``take`` raises nothing.

    ``ended`` is told whenever a turn is over; it says whether another one may follow at once for
    who asked for it meanwhile.
    """

    def __init__(
        self, name: str, take: Callable[[str], Awaitable[None]], ended: Callable[[str], bool]
    ) -> None:
        self._name, self._take, self._ended = name, take, ended
        self._lines: dict[str, deque[str]] = {}
        self._queued: set[str] = set()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        """Those that need another turn after the one under way."""
        self._busy: dict[str, int] = {}

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits."""
        return bool(self._queued)

    def stand(self, namespace: str, uid: str) -> None:
        """Give it a turn, unless it waits for one already."""
        if uid in self._under_way:
            self._again.add(uid)
        elif uid not in self._queued:
            self._queued.add(uid)
            self._lines.setdefault(namespace, deque()).append(uid)
            self._begin(namespace)

    def clear(self) -> None:
        """Nobody waits any more, and turns under way are given up."""
        self._lines.clear()
        self._queued.clear()
        self._again.clear()
        for task in self._under_way.values():
            task.cancel()

    def _begin(self, namespace: str) -> None:
        """Begin the next turns of a namespace, a few at the same time."""
        line = self._lines.get(namespace)
        while line and self._busy.get(namespace, 0) < AT_ONCE:
            uid = line.popleft()
            self._queued.discard(uid)
            if uid in self._under_way:
                self._again.add(uid)
            else:
                self._busy[namespace] = self._busy.get(namespace, 0) + 1
                task = asyncio.create_task(self._turn(namespace, uid), name=f"{self._name} {uid}")
                self._under_way[uid] = task
        if line is not None and not line:
            self._lines.pop(namespace, None)

    async def _turn(self, namespace: str, uid: str) -> None:
        try:
            await self._take(uid)
        finally:
            self._end(namespace, uid)

    def _end(self, namespace: str, uid: str) -> None:
        """The turn is over: the next ones begin."""
        self._under_way.pop(uid, None)
        self._busy[namespace] -= 1
        if not self._busy[namespace]:
            del self._busy[namespace]
        is_again = uid in self._again
        self._again.discard(uid)
        if self._ended(uid) and is_again:
            self.stand(namespace, uid)
        self._begin(namespace)
