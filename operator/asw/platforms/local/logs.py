"""What user code prints: one log per task in the data folder, and the terminal on request."""

import asyncio
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from asw.platforms.local.faults import OnFault, fault_of_system
from asw.platforms.local.rights import make_private, opener

if TYPE_CHECKING:  # readers of logs run nothing
    from asw.platforms.local.runtime import Call

Echo = Callable[[str, bytes], None]
"""Shows what a task of the named state printed."""

_CHUNK = 65536
_TIMES = ".times"
"""Suffix of the file beside a log that notes when its bytes were printed."""


def instant_of_line(at: datetime) -> str:
    """An instant as logs note it: RFC 3339 in UTC, so that texts sort like instants."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


class LineTimes:
    """When the bytes of a log were printed, if that was noted."""

    def __init__(self, log: Path) -> None:
        self._starts: list[int] = []
        self._instants: list[str] = []
        for start, at in _noted(log):
            self._starts.append(start)
            self._instants.append(at)

    def at(self, offset: int) -> str:
        """When the byte at the offset was printed; empty if nobody noted it."""
        index = bisect_right(self._starts, offset) - 1
        return self._instants[index] if index >= 0 else ""


def _noted(log: Path) -> Iterator[tuple[int, str]]:
    try:
        lines = log.with_suffix(_TIMES).read_text().splitlines()
    except OSError:
        return
    for line in lines:
        start, _, at = line.partition(" ")
        if start.isdigit() and at.endswith("Z"):  # the last one may be half written
            yield int(start), at


class TaskLogs:
    """Log files under the folder: ``<execution>/<ordinal>.log``, created on the first output.

    Tasks of express children have the same ordinals, so each child has a subfolder. Times are
    noted in a separate file, so that a log contains exactly what was printed.
    """

    def __init__(
        self,
        folder: Path,
        echo: Echo | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_fault: OnFault | None = None,
    ) -> None:
        self._folder = folder
        self._on_fault = on_fault
        self._echo = echo
        self._now = now

    def write(self, call: "Call", data: bytes) -> None:
        """Append to the task's log. Raises OSError if there is nobody to report faults to."""
        path = self._folder / call.execution / call.child / f"{call.task_id.ordinal}.log"
        try:
            self._append(path, data)
        except OSError as error:
            if self._on_fault is None:
                raise
            self._on_fault(fault_of_system(error, self._folder))
        if self._echo is not None:
            self._echo(call.state, data)

    def _append(self, path: Path, data: bytes) -> None:
        make_private(self._folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab", opener=opener) as file:
            with open(path.with_suffix(_TIMES), "a", opener=opener) as times:
                times.write(f"{file.tell()} {instant_of_line(self._now())}\n")
            file.write(data)


class Writes(Protocol):
    """Takes what a task printed."""

    def write(self, call: "Call", data: bytes) -> None:
        """Append it."""


class LogPipe:
    """The pipe that is a process's stderr; its output belongs to the current task.

    What code prints while it is loaded belongs to the first task.
    """

    def __init__(self, logs: Writes) -> None:
        self._logs = logs
        self._reader, self.writer = os.pipe()
        self._call: Call | None = None
        self._early = b""
        os.set_blocking(self._reader, False)
        asyncio.get_running_loop().add_reader(self._reader, self.drain)

    def begin(self, call: "Call") -> None:
        """From now on output belongs to this task."""
        self._call = call
        early, self._early = self._early, b""
        if early:
            self._logs.write(call, early)

    def drain(self) -> None:
        """Read all that is in the pipe: everything printed before an outcome is in it by then."""
        while data := self._read():
            if self._call is None:
                self._early += data
            else:
                self._logs.write(self._call, data)

    def close_writer(self) -> None:
        """Close the end that the process has now."""
        os.close(self.writer)

    def close(self) -> None:
        """Read the rest and close."""
        self.drain()
        asyncio.get_running_loop().remove_reader(self._reader)
        os.close(self._reader)

    def _read(self) -> bytes:
        try:
            data = os.read(self._reader, _CHUNK)
        except BlockingIOError:
            return b""
        if not data:  # all writers are gone: the reader would be called forever
            asyncio.get_running_loop().remove_reader(self._reader)
        return data
