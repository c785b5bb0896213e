"""Texts of a status, cut to the room that an object has. Pure."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from asw.asl.values import Json, to_text

STATES_LINE = 1024
"""Bytes of the line of current states within a sentence."""


def states_line(states: Sequence[str]) -> str:
    """The current states as one line: ``Resize x 3, Wait``."""
    counted = Counter(states)
    line = ", ".join(name if n == 1 else f"{name} x {n}" for name, n in counted.items())
    return clipped(line, STATES_LINE)


def size_of(value: Json) -> int:
    """Bytes that the value takes in an object."""
    return len(to_text(value).encode(errors="surrogatepass"))


def clipped(text: str, limit: int) -> str:
    """The text, cut so that its JSON text has at most this many bytes without the quotes."""
    if size_of(text) - 2 <= limit:
        return text
    room = limit - len("…".encode())
    length = bisect_right(range(limit), room, key=lambda at: size_of(text[:at]) - 2) - 1
    return f"{text[:length]}…"
