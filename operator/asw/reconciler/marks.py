"""What runs on the event loop right now, kept where it outlives the process.

A mark is set before a piece of an execution's work and cleared after it. A mark that a process
finds at its start says during which work its predecessor died: out of memory, or killed by a probe
because the loop was stuck. Deaths are counted by execution until a pass of it is survived. An
execution that has killed the process twice in a row is ended alone (``Runner``). Otherwise it would
kill it forever, because nothing is saved before a step.

All of it is a few bytes of a file that is mapped into memory, so a mark costs no system call. The
file is in a scratch volume, which outlives restarts of the container. Bytes that make no sense are
ignored.
"""

import fcntl
import logging
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import Final, TypeAlias

from asw.engine.record import Record
from asw.reconciler.platform import ExecutionKey

DEATHS: Final = 2
"""After so many deaths in a row the execution is not tried again."""
LOADING: Final = 0
"""In place of the next event, for an execution that is not in memory or has not begun."""

_HEADER: Final = b"asw marks 1\n"
_ROWS_AT: Final = 64
_ROW: Final = struct.Struct("<BB64sQ")
"""The count, 0 for an empty row; length of the uid; the uid; the next event."""
_MARK_END: Final = _ROWS_AT + _ROW.size
_ROWS: Final = 128
SIZE: Final = _ROWS_AT + _ROW.size * (_ROWS + 1)
FILE: Final = "marks"

log = logging.getLogger(__name__)

Buffer: TypeAlias = bytearray | mmap


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """The process died ``count`` times in a row working on the execution before ``next_event``."""

    next_event: int
    count: int


class Subject:
    """What is being worked on: an execution, and its record if that is in memory."""

    __slots__ = ("_next_event", "_record", "_row", "_uid")

    def __init__(self, key: ExecutionKey, record: Callable[[], Record | None]) -> None:
        self._uid = key.uid
        self._record = record
        self._next_event = LOADING
        self._row = row_of(key.uid, LOADING)

    def row(self) -> bytes:
        """Its mark."""
        record = self._record()
        next_event = LOADING if record is None else record.next_event
        if next_event != self._next_event:
            self._next_event, self._row = next_event, row_of(self._uid, next_event)
        return self._row


class Marks:
    """What sets marks; this one has nowhere to keep them, and knows of no deaths."""

    def begin(self, row: bytes) -> None:
        """A piece of work begins on what has this mark (``Subject.row``)."""

    def end(self) -> None:
        """The piece of work is over, and this process survived it."""

    def last_death(self, uid: str) -> Death | None:  # noqa: ARG002
        """The deaths of an execution that must not be tried again; None if it may be."""
        return None

    def survive(self, uid: str) -> None:
        """A whole pass of the execution is over."""


NO_MARKS: Final = Marks()


class MarksIn(Marks):
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
        """Write the mark."""
        self._buffer[_ROWS_AT:_MARK_END] = row

    def end(self) -> None:
        """Clear the mark."""
        self._buffer[_ROWS_AT] = 0

    def last_death(self, uid: str) -> Death | None:
        """The deaths counted so far, once there are ``DEATHS`` in a row."""
        found = self._deaths.get(uid)
        return found[1] if found is not None and found[1].count >= DEATHS else None

    def survive(self, uid: str) -> None:
        """Forget the deaths of the execution."""
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
        """A free row, or else the one that matters least, which is forgotten."""
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
    """A mark: an execution, its next event, and how often the process died there."""
    name = uid.encode("ascii", "replace")[:64]
    return _ROW.pack(count, len(name), name, next_event)


def _is_same(one: int, other: int) -> bool:
    """Whether nothing was decided in between; unknown, so true, for an execution that loads."""
    return one == other or LOADING in (one, other)


def _at(row: int) -> int:
    return _ROWS_AT + _ROW.size * row


def open_marks(folder: Path | None) -> Marks:
    """The marks in this folder, locked until this process ends; none if there is no folder.

    Where the folder cannot be used there are none either, and one line in the log: an operator
    without marks works as well until something kills it.
    """
    if folder is None:
        return NO_MARKS
    try:
        return MarksIn(_mapped(folder / FILE))
    except OSError as error:
        log.warning(
            "no marks of work are kept: %s: %s; what kills the operator will kill it again "
            "(ASW_SCRATCH names a folder that it may write to)",
            folder,
            error.strerror,
        )
        return NO_MARKS


def _mapped(path: Path) -> mmap:
    """The file, locked as long as it is mapped. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, SIZE)
        # a page that no disk had room for would kill the process that writes to it
        os.posix_fallocate(descriptor, 0, SIZE)
        return mmap(descriptor, SIZE)
    finally:
        os.close(descriptor)
