"""How much of one namespace is under way at a time: passes, and requests to the API server.

Shared resources serve in order of arrival. If ten thousand executions of one namespace came
together, whoever came after them would wait for all of them.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

PASSES = 64
"""Passes of one namespace at a time; the client bounds its requests."""


class Places:
    """A bound for each namespace; within it, first come, first served."""

    def __init__(self, most: int = PASSES) -> None:
        self._most = most
        self._free: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()
        self.in_use = 0
        """How many have a place, or wait for one."""

    def used_by(self, namespace: str) -> int:
        """How many of them are the namespace's."""
        return self._users[namespace]

    @contextlib.asynccontextmanager
    async def place(self, namespace: str) -> AsyncIterator[None]:
        """Wait for a place of the namespace, and have it until the end of the block."""
        free = self._free.setdefault(namespace, asyncio.Semaphore(self._most))
        self._users[namespace] += 1
        self.in_use += 1
        try:
            async with free:
                yield
        finally:
            self._users[namespace] -= 1
            self.in_use -= 1
            if not self._users[namespace]:
                del self._users[namespace], self._free[namespace]
