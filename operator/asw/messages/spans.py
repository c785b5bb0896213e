"""Spans of time for people: ``12 ms``, ``1.5 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 d 4 h``."""

from datetime import timedelta
from itertools import pairwise
from typing import Final

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span_text(span: timedelta) -> str:
    """The span in one unit or two; what is negative counts as none."""
    seconds = max(span.total_seconds(), 0.0)
    if (milliseconds := round(seconds * 1000)) < 1000:
        return f"{milliseconds} ms"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    size, unit, below, smaller = next(
        (*larger, *less) for larger, less in pairwise(_UNITS) if whole >= larger[0]
    )
    rest = whole % size // below
    return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
