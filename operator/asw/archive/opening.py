"""Opens the archive that an environment names. What it takes is an extra of the package."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from asw.archive.errors import ArchiveAway
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t

if TYPE_CHECKING:
    from asw.archive.store import ArchiveStore

ARCHIVE_URL: Final = "ASW_ARCHIVE_URL"
"""Variable with the SQLAlchemy URL of the archive."""
_SQLITE: Final = "sqlite:///"


def open_archive(url: str, *, seconds: int) -> "ArchiveStore | None":
    """The archive at the URL, None for an empty one. Raises Failure, which never repeats the URL.

    ``seconds`` is the time for a statement. Nothing is connected yet.
    """
    if not url:
        return None
    try:
        from asw.archive.store import ArchiveStore  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise no_extra() from error
    try:
        return ArchiveStore(url, seconds=seconds)
    except ImportError as error:
        raise no_extra() from error
    except ArchiveAway as error:
        raise _unusable(str(error)) from None
    except OSError as error:
        raise _unusable(error.strerror or type(error).__name__) from None


def require_file(url: str) -> None:
    """Raises Failure if the URL is of a file that does not exist: a reader makes none."""
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE).partition("?")[0]).is_file():
        raise _unusable(t("no such file"))


def no_extra() -> Failure:
    """SQLAlchemy or the driver of the database is not installed."""
    return Failure(
        t("{variable}: this asw cannot use archives", variable=ARCHIVE_URL),
        remedy=t("install what it takes: pip install 'asw[archive]'"),
        code=BAD_INPUT,
    )


def _unusable(reason: str) -> Failure:
    return Failure(
        t("{variable} is not usable: {reason}", variable=ARCHIVE_URL, reason=reason),
        remedy=t("write it like sqlite:////FILE or postgresql://USER:PASSWORD@HOST/DATABASE"),
        code=BAD_INPUT,
    )
