"""What is wrong with a data folder, derived from the errors of SQLite and the system.

All work in a folder ends at the first such fault. ``asw resume`` repeats what was not saved, and
only so can a task continue whose outcome could not be saved.
"""

import errno
import os
import sqlite3
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Final, TypeAlias

from asw.reconciler.platform import Unavailable


class FolderFault(Enum):
    """Why a data folder cannot be used."""

    BROKEN = "{folder}: {detail}"
    """It cannot be made, read or written, for a reason that the system gives."""
    FULL = "no room is left on the disk of {folder}"
    READ_ONLY = "{folder} cannot be written: {detail}"
    DAMAGED = "{folder} is damaged: {detail}"
    LOCKED = "another program has locked {folder}"
    FOREIGN = "{folder} was written by another version of asw"
    BUSY = "another asw is working in {folder}"
    RESUMED = "asw resume is working in {folder}"


class UnusableFolder(Unavailable):
    """The data folder cannot be used; ``detail`` is what the system says, if anything."""

    def __init__(self, fault: FolderFault, folder: Path, error: Exception | None = None) -> None:
        said = error.strerror if isinstance(error, OSError) else None
        self.fault = fault
        self.folder = folder
        self.detail = said or str(error or "")
        super().__init__(fault.value.format(folder=folder, detail=self.detail))


OnFault: TypeAlias = Callable[[Exception], None]
"""Called with a fault as soon as it shows."""

_BY_CODE: Final[Mapping[int, FolderFault]] = {
    sqlite3.SQLITE_FULL: FolderFault.FULL,
    sqlite3.SQLITE_READONLY: FolderFault.READ_ONLY,
    sqlite3.SQLITE_PERM: FolderFault.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: FolderFault.DAMAGED,
    sqlite3.SQLITE_NOTADB: FolderFault.DAMAGED,
    sqlite3.SQLITE_BUSY: FolderFault.LOCKED,
    sqlite3.SQLITE_LOCKED: FolderFault.LOCKED,
    sqlite3.SQLITE_IOERR: FolderFault.BROKEN,
    sqlite3.SQLITE_CANTOPEN: FolderFault.BROKEN,
    sqlite3.SQLITE_PROTOCOL: FolderFault.BROKEN,
}
_PRIMARY: Final = 0xFF
"""SQLite's extended result codes have the primary one in their last byte."""
_BY_ERRNO: Final[Mapping[int | None, FolderFault]] = {
    errno.ENOSPC: FolderFault.FULL,
    errno.EDQUOT: FolderFault.FULL,
    errno.EROFS: FolderFault.READ_ONLY,
    errno.EACCES: FolderFault.READ_ONLY,
    errno.EPERM: FolderFault.READ_ONLY,
}


def fault_of_sqlite(error: sqlite3.Error, file: Path) -> UnusableFolder | None:
    """What the error says about the database; None if the error is our own fault."""
    code = getattr(error, "sqlite_errorcode", None)
    fault = None if code is None else _BY_CODE.get(code & _PRIMARY)
    if fault is FolderFault.BROKEN and not os.access(file.parent, os.W_OK):
        fault = FolderFault.READ_ONLY  # SQLite only knows that it could not create a file
    return None if fault is None else UnusableFolder(fault, file, error)


def fault_of_system(error: OSError, folder: Path) -> UnusableFolder:
    """What the error says about the folder."""
    return UnusableFolder(_BY_ERRNO.get(error.errno, FolderFault.BROKEN), folder, error)
