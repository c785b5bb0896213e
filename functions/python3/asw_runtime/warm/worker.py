"""One child: a process that speaks docs/reference/runtime-protocol.md on its stdin and stdout.

Whatever user code does to the process or to its pipes, ``ask`` comes back with an outcome.
"""

from __future__ import annotations

import _thread
import os
import select
import time

from .. import delivery
from . import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .reaper import Process, Reaper
    from .task import Task

_GRACE_SECONDS = 2.0
"""Until we end a function that runs too long, in case the runtime in the child cannot."""
_SILENT_SECONDS = 1.0
"""How long a child may live on with its answers closed: exits close pipes first."""
_CHUNK = 65536
_LAST_CHUNKS = 2 + answers.LARGEST_ANSWER // _CHUNK


class NotTaken(Exception):
    """The child cannot have begun the task: its request did not get through."""


class Worker:
    """A running child. Only who holds ``lock`` may use its descriptors: they get closed."""

    def __init__(self, command: list[str], variables: dict[str, str], reaper: Reaper) -> None:
        """Start it. Raises OSError."""
        self._reaper = reaper
        self.lock = _thread.allocate_lock()
        self.served = 0
        self._is_spent = False
        self._descriptors: list[int] = []
        try:
            stdin, self._requests = self._pipe()
            self._answers, stdout = self._pipe()
            self.printed, stderr = self._pipe()
            self.process: Process = reaper.start(command, variables, (stdin, stdout, stderr))
        except OSError:
            self.close()
            raise
        for descriptor in (stdin, stdout, stderr):
            self._descriptors.remove(descriptor)
            os.close(descriptor)
        for descriptor in self._descriptors:
            os.set_blocking(descriptor, False)
        self._descriptors.append(self.process.ended)
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)
        self._poll.register(self.process.ended, select.POLLIN)

    def is_usable(self) -> bool:
        """Whether it lives, and says nothing while it is not asked."""
        if self._is_spent or not self._descriptors:
            return False
        return not self._poll.poll(0)

    def ask(self, task: Task, on_heartbeat: Callable[[str], None]) -> bytes:
        """Run the task to its outcome; the child may be killed then. Raises NotTaken."""
        exchange = _Exchange(self, task, on_heartbeat)
        try:
            body, is_reusable = exchange.run()
        except answers.Untrusted as untrusted:
            body, is_reusable = answers.invalid(str(untrusted)), False
        except NotTaken:
            self.kill()
            raise
        self.served += 1
        if not is_reusable:
            self.kill()
        return body

    def kill(self) -> None:
        """Kill it and what it started; whoever waits for its answer notices."""
        self._is_spent = True
        self._reaper.kill(self.process)

    def close(self) -> None:
        """Let go of its pipes."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()

    def send(self, data: memoryview) -> memoryview:
        """Write what the pipe takes; the rest. Raises OSError where nobody can read any more."""
        try:
            return data[os.write(self._requests, data) :]
        except BlockingIOError:
            return data

    def receive(self) -> bytes | None:
        """What there is to read; None where nothing is now, empty where nothing will be."""
        try:
            return os.read(self._answers, _CHUNK)
        except BlockingIOError:
            return None

    def wait(self, *, unsent: bool, is_open: bool, seconds: float | None) -> bool:
        """Wait for anything to happen; whether it was the end of the process."""
        poll = self._poll
        if unsent or not is_open:
            poll = select.poll()
            poll.register(self.process.ended, select.POLLIN)
            if is_open:
                poll.register(self._answers, select.POLLIN)
            if unsent:
                poll.register(self._requests, select.POLLOUT)
        events = poll.poll(None if seconds is None else max(0, int(seconds * 1000) + 1))
        return any(descriptor == self.process.ended for descriptor, _ in events)

    def _pipe(self) -> tuple[int, int]:
        ends = os.pipe()
        self._descriptors += ends
        return ends


class _Exchange:
    """One request and its answer."""

    def __init__(self, worker: Worker, task: Task, on_heartbeat: Callable[[str], None]) -> None:
        self._worker = worker
        self._task = task
        self._on_heartbeat = on_heartbeat
        self._unsent = memoryview(task.line)
        self._buffer = bytearray()
        limit = task.timeout_seconds
        self._until = time.monotonic() + limit + _GRACE_SECONDS if limit else None
        self._is_open = True

    def run(self) -> tuple[bytes, bool]:
        """The outcome, and whether the child may be asked again."""
        while True:
            told = self._step()
            if told is not None:
                return told.body or b"", not (self._buffer or told.is_last)
            if len(self._buffer) > answers.LARGEST_ANSWER:
                return delivery.too_large(self._task.state).body, False
            left = None if self._until is None else self._until - time.monotonic()
            if left is not None and left <= 0:
                return self._give_up(), False
            if self._worker.wait(unsent=bool(self._unsent), is_open=self._is_open, seconds=left):
                return self._epilogue(), False

    def _step(self) -> answers.Told | None:
        """Move what can be moved; the outcome if it is there."""
        if self._unsent:
            try:
                self._unsent = self._worker.send(self._unsent)
            except OSError as error:
                raise NotTaken from error
        if not self._is_open:
            return None
        chunk = self._worker.receive()
        if chunk == b"":
            self._is_open = False
            silent = time.monotonic() + _SILENT_SECONDS
            self._until = silent if self._until is None else min(self._until, silent)
        return self._read(chunk or b"")

    def _read(self, chunk: bytes) -> answers.Told | None:
        self._buffer += chunk
        while b"\n" in chunk and b"\n" in self._buffer:
            line, _, rest = self._buffer.partition(b"\n")
            self._buffer = rest
            if len(line) > answers.LARGEST_ANSWER:
                return answers.Told(delivery.too_large(self._task.state).body, is_last=True)
            told = answers.read(bytes(line), self._task.task_id)
            if told.body is not None:
                return told
            self._on_heartbeat(self._task.task_id)
        return None

    def _epilogue(self) -> bytes:
        """The outcome of a process that ended: its last words may still be in the pipe."""
        for _ in range(_LAST_CHUNKS):
            chunk = self._worker.receive() if self._is_open else None
            if not chunk:
                break
            told = self._read(chunk)
            if told is not None:
                return told.body or b""
        if self._unsent:
            raise NotTaken
        status = self._worker.process.status
        assert status is not None  # told before its end shows
        return answers.ended(status)

    def _give_up(self) -> bytes:
        if not self._is_open:
            return answers.crashed("The process closed the pipe of its answers and lived on")
        return answers.timed_out(self._task.timeout_seconds, self._task.task_id).body
