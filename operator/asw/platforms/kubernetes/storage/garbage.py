"""Objects that a stored status refers to no more: deleted a while later.

Names never return (``stored_names``), so that no haste is needed and no deletion can come too
late. What is forgotten here is found again by the sweep of orphans.
"""

from collections.abc import Iterable

from asw.platforms.kubernetes.storage.storage import Storage
from asw.reconciler.platform import ExecutionKey


class Garbage:
    """See the module. It is of one term of the Lease: who stands down clears it."""

    def __init__(self) -> None:
        self._waiting: dict[str, ExecutionKey] = {}

    def add(self, key: ExecutionKey, names: Iterable[str]) -> None:
        """A status of the execution was stored, and refers to these no more."""
        self._waiting |= dict.fromkeys(names, key)

    def clear(self) -> None:
        """Others may act from now on: they look for themselves."""
        self._waiting = {}

    async def collect(self, storage: Storage) -> None:
        """Delete what waits; what cannot be deleted now waits on. Raises PlatformError."""
        waiting = self._waiting
        for name, key in list(waiting.items()):
            if waiting is not self._waiting:
                return
            await storage.delete(key, [name])
            waiting.pop(name, None)
