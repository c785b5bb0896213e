"""Calls of JSONata's functions with more or fewer arguments than they ever take."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from asw.asl.jsonata.names import ARITIES
from asw.asl.jsonata.references import bound_in
from asw.asl.jsonata.tokens import Token, tokens_of
from asw.lint.analysis.expressions import Calling, Listed, ObjectConstructor, Operation, Tree, read

_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_OF_ARRAYS: Final = frozenset(
    {"average", "count", "distinct", "max", "merge", "min", "reverse", "shuffle", "sum"}
)
"""Those of one array, to which many give its items."""


class Miscall(NamedTuple):
    """A call of the function of this name, and what is wrong with it."""

    name: str
    reason: str


def miscalls(source: str, assigned: Collection[str]) -> list[Miscall]:
    """The calls that fail whenever they are made; variables of these names hide functions."""
    if "(" not in source:
        return []
    return [it for it in _found(source) if it.name not in assigned]


def is_always_made(source: str) -> bool:
    """Whether nothing in the expression decides which of its calls are made."""
    tree = read(source)
    return tree is not None and _is_even(tree)


def _is_even(tree: Tree) -> bool:
    match tree:
        case Operation(operator, left, right):
            return operator not in ("and", "or") and _is_even(left) and _is_even(right)
        case ObjectConstructor(fields):
            return all(_is_even(value) for _, value in fields)
        case Listed(items):
            return all(map(_is_even, items))
        case Calling(_, arguments):
            return all(map(_is_even, arguments))
    return True


@lru_cache(maxsize=2048)
def _found(source: str) -> tuple[Miscall, ...]:
    tokens = tuple(tokens_of(source))
    bound = bound_in(tokens)
    return tuple(it for it in _wrong(tokens) if it.name not in bound)


def _wrong(tokens: Sequence[Token]) -> Iterator[Miscall]:
    for at, token in enumerate(tokens[:-1]):
        arity = ARITIES.get(token.text[1:]) if token.kind == "name" else None
        if arity is None or not token.text.startswith("$") or tokens[at + 1].text != "(":
            continue
        count = _arguments(tokens, at + 2)
        if count is None:
            continue
        count += at > 0 and tokens[at - 1].text == "~>"
        if not arity.takes(count):
            name = token.text[1:]
            remedy = ""
            if count > 1 and name in _OF_ARRAYS:
                remedy = f"; hand it one array, as in ${name}([a, b])"
            yield Miscall(name, f"it takes {arity}, not {count}{remedy}")


def _arguments(tokens: Sequence[Token], start: int) -> int | None:
    """How many there are; None of a call that leaves one open, which makes a function."""
    depth, count = 0, 0
    for token in tokens[start:]:
        if depth == 0 and token.kind == "operator":
            if token.text == ")":
                return count
            if token.text == "?" and token.begins:
                return None
        count = max(count, 1)
        if token.kind == "operator":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            count += depth == 0 and token.text == ","
    return None
