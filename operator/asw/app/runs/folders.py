"""What is said of a data folder that cannot be used."""

from typing import assert_never

from asw.app.failures import Failure
from asw.app.messages import t
from asw.local.database import FolderFault, UnusableFolder


def unusable(error: UnusableFolder) -> Failure:
    """The failure that tells it, with what may be done."""
    folder, elsewhere = error.folder, t("name another folder with --data")
    match error.fault:
        case FolderFault.BROKEN:
            return Failure(f"{folder}: {error.detail}", remedy=elsewhere)
        case FolderFault.FOREIGN:
            message = t("{folder} was written by another version of asw", folder=folder)
            return Failure(message, remedy=elsewhere)
        case FolderFault.BUSY:
            message = t("another asw works in {folder}", folder=folder)
        case FolderFault.RESUMED:
            message = t("asw resume works in {folder}", folder=folder)
        case _:
            assert_never(error.fault)
    remedy = t("wait until it ends, or name another folder with --data")
    return Failure(message, remedy=remedy)
