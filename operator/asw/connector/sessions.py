"""Connections that reach only what a Connection names: how they are opened, read, and break.

Redirects are not followed, cookies not kept, proxies not used, and an answer has a limit.
"""

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.abc import AbstractResolver

from asw.connector.addresses import GuardedResolver, Network

MOST_BYTES: Final = 10 * 1024 * 1024
"""An answer of this size or more is not read to its end: a result may have 256 KiB."""
SMALL_BYTES: Final = 320 * 1024
"""An answer that gives a result is hardly larger: hundreds of these may be read at a time."""
LARGE_AT_A_TIME: Final = 8
"""Answers of which more than that is read; others go on when one of these is done."""
_PIECE: Final = 64 * 1024
_KEPT_SECONDS: Final = 12
"""How long an idle connection is kept, less than servers do: a closed one would fail a call."""

CUTS_TLS: Final = sys.version_info < (3, 12, 7)
"""aiohttp's ``enable_cleanup_closed``: connections end with their session.

A server that refuses half of a large body, or never answers the end of TLS, would keep one open
longer. Newer Pythons end it by themselves.
"""

_PAUSES: Final = (0.1, 0.3)
"""Seconds before it is tried again to connect."""
_NOT_CONNECTED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BROKEN: Final = (aiohttp.ClientError, asyncio.TimeoutError, OSError)

T = TypeVar("T")


class _HungUp(aiohttp.ClientError):
    """A connection broke on which a request may have been sent; the cause is aiohttp's error."""


class NoAnswer(Exception):
    """Nothing came back, or not all of it; the message says why."""


class TooLarge(Exception):
    """The answer has too many bytes."""


def open_session(
    *,
    named: Sequence[Network],
    ca: str | None,
    connect_seconds: float,
    limit: int,
    resolver: AbstractResolver | None = None,
) -> aiohttp.ClientSession:
    """A pool of at most ``limit`` connections. Use within a running event loop; close at the end.

    ``named`` are networks besides public ones, ``ca`` has trusted certificates in PEM, None for
    those of the system.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=limit,
            ssl=ssl.create_default_context(cadata=ca),
            resolver=GuardedResolver(named, resolver),
            ttl_dns_cache=30,
            keepalive_timeout=_KEPT_SECONDS,
            enable_cleanup_closed=CUTS_TLS,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds),
        skip_auto_headers=("Content-Type",),
        auto_decompress=False,
        middlewares=(sent_once,),
    )


async def sent_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Middleware of a session, without which aiohttp repeats a GET, PUT or DELETE that broke.

    It does so after these two errors alone; the method does not tell what changes nothing.
    """
    try:
        return await handler(request)
    except _NOT_CONNECTED:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _HungUp from error


async def exchanged(exchange: Callable[[], Awaitable[T]], url: str) -> T:
    """What the exchange gives; only connecting is tried several times. Raises NoAnswer."""
    for pause in _PAUSES:
        try:
            return await exchange()
        except _NOT_CONNECTED:
            await asyncio.sleep(pause)  # nothing was sent, so nothing is done twice
        except _BROKEN as error:
            raise NoAnswer(_why(error, url)) from error
    try:
        return await exchange()
    except _BROKEN as error:
        raise NoAnswer(_why(error, url)) from error


async def read_body(answer: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """The body. Raises TooLarge, which closes the connection."""
    if (answer.content_length or 0) >= most_bytes and answer.method != "HEAD":
        answer.close()
        raise TooLarge
    data = bytearray()
    async with AsyncExitStack() as stack:
        async for piece in answer.content.iter_chunked(_PIECE):
            if len(data) <= SMALL_BYTES < len(data) + len(piece):
                await stack.enter_async_context(_room_for_large())
            data += piece
            if len(data) >= most_bytes:
                answer.close()
                raise TooLarge
        return bytes(data)


_rooms: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]" = WeakKeyDictionary()


def _room_for_large() -> asyncio.Semaphore:
    """The process's places for large answers."""
    loop = asyncio.get_running_loop()
    return _rooms.setdefault(loop, asyncio.Semaphore(LARGE_AT_A_TIME))


def _why(error: Exception, url: str) -> str:
    """What broke, in a phrase; addresses of services are no secret, but queries may be."""
    place = url.partition("?")[0]
    if isinstance(error, _HungUp) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    for kind, phrase in _PHRASES.items():
        if isinstance(error, kind):
            return phrase.format(place=place, why=getattr(error, "os_error", None) or error)
    return f"the answer of {place} is broken: {str(error) or type(error).__name__}"


_PHRASES: Final[Mapping[type[Exception], str]] = {
    aiohttp.ClientConnectorCertificateError: "the certificate of {place} is not trusted: {why}",
    aiohttp.ClientSSLError: "no TLS connection to {place}: {why}",
    aiohttp.ClientConnectorDNSError: "the host of {place} is unknown: {why}",
    aiohttp.ServerTimeoutError: "connecting to {place} timed out",
    aiohttp.ServerDisconnectedError: "{place} closed the connection without an answer",
    aiohttp.ClientConnectorError: "no connection to {place}: {why}",
}
"""Phrases by kind of error, a kind before those that it is one of."""
