"""What was asked of the API server about a namespace, remembered for a while.

For what every task needs to know and what seldom changes: a busy namespace costs one request now
and then, and nothing is watched.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from asw.reconciler.recent import Recent

REMEMBERED_SECONDS: Final = 30.0
"""For so long a change may go unnoticed."""

MOST_NAMESPACES: Final = 1000
"""Beyond these the namespace that was asked about least recently is asked about again."""

V = TypeVar("V")


class _Known(Generic[V]):
    """What was found out about a namespace, and when."""

    def __init__(self) -> None:
        self.asking = asyncio.Lock()
        self.found: tuple[float, V] | None = None


class Remembered(Generic[V]):
    """Asks ``ask``, with the name of a namespace, and remembers what it said."""

    def __init__(self, ask: Callable[[str], Awaitable[V]], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._known: Recent[str, _Known[V]] = Recent(MOST_NAMESPACES, MOST_NAMESPACES)

    async def of(self, namespace: str) -> V:
        """What is known of the namespace. Raises what ``ask`` raises."""
        known = self._known.get(namespace) or self._known.put(namespace, _Known(), 1)
        async with known.asking:  # tasks that start at the same time ask once
            if known.found is None or self._clock() - known.found[0] >= REMEMBERED_SECONDS:
                found = await self._ask(namespace)
                known.found = self._clock(), found
            return known.found[1]
