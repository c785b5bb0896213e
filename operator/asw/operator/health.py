"""``/healthz``: the process does its work. ``/readyz``: its caches are filled, no more.

A standby without the lease is ready too: it verifies and forwards what tasks push. ``/metrics``
shows what was done since the start. All of it from a thread of its own: a loop that is stuck could
not say so itself.
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
"""For a client to send its request."""


@dataclass(slots=True, kw_only=True)
class Answers:
    """What is answered; called from the server's threads."""

    complaint: Callable[[], str | None] = lambda: None
    is_ready: Callable[[], bool] = lambda: False
    metrics: Callable[[], bytes] = lambda: b""
    remarks: Callable[[], Sequence[str]] = lambda: ()
    """What nobody need restart the process for, and somebody should know."""

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
    """Answer on all addresses while the block lasts. Raises OSError where the port is taken."""

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
    """A thread that can be begun again; ``rounds`` counts its looks for somebody who asks."""

    answers: Answers
    is_dual: ClassVar[bool] = socket.has_dualstack_ipv6()
    address_family = socket.AF_INET6 if is_dual else socket.AF_INET
    daemon_threads = True
    rounds = 0
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Answer, or go on to answer."""
        if not self.is_running():
            self._thread = threading.Thread(target=self.serve_forever, name="health", daemon=True)
            self._thread.start()

    def is_running(self) -> bool:
        """Whether anybody answers."""
        return self._thread is not None and self._thread.is_alive()

    def service_actions(self) -> None:
        """The library calls it in each round."""
        self.rounds += 1

    def handle_error(self, *_: object) -> None:
        """Log a fault of ours: the library would print it to standard error, past the log.

        Who went away, or sends and takes nothing, is told of nowhere: anybody could fill the log.
        """
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            logger.error("a request could not be answered", exc_info=error)

    def server_bind(self) -> None:
        """IPv4 too, on the same socket."""
        if self.is_dual:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class _Handler(BaseHTTPRequestHandler):
    served: ClassVar[Answers]
    timeout = CLIENT_SECONDS

    def do_GET(self) -> None:
        """The library's name for it."""
        status, kind, body = self.served.get(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Probes come every few seconds: nothing is logged."""
