"""Ended Jobs by namespace, in the order of their ends: what is only kept, for logs and names. Pure.

An event costs O(log n) comparisons in the ended Jobs of its namespace.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from datetime import datetime

from asw.platforms.kubernetes.tasks.places import TaskKey


class KeptJobs:
    """See the module."""

    def __init__(self) -> None:
        self._ends: dict[str, list[tuple[datetime, TaskKey]]] = {}

    def renew(self, place: TaskKey, before: datetime | None, after: datetime | None) -> None:
        """A Job's end is another one now; None where it has none, or the Job is gone."""
        if before == after:
            return
        ends = self._ends.setdefault(place.namespace, [])
        if before is not None:
            index = bisect_left(ends, (before, place))
            if index < len(ends) and ends[index] == (before, place):
                del ends[index]
        if after is not None:
            insort(ends, (after, place))
        if not ends:
            del self._ends[place.namespace]

    def oldest_first(self, namespace: str) -> Iterator[TaskKey]:
        """All of a namespace, those first that ended first; none may come or go meanwhile."""
        return (place for _, place in self._ends.get(namespace, ()))
