"""Keeps a data folder private to its user: payloads, outputs and logs, whatever the umask."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
_IGNORED: Final = "*\n"
"""The ``.gitignore``: nobody commits runs. It also shows that asw made the folder."""


def make_folder(folder: Path) -> None:
    """Create the data folder if there is none, so that git ignores it.

    An existing folder belongs to somebody and is left as it is.
    """
    if folder.is_dir():
        return
    make_private(folder)
    (folder / ".gitignore").write_text(_IGNORED)


def make_private(folder: Path) -> None:
    """Create a folder that others cannot enter, and missing folders above it."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def opener(path: str, flags: int) -> int:
    """For ``open``: files that it creates are readable by their owner only."""
    return os.open(path, flags, FILE_MODE)


def tighten(folder: Path, files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Revoke rights that an older asw, or a wide umask, gave to others; only on files of ours.

    The folder itself is only changed if asw made it.
    """
    for path in files:
        _restrict(path, FILE_MODE)
    for path in folders:
        _restrict(path, FOLDER_MODE)
    with suppress(OSError):
        if (folder / ".gitignore").read_text() == _IGNORED:
            _restrict(folder, FOLDER_MODE)


def _restrict(path: Path, mode: int) -> None:
    with suppress(OSError):
        status = path.stat()
        if status.st_uid == os.geteuid() and status.st_mode & 0o777 & ~mode:
            path.chmod(mode)
