"""Whether this process still sees and still works: the age of each watch, the lag of its loop.

Written on the event loop, read by the thread that answers probes, which must answer when the loop
does not. Sentences for people come out; who restarts the process for them is the kubelet.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial

import aiohttp

from asw.platforms.kubernetes.client.changed_bodies import change_stream
from asw.platforms.kubernetes.leader.lease import steady_seconds

BEAT_SECONDS = 0.5
LAG_WINDOW = 60
"""Beats that the reported lag is the worst of: half a minute."""
LONGEST_LAG_SECONDS = 10.0
"""A loop that answers nothing for so long: the Lease is as good as lost."""
LONGEST_SILENCE_SECONDS = 150.0
"""Bookmarks come every minute, and a watch without any is restarted after 70 s: two were missed."""


class Vitals:
    """See the module."""

    def __init__(self, clock: Callable[[], float] = steady_seconds) -> None:
        self._clock = clock
        self._beat_at: float | None = None
        self._lags: deque[float] = deque(maxlen=LAG_WINDOW)
        self._heard: dict[str, float] = {}

    async def beat(self) -> None:
        """Show again and again that the event loop runs; never ends."""
        try:
            while True:
                self._lags.append(self._lag())
                self._beat_at = self._clock()
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            self._beat_at = None

    def _lag(self) -> float:
        if self._beat_at is None:
            return 0.0
        return max(self._clock() - self._beat_at - BEAT_SECONDS, 0.0)

    def worst_lag(self) -> float:
        """The longest that the loop answered nothing, lately or now, in seconds."""
        return max((*tuple(self._lags), self._lag()))

    def expect(self, paths: Iterable[str]) -> None:
        """Watches of these paths begin now."""
        now = self._clock()
        self._heard |= dict.fromkeys(paths, now)

    def hear(self, path: str) -> None:
        """A watch showed that it is alive: it was answered, or an event or bookmark came."""
        self._heard[path] = self._clock()

    def watch_ages(self) -> dict[str, float]:
        """Seconds since the last sign of life, by plural; of several watches the oldest."""
        ages: dict[str, float] = {}
        now = self._clock()
        for path, heard_at in tuple(self._heard.items()):
            plural = path.rsplit("/", 1)[-1]
            ages[plural] = max(ages.get(plural, 0.0), now - heard_at)
        return ages

    def complaint(self, answering_since: float | None) -> str | None:
        """What is wrong, None if nothing. An API server that is away is nobody's fault here.

        ``answering_since`` is the instant from which on it answers others, None while it does not.
        """
        if (lag := self._lag()) > LONGEST_LAG_SECONDS:
            return f"the event loop has answered nothing for {lag:.0f} s"
        if answering_since is None:
            return None
        since = self._clock() - answering_since
        silent = {name: min(age, since) for name, age in self.watch_ages().items()}
        dead = [name for name, age in silent.items() if age > LONGEST_SILENCE_SECONDS]
        if not dead:
            return None
        return f"watch of {', '.join(sorted(dead))} silent for {max(silent.values()):.0f} s"

    async def listen(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """A middleware for the session that watches: notes signs of life as they come in."""
        response = await handler(request)
        if request.url.query.get("watch") == "true" and response.status == 200:
            path = request.url.path
            self.hear(path)
            change_stream(response, partial(self._overheard, path))
        return response

    async def _overheard(self, path: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.hear(path)
            yield chunk
