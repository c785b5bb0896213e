"""From a replica without the lease to the one that holds it: the same request, the same token."""

import ssl
from collections.abc import Callable

import aiohttp
from aiohttp import web

from asw.kubernetes.results import Reply
from asw.reconciler.platform import Unavailable

FORWARDED = "X-Asw-Forwarded"
"""Marks a forwarded request: who gets one and does not hold the lease does not send it on."""

HOLDER_SECONDS = 10.0
"""A holder that takes longer is paused or cut off, and holds no lease any more by then."""


class LeaseHolder:
    """See the module. ``address`` is host:port of the holder, as its Lease says.

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

    async def forward(self, request: web.Request) -> Reply:
        """The holder's answer."""
        address = self._address()
        if not address or FORWARDED in request.headers:
            raise Unavailable("nobody holds the lease")
        headers = {"Authorization": request.headers["Authorization"], FORWARDED: "1"}
        url = f"https://{address}{request.path}"
        body = await request.read()
        try:
            async with self._open().request(
                request.method,
                url,
                headers=headers,
                data=body,
                ssl=self._tls,
                server_hostname=self._server_name,
            ) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
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
        """Connections are kept: a handshake for each result would double its way."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=HOLDER_SECONDS, sock_connect=1)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session
