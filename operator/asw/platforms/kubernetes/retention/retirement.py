"""Finished Executions past their time are deleted, or emptied where a tool tracks them.

The rate is bounded, because deleting one makes Kubernetes collect all that it owned.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from asw.api.names import LABEL_EXECUTION_UID, LABEL_PARENT_UID
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.retention import is_tracked, resting, tombstone
from asw.platforms.kubernetes.cache.retention_index import RetentionEntry
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import (
    CONFIG_MAPS,
    EXECUTIONS,
    JOBS,
    PAYLOADS,
    Resource,
)
from asw.platforms.kubernetes.storage.executions import Executions
from asw.reconciler.platform import (
    Conflict,
    ExecutionKey,
    NotActingError,
    PlatformError,
    Unavailable,
)

GO_ON = timedelta(seconds=1)
"""How long after a part of it was deleted the next part is."""
AGAIN = timedelta(minutes=1)
"""How long after a refused deletion it is tried again."""

logger = logging.getLogger(__name__)

Object = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Retirement:
    """Deletes what is due; ``per_second`` is the most Executions in a second."""

    client: KubeClient
    cache: Cache
    executions: Executions
    per_second: int
    may_act: Callable[[str], bool]

    async def retire(self) -> None:
        """Delete or empty a second's worth of what is due; called every second."""
        for _ in range(self.per_second):
            entry = self.cache.retention_index.take(self.cache.now())
            if entry is None:
                return
            await self._retire_if_possible(entry)

    async def _retire_if_possible(self, entry: RetentionEntry) -> None:
        """Retire it, or put it off. Raises Unavailable."""
        seen, again = self.cache.executions[entry.uid], AGAIN
        try:
            if self.may_act(seen.key.namespace) and not self._is_awaited(seen):
                await self._retire(seen.key)
                again = GO_ON
        except (Unavailable, NotActingError):
            again = timedelta(0)
            raise
        except PlatformError as error:
            if not isinstance(error, Conflict):
                logger.warning("execution %s/%s stays: %s", *_place(seen.key), error)
        finally:
            self.cache.retention_index.put_off(entry, self.cache.now() + again)

    def _is_awaited(self, seen: SeenExecution) -> bool:
        """Whether a Task of another Execution waits for it, and may not have read its end yet."""
        place = None if seen.starter is None else seen.descends_from
        if place is None:
            return False
        parent = self.cache.execution(place.namespace, place.task_id.execution_uid)
        is_over = parent is None or parent.is_finished
        return not is_over and self.executions.may_await(place.task_id)

    async def _retire(self, key: ExecutionKey) -> None:
        """Retire it as it is now, unless it runs again or is another object by now."""
        try:
            item = await self.client.get(EXECUTIONS, key.namespace, key.name)
        except NotFound:
            self.cache.drop_grave(key.uid)
            return
        metadata = item["metadata"]
        is_child = self.cache.parent_of(item) is not None
        if metadata["uid"] != key.uid or resting(item, is_child=is_child)[1] is None:
            self.cache.drop_grave(key.uid)
        elif is_tracked(metadata):
            await self._empty(key, item)
        else:
            version = metadata["resourceVersion"]
            with suppress(NotFound):
                await self.client.delete(
                    EXECUTIONS, key.namespace, key.name, uid=key.uid, version=version
                )
            self.cache.drop_grave(key.uid)

    # Emptying

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
        """Delete a second's worth of the children of its distributed Maps; True if there are any.

        The next second continues.
        """
        labels, found = f"{LABEL_PARENT_UID}={key.uid}", list[Object]()
        async for item in self._listed(EXECUTIONS, key, labels):
            if len(found) == self.per_second:
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
