"""Instants as text: RFC 3339 in UTC with milliseconds, as AWS writes them.

Must not import pydantic, which would cost a command more than everything it prints.
"""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=256)  # the events of one step share their instant
def instant_text(instant: datetime) -> str:
    """The instant as ``2026-01-31T09:30:00.250Z``; anything finer than a millisecond is cut off."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_instant(text: str) -> datetime:
    """The instant that an RFC 3339 text names, in UTC. Raises ValueError if it has no time zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return instant.astimezone(UTC)
