"""Which expressions are not even tried while others wait: the engine could not stop them in time.

It checks the clock and its limits between two steps of an evaluation, not within one. A value that
shares its parts, as repeated ``[$a,$a]`` does, counts as small until something compares or quotes
it. So the cost is estimated from the tokens, once per source, and from the size of what the
expression reads. A wrong guess only costs a trip to another process.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from asw.asl.jsonata.tokens import Token
from asw.asl.values import Json

MOST_CHARACTERS: Final = 65_536
"""The size of what is read; regular expressions and sorting take about 20 ms for this much."""
MOST_BYTES: Final = 20_000_000
"""The size of a value once all shared parts are written out."""
LONGEST_ARRAY: Final = 2_000
"""Items of an array that the expression makes."""
_VALUE_BYTES: Final = 60
"""The size counted for each value, however short."""
_SLOW: Final = frozenset({"$distinct", "$range", "$reduce", "$eval"})
"""Functions whose work is quadratic, unbounded or repeated at will."""
_MULTIPLYING: Final = frozenset({"$map", "$zip", "$each"})
"""Functions that collect their results in arrays, as brackets do."""
_REPEATING: Final = frozenset({":=", "@", "#", "|"})
"""Operators that name values or change everything below one: sharing without bounds."""
_PLACEHOLDERS: Final = frozenset({"?", "**", "%"})
"""At the start of an operand: partial application, all descendants, and the parent."""
_FUNCTION: Final = frozenset({"function", "λ"})
_GOES_ON: Final = frozenset({".", "[", "{", "(", "^", "~>"})
_SHORT_REPLACEMENT: Final = re.compile(
    r"""replace\([^()]*,\s*(?:"[^"\\]{0,64}"|'[^'\\]{0,64}')\s*\)"""
)


@dataclass(frozen=True, slots=True)
class Growth:
    """How an expression may let a value grow.

    Each of ``levels`` brackets, nested or in sequence, may repeat its contents for each value that
    is read, and ``references`` times.
    """

    levels: int
    references: int
    length: int

    def is_costly(self, read: Mapping[str, Json]) -> bool:
        """Whether these values are too large or may grow too large."""
        size = _size(read)
        if size is None:
            return True
        values, characters = size
        grown = characters + self.length + _VALUE_BYTES * values
        return bool(grown * (values + self.references) ** self.levels > MOST_BYTES)


def growth_of(source: str, tokens: Sequence[Token]) -> Growth | None:
    """How the expression may let values grow; None if nothing bounds that."""
    if any(map(_is_unbounded, tokens)):
        return None
    if source.count("replace") > len(_SHORT_REPLACEMENT.findall(source)):
        return None
    ranges = sum(token.text == ".." for token in tokens)
    references = len(tokens) // 2 + ranges * LONGEST_ARRAY
    return Growth(_levels(tokens), references, len(source))


def _is_unbounded(token: Token) -> bool:
    if token.kind == "operator":
        return token.text in _REPEATING or (token.begins and token.text in _PLACEHOLDERS)
    if token.kind == "name":
        return token.text in _SLOW or token.text in _FUNCTION
    return token.kind == "regex"


def _levels(tokens: Sequence[Token]) -> int:
    """How deep brackets nest; the number of all if any is applied further after its end."""
    total, depth, deepest = 0, 0, 0
    opened: list[tuple[bool, int]] = []
    for at, token in enumerate(tokens):
        if token.kind != "operator":
            continue
        if token.text in "[{(":
            makes = _makes(tokens, at)
            opened.append((makes, total))
            total, depth = total + makes, depth + makes
            deepest = max(deepest, depth)
        elif token.text in "]})" and opened:
            makes, before = opened.pop()
            depth -= makes
            follows = tokens[at + 1].text if at + 1 < len(tokens) else ""
            if total > before and follows in _GOES_ON:
                return sum(_makes(tokens, at) for at in range(len(tokens)))
    return deepest


def _makes(tokens: Sequence[Token], at: int) -> bool:
    """Whether the bracket here makes an object or an array of its contents."""
    token = tokens[at]
    match token.text if token.kind == "operator" else "":
        case "{":
            return True
        case "[":
            return token.begins
        case "(":
            return at > 0 and tokens[at - 1].text in _MULTIPLYING
    return False


def _size(read: Mapping[str, Json]) -> tuple[int, int] | None:
    """The number of values and characters; None for too many."""
    values, characters, waiting = 0, 0, list(read.values())
    while waiting:
        here = waiting.pop()
        values += 1
        kind = type(here)
        if kind is str:
            characters += len(here)
        elif kind is dict:
            characters += sum(map(len, here)) + 4 * len(here)
            waiting.extend(here.values())
        elif kind is list:
            characters += len(here)
            waiting.extend(here)
        else:
            characters += 4
        if characters > MOST_CHARACTERS:
            return None
    return values, characters
