"""The processes of the cluster: started with a mark in their environment, and found by it.

A number in a pid file proves nothing once its process has died and the number has been given to
another. The kernel's copy of a process's environment cannot go stale, so it alone decides whose a
process is.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev.cluster.commands import tail
from dev.cluster.settings import MARKER, Settings

PROC = Path("/proc")

# Python complains of an object that is dropped while its process runs, as daemons do.
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A process that stays: its name, its command line and what it needs in its environment."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def start(daemon: Daemon, settings: Settings) -> int:
    """Start a process in a session of its own, its output going to its log."""
    settings.pids.mkdir(parents=True, exist_ok=True)
    settings.logs.mkdir(parents=True, exist_ok=True)
    with (settings.logs / f"{daemon.name}.log").open("ab") as log:
        process = subprocess.Popen(
            daemon.argv,
            env={**os.environ, **daemon.env, MARKER: str(settings.state)},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(process)
    (settings.pids / daemon.name).write_text(f"{process.pid}\n")
    # The kernel shows no environment for a moment while it loads the program.
    while process.poll() is None and not is_ours(process.pid, settings):
        time.sleep(0.001)
    return process.pid


def is_ours(pid: int, settings: Settings, proc: Path = PROC) -> bool:
    """Whether a process lives and carries this cluster's mark; the dead have no environment."""
    try:
        environment = (proc / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return f"{MARKER}={settings.state}".encode() in environment.split(b"\0")


def alive(name: str, settings: Settings, proc: Path = PROC) -> bool:
    """Whether the process that was started under a name still runs."""
    try:
        pid = int((settings.pids / name).read_text())
    except (OSError, ValueError):
        return False
    return is_ours(pid, settings, proc)


def ours(settings: Settings, proc: Path = PROC) -> list[int]:
    """List all living processes with this cluster's mark, also those whose pid file is lost."""
    pids = (int(entry.name) for entry in proc.iterdir() if entry.name.isdigit())
    return sorted(pid for pid in pids if pid != os.getpid() and is_ours(pid, settings, proc))


def end(settings: Settings, *, timeout: float = 10) -> None:
    """Kill all processes of the cluster, also those that are being started meanwhile."""
    deadline = time.monotonic() + timeout
    while (pids := ours(settings)) and time.monotonic() < deadline:
        for pid in pids:
            _kill(pid, settings)
        time.sleep(0.02)
    _started[:] = [process for process in _started if process.poll() is None]


def log_tail(name: str, settings: Settings) -> str:
    """Return the last lines that a process wrote."""
    try:
        return tail((settings.logs / f"{name}.log").read_text(errors="replace"))
    except OSError:
        return ""


def _kill(pid: int, settings: Settings) -> None:
    try:
        # The descriptor pins the process: between look and signal its number cannot change hands.
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if is_ours(pid, settings):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        os.close(descriptor)
