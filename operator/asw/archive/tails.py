"""The end of a task's log, read from its node with bounded memory, bytes and requests.

The API has no way to ask for the last bytes: ``limitBytes`` counts from where ``tailLines`` begins,
and a line may be of any length. So the log is asked for from its beginning, with a limit: a short
one is whole then. Of a long one so many last lines are asked for that they hold enough, few first,
since each may be long. Nodes count what the container runtime wrote: it splits lines at 16 KiB.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

FIRST_LINES: Final = 16
"""With lines that are split at 16 KiB at most 256 KiB, which is the most that is kept."""
GROWTH: Final = 8
"""How many times as many lines are asked for next, at most: the earlier ones may be longer."""
MOST_REQUESTS: Final = 8
MOST_READ: Final = 8 << 20
"""Bytes of one answer. With lines that no runtime splits a single one may be larger."""

Chunks: TypeAlias = AsyncIterator[bytes]
Ask: TypeAlias = Callable[[Mapping[str, str]], Chunks]
"""The log of a container with these PodLogOptions, as it arrives."""


class Lost(StrEnum):
    """Why the log of a task is not kept."""

    GONE = "gone"
    """Its pod went before."""
    UNREAD = "unread"
    """Its node, or the API server, refused."""
    LATE = "late"
    """Its node did not answer in time, or others were before it until there was no time left."""
    LONG = "long"
    """Its last line is larger than what is read."""
    AWAY = "away"
    """The archive did not take it in time."""


class TooLong(Exception):
    """The last line alone is larger than ``MOST_READ``."""


class Ending(NamedTuple):
    """The last bytes of a log: whole lines, unless one alone has more. ``is_cut``: it had more."""

    content: bytes
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """What is kept of one task's log, each line after its time; or why it is ``lost``.

    ``uid`` is of the Execution, ``task_uid`` of the express child whose task it was, or the same.
    ``taken_at`` is milliseconds since 1970.
    """

    namespace: str
    uid: str
    task_uid: str
    ordinal: int
    state: str
    attempt: int
    taken_at: int
    content: bytes = b""
    is_cut: bool = False
    lost: str = ""


async def read_ending(ask: Ask, limit: int) -> Ending:
    """The last ``limit`` bytes that the node has. Raises TooLong, and what ``ask`` raises."""
    beginning = await _read(ask({"limitBytes": str(limit + 1)}), limit + 1)
    if beginning.size <= limit:
        return Ending(beginning.last, is_cut=False)
    lines, found = FIRST_LINES, None
    for _ in range(MOST_REQUESTS):
        asked = {"tailLines": str(lines), "limitBytes": str(MOST_READ)}
        answer = await _read(ask(asked), limit)
        if answer.size >= MOST_READ:  # its end may be missing, and what was found before is an end
            break
        is_all = found is not None and answer.size == found.size  # it was rotated meanwhile
        found = answer
        if answer.size > limit or is_all:
            break
        lines = _more(lines, answer.size, limit)
    if found is None:
        raise TooLong
    return Ending(_whole_lines(found) if found.size > limit else found.last, is_cut=True)


@dataclass(frozen=True, slots=True)
class _Answer:
    """How many bytes it had, and the last ones."""

    size: int
    last: bytes


async def _read(chunks: Chunks, keep: int) -> _Answer:
    """Reads all of it, and holds little more than the last ``keep`` bytes."""
    size, held = 0, bytearray()
    async for chunk in chunks:
        size += len(chunk)
        held += chunk
        if len(held) > 2 * keep:
            del held[:-keep]
        if size >= MOST_READ:
            break
    return _Answer(size, bytes(held[-keep:]) if keep else b"")


def _more(lines: int, size: int, limit: int) -> int:
    """How many lines hold ``limit`` bytes if the earlier ones are as long, and some more."""
    wanted = lines * (limit + limit // 4) // (size or 1) + 1
    return min(max(wanted, 2 * lines), GROWTH * lines)


def _whole_lines(answer: _Answer) -> bytes:
    """Without what is left of the first line, unless there is no other."""
    _, newline, rest = answer.last.partition(b"\n")
    return rest if newline and rest else answer.last
