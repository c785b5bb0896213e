"""The control group that holds all pods of the cluster and tells them from other processes.

It is made in each mounted hierarchy, be it version 1 or 2; the mounts are left as they are.
"""

import os
import signal
import time
from pathlib import Path

from dev.cluster.mounts import mounts
from dev.cluster.settings import NAME


def roots() -> list[Path]:
    """Return the cluster's group in each hierarchy, whether it exists or not."""
    return [mount.path / NAME for mount in mounts() if mount.kind in {"cgroup", "cgroup2"}]


def create() -> None:
    """Make the group; a new cpuset of version 1 owns nothing until it is told."""
    for root in roots():
        root.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            own = root / name
            if own.exists() and not own.read_text().strip():
                own.write_text((root.parent / name).read_text())


def kill_members(timeout: float = 10) -> None:
    """Kill every process of every pod; none of them can have come from elsewhere."""
    deadline = time.monotonic() + timeout
    while (pids := members()) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def members() -> set[int]:
    """Return the processes in the group and in all groups below it."""
    return {
        int(line)
        for root in roots()
        for file in root.rglob("cgroup.procs")
        for line in _lines(file)
        if int(line) > 0
    }


def remove() -> None:
    """Remove the group with all groups below it, those that are in use excepted."""
    for root in roots():
        for folder, _, _ in os.walk(root, topdown=False):
            try:
                Path(folder).rmdir()
            except OSError:
                continue


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
