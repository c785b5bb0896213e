"""A cursor over the text of a path or an intrinsic call, and its error."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from asw.asl.values import ABSENT, Json, from_text

_SPACE = re.compile(r"\s*")
_INTEGER = re.compile(r"-?\d{1,9}(?!\d)", re.ASCII)
_LITERAL = re.compile(r"(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.])", re.ASCII)
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

DEEPEST: Final = 20
"""The deepest nesting of filters, parentheses, lists and calls in one text."""


class PathSyntaxError(ValueError):
    """The text is not a path (or an intrinsic call); the message says where and why."""


class Scanner:
    """Reads a text from left to right; ``position`` counts characters from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._depth = 0

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.position >= len(self.text)

    def looks_at(self, text: str) -> bool:
        """Whether the text comes next."""
        return self.text.startswith(text, self.position)

    def is_next(self, pattern: re.Pattern[str]) -> bool:
        """Whether what the pattern matches comes next."""
        return pattern.match(self.text, self.position) is not None

    def take(self, text: str) -> bool:
        """Step over the text if it comes next; returns whether it did."""
        if not self.looks_at(text):
            return False
        self.position += len(text)
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over what the pattern matches here, if it does."""
        found = pattern.match(self.text, self.position)
        if found is not None:
            self.position = found.end()
        return found

    def skip_space(self) -> None:
        """Step over white space."""
        self.match(_SPACE)

    def expect(self, text: str) -> None:
        """Step over white space and the text, which must come next."""
        self.skip_space()
        if not self.take(text):
            self.fail(f"expected '{text}'")

    def integer(self) -> int | None:
        """The integer that comes next, if one does."""
        found = self.match(_INTEGER)
        return None if found is None else int(found[0])

    def literal(self) -> Json:
        """The number, true, false or null that comes next; ABSENT if none does."""
        found = self.match(_LITERAL)
        if found is None:
            return ABSENT
        try:
            return from_text(found[0])
        except ValueError:
            self.fail("a number that is out of range")

    def quoted(self) -> str | None:
        """The quoted string that comes next, if one does; a backslash escapes a character."""
        found = self.match(_QUOTED)
        if found is None:
            return None
        inner = found[1] if found[1] is not None else found[2]
        return _ESCAPE.sub(r"\1", inner)

    def text_in_parentheses(self, pattern: re.Pattern[str]) -> str:
        """The text that comes next, up to the end or the first unmatched closing parenthesis.

        ``pattern`` matches what it is made of, besides parentheses.
        """
        start, depth = self.position, 0
        while not self.at_end():
            if self.looks_at("("):
                depth += 1
            elif self.looks_at(")"):
                if depth == 0:
                    break
                depth -= 1
            elif self.match(pattern):
                continue
            else:
                break
            self.position += 1
        return self.text[start : self.position]

    @contextmanager
    def deeper(self, deepest: int = DEEPEST) -> Iterator[None]:
        """One level of nesting; bounded, so that no text exhausts the stack."""
        self._depth += 1
        if self._depth > deepest:
            self.fail(f"nested more than {deepest} deep")
        yield
        self._depth -= 1

    def fail(self, reason: str) -> NoReturn:
        """Refuse the text here."""
        where = "the end" if self.at_end() else f"character {self.position + 1}"
        raise PathSyntaxError(f"{reason} (at {where})")
