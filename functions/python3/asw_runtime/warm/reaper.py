"""Starts processes, reaps all that end, and ends what they leave behind: the duty of a PID 1."""

from __future__ import annotations

import _thread
import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SWEEPS = 50
"""How often strays are looked for that are forked while others are killed."""


class Process:
    """A child in a session of its own. ``ended`` becomes readable at its end."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.status: int | None = None
        """Exit code, or the negative number of the signal that killed it."""
        self.ended, self._running = os.pipe()

    def end(self, status: int) -> None:
        """It was reaped."""
        self.status = status
        os.close(self._running)


class Reaper:
    """All processes that were started. With ``is_sole`` there is one at a time.

    The lock keeps the number of a process from meaning another one: none is reaped meanwhile.
    """

    def __init__(self, *, is_sole: bool) -> None:
        self._is_sole = is_sole
        self._lock = _thread.allocate_lock()
        self._processes: dict[int, Process] = {}

    def start(
        self, command: list[str], variables: dict[str, str], streams: tuple[int, int, int]
    ) -> Process:
        """Start a command with these as stdin, stdout and stderr. Raises OSError."""
        with self._lock:
            pid = os.posix_spawnp(
                command[0],
                command,
                variables,
                file_actions=[(os.POSIX_SPAWN_DUP2, own, to) for to, own in enumerate(streams)],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
            )
            process = self._processes[pid] = Process(pid)
            return process

    def kill(self, process: Process) -> None:
        """Kill it and its group, unless it has ended."""
        with self._lock:
            if process.status is None:
                _kill_group(process.pid)

    def kill_all(self) -> None:
        """Kill all that run, and what they started."""
        with self._lock:
            for pid in self._processes:
                _kill_group(pid)
                self._sweep(pid)

    def reap(self) -> None:
        """Take leave of all that have ended, whoever started them."""
        while True:
            with self._lock:
                pid = _first_ended()
                if not pid:
                    return
                process = self._processes.pop(pid, None)
                if process is not None:  # not reaped yet: its number names its session still
                    self._sweep(pid)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if process is not None:
                process.end(status)

    def _sweep(self, session: int) -> None:
        """Kill what a process has left running: its session, and orphans where nobody else has any.

        A shell script leads a group of its own; what forked twice into a session of its own is
        known for the orphan that it is, but not whose.
        """
        for _ in range(_SWEEPS):
            strays = [pid for pid in _strays(session) if pid not in self._processes]
            if not self._is_sole:
                strays = [pid for pid in strays if _session_of(pid) == session]
            if not strays:
                return
            for pid in strays:
                _kill(pid)


def _first_ended() -> int:
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 0
    return 0 if ended is None else ended.si_pid


def _strays(session: int) -> Iterator[int]:
    """Living processes of the session, and living children of ours."""
    own = os.getpid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            state, parent, its_session = _stat(int(name))
            if state not in "ZX" and (its_session == session or parent == own):
                yield int(name)


def _session_of(pid: int) -> int:
    return _stat(pid)[2]


def _stat(pid: int) -> tuple[str, int, int]:
    """State, parent and session of a process; of one that is gone ``X``."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split()
    except OSError:
        return "X", 0, 0
    return words[0].decode(), int(words[1]), int(words[3])


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
