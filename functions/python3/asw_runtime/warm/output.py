"""What children print, on its way to the container's log: whole lines, framed by their task."""

from __future__ import annotations

import _thread
import os

_CHUNK = 65536
_LONGEST_LINE = 65536
"""A longer one is cut; the log of a container cuts at 16 KiB anyway, but can put it together."""
_DRAINED_CHUNKS = 16
"""A pipe holds one or a few; more comes from somebody who goes on printing."""


class Log:
    """The log of the container, shared by all slots; nobody waits for who cannot be written to."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = _thread.allocate_lock()

    def write(self, data: bytes) -> None:
        """Write whole lines."""
        view = memoryview(data)
        with self._lock:
            try:
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError:  # nobody reads the log: functions shall not suffer
                return


class Output:
    """What one slot's children print. With ``is_tagged`` each line names its task."""

    def __init__(self, log: Log, *, is_tagged: bool) -> None:
        self._log = log
        self._is_tagged = is_tagged
        self._tag = b""
        self._rest = b""
        self._lock = _thread.allocate_lock()

    def begin(self, task_id: str, state: str) -> None:
        """What is printed from now on belongs to the task, which runs for this state."""
        with self._lock:
            self._finish_line()
            self._tag = f"{task_id} ".encode() if self._is_tagged else b""
            self._log.write(f"START {task_id} {state}".rstrip().encode() + b"\n")

    def drain(self, descriptor: int) -> None:
        """Move what was printed before now."""
        with self._lock:
            for _ in range(_DRAINED_CHUNKS):
                if not self._move(descriptor):
                    break

    def end(self, task_id: str) -> None:
        """Nothing more belongs to the task."""
        with self._lock:
            self._finish_line()
            self._log.write(f"END {task_id}\n".encode())
            self._tag = b""

    def pump(self, descriptor: int) -> bool:
        """Move what is there; false when there was nothing."""
        with self._lock:
            return self._move(descriptor)

    def flush(self) -> None:
        """Write what has no line end yet."""
        with self._lock:
            self._finish_line()

    def _move(self, descriptor: int) -> bool:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return False
        lines, separator, self._rest = (self._rest + chunk).rpartition(b"\n")
        if separator:
            self._write(lines)
        if len(self._rest) >= _LONGEST_LINE:
            cut = _whole_characters(self._rest)
            self._write(self._rest[:cut])
            self._rest = self._rest[cut:]
        return bool(chunk)

    def _finish_line(self) -> None:
        if self._rest:
            self._write(self._rest)
            self._rest = b""

    def _write(self, lines: bytes) -> None:
        if self._tag:
            lines = self._tag + lines.replace(b"\n", b"\n" + self._tag)
        self._log.write(lines + b"\n")


def _whole_characters(data: bytes) -> int:
    """How many of the bytes end with a whole character of UTF-8."""
    for back in range(1, 4):
        byte = data[-back]
        if byte >= 0xC0:  # the first of a character
            length = 2 + (byte >= 0xE0) + (byte >= 0xF0)
            return len(data) - back if length > back else len(data)
        if byte < 0x80:
            break
    return len(data)
