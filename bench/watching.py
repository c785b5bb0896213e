"""When things become true, as a client of the API server sees them by a watch."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

import aiohttp
import orjson

from asw.platforms.kubernetes.client.connection import Connection

Object = Mapping[str, Any]


class Arrivals:
    """Watches one kind in one namespace and notes when each object first passes the test.

    Times are of the monotonic clock, in seconds. ``name_of`` says under which name an object is
    waited for (a pod: its Job's).
    """

    def __init__(
        self,
        connection: Connection,
        path: str,
        *,
        is_there: Callable[[Object], bool],
        name_of: Callable[[Object], str],
    ) -> None:
        self._session = connection.session(limit=2, timeout=0)
        self._url = connection.server + path
        self._is_there = is_there
        self._name_of = name_of
        self._at: dict[str, float] = {}
        self._news = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        async with self._session.get(self._url) as response:
            version = (await response.json())["metadata"]["resourceVersion"]
        self._reader = asyncio.create_task(self._read(version))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._reader is not None
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._session.close()

    async def wait(self, name: str, *, limit: float = 300) -> float:
        """The instant at which the named object was seen to pass; waits ``limit`` seconds."""
        async with asyncio.timeout(limit), self._news:
            await self._news.wait_for(lambda: name in self._at)
        return self._at[name]

    async def _read(self, version: str) -> None:
        query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(
            self._url, params=query, timeout=timeout, read_bufsize=2**22
        ) as response:
            async for line in response.content:
                event = orjson.loads(line)
                now = time.monotonic()
                if event["type"] in ("ADDED", "MODIFIED") and self._is_there(event["object"]):
                    async with self._news:
                        self._at.setdefault(self._name_of(event["object"]), now)
                        self._news.notify_all()
