"""How many passes of one namespace are under way at a time: each has requests to the platform.

Requests wait for a connection in the order in which they come. Where ten thousand executions of one
namespace are looked at together, whoever comes then would wait for all of them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

PASSES = 64
"""Of one namespace at a time: two thirds of the connections to the API server."""


class Places:
    """See the module; within a namespace it is first come, first served."""

    def __init__(self, most: int = PASSES) -> None:
        self._most = most
        self._free: dict[str, asyncio.Semaphore] = {}
        self._users: dict[str, int] = {}

    @contextlib.asynccontextmanager
    async def place(self, namespace: str) -> AsyncIterator[None]:
        """Wait for a place of the namespace, and have it until the end of the block."""
        free = self._free.setdefault(namespace, asyncio.Semaphore(self._most))
        self._users[namespace] = self._users.get(namespace, 0) + 1
        try:
            async with free:
                yield
        finally:
            self._users[namespace] -= 1
            if not self._users[namespace]:
                del self._users[namespace], self._free[namespace]
