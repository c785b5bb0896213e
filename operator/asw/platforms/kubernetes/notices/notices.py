"""Writes notices to the API server, a little later and beside everything else.

No run ever waits for one, nor shares its lane of requests. What the server does not take is lost: a
metric counts it, and what happened stays in status and history. Nothing is read, so the operator
needs no right to.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.lanes import lane
from asw.platforms.kubernetes.client.resources import EVENTS
from asw.platforms.kubernetes.notices.book import Book, Level, Series
from asw.platforms.kubernetes.notices.notice import Notice, event_body, event_change, event_name
from asw.reconciler.counters import Counters
from asw.reconciler.platform import NotActingError, PlatformError

PAUSE_SECONDS: Final = 0.5
"""What comes within it costs one write, if it is the same."""
PATIENCE_SECONDS: Final = 5.0
"""With one write."""
NAMESPACES_AT_A_TIME: Final = 4
"""So many writes are under way at most, one of a namespace."""
LOOK_SECONDS: Final = 5.0
"""The longest time between two signs of life."""
OWN_LANE: Final = "/events"

LIMITED: Final = "limited"
"""There was too much to tell."""
NOT_WRITTEN: Final = "failed"
"""The API server did not take it."""


class Notices:
    """See the module."""

    def __init__(self, client: KubeClient, cache: Cache, counters: Counters, level: Level) -> None:
        self.book = Book(level)
        self.pause: Callable[[float], Awaitable[Any]] = asyncio.sleep
        self._client, self._cache, self._counters = client, cache, counters
        self._bell = asyncio.Event()

    def tell(self, notice: Notice) -> None:
        """Have it written soon, if there is room."""
        if not self.book.enter(notice, self._cache.clock(), self._cache.now()):
            self._counters.lost_events[LIMITED] += 1
        self._bell.set()

    async def work(self, come_round: Callable[[], None]) -> None:
        """Write, without end; ``come_round`` is called while it is alive."""
        with lane(OWN_LANE):
            while True:
                come_round()
                self._bell.clear()
                if self.book.has_pending:
                    await self.pause(PAUSE_SECONDS)
                    await self._write_some(come_round)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._bell.wait()

    async def _write_some(self, come_round: Callable[[], None]) -> None:
        by_namespace: defaultdict[str, list[Series]] = defaultdict(list)
        for series in self.book.take(self._cache.clock()):
            by_namespace[series.notice.about.namespace].append(series)
        room = asyncio.Semaphore(NAMESPACES_AT_A_TIME)

        async def write_all(them: Sequence[Series]) -> None:
            async with room:
                for series in them:
                    await self._write_one(series)
                    come_round()

        await asyncio.gather(*map(write_all, by_namespace.values()))

    async def _write_one(self, series: Series) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._put(series)
        except (PlatformError, NotActingError, TimeoutError):
            self._counters.lost_events[NOT_WRITTEN] += 1

    async def _put(self, series: Series) -> None:
        notice, namespace = series.notice, series.notice.about.namespace
        name = event_name(notice, series.suffix)
        if series.is_stored:
            change = event_change(series.count, series.last_at)
            try:
                await self._client.merge(EVENTS, namespace, name, change)
            except NotFound:
                series.is_stored = False  # Kubernetes keeps Events for an hour
            else:
                return
        span = series.first_at, series.last_at
        await self._client.create(EVENTS, namespace, event_body(notice, name, series.count, span))
        series.is_stored = True
