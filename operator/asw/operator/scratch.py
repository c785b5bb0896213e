"""Marks of work in a scratch volume, which outlives the process: the container's restarts, too.

Where the volume cannot be had, there are no marks and one line in the log: an operator without
them works as well until something kills it.
"""

import fcntl
import logging
import mmap
import os
from pathlib import Path

from asw.reconciler.marks import NO_MARKS, SIZE, Marks, MarksIn

FILE = "marks"

log = logging.getLogger(__name__)


def open_marks(folder: Path | None) -> Marks:
    """The marks in this folder, this process's alone until it ends; none where there is no folder.

    What its predecessor left there is counted.
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


def _mapped(path: Path) -> mmap.mmap:
    """The file, locked as long as it is mapped. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, SIZE)
        # a page that no disk had room for would kill the process that writes to it
        os.posix_fallocate(descriptor, 0, SIZE)
        return mmap.mmap(descriptor, SIZE)
    finally:
        os.close(descriptor)
