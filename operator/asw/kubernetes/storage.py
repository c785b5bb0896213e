"""Immutable ConfigMaps of an Execution: pages and sealed history, written once, read when needed.

Names carry owner and content: writing one twice does no harm, and what is read is checked.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from asw.api.names import digest12
from asw.kubernetes.client import KubeClient
from asw.kubernetes.ensure import ensure
from asw.kubernetes.errors import Damaged, NotFound
from asw.kubernetes.objects import Owner, controller_uid, owned_metadata
from asw.kubernetes.resources import CONFIG_MAPS
from asw.reconciler.platform import ExecutionKey

PAGE_KEY = "value"
CHUNK_KEY = "events"
STORED_KINDS = frozenset({"page", "history"})


class Storage:
    """See the module."""

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
                await self._client.delete(CONFIG_MAPS, key.namespace, name)
            except NotFound:
                continue

    async def _write(
        self,
        key: ExecutionKey,
        texts: Mapping[str, str],
        manifest: Callable[[Owner, str, str], Mapping[str, Any]],
    ) -> None:
        owner = Owner.of(key)
        manifests = [manifest(owner, name, text) for name, text in texts.items()]
        await asyncio.gather(
            *(ensure(self._client, CONFIG_MAPS, key.namespace, made) for made in manifests)
        )

    async def _read(self, key: ExecutionKey, names: Iterable[str], data_key: str) -> dict[str, str]:
        wanted = list(names)
        found = await asyncio.gather(*(self._read_one(key, name, data_key) for name in wanted))
        return dict(zip(wanted, found, strict=True))

    async def _read_one(self, key: ExecutionKey, name: str, data_key: str) -> str:
        what = f"ConfigMap {key.namespace}/{name}, a part of execution {key.name!r},"
        try:
            page = await self._client.get(CONFIG_MAPS, key.namespace, name)
        except NotFound:
            raise Damaged(f"{what} is gone; start a new execution") from None
        if controller_uid(page) != key.uid:
            raise Damaged(f"{what} does not belong to it any more; start a new execution")
        text: str = (page.get("data") or {}).get(data_key, "")
        if not name.endswith(f"-{digest12(text)}"):
            raise Damaged(f"{what} does not hold what its name says; start a new execution")
        return text


def _page(owner: Owner, name: str, text: str) -> Mapping[str, Any]:
    return _config_map(owner, name, "page", {PAGE_KEY: text})


def _chunk(owner: Owner, name: str, text: str) -> Mapping[str, Any]:
    return _config_map(owner, name, "history", {CHUNK_KEY: text})


def _config_map(owner: Owner, name: str, kind: str, data: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": owned_metadata(owner, name, kind=kind),
        "immutable": True,
        "data": dict(data),
    }
