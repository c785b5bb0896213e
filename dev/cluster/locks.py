"""Locks between runs of this package, released by the kernel however a run ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.cluster.commands import say


@contextmanager
def held(file: Path, what: str) -> Iterator[None]:
    """Hold a lock, waiting for another run that has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run that changes the {what}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
