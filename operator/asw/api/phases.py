"""The phases of an Execution and AWS's names for them. Cheap to import: completion uses it too."""

from collections.abc import Mapping
from typing import Final

PHASE_OF: Final[Mapping[str, str]] = {
    "SUCCEEDED": "Succeeded",
    "FAILED": "Failed",
    "TIMED_OUT": "TimedOut",
    "ABORTED": "Aborted",
}
"""The phase for each of AWS's final statuses."""
UNFINISHED_PHASES: Final = ("Pending", "Running")
FINAL_PHASES: Final = tuple(PHASE_OF.values())
UNSUCCESSFUL_PHASES: Final = tuple(it for it in FINAL_PHASES if it != "Succeeded")
PHASES: Final = (*UNFINISHED_PHASES, *FINAL_PHASES)
STATUS_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(UNFINISHED_PHASES, "RUNNING"),
    **{phase: status for status, phase in PHASE_OF.items()},
}
"""AWS's status for each phase."""
SUSPENDED: Final = "Suspended"
"""Shown instead of the phase of an execution that is suspended."""
INTERRUPTED: Final = "Interrupted"
"""Shown instead of the phase of a local execution whose process is gone."""
SHOWN_PHASES: Final = (*UNFINISHED_PHASES, SUSPENDED, INTERRUPTED, *FINAL_PHASES)
