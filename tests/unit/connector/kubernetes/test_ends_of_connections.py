"""How connections to a cluster end."""

import asyncio
import socket
import ssl
import threading
from contextlib import aclosing, suppress

import pytest

from asw.connector.kubernetes.access import ClusterAccess, trusting
from asw.connector.kubernetes.client import ClusterClient, Request
from tests.support.certificates import own_certificate

WATCH = b'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{"type": "ADDED"}\n'


class Deaf:
    """A server of one watch, which never answers the end of TLS."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._door.getsockname()[1]}"
        self.ended = threading.Event()
        """Set when the client has closed the connection itself, not only TLS."""
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        plain, _ = self._door.accept()
        beneath = plain.dup()
        with beneath, self._context.wrap_socket(plain, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(WATCH)
            beneath.settimeout(20)
            with suppress(TimeoutError):
                self._until_closed(beneath)
                self.ended.set()

    def _until_closed(self, beneath: socket.socket) -> None:
        with suppress(ConnectionError):
            while beneath.recv(65536):
                pass

    def close(self) -> None:
        """Serve no more."""
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join()


@pytest.fixture
def deaf(tmp_path):
    pem, context = own_certificate(tmp_path)
    server = Deaf(context)
    yield server, trusting(text=pem)
    server.close()


async def test_a_watch_that_was_cut_ends_with_its_client(deaf):
    """Its connection is closed even if the server never answers the end of TLS."""
    server, tls = deaf
    client = ClusterClient(ClusterAccess(name="here", server=server.url, tls=tls))
    async with aclosing(client.lines(Request(method="GET", path="/api/v1/pods"))) as lines:
        assert await anext(lines) == b'{"type": "ADDED"}'
    await client.close()
    assert await asyncio.to_thread(server.ended.wait, 10)
