"""Who works in a data folder, and on which executions: files that processes keep locked.

Many ``asw run`` work side by side, or one ``asw resume`` alone: it resumes every unfinished
execution, so none may belong to a process that is still alive. Only the kernel knows for certain
that a process is gone, and it releases the lock however the process died. A process id would
belong to another process some day.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import TextIO

from asw.platforms.local.faults import FolderFault, UnusableFolder, fault_of_system
from asw.platforms.local.rights import make_folder, make_private, opener

PATIENCE_SECONDS = 1.0
_PAUSE_SECONDS = 0.02
_FOLDER = "working"
_LOCK = "lock"


@contextmanager
def sharing(folder: Path) -> Iterator[None]:
    """Work on executions of our own, beside other processes. Raises UnusableFolder."""
    with _locked(folder, fcntl.LOCK_SH, FolderFault.RESUMED):
        yield


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Work on all executions. Raises UnusableFolder."""
    with _locked(folder, fcntl.LOCK_EX, FolderFault.BUSY):
        yield


@contextmanager
def _locked(folder: Path, kind: int, otherwise: FolderFault) -> Iterator[None]:
    try:
        make_folder(folder)
        file = open(folder / _LOCK, "a", opener=opener)  # noqa: SIM115 -- closed below
    except OSError as error:
        raise fault_of_system(error, folder) from error
    with file:
        if not _patiently(file, kind):
            raise UnusableFolder(otherwise, folder)
        yield


def _patiently(file: TextIO, kind: int) -> bool:
    """Whether the lock was got.

    What a killed process was about to start holds its locks until it has become another program.
    """
    until = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > until:
                return False
            sleep(_PAUSE_SECONDS)
        else:
            return True


class Presence:
    """The file by which other processes see what this one works on."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def add(self, uids: Iterable[str]) -> None:
        """From now on work on these executions and their children. Raises UnusableFolder."""
        try:
            self._file.write("".join(f"{uid}\n" for uid in uids))
            self._file.flush()
        except OSError as error:
            raise fault_of_system(error, Path(self._file.name).parents[1]) from error


@contextmanager
def present(folder: Path) -> Iterator[Presence]:
    """Be seen working in the folder. Raises UnusableFolder."""
    try:
        make_folder(folder)
        make_private(folder / _FOLDER)
        _sweep(folder / _FOLDER)
        file = _new_file(folder / _FOLDER)
    except OSError as error:
        raise fault_of_system(error, folder) from error
    try:
        yield Presence(file)
    finally:
        with suppress(OSError):  # a full disk may keep the rest from being written
            Path(file.name).unlink()
            file.close()


def worked_on(folder: Path) -> frozenset[str]:
    """The uids of all executions that somebody works on, without their children."""
    found: set[str] = set()
    for path in _files(folder / _FOLDER):
        with suppress(OSError), path.open() as file:
            if not _take(file):
                found.update(file.read().split())
    return frozenset(found)


def _new_file(folder: Path) -> TextIO:
    """A new, locked file of ours; made again if somebody swept it before it was locked."""
    while True:
        path = folder / f"{os.getpid()}-{token_hex(4)}"
        file: TextIO = open(path, "x", opener=opener)  # noqa: SIM115 -- Path's has none
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def _sweep(folder: Path) -> None:
    """Remove the files of dead processes."""
    for path in _files(folder):
        with suppress(OSError), path.open() as file:
            if _take(file):
                path.unlink()


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _take(file: TextIO) -> bool:
    """Whether nobody holds the file; the look takes a shared lock, so two looks see the same."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
