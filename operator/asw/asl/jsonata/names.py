"""The functions that expressions may call, and how many arguments they take. Loads no engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Arity:
    """How many arguments a function takes; ``most`` is None for any number."""

    least: int
    most: int | None

    def takes(self, count: int) -> bool:
        """Whether it takes this many arguments."""
        return self.least <= count and (self.most is None or count <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least} arguments"
        if self.least == self.most:
            return "1 argument" if self.most == 1 else f"{self.most or 'no'} arguments"
        return f"{self.least} to {self.most} arguments"


_ARITIES: Final = """
    abs 0-1, append 2, assert 1-2, average 1, base64decode 0-1, base64encode 0-1, boolean 0-1,
    ceil 0-1, clone 0-1, contains 1-2, count 1, decodeUrl 0-1, decodeUrlComponent 0-1, distinct 1,
    each 1-2, encodeUrl 0-1, encodeUrlComponent 0-1, error 0-1, exists 1, filter 2, floor 0-1,
    formatBase 0-2, formatInteger 1-2, formatNumber 1-3, fromMillis 0-3, hash 1-2, join 1-2,
    keys 0-1, length 0-1, lookup 1-2, lowercase 0-1, map 2, match 1-3, max 1, merge 1, millis 0,
    min 1, not 0-1, now 0-2, number 0-1, pad 1-3, parse 0-1, parseInteger 1-2, partition 1-2,
    power 1-2, random 0-1, range 2-3, reduce 2-3, replace 2-4, reverse 1, round 0-2, shuffle 1,
    sift 0-2, single 1-2, sort 1-2, split 1-3, spread 0-1, sqrt 0-1, string 0-2, substring 1-3,
    substringAfter 1-2, substringBefore 1-2, sum 1, toMillis 0-2, trim 0-1, type 1, uppercase 0-1,
    uuid 0, zip 1-
"""


def _read(text: str) -> Arity:
    least, dash, most = text.partition("-")
    return Arity(int(least), int(most) if most else None if dash else int(least))


ARITIES: Final[Mapping[str, Arity]] = {
    name: _read(arity) for name, arity in (it.split() for it in _ARITIES.split(","))
}
"""JSONata 2.0.6's own except eval, which AWS refuses; and AWS's.

An argument that the context can supply is optional.
"""
FUNCTION_NAMES: Final = frozenset(ARITIES)
