"""Which line of control goes on next: the one that has waited longest, by the record alone.

A step may be cut after any transition, and the next one finds nothing but the record. So the order
is not a queue that a cut would lose: it follows from the last event of each line.
"""

import heapq

from asw.engine.record import Frame


class Ready:
    """The lines that can go on, in the order of their last events, then of their ids."""

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._heap)

    def add(self, frame: Frame) -> None:
        """Note that the line can go on as it is now."""
        heapq.heappush(self._heap, (frame.last_event, frame.id))

    def take(self) -> int:
        """The id of the next line; the line may have gone on or ended since it was added."""
        return heapq.heappop(self._heap)[1]

    def clear(self) -> None:
        """Forget all lines."""
        self._heap.clear()
