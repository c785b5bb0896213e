"""``/healthz``: the process does its work. ``/readyz``: its caches are filled, no more.

A standby without the Lease is ready too: it verifies and forwards what tasks push. ``/metrics``
shows what was done since the start. A separate thread answers, because a stuck event loop could not
report itself.
"""

import contextlib
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from prometheus_client import CONTENT_TYPE_LATEST

logger = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"
CLIENT_SECONDS = 10
"""Time for a client to send its request."""


@dataclass(slots=True, kw_only=True)
class Answers:
    """The answers; called from the server's threads."""

    complaint: Callable[[], str | None] = lambda: None
    is_ready: Callable[[], bool] = lambda: False
    metrics: Callable[[], bytes] = lambda: b""
    remarks: Callable[[], Sequence[str]] = lambda: ()
    """A problem that needs no restart of the process, but somebody should know."""

    def get(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body for a path."""
        match path:
            case "/healthz":
                wrong = self.complaint()
                return (500 if wrong else 200), TEXT, f"{wrong or 'ok'}\n".encode()
            case "/readyz":
                ready = self.is_ready()
                said = "\n".join(("ok" if ready else "not yet", *self.remarks(), ""))
                return (200 if ready else 503), TEXT, said.encode()
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, self.metrics()
        return 404, TEXT, b"/healthz, /readyz or /metrics\n"


@contextlib.contextmanager
def serve_health(port: int, answers: Answers) -> Iterator["HealthServer"]:
    """Answer on all addresses inside the block. Raises OSError if the port is taken."""

    class Handler(_Handler):
        served = answers

    with HealthServer(("::" if HealthServer.is_dual else "", port), Handler) as server:
        server.answers = answers
        server.start()
        try:
            yield server
        finally:
            if server.is_running():
                server.shutdown()


class HealthServer(ThreadingHTTPServer):
    """A server thread that can be restarted; ``rounds`` counts its polls for requests."""

    answers: Answers
    is_dual: ClassVar[bool] = socket.has_dualstack_ipv6()
    address_family = socket.AF_INET6 if is_dual else socket.AF_INET
    daemon_threads = True
    rounds = 0
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Answer, or answer again."""
        if not self.is_running():
            self._thread = threading.Thread(target=self.serve_forever, name="health", daemon=True)
            self._thread.start()

    def is_running(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def service_actions(self) -> None:
        """Count a round; the library calls this in each one."""
        self.rounds += 1

    def handle_error(self, *_: object) -> None:
        """Log a fault of ours; the library would print it to standard error, past the log.

        Clients that left, or neither send nor receive, are not logged: they could fill the log.
        """
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            logger.error("a request could not be answered", exc_info=error)

    def server_bind(self) -> None:
        """Bind for IPv4 too, on the same socket."""
        if self.is_dual:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class _Handler(BaseHTTPRequestHandler):
    served: ClassVar[Answers]
    timeout = CLIENT_SECONDS

    def do_GET(self) -> None:
        """Answer a GET; the library requires the name."""
        status, kind, body = self.served.get(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: probes come every few seconds."""
