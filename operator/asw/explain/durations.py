"""Spans of time for people: ``12 ms``, ``1.5 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 d 4 h``."""

from datetime import timedelta


def span_text(span: timedelta) -> str:
    """The span in one or two units."""
    seconds = max(span.total_seconds(), 0.0)
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    for size, unit, below, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if seconds >= size:
            count, rest = divmod(round(seconds), size)
            return _joined(count, unit, rest // below, smaller)
    minutes, rest = divmod(round(seconds), 60)
    return _joined(minutes, "min", rest, "s")


def _joined(count: int, unit: str, rest: int, smaller: str) -> str:
    return f"{count} {unit} {rest} {smaller}" if rest else f"{count} {unit}"
