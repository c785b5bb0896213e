"""Signs of life that user code gives; at most one a second leaves the process."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_INTERVAL_SECONDS = 1.0


class _Line:
    """Where signs go; nowhere until a mode connects it."""

    send: Callable[[], None] | None = None
    next_at = 0.0


def connect(send: Callable[[], None] | None) -> None:
    """Let signs go out by ``send``, the first one at once."""
    _Line.send, _Line.next_at = send, 0.0


def beat() -> None:
    """Send a sign unless one was sent within the last second."""
    now = time.monotonic()
    if _Line.send is not None and now >= _Line.next_at:
        _Line.next_at = now + _INTERVAL_SECONDS
        _Line.send()
