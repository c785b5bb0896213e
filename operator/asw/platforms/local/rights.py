"""What lies in a data folder is its user's alone: payloads, outputs, logs; whatever the umask."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
_IGNORED: Final = "*\n"
"""All of ``.gitignore``: nobody commits runs. Who finds it knows that asw made the folder."""


def make_folder(folder: Path) -> None:
    """Make the data folder where there is none, so that git passes over it.

    A folder that is there already is somebody's, and is left as it is.
    """
    if folder.is_dir():
        return
    make_private(folder)
    (folder / ".gitignore").write_text(_IGNORED)


def make_private(folder: Path) -> None:
    """Make a folder that others cannot enter, and those above it where they are not there."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def opener(path: str, flags: int) -> int:
    """For ``open``: a file that it makes is readable by its owner only."""
    return os.open(path, flags, FILE_MODE)


def tighten(folder: Path, files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Take from others what an older asw, or a wide umask, gave them; only of what is ours.

    The folder itself is only changed where asw made it.
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
