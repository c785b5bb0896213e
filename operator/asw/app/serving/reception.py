"""Where tasks bring their results to: the server, its address, and its certificate."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from asw.kubernetes.forwarding import LeaseHolder
from asw.kubernetes.keys import CERTIFICATE_LIFETIME, Keys, install_certificate, server_context
from asw.kubernetes.listening import Site, connection_shares, listening
from asw.kubernetes.results import ResultServer
from asw.kubernetes.shares import Shares

RENEWAL = CERTIFICATE_LIFETIME / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """See the module. ``names`` are what the certificate is good for."""

    server: ResultServer
    holder: LeaseHolder
    keys: Keys
    names: tuple[str, ...]
    port: int
    connections: Shares = field(default_factory=connection_shares)
    context: ssl.SSLContext = field(default_factory=server_context)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Site]:
        """Take results while the block lasts. Raises OSError where the port is taken."""
        application = self.server.application()
        async with listening(application, self.port, self.context, self.connections) as site:
            yield site

    async def certify(self) -> None:
        """Have a certificate that is good for days; connections from now on get it."""
        install_certificate(self.context, self.keys, self.names, self.server.now())

    async def aclose(self) -> None:
        """Close the connections to the holder of the lease."""
        await self.holder.close()
