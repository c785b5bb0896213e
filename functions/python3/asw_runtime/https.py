"""One HTTPS request at a time to the result server, over ``ssl`` alone, and what it is made of.

URLs hold an address, which spares each task a look-up. A Service that was made anew has another
one, and its old name: so whoever is not reached by the address is tried by the name, and in turns.

``http.client`` would add 12 ms to every task, for the e-mail parser; names are handed over as
bytes because text would go through the IDNA codec, another 3 ms. HTTP/1.0: the answer ends with
the connection, and is never chunked. Connections that are kept are ``warm.line``'s.
"""

from __future__ import annotations

import _thread
import socket
import ssl
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONNECT_SECONDS = 1.0
LOOKUP_SECONDS = 2.0
"""How long the resolver may take; without a DNS server it would take half a minute."""
_LARGEST_ANSWER = 64 * 1024 * 1024


class Dialer:
    """Connections to one server: known CA, fixed name, found by its address or by its name."""

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._context = context
        self._server_name = server_name
        self._is_by_name = False

    def turn(self) -> None:
        """Look for the server the other way next time: it was not reached."""
        self._is_by_name = bool(self._server_name) and not self._is_by_name

    def connect(self, host: str, port: int, seconds: float) -> ssl.SSLSocket:
        """A connection to the server that the CA vouches for. Raises OSError."""
        name = (self._server_name or host).encode("ascii")
        until = time.monotonic() + seconds
        address: Any = (host.encode("ascii"), port)  # bytes are fine
        if self._is_by_name:
            address = _looked_up(name, port, min(LOOKUP_SECONDS, seconds))
        patience = min(CONNECT_SECONDS, max(0.1, until - time.monotonic()))
        plain = socket.create_connection(address, patience)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(max(0.1, until - time.monotonic()))
            return self._context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise


def trusting(ca: str) -> ssl.SSLContext:
    """What verifies chain and name by the one authority, in PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca)
    return context


class ResultServer:
    """The server as one task may speak to it: known CA, fixed name, the task's token."""

    def __init__(self, *, ca: str, server_name: str, token: str) -> None:
        self._dialer = Dialer(trusting(ca), server_name)
        self._server_name = server_name
        self._token = token

    def post(self, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError when none comes in time."""
        return self._exchange("POST", url, body, seconds)

    def get(self, url: str, seconds: float) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError when none comes whole and in time."""
        return self._exchange("GET", url, b"", seconds)

    def _exchange(self, method: str, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        host, port, path = parts(url)
        head = (
            f"{method} {path} HTTP/1.0\r\n"
            f"Host: {self._server_name or host}\r\n"
            f"Authorization: Bearer {self._token}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            return self._asked(host, port, head.encode("ascii") + body, seconds)
        except OSError:
            self._dialer.turn()
            raise

    def _asked(self, host: str, port: int, request: bytes, seconds: float) -> tuple[int, bytes]:
        until = time.monotonic() + seconds
        with self._dialer.connect(host, port, seconds) as connection:
            connection.settimeout(max(0.1, until - time.monotonic()))
            try:
                connection.sendall(request)
            except ConnectionError:  # refused half-way: the reason may be there to be read
                return _answer(connection)
            return _answer(connection)


def _looked_up(name: bytes, port: int, seconds: float) -> Any:
    """The address that the name has now. Raises OSError where none is known in time.

    A resolver cannot be told to hurry, so it is asked on a thread that may be left behind.
    """
    found: list[Any] = []
    is_done = _thread.allocate_lock()
    is_done.acquire()

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][4][:2])
        except OSError:
            pass
        finally:
            is_done.release()

    try:
        _thread.start_new_thread(ask, ())
    except RuntimeError as error:  # no room for another thread
        raise OSError(str(error)) from error
    is_done.acquire(timeout=seconds)
    if not found:
        raise OSError(f"no address is known of {name.decode()}")
    return found[0]


def parts(url: str) -> tuple[str, int, str]:
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
    if not separator:
        raise ConnectionError("no HTTP answer")
    status, fields = read_head(head)
    if len(body) != int(fields.get("content-length", len(body))):
        raise ConnectionError("the answer was cut")
    return status, body


def read_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and fields, by names in small letters. Raises ConnectionError if it is no answer."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(None, 2)
    if len(words) < 2 or not words[1].isdigit():
        raise ConnectionError("no HTTP answer")
    fields = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return int(words[1]), fields
