"""Parses the part of JSONata that the analysis understands into a small tree.

These are paths from a variable, constants, objects, arrays, comparisons, ``and``, ``or``,
arithmetic and calls. For anything else ``read`` returns None: nothing is known of its value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from asw.asl.jsonata.tokens import Token, tokens_of
from asw.asl.values import Json, from_text

DEEPEST: Final = 30
"""Levels of nested brackets and operators that are read."""
_COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=", "in")
_LEVELS: Final = (("or",), ("and",), _COMPARISONS, ("&", "+", "-"), ("*", "/", "%"))
"""Operators, the weakest first."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, number, boolean or null."""

    value: Json


@dataclass(frozen=True, slots=True)
class VariablePath:
    """``$variable.a.b``."""

    variable: str
    steps: tuple[str, ...]

    @property
    def source(self) -> str:
        """As written in JSONata."""
        return ".".join((f"${self.variable}", *self.steps))


@dataclass(frozen=True, slots=True)
class ObjectConstructor:
    """``{"a": ...}``."""

    fields: tuple[tuple[str, "Tree"], ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """``[..., ...]``."""

    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands and their operator."""

    operator: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Calling:
    """``$name(...)``."""

    name: str
    arguments: tuple["Tree", ...]


Tree: TypeAlias = Constant | VariablePath | ObjectConstructor | Listed | Operation | Calling


class _Unknown(Exception):
    """The source has something that is not understood."""


def read(source: str) -> Tree | None:
    """The tree of the source; None if it has anything that is not understood."""
    return _read(source) if len(source) <= 1000 else None


@lru_cache(maxsize=4096)
def _read(source: str) -> Tree | None:
    reader = _Reader(tuple(tokens_of(source)))
    try:
        tree = reader.level(0, 0)
    except (_Unknown, ValueError):
        return None
    return tree if reader.at == len(reader.tokens) else None


class _Reader:
    """Reads from left to right; ``at`` is the next token."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def level(self, level: int, depth: int) -> Tree:
        """An operation whose operators bind at least as strongly as this level."""
        if depth > DEEPEST:
            raise _Unknown
        if level == len(_LEVELS):
            return self._operand(depth + 1)
        left = self.level(level + 1, depth)
        while self._next() in _LEVELS[level] and not self.tokens[self.at].begins:
            operator = self._take()
            left = Operation(operator, left, self.level(level + 1, depth))
            depth += 1
            if depth > DEEPEST:
                raise _Unknown
        return left

    def _next(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def _take(self, wanted: str | None = None) -> str:
        found = self._next()
        if not found or (wanted is not None and found != wanted):
            raise _Unknown
        self.at += 1
        return found

    def _operand(self, depth: int) -> Tree:
        tree = self._first(depth)
        if self._next() in (".", "[", "(", "^", "@", "#", "{", "~>", "?"):
            raise _Unknown
        return tree

    def _first(self, depth: int) -> Tree:
        token = self.tokens[self.at] if self.at < len(self.tokens) else Token("", "", False)
        self.at += 1
        match token.kind:
            case "string":
                return Constant(_unquoted(token.text))
            case "number":
                return Constant(from_text(token.text))
            case "name":
                return self._name(token.text, depth)
        return self._opened(token.text, depth)

    def _opened(self, opening: str, depth: int) -> Tree:
        if opening == "-":
            token = self.tokens[self.at] if self.at < len(self.tokens) else None
            if token is not None and token.kind == "number":
                self.at += 1
                return Constant(-from_text(token.text))
        if opening == "(":
            tree = self.level(0, depth)
            self._take(")")
            return tree
        if opening == "{":
            return self._made(depth)
        if opening == "[":
            return Listed(self._until("]", depth))
        raise _Unknown

    def _name(self, name: str, depth: int) -> Tree:
        if name in _WORDS:
            return Constant(_WORDS[name])
        if not name.startswith("$") or name in ("$", "$$"):
            raise _Unknown
        if self._next() == "(":
            self._take()
            return Calling(name[1:], self._until(")", depth))
        steps: list[str] = []
        while self._next() == ".":
            self._take()
            token = self.tokens[self.at] if self.at < len(self.tokens) else None
            if token is None or token.kind not in ("name", "quoted"):
                raise _Unknown
            if token.text.startswith("$") or (token.kind == "name" and token.text in _NO_FIELDS):
                raise _Unknown
            self.at += 1
            steps.append(token.text.strip("`"))
        return VariablePath(name[1:], tuple(steps))

    def _made(self, depth: int) -> Tree:
        fields: list[tuple[str, Tree]] = []
        while self._next() != "}":
            if fields:
                self._take(",")
            token = self.tokens[self.at] if self.at < len(self.tokens) else None
            if token is None or token.kind != "string":
                raise _Unknown
            self.at += 1
            self._take(":")
            fields.append((_unquoted(token.text), self.level(0, depth)))
        self._take("}")
        return ObjectConstructor(tuple(fields))

    def _until(self, closing: str, depth: int) -> tuple[Tree, ...]:
        found: list[Tree] = []
        while self._next() != closing:
            if found:
                self._take(",")
            found.append(self.level(0, depth))
        self._take(closing)
        return tuple(found)


_WORDS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_NO_FIELDS: Final = frozenset({"true", "false", "null", "function", "λ", "and", "or", "in"})


def _unquoted(literal: str) -> str:
    """The text of a string literal; those with escapes are not understood."""
    if "\\" in literal:
        raise _Unknown
    return literal[1:-1]
