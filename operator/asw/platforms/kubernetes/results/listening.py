"""Listens for tasks. Connections are counted from the accept on, TLS handshakes included.

aiohttp knows of a connection only after its handshake. So the listening socket itself counts, and
closes excess connections at once; they never reach the event loop.
"""

import asyncio
import logging
import socket
import ssl
from asyncio import sslproto
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from asw.platforms.kubernetes.results.shares import Share, Shares

CONNECTIONS = 800
"""Connections in total: each costs about 0.1 MiB. A warm pod has one for each slot and one more."""
TLS_BUFFER_BYTES = 32 * 1024
"""What asyncio reads from a connection into; its own choice, 256 KiB, is held by each connection,
asked for or not. A TLS record has 16 KiB at most."""
CONNECTIONS_OF_ADDRESS = 50
"""A pod needs one; if the network hides pods behind their node, many share an address."""
SHUTDOWN_SECONDS = 5
BACKLOG = 128
HEAD_LINES = 32
HEAD_LINE_BYTES = 4096
"""Bytes of the head of a request; a token has a hundred characters."""
_TURNS_TO_ACCEPT = 3
"""Turns of asyncio's loop until what it accepted is with its protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many seconds a connection may take."""

    idle: float = 15.0
    """Without a complete request head: after the handshake, and between two requests."""
    handshake: float = 5.0
    goodbye: float = 2.0
    """For sending what nobody reads, and for the closing handshake of TLS."""


@dataclass(frozen=True, slots=True)
class Site:
    """An address that we listen on."""

    server: asyncio.Server
    port: int

    def is_serving(self) -> bool:
        """Whether we still listen."""
        return self.server.is_serving()


def connection_shares() -> Shares:
    """The connections that may exist, in total and by address."""
    return Shares(total=CONNECTIONS, each=CONNECTIONS_OF_ADDRESS)


@asynccontextmanager
async def listening(
    application: web.Application,
    port: int,
    tls: ssl.SSLContext,
    shares: Shares,
    patience: Patience = Patience(),
) -> AsyncIterator[Site]:
    """Listen on all addresses while the block lasts."""
    async with serving(application, _listener(port, shares), tls, patience) as site:
        yield site


@asynccontextmanager
async def serving(
    application: web.Application,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    patience: Patience = Patience(),
) -> AsyncIterator[Site]:
    """Serve who connects to the listener, which is closed at the end; without TLS if there is none.

    Only loopback may go without.
    """
    sslproto.SSLProtocol.max_size = TLS_BUFFER_BYTES
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=_requests_logger(),
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=patience.idle,
        lingering_time=patience.goodbye,
        auto_decompress=False,  # a few bytes would become many
        max_line_size=HEAD_LINE_BYTES,
        max_field_size=HEAD_LINE_BYTES,
        max_headers=HEAD_LINES,
    )
    await runner.setup()
    assert runner.server is not None
    try:
        server = await asyncio.get_running_loop().create_server(
            runner.server,
            sock=listener,
            backlog=BACKLOG,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else patience.handshake,
            ssl_shutdown_timeout=None if tls is None else patience.goodbye,
        )
        try:
            yield Site(server, server.sockets[0].getsockname()[1])
        finally:
            await stop_listening(server)
    finally:
        await runner.cleanup()


async def stop_listening(server: asyncio.Server) -> None:
    """Close the server, and lose no connection that it has accepted.

    asyncio accepts in one turn of its loop, makes the transport in the next, and tells the protocol
    in the third. A transport cannot be made for a server that is closed: it stays half made, and
    nobody closes the connection.
    """
    for listener in server.sockets:
        asyncio.get_running_loop().remove_reader(listener.fileno())
    try:
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
    finally:
        server.close()


def _requests_logger() -> logging.Logger:
    """A logger for faults of ours. What is not HTTP is not logged: anybody could fill the log."""
    made = logging.getLogger(__name__)
    made.addFilter(_is_fault_of_ours)
    return made


def _is_fault_of_ours(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def listener_at(host: str, port: int, shares: Shares) -> socket.socket:
    """A listener on one address, whose connections have shares. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return _sharing(socket.create_server(address, family=family), shares)


def _listener(port: int, shares: Shares) -> socket.socket:
    is_dual = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if is_dual else socket.AF_INET
    plain = socket.create_server(("", port), family=family, dualstack_ipv6=is_dual)
    return _sharing(plain, shares)


def _sharing(plain: socket.socket, shares: Shares) -> socket.socket:
    made = _Listener(fileno=plain.detach())
    made.shares = shares
    return made


class _Listener(socket.socket):
    """A listening socket that closes connections for which there is no share."""

    shares: Shares

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection with a share. Raises BlockingIOError if none is waiting any more."""
        while True:
            plain, address = super().accept()
            connection = _Connection(fileno=plain.detach())
            share = self.shares.take(address[0], 1, connection.give_way)
            if share is not None:
                connection.share = share
                return connection, address
            connection.close()


class _Connection(socket.socket):
    """Gives its share back when it is closed."""

    share: Share | None = None

    def give_way(self) -> None:
        """End the connection: whoever serves it reads its end."""
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket and give its share back."""
        super().close()
        if self.share is not None:
            self.share.release()
