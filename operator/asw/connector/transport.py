"""Sends botocore's requests by aiohttp: one pool of connections for all services of an Access.

In place of aiobotocore's own session, because that one follows redirects, reads answers of any
size, and keeps a pool for each service.
"""

from collections.abc import Mapping
from typing import Any, Protocol, Self

from aiobotocore.awsrequest import AioAWSResponse
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from asw.connector.addresses import check_literal, named_networks
from asw.connector.http.answers import HttpAnswer
from asw.connector.http.exchange import send
from asw.connector.http.requests import HttpRequest
from asw.connector.places import Access
from asw.connector.sessions import MOST_BYTES, exchanged, open_session, read_body


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
        self._session = open_session(
            named=self._named,
            ca=access.ca,
            connect_seconds=access.connect_seconds,
            limit=limit,
            resolver=resolver,
        )

    def __call__(self, **_settings: object) -> Self:
        """The session of one more client: what botocore would configure is the Access's."""
        return self

    async def send(self, request: Request) -> AioAWSResponse:
        """Send the request and read the answer.

        Raises NoAnswer, TooLarge and AddressRefused.
        """
        check_literal(URL(request.url).host or "", self._named)
        return await exchanged(lambda: self._exchange(request), request.url)

    async def send_plain(self, request: HttpRequest) -> HttpAnswer:
        """The same for a request that botocore does not know."""
        return await send(self._session, request, named=self._named, most_bytes=self._most_bytes)

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
            data = await read_body(answer, self._most_bytes)
        named = {name.decode().lower(): it.decode("latin-1") for name, it in answer.raw_headers}
        return AioAWSResponse(request.url, answer.status, named, Body(data))

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
