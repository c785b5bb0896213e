"""Keeps this process's memory, environment and descriptors from its children, who share its uid."""

from __future__ import annotations

import ctypes

_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36


def seclude() -> None:
    """Close ``/proc/<pid>`` and ptrace to all but root, and inherit orphans. Raises OSError.

    A process that cannot be dumped may not be looked into by others of its user. The token has
    been in the environment block since exec, so this comes before the first child.
    """
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for option, value in ((_PR_SET_DUMPABLE, 0), (_PR_SET_CHILD_SUBREAPER, 1)):
        if prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), f"prctl({option}, {value}) failed")
