"""Running other programs: their output goes into the error, their time into a progress line."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from dev.cluster.errors import StepError

TAIL_LINES = 30


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: str | None = None,
    remedy: str = "",
) -> str:
    """Run a program to its end and return what it printed; `text` is its standard input."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise StepError(f"{words[0]} is not installed", remedy=remedy) from error
    if done.returncode != 0:
        raise StepError(
            f"{' '.join(words)[:200]} ended with {done.returncode}",
            log=tail(done.stdout + done.stderr),
            remedy=remedy,
        )
    return done.stdout


def succeeds(argv: Sequence[str | Path], *, timeout: float = 10) -> bool:
    """Whether a program can be started and ends with 0 in time."""
    try:
        done = subprocess.run(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def tail(text: str, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a text."""
    return "\n".join(text.strip().splitlines()[-lines:])


def say(line: str) -> None:
    """Print a line of progress; standard output is kept for what a verb was asked for."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say what is being done and, at its end, how long it took; several threads may."""
    _open_line(what)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        _close_line(what, "failed")
        raise
    _close_line(what, f"{time.monotonic() - began:.1f} s")


_printing = threading.Lock()
_unfinished: list[str] = []
"""The line that waits for its end, where there is one."""


def _open_line(what: str) -> None:
    with _printing:
        if _unfinished:
            say("")
        print(f"{what} ... ", end="", file=sys.stderr, flush=True)
        _unfinished[:] = [what]


def _close_line(what: str, end: str) -> None:
    with _printing:
        if _unfinished == [what]:
            say(end)
        else:
            say(f"\n{what} ... {end}" if _unfinished else f"{what} ... {end}")
        _unfinished.clear()
