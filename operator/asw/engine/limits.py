"""Numbers that bound an execution: AWS's quotas, and how far one step goes."""

from collections.abc import Callable
from typing import TypeAlias

HISTORY_LIMIT = 25_000
"""AWS: events in one history; the last says that the execution failed by reaching the limit."""
PAYLOAD_LIMIT = 262_144
"""AWS: bytes (UTF-8) of a state's or task's result."""
INLINE_MAP_CONCURRENCY = 40
"""AWS: iterations of an inline Map that are open at the same time."""
OPEN_LINES = 1_000
"""Lines of control that all Maps and Parallels of one execution have open at the same time; each
may have one more. All are in the record, which every pass writes whole."""
DISTRIBUTED_MAP_CONCURRENCY = 1_000
"""The most children of a distributed Map that run at the same time (AWS: 10,000)."""
ASSIGN_LIMIT = 262_144
"""AWS: bytes (UTF-8) of a variable, and of all that one Assign sets."""
VARIABLES_LIMIT = 10 * 1024 * 1024
"""AWS: bytes of all variables of an execution."""
LONGEST_ROLE = 2_048
"""AWS: characters of a role's ARN. The record holds it while the task runs."""
STEP_TRANSITIONS = 500
"""State entries in one step; then it returns the record and asks to go on at once."""
LONGEST_WAIT_SECONDS = 99_999_999
"""AWS: the longest span in seconds."""
LONGEST_DELAY_SECONDS = 31_536_000
"""AWS: one year, the longest run; a back-off does not grow beyond it."""


Pace: TypeAlias = Callable[[], bool]
"""Whether the step may go on to another transition; asked after each.

A step reads no clock, so its caller may cut it by one. The next step does what is left, and both
together decide what a single one would."""


def unhurried() -> bool:
    """Only its bound of transitions cuts the step."""
    return True
