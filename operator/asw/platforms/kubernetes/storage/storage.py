"""Immutable objects of an Execution: pages and sealed history, written once, read when needed.

Names carry owner and content: writing one twice does no harm, and what is read is checked. They
are ConfigMaps, or Payloads if they are private, as the name says.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from asw.api.names import digest12
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.ensure import ensure
from asw.platforms.kubernetes.client.errors import Damaged, NotFound
from asw.platforms.kubernetes.client.objects import (
    Owner,
    controller_uid,
    owned_metadata,
    text_object,
)
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, PAYLOADS, Resource
from asw.platforms.kubernetes.storage.stored_names import is_private
from asw.reconciler.platform import ExecutionKey, Refused

PAGE_KEY = "value"
CHUNK_KEY = "events"
logger = logging.getLogger(__name__)

STORED_KINDS = frozenset({"page", "history"})


class Storage:
    """Writes, reads and deletes these objects."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def write_pages(self, key: ExecutionKey, texts: Mapping[str, str]) -> None:
        """Write large values, side by side."""
        await self._write(key, texts, _page)

    async def write_chunks(self, key: ExecutionKey, texts: Mapping[str, str]) -> None:
        """Write sealed history, side by side."""
        await self._write(key, texts, _chunk)

    async def read_pages(self, key: ExecutionKey, names: Iterable[str]) -> dict[str, str]:
        """The texts of pages by name. Raises Damaged."""
        return await self._read(key, names, PAGE_KEY)

    async def read_chunks(self, key: ExecutionKey, names: Iterable[str]) -> dict[str, str]:
        """The texts of sealed history by name. Raises Damaged."""
        return await self._read(key, names, CHUNK_KEY)

    async def delete(self, key: ExecutionKey, names: Iterable[str]) -> None:
        """Remove objects that nothing refers to any more."""
        for name in names:
            try:
                await self._client.delete(_resource_of(name), key.namespace, name)
            except NotFound:
                continue
            except Refused as error:
                # Somebody removed its labels, so it is not ours to delete any more. It goes
                # with its Execution, and must keep nothing else from being cleared away.
                logger.warning("object %s/%s stays: %s", key.namespace, name, error)

    async def _write(
        self,
        key: ExecutionKey,
        texts: Mapping[str, str],
        manifest: Callable[[Owner, str, str], Mapping[str, Any]],
    ) -> None:
        owner = Owner.of(key)
        made = [(_resource_of(name), manifest(owner, name, text)) for name, text in texts.items()]
        await asyncio.gather(
            *(ensure(self._client, resource, key.namespace, each) for resource, each in made)
        )

    async def _read(self, key: ExecutionKey, names: Iterable[str], data_key: str) -> dict[str, str]:
        wanted = list(names)
        found = await asyncio.gather(*(self._read_one(key, name, data_key) for name in wanted))
        return dict(zip(wanted, found, strict=True))

    async def _read_one(self, key: ExecutionKey, name: str, data_key: str) -> str:
        resource = _resource_of(name)
        what = f"{resource.kind} {key.namespace}/{name}, a part of execution {key.name!r},"
        try:
            page = await self._client.get(resource, key.namespace, name)
        except NotFound:
            raise Damaged(f"{what} is gone; start a new execution") from None
        if controller_uid(page) != key.uid:
            raise Damaged(f"{what} does not belong to it any more; start a new execution")
        text: str = (page.get("data") or {}).get(data_key, "")
        if not name.endswith(f"-{digest12(text)}"):
            raise Damaged(f"{what} does not hold what its name says; start a new execution")
        return text


def _resource_of(name: str) -> Resource:
    return PAYLOADS if is_private(name) else CONFIG_MAPS


def _page(owner: Owner, name: str, text: str) -> Mapping[str, Any]:
    metadata = owned_metadata(owner, name, kind="page")
    return text_object(metadata, {PAGE_KEY: text}, is_private=is_private(name))


def _chunk(owner: Owner, name: str, text: str) -> Mapping[str, Any]:
    metadata = owned_metadata(owner, name, kind="history")
    return text_object(metadata, {CHUNK_KEY: text}, is_private=is_private(name))


class Garbage:
    """Objects that no stored status refers to any more, to be deleted a while later.

    Their names never return (``stored_names``), so there is no hurry and no deletion can come too
    late. It is cleared when the Lease is lost: the sweep of orphans finds what is forgotten here.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, ExecutionKey] = {}

    def add(self, key: ExecutionKey, names: Iterable[str]) -> None:
        """Note that the stored status of the execution no longer refers to these."""
        self._waiting |= dict.fromkeys(names, key)

    def clear(self) -> None:
        """Forget all: others may act from now on, and look for themselves."""
        self._waiting = {}

    async def collect(self, storage: Storage) -> None:
        """Delete what waits; what cannot be deleted now keeps waiting. Raises PlatformError."""
        waiting = self._waiting
        for name, key in list(waiting.items()):
            if waiting is not self._waiting:
                return
            await storage.delete(key, [name])
            waiting.pop(name, None)
