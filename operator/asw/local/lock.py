"""Who works in a data folder: many ``asw run`` side by side, or one ``asw resume`` alone.

Resume takes every unfinished execution, so none may belong to a process that is still alive. The
kernel lets go of the lock however its process dies.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asw.local.database import FolderFault, UnusableFolder, make_folder

_FILE_NAME = "lock"


@contextmanager
def sharing(folder: Path) -> Iterator[None]:
    """Work on executions of our own, beside others. Raises UnusableFolder."""
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
        file = (folder / _FILE_NAME).open("a")
    except OSError as error:
        raise UnusableFolder(FolderFault.BROKEN, folder, error) from error
    with file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnusableFolder(otherwise, folder) from error
        yield
