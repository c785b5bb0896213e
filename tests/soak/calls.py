"""Every call that a function begins on the cluster, as the call itself tells this machine.

A call keeps a connection open while it runs, and says all the time that it does. So it is known
when a process really began and ended, whatever the API server shows, and calls can be held.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from tests.support.cluster import Cluster
from tests.support.host_operator import node_address

SILENT_SECONDS = 4.0
"""A call that says nothing for so long is dead, even if its connection was never closed."""
CALLING = """
import os, socket
MODE = "Job" if "ASW_TASK_ID" in os.environ else "Warm"  # a warm process is loaded before its calls
def main_handler(event, context):
    told = [os.environ[it] for it in ("ASW_TASK_ID", "ASW_EXECUTION", "ASW_STATE", "HOSTNAME")]
    told.append(MODE)
    with socket.create_connection((HOST, PORT), 30) as call:
        call.sendall(" ".join(told).encode() + b"\\n")
        call.settimeout(0.2)
        while True:
            call.sendall(b".")
            try:
                if call.recv(1):
                    break
            except TimeoutError:
                pass
        call.sendall(b"!")
    return event + 1
"""
"""A function whose calls run until they are told to end; what it returns shows how often it ran."""


@dataclass(slots=True, eq=False, kw_only=True)
class Call:
    """One call of a function; instants are of the steady clock.

    ``is_complete`` if it ran to its end, ``ended_at`` is None while its process runs.
    """

    task_id: str
    execution: str
    state: str
    host: str
    is_warm: bool
    begun_at: float
    heard_at: float
    is_complete: bool = False
    ended_at: float | None = None


@dataclass(kw_only=True)
class Calls:
    """All calls so far. ``seconds`` says how long the next one takes; none ends while held."""

    host: str
    seconds: Callable[[], float]
    port: int = 0
    all: list[Call] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    is_closed: bool = False

    @property
    def source(self) -> str:
        """The function."""
        return f"HOST, PORT = {self.host!r}, {self.port}\n{CALLING}"

    @property
    def running(self) -> list[Call]:
        """Those whose processes run now."""
        return [it for it in list(self.all) if it.ended_at is None]

    def follow(self, connection: socket.socket) -> None:
        """One connection, from its first line to its end."""
        connection.settimeout(30)
        line = b""
        while not line.endswith(b"\n"):
            if not (said := connection.recv(1)):
                return
            line += said
        task_id, execution, state, host, mode = line.decode().split()
        now = time.monotonic()
        call = Call(
            task_id=task_id,
            execution=execution,
            state=state,
            host=host,
            is_warm=mode == "Warm",
            begun_at=now,
            heard_at=now,
        )
        self.all.append(call)
        try:
            self._until_its_end(connection, call, now + self.seconds())
        finally:
            call.ended_at = call.heard_at

    def _until_its_end(self, connection: socket.socket, call: Call, due: float) -> None:
        connection.settimeout(0.05)
        was_told = False
        while not self.is_closed:
            now = time.monotonic()
            if not was_told and now >= due and self.released.is_set():
                was_told = True
                connection.sendall(b"g")
            try:
                said = connection.recv(100)
            except TimeoutError:
                if now > call.heard_at + SILENT_SECONDS:
                    return
                continue
            if not said:
                return
            call.heard_at = time.monotonic()
            call.is_complete |= b"!" in said


@contextmanager
def counted_calls(cluster: Cluster, seconds: Callable[[], float]) -> Iterator[Calls]:
    """Listen while the block lasts; skips a test where pods cannot reach this machine."""
    calls = Calls(host=node_address(cluster), seconds=seconds)
    calls.released.set()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                calls.follow(self.request)

    try:
        server = ThreadingTCPServer((calls.host, 0), Handler)
    except OSError:
        pytest.skip("this machine is not the node: pods cannot reach it")
    with server:
        calls.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield calls
        finally:
            calls.is_closed = True
            server.shutdown()
            thread.join()
