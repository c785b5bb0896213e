"""Writes the files that verbs make for their users."""

from errno import EDQUOT, ENOSPC
from pathlib import Path

from asw.failures import Failure
from asw.messages import t


def write_file(path: Path, content: str) -> None:
    """Write it, as UTF-8 with the line ends that it has, and make the folders around it.

    Raises Failure. The error of a full disk names no file, so the message does.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    except OSError as error:
        remedy = t("name a folder that you can write to")
        if error.errno in (ENOSPC, EDQUOT):
            remedy = t("free some space there, or name another folder")
        raise Failure(
            t("cannot write {path}: {reason}", path=error.filename or path, reason=error.strerror),
            remedy=remedy,
        ) from error
