"""Spans of time as people write them: ``90s``, ``1h30m``, ``7d``."""

import re
from datetime import timedelta
from typing import Final

SPAN_PATTERN: Final = r"^([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?$"
"""Days, hours, minutes and seconds, each at most once, in this order."""
SHORTEST: Final = timedelta(seconds=1)
LONGEST: Final = timedelta(days=3653)
"""Ten years, as for every other span that a resource may name."""

_SPAN = re.compile(SPAN_PATTERN)


def parse_span(text: str) -> timedelta:
    """The span that the text names. Raises ValueError with a sentence."""
    found = _SPAN.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"{text!r} is no span of time: write 90s, 30m, 12h, 1h30m or 7d")
    days, hours, minutes, seconds = (int(part[:-1]) if part else 0 for part in found.groups())
    try:
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        span = timedelta.max
    if not SHORTEST <= span <= LONGEST:
        raise ValueError(f"{text!r} must be from 1 second to 10 years")
    return span
