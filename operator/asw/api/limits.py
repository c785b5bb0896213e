"""Texts of a status, cut to what an object has room for. Pure."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from asw.asl.values import Json, to_text

STATES_LINE = 1024
"""Bytes of the current states as one line, where it is a sentence."""


def states_line(states: Sequence[str]) -> str:
    """The current states as one line: ``Resize x 3, Wait``."""
    counted = Counter(states)
    line = ", ".join(name if n == 1 else f"{name} x {n}" for name, n in counted.items())
    return clipped(line, STATES_LINE)


def size_of(value: Json) -> int:
    """Bytes that the value takes of an object."""
    return len(to_text(value).encode(errors="surrogatepass"))


def clipped(text: str, limit: int) -> str:
    """The text, cut where its JSON text has more bytes than that, quotes not counted."""
    if size_of(text) - 2 <= limit:
        return text
    room = limit - len("…".encode())
    length = bisect_right(range(limit), room, key=lambda at: size_of(text[:at]) - 2) - 1
    return f"{text[:length]}…"
