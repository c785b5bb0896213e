"""Whose job is next: namespaces take turns, and none has every place at a time."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

Queue: TypeAlias = deque[asyncio.Future[None]]


class Turns:
    """See the module. Who waits holds nothing but a place in the queue of its namespace."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._most = max(1, places - 1)
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, Queue] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def turn(self, namespace: str) -> AsyncIterator[None]:
        """Wait for a place, and have it until the end of the block."""
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(namespace, deque()).append(ticket)
        self._grant()
        try:
            await ticket
            yield
        finally:
            if ticket.done() and not ticket.cancelled():
                self._free += 1
                self._running[namespace] -= 1
                if not self._running[namespace]:
                    del self._running[namespace]
            else:
                self._leave(namespace, ticket)
            self._grant()

    def _leave(self, namespace: str, ticket: asyncio.Future[None]) -> None:
        queue = self._waiting[namespace]
        queue.remove(ticket)
        if not queue:
            del self._waiting[namespace]

    def _grant(self) -> None:
        """Give free places away: to each namespace in turn, to its longest waiting job."""
        while self._free:
            namespace = next((it for it in self._waiting if self._running[it] < self._most), None)
            if namespace is None:
                return
            queue = self._waiting.pop(namespace)
            ticket = queue.popleft()
            if queue:
                self._waiting[namespace] = queue  # behind all others
            self._free -= 1
            self._running[namespace] += 1
            ticket.set_result(None)
