"""An API server for one Lease over real sockets, and what may come instead of an answer of its."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asw.platforms.kubernetes.client.connection import Connection

_PAGE = "<html><body>" + "上游服务器暂时不可用请稍后重试" * 20 + "</body></html>"
RESET = b""
"""In place of an answer: the connection is reset."""
MUTE = b"mute"
"""In place of an answer: nothing, and the connection stays."""
DRIP = b"drip"
"""In place of an answer: a head, and a body that never ends, byte by byte."""


def _answer(status: str, body: bytes, *, length: int | None = None, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n"
    return f"{head}{more}\r\n".encode() + body


def _json(value: object) -> bytes:
    return _answer("200 OK", json.dumps(value).encode())


_LEASE = {"metadata": {"name": "asw", "resourceVersion": "1"}, "spec": {}}
_SPEC = {"holderIdentity": "me", "leaseTransitions": 0}

ODD_ANSWERS: dict[str, bytes] = {
    "502 cut within a character": _answer("502 Bad Gateway", _PAGE.encode()),
    "500 of a balancer": _answer("500 Oops", b"<html>oops</html>"),
    "503 without a body": _answer("503 Service Unavailable", b""),
    "504 that closes": _answer("504 Gateway Timeout", b"late", more="Connection: close\r\n"),
    "429": _answer("429 Too Many Requests", b"{}", more="Retry-After: 1\r\n"),
    "401": _answer("401 Unauthorized", b"who?"),
    "403 page": _answer("403 Forbidden", _PAGE.encode()),
    "404 page": _answer("404 Not Found", _PAGE.encode()),
    "409 page": _answer("409 Conflict", _PAGE.encode()),
    "a way elsewhere": _answer("302 Found", b"", more="Location: http://127.0.0.1:1/login\r\n"),
    "a page to log in": _answer("200 OK", _PAGE.encode()),
    "no bytes at all": _answer("200 OK", b""),
    "no UTF-8": _answer("200 OK", b'{"metadata": "\xff\xfe"}'),
    "JSON that nests too deep": _answer("200 OK", b"[" * 100_000),
    "a list": _json([_LEASE]),
    "null": _json(None),
    "a Status": _json({"kind": "Status", "metadata": {}, "code": 500}),
    "a Lease without a version": _json({"metadata": {"name": "asw"}, "spec": _SPEC}),
    "a Lease with a text for a spec": _json({**_LEASE, "spec": "held"}),
    "a holder that is a number": _json({**_LEASE, "spec": {**_SPEC, "holderIdentity": 5}}),
    "a term of no seconds": _json({**_LEASE, "spec": {**_SPEC, "leaseDurationSeconds": 0}}),
    "transitions that are a text": _json({**_LEASE, "spec": {**_SPEC, "leaseTransitions": "1"}}),
    "half a body": _answer("200 OK", b'{"metadata": {', length=5000),
    "more than anybody reads": _answer("200 OK", b" " * (5 * 1024 * 1024)),
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "reset": RESET,
    "mute": MUTE,
    "a drip": DRIP,
}


class LeaseServer:
    """See the module. ``odd`` is answered instead, once, to the next request of this method.

    ``was_odd`` is set then, which may be later than whoever asked gave up.
    """

    def __init__(self) -> None:
        self.lease: dict[str, object] | None = None
        self.odd: tuple[str, bytes] | None = None
        self.was_odd = threading.Event()
        self.version = 0
        self.is_over = threading.Event()

    def answer(self, method: str, body: bytes) -> bytes:
        """The whole answer to a request, or what comes instead."""
        if self.odd is not None and self.odd[0] == method:
            (_, text), self.odd = self.odd, None
            self.was_odd.set()
            return text
        if method == "GET":
            return _json(self.lease) if self.lease else _answer("404 Not Found", b"{}")
        lease = json.loads(body)
        if method == "POST" and self.lease is not None:
            return _answer("409 Conflict", b'{"message": "exists"}')
        self.version += 1
        lease["metadata"]["resourceVersion"] = str(self.version)
        self.lease = lease
        return _json(lease)


@contextmanager
def lease_server() -> Iterator[tuple[LeaseServer, Connection]]:
    """A server that runs, and how to reach it."""
    served = LeaseServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            _send(self.connection, served.answer(self.command, body), served.is_over)

        do_GET = do_POST = do_PUT = answer  # noqa: N815  the library's names

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever went away does not matter."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            yield served, Connection(server=url, tls=None, authorization=lambda: None)
        finally:
            served.is_over.set()
            server.shutdown()


def _send(connection: socket.socket, answer: bytes, is_over: threading.Event) -> None:
    if answer == RESET:
        linger = struct.pack("ii", 1, 0)  # a reset instead of a goodbye
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.close()
    elif answer == MUTE:
        is_over.wait()
    elif answer == DRIP:
        connection.sendall(_answer("200 OK", b"", length=5000))
        while not is_over.wait(0.02):
            connection.sendall(b" ")
    else:
        connection.sendall(answer)
        if answer in (ODD_ANSWERS["half a body"], ODD_ANSWERS["no HTTP"]):
            connection.shutdown(socket.SHUT_RDWR)
