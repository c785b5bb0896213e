"""How far one step goes: who calls it may cut it after any transition, by a clock of its own.

A step reads no clock. It asks, after each transition, whether it may go on; what is left then is
the next step's, and both together decide what one would have decided.
"""

from collections.abc import Callable
from typing import TypeAlias

Pace: TypeAlias = Callable[[], bool]
"""Whether the step may go on to another transition."""


def unhurried() -> bool:
    """Nothing cuts the step but its bound of transitions."""
    return True
