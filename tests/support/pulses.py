"""Signs of life that tasks on the cluster send to this machine: when which of them really ran.

What the API server shows comes from kubelets, later than it happens, and not at all of a pod whose
object was removed by force.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.cluster import Cluster
from tests.support.host_operator import node_address

SENDING = """
import os, signal, socket, threading, time
def pulse(word):
    with socket.create_connection((HOST, PORT), 5) as connection:
        connection.sendall(f"GET /{word} HTTP/1.0\\r\\n\\r\\n".encode())
        connection.recv(100)
def main_handler(event, context):
    start = int(os.environ["ASW_TASK_ID"].rsplit("-", 1)[1])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end = time.monotonic() + (600 if start == 1 else 3)
    while time.monotonic() < end:
        pulse(f"{start}/{os.environ['HOSTNAME']}")
        time.sleep(0.1)
    return start
"""
"""A function of which the first start runs until it is killed, and says all the time that it runs.
It ends by no signal that it can ignore."""


@dataclass
class Pulses:
    """When each process, as ordinal and pod, was first and last heard of."""

    host: str
    port: int = 0
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The function."""
        return f"HOST, PORT = {self.host!r}, {self.port}\n{SENDING}"

    def hear(self, process: str) -> None:
        """It lives now."""
        now = time.monotonic()
        first, _ = self.spans.get(process, (now, now))
        self.spans[process] = (first, now)

    def side_by_side(self) -> list[tuple[str, str]]:
        """Pairs of processes that ran at the same time."""
        ordered = sorted(self.spans.items(), key=lambda it: it[1])
        return [
            (one, other)
            for number, (one, (_, last)) in enumerate(ordered)
            for other, (first, _) in ordered[number + 1 :]
            if first <= last
        ]


@contextmanager
def pulses(cluster: Cluster) -> Iterator[Pulses]:
    """Listen while the block lasts."""
    heard = Pulses(node_address(cluster))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.hear(self.path.strip("/"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    try:
        server = ThreadingHTTPServer((heard.host, 0), Handler)
    except OSError:
        pytest.skip("this machine is not the node: pods cannot reach it")
    with server:
        heard.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()
