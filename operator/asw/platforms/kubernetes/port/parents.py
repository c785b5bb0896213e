"""Whether an Execution is still wanted by the one that started it.

The request that creates a child may reach the API server late, when its parent has given it up and
has found nothing to stop. Such a child must not begin. What a parent holds open in memory it wants;
of any other child, which is rare, the parent's record is read: it named the child before this was
asked for, so what it does not name it has given up.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.storage.executions import Executions
from asw.reconciler.platform import ExecutionKey, Refused
from asw.reconciler.tasks import awaited_of_maps, nested_executions

MOST_READ: Final = 8
"""Parents of which is known what they want: each may name thousands of children."""


@dataclass(slots=True, eq=False)
class _Parent:
    """``wanted`` is what a read at ``read_at`` told, None if it told nothing certain."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    read_at: float | None = None
    wanted: frozenset[TaskId] | None = None


class Parents:
    """Reads the records of parents: once for all children that were known before."""

    def __init__(self, cache: Cache, executions: Executions) -> None:
        self._cache = cache
        self._executions = executions
        self._read: dict[str, _Parent] = {}

    async def want(self, child: SeenExecution) -> bool:
        """Whether the child's parent may still wait for it, or is gone, which stops none that runs.

        People may redrive a child whose parent is over.
        """
        place = child.descends_from
        if place is None or child.is_finished or child.redrive_count:
            return True
        parent = self._cache.execution(place.namespace, place.task_id.execution_uid)
        if parent is None:
            return child.has_begun
        wanted = await self._wanted(parent.key, child.seen_at)
        return wanted is None or place.task_id in wanted

    async def _wanted(self, key: ExecutionKey, since: float) -> frozenset[TaskId] | None:
        """The children that the parent wants, by a read that began after the instant."""
        parent = self._read.pop(key.uid, None) or _Parent()
        self._read[key.uid] = parent
        if len(self._read) > MOST_READ:
            del self._read[next(iter(self._read))]
        async with parent.lock:
            if parent.read_at is None or parent.read_at <= since:
                read_at = self._cache.clock()
                parent.wanted = await self._by_its_record(key)
                parent.read_at = read_at
            return parent.wanted

    async def _by_its_record(self, key: ExecutionKey) -> frozenset[TaskId] | None:
        try:
            found = await self._executions.finder.find(key)
        except Refused:
            return None
        if found is None:
            return None
        if found.record is None:
            return frozenset() if found.outcome is not None else None
        return awaited_children(found.record)


def awaited_children(record: Record) -> frozenset[TaskId]:
    """The children whose outcome the record's Execution waits for, without those being stopped."""
    return awaited_of_maps(record) | nested_executions(record)
