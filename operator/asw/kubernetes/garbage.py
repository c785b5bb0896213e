"""Objects that no status refers to any more: deleted a while later, unless needed again by then.

Names follow from content, so a value that comes back finds its object still there and takes it.
Whoever is about to refer to names says so with ``keep`` first.
"""

import asyncio
from collections.abc import Iterable

from asw.kubernetes.storage import Storage
from asw.reconciler.platform import ExecutionKey

PAUSE_SECONDS = 0.02


class Garbage:
    """See the module."""

    def __init__(self) -> None:
        self._waiting: dict[str, ExecutionKey] = {}
        self._doomed: set[str] = set()

    def add(self, key: ExecutionKey, names: Iterable[str]) -> None:
        """Nothing of the execution refers to these any more."""
        self._waiting |= dict.fromkeys(names, key)

    async def keep(self, names: Iterable[str]) -> None:
        """These are about to be written, and referred to: returns once none is being deleted."""
        wanted = frozenset(names)
        for name in wanted:
            self._waiting.pop(name, None)
        while not self._doomed.isdisjoint(wanted):  # noqa: ASYNC110  one request long, and rare
            await asyncio.sleep(PAUSE_SECONDS)

    async def collect(self, storage: Storage) -> None:
        """Delete what waits; what cannot be deleted now waits on. Raises PlatformError."""
        for name in list(self._waiting):
            key = self._waiting.pop(name, None)
            if key is None:
                continue
            self._doomed.add(name)
            try:
                await storage.delete(key, [name])
            except BaseException:
                self._waiting[name] = key
                raise
            finally:
                self._doomed.discard(name)
