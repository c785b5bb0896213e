"""Sends botocore's requests by aiohttp: one pool of connections for all services of an Access.

In place of aiobotocore's own session, because that one follows redirects, reads answers of any
size, and keeps a pool for each service.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, Final, Protocol, Self

import aiohttp
from aiobotocore.awsrequest import AioAWSResponse
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from asw.connector.addresses import GuardedResolver, check_literal, named_networks
from asw.connector.places import Access

MOST_BYTES: Final = 10 * 1024 * 1024
"""An answer of this size or more is not read to its end: a result may have 256 KiB."""
_PIECE: Final = 64 * 1024
_KEPT_SECONDS: Final = 12
"""How long an idle connection is kept, less than servers do: a closed one would fail a call."""


_PAUSES: Final = (0.1, 0.3)
"""Seconds before it is tried again to connect."""
_NOT_CONNECTED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BROKEN: Final = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


class NoAnswer(Exception):
    """Nothing came back, or not all of it; the message says why."""


class TooLarge(Exception):
    """The answer has too many bytes."""


class Request(Protocol):
    """What is used of botocore's prepared request."""

    method: str
    url: str
    headers: Mapping[str, Any]
    body: Any


class Body:
    """An answer's body, read already; it looks like the stream that aiobotocore expects."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def content(self) -> Self:
        """Itself: aiohttp's answers keep their stream there."""
        return self

    async def read(self, amount: int = -1) -> bytes:
        """All of it."""
        del amount
        return self.data


class Transport:
    """The connections of one Access. Use within a running event loop; close at the end."""

    def __init__(
        self,
        access: Access,
        *,
        limit: int,
        most_bytes: int = MOST_BYTES,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._named = named_networks(access.endpoint, access.allowed)
        self._most_bytes = most_bytes
        context = ssl.create_default_context(cadata=access.ca)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=limit,
                ssl=context,
                resolver=GuardedResolver(self._named, resolver),
                ttl_dns_cache=30,
                keepalive_timeout=_KEPT_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=access.connect_seconds),
            skip_auto_headers=("Content-Type",),
            auto_decompress=False,
        )

    def __call__(self, **_settings: object) -> Self:
        """The session of one more client: what botocore would configure is the Access's."""
        return self

    async def send(self, request: Request) -> AioAWSResponse:
        """Send the request and read the answer.

        Raises NoAnswer, TooLarge and AddressRefused.
        """
        check_literal(URL(request.url).host or "", self._named)
        for pause in _PAUSES:
            try:
                return await self._exchange(request)
            except _NOT_CONNECTED:
                await asyncio.sleep(pause)  # nothing was sent, so nothing is done twice
            except _BROKEN as error:
                raise NoAnswer(_why(error, request.url)) from error
        try:
            return await self._exchange(request)
        except _BROKEN as error:
            raise NoAnswer(_why(error, request.url)) from error

    async def _exchange(self, request: Request) -> AioAWSResponse:
        headers = CIMultiDict((name, _text(value)) for name, value in request.headers.items())
        headers["Accept-Encoding"] = "identity"
        chunked = headers.pop("Transfer-Encoding", "").lower() == "chunked"
        async with self._session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=headers,
            data=_data(request.body),
            chunked=chunked or None,
            allow_redirects=False,
        ) as answer:
            data = await self._read(answer)
        named = {name.decode().lower(): it.decode("latin-1") for name, it in answer.raw_headers}
        return AioAWSResponse(request.url, answer.status, named, Body(data))

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """The body. Raises TooLarge, which closes the connection."""
        if (answer.content_length or 0) >= self._most_bytes and answer.method != "HEAD":
            answer.close()
            raise TooLarge
        data = bytearray()
        async for piece in answer.content.iter_chunked(_PIECE):
            data += piece
            if len(data) >= self._most_bytes:
                answer.close()
                raise TooLarge
        return bytes(data)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing: a client ends, but others use the same connections."""

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _data(body: Any) -> bytes | None:
    """The body as bytes: botocore wraps that of a stream into a file of its own."""
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | str):
        return bytes(body) if isinstance(body, bytearray) else body.encode()
    body.seek(0)
    data: bytes = body.read()
    return data


def _why(error: Exception, url: str) -> str:
    """What broke, in a phrase; addresses of services are no secret, but queries may be."""
    place = url.partition("?")[0]
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
