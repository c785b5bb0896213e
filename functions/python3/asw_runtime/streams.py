"""stdout and stderr, which user code shares with us, and may have closed or replaced."""

from __future__ import annotations

import sys


def log_by_line() -> None:
    """Let each line reach the log when it is printed, whatever characters it holds."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]


def flush() -> None:
    """Send what was printed without a line end."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()  # type: ignore[union-attr]
        except Exception:  # closed, None, or the user's own
            continue


def note(text: str) -> None:
    """Tell the log; what cannot be told is not worth a failure."""
    try:
        sys.stderr.write(f"{text}\n")
    except Exception:  # closed, None, or the user's own
        return
