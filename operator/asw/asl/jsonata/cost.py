"""Which expressions are not even tried where others wait: the engine cannot stop them in time.

It looks at clock and limits between two steps of an evaluation, not within one; and a value that
shares its parts, as ``[$a,$a]`` does again and again, is small for it until something compares or
quotes it. So what may be costly is told from the tokens, once per source, and from the size of
what the expression reads. Wrong guesses cost a way to another process, and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from asw.asl.jsonata.tokens import Token
from asw.asl.values import Json

MOST_CHARACTERS: Final = 65_536
"""Of what is read; regular expressions and sorting take some 20 ms for so many."""
MOST_BYTES: Final = 20_000_000
"""That a value may have once all that it shares is written out."""
LONGEST_ARRAY: Final = 2_000
"""Items of an array that is made here."""
_VALUE_BYTES: Final = 60
"""What a value takes, however short it is."""
_SLOW: Final = frozenset({"$distinct", "$range", "$reduce", "$eval"})
"""Quadratic, unbounded or repeated at will."""
_MULTIPLYING: Final = frozenset({"$map", "$zip", "$each"})
"""They make arrays of their results, as brackets do."""
_REPEATING: Final = frozenset({":=", "@", "#", "|"})
"""Names for values, and changes of all that is below one: sharing without an end."""
_PLACEHOLDERS: Final = frozenset({"?", "**", "%"})
"""Where an operand begins: a function applied in part, all that is below, and what is above."""
_FUNCTION: Final = frozenset({"function", "λ"})
_GOES_ON: Final = frozenset({".", "[", "{", "(", "^", "~>"})
_SHORT_REPLACEMENT: Final = re.compile(
    r"""replace\([^()]*,\s*(?:"[^"\\]{0,64}"|'[^'\\]{0,64}')\s*\)"""
)


@dataclass(frozen=True, slots=True)
class Growth:
    """How an expression may let a value grow.

    Each of ``levels`` brackets, one within the other or after it, may repeat what is in it for each
    value that is read, and ``references`` times.
    """

    levels: int
    references: int
    length: int

    def is_costly(self, read: Mapping[str, Json]) -> bool:
        """Whether these values may grow too large, or are so."""
        size = _size(read)
        if size is None:
            return True
        values, characters = size
        grown = characters + self.length + _VALUE_BYTES * values
        return bool(grown * (values + self.references) ** self.levels > MOST_BYTES)


def growth_of(source: str, tokens: Sequence[Token]) -> Growth | None:
    """How the expression may let values grow; None where nothing bounds that."""
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
    """How many brackets are within each other; all of them, where any goes on after its end."""
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
    """Whether the bracket here makes an object, or an array, out of what is in it."""
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
    """How many values and characters there are; None for too many."""
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
