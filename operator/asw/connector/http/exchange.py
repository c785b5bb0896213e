"""One request and its answer over a pool of connections, as all calls of APIs send it."""

from collections.abc import Sequence

import aiohttp
from multidict import CIMultiDict

from asw.connector.addresses import Network, check_literal
from asw.connector.http.answers import HttpAnswer
from asw.connector.http.requests import HttpRequest
from asw.connector.sessions import exchanged, read_body


async def send(
    session: aiohttp.ClientSession,
    request: HttpRequest,
    *,
    named: Sequence[Network],
    most_bytes: int,
) -> HttpAnswer:
    """Send the request and read the answer. Raises NoAnswer, TooLarge and AddressRefused.

    ``named`` are networks besides public ones. An answer of ``most_bytes`` is too large.
    """
    check_literal(request.url.host or "", named)
    shown = str(request.url.origin())
    return await exchanged(lambda: _exchange(session, request, most_bytes), shown)


async def _exchange(
    session: aiohttp.ClientSession, request: HttpRequest, most_bytes: int
) -> HttpAnswer:
    headers = CIMultiDict(request.headers)
    headers["Accept-Encoding"] = "identity"
    async with session.request(
        request.method,
        request.url,
        headers=headers,
        data=request.body,
        allow_redirects=False,
    ) as answer:
        data = await read_body(answer, most_bytes)
    return HttpAnswer(
        status=answer.status,
        reason=answer.reason or "",
        headers=tuple(_header_texts(answer)),
        data=data,
    )


def _header_texts(answer: aiohttp.ClientResponse) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), it.decode("latin-1")) for name, it in answer.raw_headers]
