"""Where tasks deliver their results: the server, its address, and its certificate."""

import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from asw.platforms.kubernetes.keys.authority import CERTIFICATE_LIFETIME, server_context
from asw.platforms.kubernetes.keys.keys import Keys, install_certificate
from asw.platforms.kubernetes.results.address import ServerAddress
from asw.platforms.kubernetes.results.forwarding import LeaseHolder
from asw.platforms.kubernetes.results.listening import Site, connection_shares, listening
from asw.platforms.kubernetes.results.results import ResultServer
from asw.platforms.kubernetes.results.shares import Shares

logger = logging.getLogger(__name__)

RENEWAL = CERTIFICATE_LIFETIME / 3


@dataclass(slots=True, kw_only=True)
class Reception:
    """The result server of this replica.

    ``address`` is what tasks are told. ``look_up`` finds the current one, and ``tell`` passes it
    to new tasks. ``own`` is this replica's address, which the certificate covers too.
    """

    server: ResultServer
    holder: LeaseHolder
    keys: Keys
    address: ServerAddress
    look_up: Callable[[], Awaitable[ServerAddress]]
    tell: Callable[[ServerAddress], None]
    own: str | None
    port: int
    connections: Shares = field(default_factory=connection_shares)
    context: ssl.SSLContext = field(default_factory=server_context)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Site]:
        """Take results inside the block. Raises OSError if the port is taken."""
        application = self.server.application()
        async with listening(application, self.port, self.context, self.connections) as site:
            yield site

    async def certify(self) -> None:
        """Issue a certificate that is valid for days; new connections get it."""
        names = self.address.certified(self.own)
        install_certificate(self.context, self.keys, names, self.server.now())

    async def follow(self) -> None:
        """Notice that the Service was recreated with another address. Raises PlatformError."""
        found = await self.look_up()
        if found != self.address:
            logger.warning("tasks reach the result server by %s now", found.url)
            self.address = found
            self.tell(found)
            await self.certify()

    async def aclose(self) -> None:
        """Close the connections to the holder of the Lease."""
        await self.holder.close()
