"""One kept connection to the operator: requests one after the other, wherever it lives by now."""

from __future__ import annotations

import json
import os
import socket
import time

from .. import https

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Any

    from .settings import Settings

CONNECT_SECONDS = 5.0
_LARGEST_ANSWER = 64 * 1024 * 1024
_CHUNK = 65536
_MOST_MOVES = 3
_MOVED = 421
_KEEPALIVE = (
    (socket.SO_KEEPALIVE, socket.SOL_SOCKET, 1),
    (socket.TCP_KEEPIDLE, socket.IPPROTO_TCP, 5),
    (socket.TCP_KEEPINTVL, socket.IPPROTO_TCP, 3),
    (socket.TCP_KEEPCNT, socket.IPPROTO_TCP, 3),
    (socket.TCP_USER_TIMEOUT, socket.IPPROTO_TCP, 15_000),
)
"""A node that is gone says nothing: the kernel notices after some 15 s."""


class Interrupted(ConnectionError):
    """What was asked is to be asked again at once, in words that are true by then.

    We have changed our minds, or the operator has hung up on a connection that was kept: what we
    held when it was asked may be long ago.
    """


class Answer:
    """What the operator said; ``content`` is the JSON object of a 200."""

    def __init__(self, status: int, content: dict[str, Any], retry_after: float) -> None:
        self.status = status
        self.content = content
        self.retry_after = retry_after


class Addresses:
    """Where the operator is: where a holder was named, there, else where we were told at first."""

    def __init__(self, settings: Settings) -> None:
        self.home = self.current = settings.url
        self.context = https.trusting(settings.ca)
        self.server_name = settings.server_name
        self.token = settings.token
        self.on_move: Callable[[], None] | None = None
        """Called when there is a new holder, by whoever heard of it."""

    def move(self, holder: object) -> bool:
        """Ask there from now on; false where it is no address that we would ask at."""
        if not isinstance(holder, str):
            return False
        try:
            https.parts(holder)
        except ValueError:
            return False
        if holder.rstrip("/") != self.current:
            self.current = holder.rstrip("/")
            if self.on_move is not None:
                self.on_move()
        return True

    def lose(self, base: str) -> None:
        """It cannot be reached there."""
        if self.current == base:
            self.current = self.home


class Line:
    """The connection of one thread. Others may call ``interrupt``."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._dialer = https.Dialer(addresses.context, addresses.server_name)
        self._holder_dialer = https.Dialer(addresses.context, addresses.server_name)
        self._base = ""
        self._head = ""
        self._socket: ssl.SSLSocket | None = None
        self._is_interrupted = False

    def arm(self) -> None:
        """What is to be asked is made up after this: an interruption from now on concerns it."""
        self._is_interrupted = False

    @property
    def was_interrupted(self) -> bool:
        """Whether that has happened since."""
        return self._is_interrupted

    def interrupt(self) -> None:
        """Let who waits for an answer have Interrupted, also if it is just about to ask."""
        self._is_interrupted = True
        connection = self._socket
        if connection is not None:
            try:  # not SSLSocket's own, which takes the TLS from who reads
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                return

    def post(self, path: str, body: bytes, seconds: float) -> Answer:
        """The operator's answer. Raises OSError where none comes in time."""
        for _ in range(_MOST_MOVES):
            answer = self._post(path, body, seconds)
            if answer.status != _MOVED or not self._addresses.move(answer.content.get("holder")):
                break
        return answer

    def close(self) -> None:
        """Hang up."""
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()

    def _post(self, path: str, body: bytes, seconds: float) -> Answer:
        base = self._addresses.current
        if base != self._base:
            self.close()
        is_reused = self._socket is not None
        try:
            return self._exchange(base, path, body, seconds)
        except (OSError, ValueError) as error:
            self.close()
            if is_reused and not isinstance(error, TimeoutError):
                self._is_interrupted = True
            if self._is_interrupted:
                raise Interrupted from error
            raise OSError(str(error)) from error

    def _exchange(self, base: str, path: str, body: bytes, seconds: float) -> Answer:
        connection = self._socket or self._connect(base)
        if self._is_interrupted:
            raise Interrupted
        until = time.monotonic() + seconds
        connection.settimeout(seconds)
        head = f"POST {path} {self._head}Content-Length: {len(body)}\r\n\r\n"
        try:
            connection.sendall(head.encode("ascii") + body)
        except ConnectionError:  # refused half-way: the reason may be there to be read
            return self._read(connection, until)
        return self._read(connection, until)

    def _connect(self, base: str) -> ssl.SSLSocket:
        host, port, _ = https.parts(base)
        is_home = base == self._addresses.home
        dialer = self._dialer if is_home else self._holder_dialer
        try:
            connection = dialer.connect(host, port, CONNECT_SECONDS)
        except OSError:
            if is_home:
                dialer.turn()
            else:
                self._addresses.lose(base)
            raise
        for option, level, value in _KEEPALIVE:
            connection.setsockopt(level, option, value)
        self._base = base
        self._head = (
            "HTTP/1.1\r\n"
            f"Host: {self._addresses.server_name or host}\r\n"
            f"Authorization: Bearer {self._addresses.token}\r\n"
            "Content-Type: application/json\r\n"
        )
        self._socket = connection
        return connection

    def _read(self, connection: ssl.SSLSocket, until: float) -> Answer:
        data = bytearray(connection.recv(_CHUNK))  # by the time-out of the request
        while (at := data.find(b"\r\n\r\n")) < 0:
            data += _some(connection, until)
        status, fields = https.read_head(bytes(data[:at]))
        length = int(fields.get("content-length", ""))
        if not 0 <= length <= _LARGEST_ANSWER:
            raise ConnectionError("the answer is too long")
        del data[: at + 4]
        while len(data) < length:
            data += _some(connection, until)
        if len(data) > length:
            raise ConnectionError("the operator says more than was asked")
        if fields.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, _content(status, data), _seconds(fields.get("retry-after", "")))


def _some(connection: ssl.SSLSocket, until: float) -> bytes:
    connection.settimeout(max(0.01, until - time.monotonic()))
    chunk = connection.recv(_CHUNK)
    if not chunk:
        raise ConnectionError("the answer was cut")
    return chunk


def _content(status: int, body: bytearray) -> dict[str, Any]:
    """The JSON object of an answer. Raises ValueError where a 200 has none."""
    if status not in (200, _MOVED):
        return {}
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ConnectionError("the answer is no JSON object")
    return content


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0.0


class Pauses:
    """How long to wait before the next attempt: longer each time, and never in step with others."""

    def __init__(self, first: float = 0.05, longest: float = 5.0) -> None:
        self._next = first
        self._longest = longest

    def take(self, at_least: float = 0.0) -> float:
        """Seconds to wait; ``at_least`` is what the operator asked for, half a minute at most."""
        pause, self._next = self._next, min(self._next * 2, self._longest)
        chance = _random()
        return max(pause * (0.5 + chance), min(at_least, 30.0) * (1 + chance / 4))


def _random() -> float:
    return os.urandom(1)[0] / 255
