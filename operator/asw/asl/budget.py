"""How much one evaluation of a JSONPath, intrinsic function or Choice rule may examine, in units.

A unit is one value, or CHARACTERS of a text: about half a microsecond of work. Counting units
rather than time means that an expression is refused on every machine or on none.
"""

from typing import Final

from asw.asl.values import Json

FULL: Final = 500_000
"""The full budget of an evaluation: without one, filters nested in filters would run for years."""
SMALL: Final = 20_000
"""The budget of an evaluation that others wait for: about ten milliseconds."""
CHARACTERS: Final = 64
"""Of a text, that are compared or copied for one unit."""


class OverBudgetError(Exception):
    """The evaluation examines more than its budget allows."""


class Budget:
    """What one evaluation has left."""

    __slots__ = ("left",)

    def __init__(self, units: int = FULL) -> None:
        self.left = units

    def spend(self, units: int) -> None:
        """Raises OverBudgetError if fewer units are left."""
        self.left -= units
        if self.left < 0:
            raise OverBudgetError

    def weigh(self, value: Json, times: int = 1) -> None:
        """Spend what examining the whole value costs, ``times`` over.

        Stops when nothing is left: values share their parts, so examining a small one may take
        forever.
        """
        waiting = [value]
        while waiting:
            here = waiting.pop()
            kind = type(here)
            if kind is str:
                self.spend(times * (1 + len(here) // CHARACTERS))
            elif kind is dict:
                self.spend(times * (1 + len(here)))
                waiting.extend(here.values())
            elif kind is list:
                self.spend(times)
                waiting.extend(here)
            else:
                self.spend(times)
