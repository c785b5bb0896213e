"""How much one evaluation may look at, in units: of JSONPath, intrinsic functions and Choice.

A unit is a value that is looked at, or so many characters of a text: what takes half a microsecond.
Units are counted rather than time, so that an expression that is refused is refused everywhere.
"""

from typing import Final

from asw.asl.values import Json

FULL: Final = 500_000
"""What an evaluation may spend: paths in filters in filters would look for years."""
SMALL: Final = 20_000
"""What it may spend where others wait for it: about ten milliseconds."""
CHARACTERS: Final = 64
"""Of a text, that are compared or copied for one unit."""


class OverBudgetError(Exception):
    """The evaluation looks at more than one may."""


class Budget:
    """What one evaluation has left."""

    __slots__ = ("left",)

    def __init__(self, units: int = FULL) -> None:
        self.left = units

    def spend(self, units: int) -> None:
        """Raises OverBudgetError where so much is not left."""
        self.left -= units
        if self.left < 0:
            raise OverBudgetError

    def weigh(self, value: Json, times: int = 1) -> None:
        """Spend what looking at all of a value costs, so many times over.

        Ends where nothing is left: values share their parts, so a small one may be looked at for
        ever.
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
