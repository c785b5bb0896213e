"""Which line of control goes on next, as a record alone tells: the one that has stood longest.

A step may be cut after any transition, and the next one finds the record and nothing else. So the
order is no queue that a cut would lose: it follows from the last event of each line.
"""

import heapq

from asw.engine.record import Frame


class Ready:
    """The lines that can go on; in the order of their last events, then of their ids."""

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._heap)

    def add(self, frame: Frame) -> None:
        """The line can go on as it is now."""
        heapq.heappush(self._heap, (frame.last_event, frame.id))

    def take(self) -> int:
        """The id of the line that is next; it may have gone on since it was added, or ended."""
        return heapq.heappop(self._heap)[1]

    def clear(self) -> None:
        """None can go on any more."""
        self._heap.clear()
