"""Spans of time, as tables and pictures show them. Pure."""

from datetime import timedelta


def took_text(took: timedelta) -> str:
    """A duration for people: ``12 ms``, ``1.5 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 d 4 h``."""
    seconds = took.total_seconds()
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def seconds_text(seconds: float) -> str:
    """The same of a number of seconds."""
    return took_text(timedelta(seconds=seconds))
