"""Finished Executions past their time are deleted, or emptied where a tool tracks them.

As fast as ``pace`` allows, and each with one request: what a watch showed decides, and the version
that it showed is a condition of the deletion.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from asw.api.names import LABEL_EXECUTION_UID, LABEL_PARENT_UID
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.retention import is_tracked, resting, tombstone
from asw.platforms.kubernetes.cache.retention_index import RetentionEntry
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.lanes import lane
from asw.platforms.kubernetes.client.resources import (
    CONFIG_MAPS,
    EXECUTIONS,
    JOBS,
    PAYLOADS,
    Resource,
)
from asw.platforms.kubernetes.retention.pace import Pace
from asw.platforms.kubernetes.storage.executions import Executions
from asw.reconciler.platform import (
    Conflict,
    ExecutionKey,
    PlatformError,
    Unavailable,
)

ROUND_SECONDS: Final = 10.0
"""After so long a round ends, though there is more to do: its supervisor wants to see it alive."""
LOOK_SECONDS: Final = 0.02
"""How soon other work is looked at again that leaves no room."""
GO_ON: Final = timedelta(seconds=1)
"""How long after some of its children were deleted others are."""
CHANGED: Final = timedelta(seconds=5)
"""How long after somebody else changed it, so that the watch has shown the change."""
AGAIN: Final = timedelta(minutes=1)
"""How long after a refused deletion it is tried again."""
CHILDREN: Final = 100
"""How many children of a tombstone are deleted at a time."""
ASKED: Final = 100
"""Of how many the archive is asked at a time."""
UNARCHIVED: Final = timedelta(seconds=5)
"""How long after the archive lacked one it is asked again."""
OWN_LANE: Final = "/retention"

logger = logging.getLogger(__name__)

Object = dict[str, Any]


class Archive(Protocol):
    """Where runs are kept that are deleted here. ``is_away``: it did not answer when last asked."""

    is_away: bool

    async def lacking(self, ends: Mapping[str, int]) -> Collection[str] | None:
        """Uids that it does not have at this number of redrives; None if it does not answer."""


@dataclass(slots=True, kw_only=True)
class Retirement:
    """Deletes what is due, what has been due for longest first.

    With an archive nothing goes that it does not have; while it is away, nothing goes.
    """

    client: KubeClient
    cache: Cache
    executions: Executions
    pace: Pace
    may_act: Callable[[str], bool]
    clock: Callable[[], float] = time.monotonic
    archive: Archive | None = None
    _archived: deque[RetentionEntry] = field(default_factory=deque)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _trouble: BaseException | None = None

    async def retire(self) -> None:
        """Delete or empty what is due; called again and again. Raises Unavailable."""
        until, self._trouble = self.clock() + ROUND_SECONDS, None
        try:
            with lane(OWN_LANE):
                while self._trouble is None and self.clock() < until:
                    if not await self._begin_one():
                        break
            if self._under_way:
                await asyncio.wait(self._under_way)
        finally:
            for task in self._under_way:
                task.cancel()
            self._put_back(self._archived, self.cache.now())
            self._archived.clear()
        if self._trouble is not None:
            raise self._trouble

    async def _begin_one(self) -> bool:
        """Begin with the next one, or wait for room; False if there is nothing to begin now."""
        lanes = self.client.lanes
        if not self.pace.has_room(lanes.in_use - lanes.used_by(OWN_LANE)):
            await asyncio.wait(
                self._under_way, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            return True
        if not self.pace.has_credit(self.clock()):
            return False
        entry = await self._next()
        if entry is None:
            return False
        self.pace.began(self.clock())
        task = asyncio.create_task(self._retire(entry))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return True

    async def _next(self) -> RetentionEntry | None:
        """The next one that may go, None if there is none now."""
        if self.archive is None:
            return self.cache.retention_index.take(self.cache.now())
        if not self._archived:
            await self._ask(self.archive)
        while self._archived:
            entry = self._archived.popleft()
            if not entry.is_gone:  # gone from the index: deleted meanwhile, or it runs again
                return entry
        return None

    async def _ask(self, archive: Archive) -> None:
        """Take some that are due, and put off those that the archive lacks."""
        if archive.is_away:
            return
        due: list[RetentionEntry] = []
        while len(due) < ASKED and (entry := self.cache.retention_index.take(self.cache.now())):
            due.append(entry)
        if not due:
            return
        lacking: Collection[str] | None = None
        try:
            seen = self.cache.executions
            lacking = await archive.lacking({it.uid: seen[it.uid].redrive_count for it in due})
        finally:
            again = self.cache.now() + UNARCHIVED
            self._put_back((it for it in due if lacking is None or it.uid in lacking), again)
        if lacking is not None:
            self._archived.extend(it for it in due if it.uid not in lacking)

    def _put_back(self, entries: Iterable[RetentionEntry], until: datetime) -> None:
        for entry in entries:
            self.cache.retention_index.put_off(entry, until)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            self._trouble = task.exception() or self._trouble

    async def _retire(self, entry: RetentionEntry) -> None:
        """Retire it as it was last seen, or put it off. Raises Unavailable."""
        seen, began_at = self.cache.executions.get(entry.uid), self.clock()
        if seen is None:  # it went between its turn and now
            self.pace.left()
            return
        again, is_answered = AGAIN, False
        try:
            if self.may_act(seen.key.namespace) and not self._is_awaited(seen):
                is_answered = await self._retire_seen(seen, is_tracked=entry.is_tracked)
                again = GO_ON
        except Unavailable:
            self.pace.refused()
            raise
        except Conflict:
            again = CHANGED
        except PlatformError as error:
            logger.warning("execution %s/%s stays: %s", *_place(seen.key), error)
        finally:
            self.cache.retention_index.put_off(entry, self.cache.now() + again)
            if is_answered:
                self.pace.ended(began_at, self.clock())
            else:
                self.pace.left()

    async def _retire_seen(self, seen: SeenExecution, *, is_tracked: bool) -> bool:
        """Retire it unless it has changed, and may run again; whether it was but one request.

        Raises Conflict.
        """
        key = seen.key
        if is_tracked:
            await self._retire_tracked(key, seen.redrive_count)
            return False
        with suppress(NotFound):
            await self.client.delete(
                EXECUTIONS, key.namespace, key.name, uid=key.uid, version=seen.version
            )
        self.cache.drop_grave(key.uid)
        return True

    def _is_awaited(self, seen: SeenExecution) -> bool:
        """Whether a Trigger, or a Task of another Execution, may not have read its end yet."""
        if self.cache.is_wanted(seen):
            return True
        place = None if seen.starter is None else seen.descends_from
        if place is None:
            return False
        parent = self.cache.execution(place.namespace, place.task_id.execution_uid)
        is_over = parent is None or parent.is_finished
        return not is_over and self.executions.may_await(place.task_id)

    # Emptying

    async def _retire_tracked(self, key: ExecutionKey, epoch: int) -> None:
        """Empty it as it is now, unless it ran again since, or is another object by now."""
        try:
            item = await self.client.get(EXECUTIONS, key.namespace, key.name)
        except NotFound:
            self.cache.drop_grave(key.uid)
            return
        is_child = self.cache.parent_of(item) is not None
        if item["metadata"]["uid"] != key.uid or resting(item, is_child=is_child)[1] is None:
            self.cache.drop_grave(key.uid)
        elif int(item["status"].get("redriveCount") or 0) != epoch:
            raise Conflict("it was redriven, and has ended again")
        elif is_tracked(item["metadata"]):
            await self._empty(key, item)
        else:
            raise Conflict("its marks were removed")

    async def _empty(self, key: ExecutionKey, item: Object) -> None:
        """Leave a tombstone.

        Nothing refers to its Jobs. Its record refers to its pages, so the pages go later, and the
        status names them until they are gone. The Secrets with its tokens, now worthless, stay
        with the object: removing them would take a permission to delete anybody's Secrets.
        """
        status = item["status"]
        if await self._delete_children(key):
            return
        if not status.get("emptied"):
            await self._delete_all(key, JOBS, [job async for job in self._owned(JOBS, key)])
        values = {
            resource: [it async for it in self._owned(resource, key)]
            for resource in (CONFIG_MAPS, PAYLOADS)
        }
        names = [it["metadata"]["name"] for found in values.values() for it in found]
        left = [{"name": name, "digest": ""} for name in names]
        version = await self._write(key, item["metadata"]["resourceVersion"], status, left)
        if names:
            for resource, found in values.items():
                await self._delete_all(key, resource, found)
            await self._write(key, version, status, [])
        self.executions.forget(key.uid)
        self.cache.drop_grave(key.uid)

    async def _delete_children(self, key: ExecutionKey) -> bool:
        """Delete some of the children of its distributed Maps; True if there are any.

        Its next turn continues.
        """
        labels, found = f"{LABEL_PARENT_UID}={key.uid}", list[Object]()
        most = min(CHILDREN, self.pace.per_second or CHILDREN)
        async for item in self._listed(EXECUTIONS, key, labels):
            if len(found) == most:
                break
            found.append(item)
        await self._delete_all(key, EXECUTIONS, found)
        return bool(found)

    async def _write(
        self, key: ExecutionKey, version: str, status: Object, left: list[Object]
    ) -> str:
        made = await self.client.replace_status(
            EXECUTIONS, key.namespace, key.name, version=version, status=tombstone(status, left)
        )
        stored: str = made["metadata"]["resourceVersion"]
        return stored

    def _owned(self, resource: Resource, key: ExecutionKey) -> AsyncIterator[Object]:
        return self._listed(resource, key, f"{LABEL_EXECUTION_UID}={key.uid}")

    def _listed(self, resource: Resource, key: ExecutionKey, labels: str) -> AsyncIterator[Object]:
        return self.client.list(resource, key.namespace, labels=labels, is_metadata_enough=True)

    async def _delete_all(
        self, key: ExecutionKey, resource: Resource, items: Iterable[Object]
    ) -> None:
        for item in items:
            with suppress(NotFound):
                await self.client.delete(resource, key.namespace, item["metadata"]["name"])


def _place(key: ExecutionKey) -> tuple[str, str]:
    return key.namespace, key.name
