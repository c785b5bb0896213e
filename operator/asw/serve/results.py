"""The way from ``asw serve`` to the operator: the result server, whichever replica answers.

A replica that does not hold the Lease forwards to the one that does. An answer of 200 means that
what was brought is saved. Everything else that is no answer of AWS's kind means: not now.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp

from asw.asl.values import Json, from_text, to_text
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.permits import permit
from asw.platforms.kubernetes.results.polls import READY, TAKE, Place
from asw.reconciler.platform import Unavailable
from asw.serve.port import Answer

ANSWER_SECONDS: Final = 15.0
"""Longer than a replica waits for the holder of the Lease."""
CONNECTIONS: Final = 32
"""Requests at a time: a result server accepts a few more from one address."""
MOST_WAITING: Final = 256
"""Requests that wait for one of the connections; further ones are told to come again."""
LONGEST_ANSWER: Final = 4096
LONGEST_TASK: Final = 2 * 1024 * 1024


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Results:
    """Brings reports to the operator. ``url`` is that of the result server's Service."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tls: ssl.SSLContext | None = None
        self._session: aiohttp.ClientSession | None = None
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._waiting = 0

    def trust(self, tls: ssl.SSLContext) -> None:
        """Trust only result servers that the context knows."""
        self._tls = tls

    async def bring(
        self, path: str, token: str, said: Mapping[str, Any], *, longest: int = LONGEST_ANSWER
    ) -> tuple[int, Mapping[str, Any]]:
        """Status and object of the answer, which has ``longest`` bytes at most.

        Raises Unavailable if there is none that counts.
        """
        if self._waiting >= MOST_WAITING:
            raise Unavailable("too many reports are under way")
        self._waiting += 1
        try:
            async with self._places:
                return await self._ask(path, token, to_text(dict(said)).encode(), longest)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable("the operator does not answer") from error
        finally:
            self._waiting -= 1

    async def _ask(
        self, path: str, token: str, body: bytes, longest: int
    ) -> tuple[int, Mapping[str, Any]]:
        if self._tls is None:
            raise Unavailable("the keys were not read yet")
        async with self._open().post(
            f"{self._url}{path}",
            data=body,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            ssl=self._tls,
            allow_redirects=False,
        ) as response:
            text = b""
            while len(text) < longest and (part := await response.content.read(longest)):
                text += part
        try:
            answer = from_text(text)
        except ValueError:
            answer = None
        is_final = response.status == 200 or 400 <= response.status < 500
        if not is_final or not isinstance(answer, dict):
            raise Unavailable("the operator does not take it now")
        return response.status, answer

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=2),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """The operator of a cluster, behind the door: genuine tokens and permits lead to it."""

    ring: CallbackRing
    results: Results
    now: Callable[[], datetime] = _utc_now

    async def owner_of(self, token: str) -> str | None:
        """The namespace that a genuine token names; None for any other."""
        claim = await self.ring.claim_of(token)
        return None if claim is None else claim.namespace

    async def report(self, what: str, token: str, said: Mapping[str, Json]) -> Answer:
        """Bring a report to the operator."""
        return await self.results.bring(f"/v1/callbacks/{what}", token, said)

    async def take(self, said: Mapping[str, Json]) -> Answer:
        """A task that the operator hands out."""
        return await self._ask(TAKE, said, LONGEST_TASK)

    async def ready(self, places: list[Place]) -> Answer:
        """Which activities have tasks."""
        listed: list[Json] = [list(place) for place in places]
        return await self._ask(READY, {"activities": listed}, LONGEST_ANSWER * 64)

    async def _ask(self, path: str, said: Mapping[str, Json], most: int) -> Answer:
        token = permit(self.ring.keys, self.now())
        return await self.results.bring(path, token, said, longest=most)
