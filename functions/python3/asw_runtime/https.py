"""One HTTPS request at a time to the result server, over ``ssl`` alone.

``http.client`` would add 12 ms to every task, for the e-mail parser; names are handed over as
bytes because text would go through the IDNA codec, another 3 ms. HTTP/1.0: the answer ends with
the connection, and is never chunked.
"""

from __future__ import annotations

import socket
import ssl
import time

CONNECT_SECONDS = 1.0
_LARGEST_ANSWER = 64 * 1024 * 1024


class ResultServer:
    """The server as one task may speak to it: known CA, fixed name, the task's token."""

    def __init__(self, *, ca: str, server_name: str, token: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and name
        self._context.load_verify_locations(cadata=ca)
        self._server_name = server_name
        self._token = token

    def post(self, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError when none comes in time."""
        return self._exchange("POST", url, body, seconds)

    def get(self, url: str, seconds: float) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError when none comes whole and in time."""
        return self._exchange("GET", url, b"", seconds)

    def _exchange(self, method: str, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        host, port, path = _parts(url)
        head = (
            f"{method} {path} HTTP/1.0\r\n"
            f"Host: {self._server_name or host}\r\n"
            f"Authorization: Bearer {self._token}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        name = (self._server_name or host).encode("ascii")
        address = (host.encode("ascii"), port)
        patience = min(CONNECT_SECONDS, seconds)
        until = time.monotonic() + seconds
        with socket.create_connection(address, patience) as plain:  # type: ignore[arg-type] # bytes are fine
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(seconds)
            with self._context.wrap_socket(plain, server_hostname=name) as connection:
                connection.settimeout(max(0.1, until - time.monotonic()))
                try:
                    connection.sendall(head.encode("ascii") + body)
                except ConnectionError:  # refused half-way: the reason may be there to be read
                    return _answer(connection)
                return _answer(connection)


def _parts(url: str) -> tuple[str, int, str]:
    """Host, port and path. Raises ValueError for any other scheme than https."""
    scheme, _, rest = url.partition("://")
    if scheme != "https":
        raise ValueError(f"the result server is reached by https, not by {scheme}")
    authority, _, path = rest.partition("/")
    host, separator, port = authority.rpartition(":")
    if not separator or port.endswith("]"):
        host, port = authority, "443"
    return host.strip("[]"), int(port), f"/{path}"


def _answer(connection: ssl.SSLSocket) -> tuple[int, bytes]:
    data = bytearray()
    while len(data) < _LARGEST_ANSWER and (chunk := connection.recv(65536)):
        data += chunk
    head, separator, body = bytes(data).partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if not separator or len(words) < 2 or not words[1].isdigit():
        raise ConnectionError("no HTTP answer")
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and len(body) != int(value):
            raise ConnectionError("the answer was cut")
    return int(words[1]), body
