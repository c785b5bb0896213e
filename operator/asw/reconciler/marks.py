"""What is at work on the event loop right now, kept where it outlives the process.

A mark is set before a piece of an execution's work and cleared after it. One that a process finds
at its start says in what its predecessor died: out of memory, killed by a probe because the loop
was stuck. Deaths are counted by execution, until a pass of it is survived; one that has killed the
process twice in a row is ended alone (``Runner``), or it would kill it for ever: nothing is saved
before a step.

All of it is some bytes that a scratch volume maps into memory: a mark costs no call of anybody.
What is in them is taken for nothing where it makes no sense.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from typing import Final, Protocol, TypeAlias

from asw.engine.record import Record
from asw.reconciler.platform import ExecutionKey

DEATHS: Final = 2
"""So many in a row, and the execution is not tried again."""
LOADING: Final = 0
"""Stands for the next event of an execution that is not in memory, or has not begun."""

_HEADER: Final = b"asw marks 1\n"
_ROWS_AT: Final = 64
_ROW: Final = struct.Struct("<BB64sQ")
"""How often, or whether at all; bytes of the uid; the uid; the next event."""
_MARK_END: Final = _ROWS_AT + _ROW.size
_ROWS: Final = 128
SIZE: Final = _ROWS_AT + _ROW.size * (_ROWS + 1)

Buffer: TypeAlias = bytearray | mmap


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """``count`` times in a row the process died in work on the execution, before ``next_event``."""

    next_event: int
    count: int


class Subject:
    """What work is on: an execution, and its record where that is in memory."""

    __slots__ = ("_next_event", "_record", "_row", "_uid")

    def __init__(self, key: ExecutionKey, record: Callable[[], Record | None]) -> None:
        self._uid = key.uid
        self._record = record
        self._next_event = LOADING
        self._row = row_of(key.uid, LOADING)

    def row(self) -> bytes:
        """The mark of it."""
        record = self._record()
        next_event = LOADING if record is None else record.next_event
        if next_event != self._next_event:
            self._next_event, self._row = next_event, row_of(self._uid, next_event)
        return self._row


class Marks(Protocol):
    """See the module."""

    def begin(self, row: bytes) -> None:
        """A piece of work begins on what has this mark (``Subject.row``)."""
        ...

    def end(self) -> None:
        """It is over, and this process is not."""
        ...

    def last_death(self, uid: str) -> Death | None:
        """The deaths of an execution that is not to be tried again; None where it is."""
        ...

    def survive(self, uid: str) -> None:
        """A whole pass of the execution is over."""
        ...


class NoMarks:
    """Where there is no place for them, nothing is known of deaths."""

    def begin(self, row: bytes) -> None:
        """See Marks."""

    def end(self) -> None:
        """See Marks."""

    def last_death(self, uid: str) -> Death | None:  # noqa: ARG002
        """See Marks."""
        return None

    def survive(self, uid: str) -> None:
        """See Marks."""


class MarksIn:
    """Marks in a buffer of ``SIZE`` bytes; what a predecessor left there is counted at once."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        if buffer[: len(_HEADER)] != _HEADER:
            buffer[:SIZE] = _HEADER.ljust(SIZE, b"\0")
        self._deaths: dict[str, tuple[int, Death]] = {}
        for row in range(1, _ROWS + 1):
            found = self._read(row)
            if found is not None:
                self._deaths[found[0]] = row, found[1]
        left = self._read(0)
        self.end()
        if left is not None:
            self._count(left[0], left[1].next_event)

    def begin(self, row: bytes) -> None:
        """See Marks."""
        self._buffer[_ROWS_AT:_MARK_END] = row

    def end(self) -> None:
        """See Marks."""
        self._buffer[_ROWS_AT] = 0

    def last_death(self, uid: str) -> Death | None:
        """See Marks."""
        found = self._deaths.get(uid)
        return found[1] if found is not None and found[1].count >= DEATHS else None

    def survive(self, uid: str) -> None:
        """See Marks."""
        if (found := self._deaths.pop(uid, None)) is not None:
            self._buffer[_at(found[0])] = 0

    def _count(self, uid: str, next_event: int) -> None:
        row, before = self._deaths.get(uid, (self._free_row(), None))
        count = 1
        if before is not None and _is_same(before.next_event, next_event):
            next_event, count = min(before.next_event, next_event), min(before.count + 1, 255)
        death = Death(next_event=next_event, count=count)
        self._deaths[uid] = row, death
        self._buffer[_at(row) : _at(row + 1)] = row_of(uid, next_event, count)

    def _free_row(self) -> int:
        """One that holds nothing, or else what matters least: it is forgotten."""
        taken = {row for row, _ in self._deaths.values()}
        free = next((row for row in range(1, _ROWS + 1) if row not in taken), None)
        if free is not None:
            return free
        uid = min(self._deaths, key=lambda uid: self._deaths[uid][1].count)
        return self._deaths.pop(uid)[0]

    def _read(self, row: int) -> tuple[str, Death] | None:
        count, length, uid, next_event = _ROW.unpack_from(self._buffer, _at(row))
        try:
            name = uid[:length].decode("ascii")
        except UnicodeDecodeError:
            return None
        return (name, Death(next_event=next_event, count=count)) if count and name else None


def row_of(uid: str, next_event: int, count: int = 1) -> bytes:
    """An execution, what it is at, and how often the process died in that."""
    name = uid.encode("ascii", "replace")[:64]
    return _ROW.pack(count, len(name), name, next_event)


def _is_same(one: int, other: int) -> bool:
    """Whether nothing was decided in between; nobody knows what an execution that loads is at."""
    return one == other or LOADING in (one, other)


def _at(row: int) -> int:
    return _ROWS_AT + _ROW.size * row


NO_MARKS: Final = NoMarks()
