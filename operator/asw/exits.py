"""Exit codes of ``asw``: the same for every verb, listed in docs/reference/cli.md."""

from typing import Final

ALL_WELL: Final = 0
NOT_SUCCEEDED: Final = 1
"""The command did its work, and the answer is no: an execution or a test did not succeed."""
BAD_INPUT: Final = 2
"""Wrong arguments, files or definitions: nothing was started."""
NO_CLUSTER: Final = 3
"""The cluster cannot be reached, refuses, or has no asw."""
NOT_FOUND: Final = 4
"""No such execution, Workflow, state or event."""
TIMED_OUT: Final = 5
"""``--timeout`` passed before what was waited for."""
INTERNAL: Final = 70
"""A fault of asw itself (sysexits: EX_SOFTWARE); ``--debug`` shows where."""
LOST_OUTPUT: Final = 74
"""Results cannot be written to standard output (sysexits: EX_IOERR), as on a full disk."""
INTERRUPTED: Final = 130
"""By Ctrl-C, as shells have it: 128 and the number of the signal."""
