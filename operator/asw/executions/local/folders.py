"""Failures of a data folder that cannot be used."""

from typing import assert_never

from asw.failures import Failure
from asw.messages import t
from asw.platforms.local.faults import FolderFault, UnusableFolder


def unusable(error: UnusableFolder, place: str) -> Failure:
    """The failure with its remedy; ``place`` are the options that name the folder."""
    words = {"folder": error.folder, "reason": error.detail, "place": place}
    remedy = t("wait until it ends, or name another folder with --data")
    match error.fault:
        case FolderFault.BROKEN:
            message = f"{error.folder}: {error.detail}"
            remedy = t(
                "check whether its disk is full or broken, then asw resume {place}; or name "
                "another folder with --data",
                **words,
            )
        case FolderFault.FULL:
            message = t("no room is left on the disk of {folder}", **words)
            remedy = t("what was saved is kept: free some space, then asw resume {place}", **words)
        case FolderFault.READ_ONLY:
            message = t("{folder} cannot be written: {reason}", **words)
            remedy = t("check its owner and how it is mounted, or name another folder with --data")
        case FolderFault.DAMAGED:
            message = t("{folder} is damaged: {reason}", **words)
            remedy = t("restore a copy of it, or name another folder with --data")
        case FolderFault.LOCKED:
            message = t("another program has locked {folder}", **words)
            remedy = t("fuser -v {folder} names it; once it has ended: asw resume {place}", **words)
        case FolderFault.FOREIGN:
            message = t("{folder} was written by another version of asw", **words)
            remedy = t("name another folder with --data")
        case FolderFault.BUSY:
            message = t("another asw is working in {folder}", **words)
        case FolderFault.RESUMED:
            message = t("asw resume is working in {folder}", **words)
        case _:
            assert_never(error.fault)
    return Failure(message, remedy=remedy)
