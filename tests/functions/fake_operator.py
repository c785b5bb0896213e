"""The operator as a warm pod meets it: real TLS on the loopback, and every failure on demand."""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.functions.result_server import SERVER_NAME

POLL_TOKEN = "token-of-this-pod"
PATIENCE = 60.0
"""How long a test waits for what has to come; no promise is about time."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    verb: str
    content: Any
    token: str | None
    connection: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """Hang up: ``unread``, ``unheard`` (read, not handled), ``unsaid``, or in the ``middle``."""

    at: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Another answer than 200."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: str = ""


@dataclass(slots=True)
class FakeOperator:
    """What it was asked, and what it has to give. All members under ``changed``."""

    port: int
    ca: str
    hold: float = 0.3
    """For how many seconds requests wait for something to say; the real one's is 25."""
    tasks: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    """By verb: what befalls the next requests; None is nothing."""
    verdicts: list[tuple[int, str]] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    outcomes: dict[str, list[Any]] = field(default_factory=dict)
    known: set[tuple[str, str]] = field(default_factory=set)
    drained: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    """Tasks that were given to a slot which then asked again without their outcome."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    given: dict[tuple[str, int], str] = field(default_factory=dict)
    on_next: Callable[[Any], dict[str, Any] | None] | None = None
    """Answers instead of us where it gives an answer."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        """The variables that lead a pod here."""
        return {
            "ASW_POLL_URL": self.url,
            "ASW_POLL_TOKEN": POLL_TOKEN,
            "ASW_POD_UID": "pod-uid-1",
            "ASW_POD_NAME": "sum-two-abcde",
            "ASW_CA": self.ca,
            "ASW_SERVER_NAME": SERVER_NAME,
        }

    def give(self, task_id: str, event: Any = None, **more: Any) -> None:
        """Have a task for whoever asks next."""
        self.give_text(task_id, json.dumps(event), **more)

    def give_text(self, task_id: str, event: str, **more: Any) -> None:
        """The same, of an event that is JSON text."""
        environment = more.pop("environment", {"ASW_EXECUTION": "sum-1", "ASW_STATE": "Add"})
        task = {"taskId": task_id, "event": event, "environment": environment, **more}
        with self.changed:
            self.tasks.append(task)
            self.changed.notify_all()

    def cancel(self, *task_ids: str) -> None:
        """Have tasks ended."""
        with self.changed:
            self.cancels += task_ids
            self.changed.notify_all()

    def befall(self, verb: str, *faults: Any) -> None:
        """Have these befall the next requests of the verb."""
        with self.changed:
            self.faults.setdefault(verb, []).extend(faults)

    def outcome(self, task_id: str) -> Any:
        """The first outcome of the task that was accepted, waiting for it."""
        self.wait(lambda: task_id in self.outcomes, f"no outcome of {task_id}")
        return self.outcomes[task_id][0]

    def wait(self, is_so: Callable[[], Any], else_say: str, *, seconds: float = PATIENCE) -> None:
        """Wait until it is so, which is looked at when something was asked, and now and then."""
        until = time.monotonic() + seconds
        with self.changed:
            while not is_so():
                assert time.monotonic() < until, f"{else_say}: {self.summary()}"
                self.changed.wait(0.05)

    def of(self, verb: str) -> list[Any]:
        """Contents of the requests of a verb, in order."""
        with self.changed:
            return [request.content for request in self.requests if request.verb == verb]

    def summary(self) -> str:
        """The last requests, for whoever has to find out why a test fails."""
        return "\n".join(f"{it.verb} {it.raw[:300]!r}" for it in self.requests[-20:])

    def take(self, request: Request) -> tuple[int, dict[str, Any]]:
        """The answer, when there is one."""
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
            if request.verb == "hello":
                return 200, self._hello(request.content)
            if request.verb == "next":
                return 200, self._next(request.content)
            return 200, {}

    def _hello(self, content: Any) -> dict[str, Any]:
        me = (content["pod"], content["boot"])
        if content["draining"] and content["boot"] not in self.drained:
            self.drained.add(content["boot"])
            self.changed.notify_all()
        elif me in self.known:
            self.changed.wait_for(lambda: self.cancels, self.hold)
        self.known.add(me)
        cancelled, self.cancels[:] = list(self.cancels), []
        return {"cancel": cancelled}

    def _next(self, content: Any) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        if self.on_next is not None:
            own = self.on_next(content)
            if own is not None:
                return own
        told = content.get("outcome")
        place = (content["boot"], content["slot"])
        given = self.given.pop(place, None)
        if given is not None and (told is None or told["taskId"] != given):
            self.lost.add(given)
        if told is not None:
            verdict, reason = self.verdicts.pop(0) if self.verdicts else (200, "")
            answer["outcome"] = verdict
            if reason:
                answer["reason"] = reason
            if verdict in (400, 413):
                return answer
            self.outcomes.setdefault(told["taskId"], []).append(told["outcome"])
            self.changed.notify_all()
        if content["draining"] or content.get("wait") is False:
            return answer
        is_over = lambda: self.tasks or content["boot"] in self.drained  # noqa: E731 -- short
        self.changed.wait_for(is_over, self.hold)
        if self.tasks and content["boot"] not in self.drained:
            answer["task"] = task = self.tasks.pop(0)
            if isinstance(task, dict) and "taskId" in task:  # tests also send what is no task
                self.given[place] = task["taskId"]
                self.lost.discard(task["taskId"])
        return answer


@contextmanager
def operating(certificate: Path, ca: str, port: int = 0) -> Iterator[FakeOperator]:
    """The operator, with the key and certificate in the file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with _Server(("127.0.0.1", port), _Handler) as httpd:
        httpd.context = context
        httpd.operator = operator = FakeOperator(port=httpd.server_port, ca=ca)
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield operator
        finally:
            httpd.shutdown()
            thread.join()
            httpd.hang_up()


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    operator: FakeOperator
    context: ssl.SSLContext

    def __init__(self, *arguments: Any) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(*arguments)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Greet by TLS on the connection's own thread."""
        self.open.add(request)
        try:
            request.settimeout(PATIENCE)
            with self.context.wrap_socket(request, server_side=True) as connection:
                self.open.add(connection)
                super().finish_request(connection, client_address)
                self.open.discard(connection)
        except OSError:  # the pod has hung up, or does not trust us
            return
        finally:
            self.open.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: pods are killed here."""

    def hang_up(self) -> None:
        """End all connections, as the end of the operator's process does."""
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        operator = self.server.operator
        verb = self.path.removeprefix("/v1/warm/")
        with operator.changed:
            waiting = operator.faults.get(verb)
            fault = waiting.pop(0) if waiting else None
        cut = fault.at if isinstance(fault, Cut) else ""
        if cut == "unread":
            return self._hang_up()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if cut == "unheard":
            return self._hang_up()
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        content = json.loads(body)
        request = Request(
            verb, content, token if scheme == "Bearer" else None, id(self.connection), body
        )
        if isinstance(fault, Refusal):
            with operator.changed:
                operator.requests.append(request)
                operator.changed.notify_all()
            return self._say(fault.status, fault.body, fault.retry_after)
        status, answer = operator.take(request)
        if cut == "unsaid":
            return self._hang_up()
        self._say(status, answer, "", is_cut=cut == "middle", is_slow=fault == "slow")
        return None

    def _say(
        self,
        status: int,
        answer: dict[str, Any],
        retry_after: str,
        *,
        is_cut: bool = False,
        is_slow: bool = False,
    ) -> None:
        body = json.dumps(answer).encode()
        again = f"Retry-After: {retry_after}\r\n" if retry_after else ""
        head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{again}\r\n"
        said = head.encode() + body
        if is_cut:
            self.wfile.write(said[: len(said) - 1 - len(body) // 2])
            return self._hang_up()
        if is_slow:
            for byte in said:
                self.wfile.write(bytes([byte]))
                time.sleep(0.001)
            return None
        self.wfile.write(said)
        return None

    def _hang_up(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)  # a reset, as of a host that knows nothing of us
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        socket.socket.close(self.connection)

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output clean."""
