"""Forwards a task's request, with the same token, to the replica that holds the Lease.

Only the holder knows whether a task is awaited. So the head goes first, and the body is read when
the holder asks for it (``Expect: 100-continue``).
"""

import ssl
from collections.abc import AsyncIterator, Callable

import aiohttp
from aiohttp import hdrs, web

from asw.platforms.kubernetes.results.bodies import Incoming
from asw.platforms.kubernetes.results.results import Reply
from asw.reconciler.platform import Unavailable

FORWARDED = "X-Asw-Forwarded"
"""Marks a forwarded request: a receiver without the Lease does not send it on."""

HOLDER_SECONDS = 10.0
"""A holder that takes longer is paused or cut off, and no longer holds the Lease by then."""
CONNECTIONS = 40
"""Connections to the holder, which accepts a few more from one address."""


class LeaseHolder:
    """The replica that holds the Lease; ``address`` is its host:port, as the Lease says.

    ``forwarded`` counts requests that it answered.
    """

    def __init__(
        self,
        is_here: Callable[[], bool],
        address: Callable[[], str | None],
        tls: ssl.SSLContext,
        server_name: str,
    ) -> None:
        self._is_here = is_here
        self._address = address
        self._tls = tls
        self._server_name = server_name
        self._session: aiohttp.ClientSession | None = None
        self.forwarded = 0

    def is_here(self) -> bool:
        """Whether this replica holds the lease."""
        return self._is_here()

    def elsewhere(self) -> str | None:
        """The address of the replica, host and port; None if nobody holds the lease."""
        return self._address()

    async def forward(self, request: web.Request, body: Incoming) -> Reply:
        """The holder's answer. Raises Unavailable, and NotRead if the body could not be read."""
        address = self._address()
        if not address or FORWARDED in request.headers:
            raise Unavailable("nobody holds the lease")
        headers = {"Authorization": request.headers["Authorization"], FORWARDED: "1"}
        url = f"https://{address}{request.path}"
        if (length := request.headers.get(hdrs.CONTENT_LENGTH)) is not None:
            headers[hdrs.CONTENT_LENGTH] = length
        try:
            async with self._open().request(
                request.method,
                url,
                headers=headers,
                data=_when_asked(body) if request.body_exists else None,
                expect100=request.body_exists,
                ssl=self._tls,
                server_hostname=self._server_name,
            ) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if body is not None and body.refusal is not None:
                raise body.refusal from error
            raise Unavailable(f"the holder of the lease does not answer: {error}") from error
        if response.status == 503:
            raise Unavailable("the replica that held the lease does not take it now")
        self.forwarded += 1
        return response.status, text

    async def close(self) -> None:
        """Close the connections to the holder."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        """The session. It keeps connections: a handshake for each result would double its time."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=HOLDER_SECONDS, sock_connect=1),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            )
        return self._session


async def _when_asked(body: Incoming) -> AsyncIterator[bytes]:
    yield await body.read()
