"""The phases of an Execution, and what AWS calls them. Cheap to import: completion reads it too."""

from collections.abc import Mapping
from typing import Final

PHASE_OF: Final[Mapping[str, str]] = {
    "SUCCEEDED": "Succeeded",
    "FAILED": "Failed",
    "TIMED_OUT": "TimedOut",
    "ABORTED": "Aborted",
}
"""In which phase an execution of each of AWS's final statuses is."""
UNFINISHED_PHASES: Final = ("Pending", "Running")
FINAL_PHASES: Final = tuple(PHASE_OF.values())
UNSUCCESSFUL_PHASES: Final = tuple(it for it in FINAL_PHASES if it != "Succeeded")
PHASES: Final = (*UNFINISHED_PHASES, *FINAL_PHASES)
STATUS_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(UNFINISHED_PHASES, "RUNNING"),
    **{phase: status for status, phase in PHASE_OF.items()},
}
"""What AWS calls each phase."""
SUSPENDED: Final = "Suspended"
"""What is shown instead of the phase of one that is asked to start nothing new."""
INTERRUPTED: Final = "Interrupted"
"""What is shown instead of the phase of one on this machine whose process is gone."""
SHOWN_PHASES: Final = (*UNFINISHED_PHASES, SUSPENDED, INTERRUPTED, *FINAL_PHASES)
