"""What waits to be delivered: bounded, and no namespace has all of it. From any thread."""

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

MOST_BYTES: Final = 16 * 1024 * 1024
SHARE: Final = 4
"""One namespace has a quarter at most: whoever logs much loses lines of its own."""
BATCH: Final = 512
"""So many are delivered at a time, as BatchLogRecordProcessor of OpenTelemetry does."""
BATCH_BYTES: Final = 1024 * 1024

Item = TypeVar("Item")


@dataclass(slots=True, eq=False)
class Backlog(Generic[Item]):
    """A queue that drops what has no room, and counts it by namespace."""

    most_bytes: int = MOST_BYTES
    dropped: int = 0
    """How many items had no room."""
    _items: deque[tuple[str, int, Item]] = field(default_factory=deque)
    _bytes: Counter[str] = field(default_factory=Counter)
    _total: int = 0
    _is_closed: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, namespace: str, item: Item, size: int) -> bool:
        """Add it; False if there is no room for it."""
        with self._changed:
            is_over = self._bytes[namespace] + size > self.most_bytes // SHARE
            if self._is_closed or is_over or self._total + size > self.most_bytes:
                self.dropped += 1
                if not self._bytes[namespace]:
                    del self._bytes[namespace]
                return False
            self._items.append((namespace, size, item))
            self._bytes[namespace] += size
            self._total += size
            self._changed.notify()
            return True

    def take(self) -> Sequence[Item]:
        """The next ones, waited for; none once it is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._is_closed)
            found: list[Item] = []
            taken = 0
            while self._items and len(found) < BATCH and taken < BATCH_BYTES:
                namespace, size, item = self._items.popleft()
                found.append(item)
                taken += size
                self._total -= size
                self._bytes[namespace] -= size
                if not self._bytes[namespace]:
                    del self._bytes[namespace]
            return found

    def close(self) -> None:
        """Take nothing more; what is there may still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
