"""Requests to one API server: bounded in size and time, redirects refused, pauses kept.

A request that was refused for the moment is made again where that changes nothing: one that the
server throttled (429) never began.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import aiohttp
from yarl import URL

from asw import __version__
from asw.asl.values import Json, from_text
from asw.connector.addresses import GuardedResolver, check_literal, named_networks
from asw.connector.kubernetes.access import ClusterAccess
from asw.connector.pace import Pace
from asw.connector.sessions import (
    CUTS_TLS,
    NoAnswer,
    TooLarge,
    exchanged,
    read_body,
    sent_once,
)

MOST_BYTES: Final = 4 * 1024 * 1024
"""An answer of this size or more is not read to its end; so is an event of a watch."""
CONNECTIONS: Final = 100
"""Requests of one Access that are under way at the same time, those that watch not counted."""
WATCH_SECONDS: Final = 240
"""The server ends a watch after this time."""
SILENCE_SECONDS: Final = WATCH_SECONDS + 30.0
"""A connection that not even the end came through is dead."""
LONGEST_PAUSE_SECONDS: Final = 10.0
_PAUSES: Final = (0.2, 1.0, 3.0)
_UNAVAILABLE: Final = (502, 503, 504)

Patience: TypeAlias = Literal["none", "throttled", "repeatable"]
"""What a request is made again after: nothing, 429, or whatever may pass, as it changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; ``content_type`` is that of the body."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    text: str
    headers: tuple[tuple[str, str], ...]
    data: bytes

    @property
    def body(self) -> Json:
        """The body as JSON, else as text; None if there is none."""
        try:
            return from_text(self.data.decode()) if self.data else None
        except (ValueError, RecursionError):
            return self.data.decode(errors="replace")

    @property
    def message(self) -> str:
        """What a Status says, else the beginning of the text."""
        body = self.body
        told = body.get("message") if isinstance(body, dict) else body
        return str(told or self.text)[:2000]

    @property
    def pause(self) -> float | None:
        """Seconds that the server asks for before another try."""
        asked = {name.lower(): value for name, value in self.headers}.get("retry-after", "")
        return min(float(asked), LONGEST_PAUSE_SECONDS) if asked.isdecimal() else None


class Refused(Exception):
    """The server's answer is no success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}: {answer.message}")
        self.answer = answer


class Stranger(Exception):
    """The answer is none of an API server: a login page or a proxy perhaps."""


class ClusterClient:
    """The connections of one Access. Use within a running event loop; close at the end."""

    def __init__(self, access: ClusterAccess) -> None:
        self.access = access
        self._named = named_networks(access.server, access.allowed or ())
        self._pace = Pace(access.calls_per_second)
        self._room = asyncio.Semaphore(CONNECTIONS)
        guard: dict[str, Any] = {}
        if access.allowed is not None:
            guard = {"resolver": GuardedResolver(self._named), "ttl_dns_cache": 30}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                ssl=access.tls or True,
                keepalive_timeout=60,
                enable_cleanup_closed=CUTS_TLS,
                **guard,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=[("User-Agent", f"asw/{__version__}"), *access.headers],
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=access.connect_seconds),
            proxy=access.proxy,
            auto_decompress=False,
            middlewares=(sent_once,),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def ask(self, request: Request, patience: Patience = "throttled") -> Answer:
        """A successful answer. Raises Refused, and as ``send``."""
        answer = await self.send(request, patience)
        if answer.status >= 300:
            raise Refused(answer)
        return answer

    async def send(self, request: Request, patience: Patience = "none") -> Answer:
        """The answer, within the time of a call.

        Raises NoAnswer, TooLarge, AddressRefused, NoCluster and TimeoutError.
        """
        async with self._room:
            await self._pace.turn()
            async with asyncio.timeout(self.access.call_seconds):
                for pause in _PAUSES:
                    answer = await self._received(request, patience)
                    if not _passes(answer, patience):
                        return answer
                    await asyncio.sleep(pause if answer.pause is None else answer.pause)
                return await self._received(request, patience)

    async def lines(self, request: Request) -> AsyncGenerator[bytes]:
        """The lines of an answer without end. Raises Refused, and as ``send``."""
        url = self._url(request)
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self.access.connect_seconds, sock_read=SILENCE_SECONDS
        )
        headers = await self._headers(request)
        response = await exchanged(
            lambda: self._session.get(
                url,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                server_hostname=self.access.server_name,
            ),
            str(url),
        )
        async with response:
            if response.status >= 300:
                raise Refused(await _answer_of(response))
            rest = bytearray()
            try:
                async for data in response.content.iter_any():
                    ended, newline, last = data.rpartition(b"\n")
                    if newline:
                        for line in bytes(rest + ended).split(b"\n"):
                            yield line
                        rest = bytearray()
                    rest += last
                    if len(rest) >= MOST_BYTES:
                        raise TooLarge
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise NoAnswer(f"the watch broke: {error or type(error).__name__}") from error

    async def _received(self, request: Request, patience: Patience) -> Answer:
        """The answer; a connection that broke is opened once more where that changes nothing."""
        try:
            return await self._once(request)
        except NoAnswer:
            if patience != "repeatable":
                raise
        return await self._once(request)

    async def _once(self, request: Request) -> Answer:
        headers, url = await self._headers(request), self._url(request)

        async def exchange() -> Answer:
            async with self._session.request(
                request.method,
                url,
                headers=headers,
                data=request.body,
                allow_redirects=False,
                server_hostname=self.access.server_name,
            ) as response:
                return await _answer_of(response)

        return await exchanged(exchange, str(url))

    def _url(self, request: Request) -> URL:
        url = URL(self.access.server + request.path, encoded=True).update_query(request.query)
        if self.access.allowed is not None:
            check_literal(url.host or "", self._named)
        return url

    async def _headers(self, request: Request) -> Mapping[str, str]:
        headers = {"Accept": "application/json, */*", "Accept-Encoding": "identity"}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        # a plugin of a kubeconfig may run
        if (value := await asyncio.to_thread(self.access.authorization)) is not None:
            headers["Authorization"] = value
        return headers


async def _answer_of(response: aiohttp.ClientResponse) -> Answer:
    data = await read_body(response, MOST_BYTES)
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers
    )
    return Answer(status=response.status, text=response.reason or "", headers=headers, data=data)


def _passes(answer: Answer, patience: Patience) -> bool:
    if answer.status == 429:
        return patience != "none"
    return patience == "repeatable" and answer.status in _UNAVAILABLE
