"""Who works in a data folder: many ``asw run`` side by side, or one ``asw resume`` alone.

Resume takes every unfinished execution, so none may belong to a process that is still alive. The
kernel lets go of the lock however its process dies.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asw.platforms.local.faults import FolderFault, UnusableFolder, fault_of_system
from asw.platforms.local.rights import make_folder, opener

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
        file = open(folder / _FILE_NAME, "a", opener=opener)  # noqa: SIM115 -- closed below
    except OSError as error:
        raise fault_of_system(error, folder) from error
    with file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnusableFolder(otherwise, folder) from error
        yield
