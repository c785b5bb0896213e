"""What is certain before anything runs: values, and JSONata calls that always fail."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from asw.asl.jsonata.engine import parse
from asw.asl.jsonata.errors import MEMORY, TIMEOUT, JSONataError, UnsupportedResultError
from asw.asl.jsonata.names import ARITIES
from asw.asl.jsonata.references import bound_in
from asw.asl.jsonata.tokens import Token, tokens_of
from asw.asl.values import ABSENT, Absent, Json
from asw.lint.analysis.expressions import Calling, Listed, ObjectConstructor, Operation, Tree, read
from asw.lint.analysis.shapes import Shape

_LEFT_ALONE: Final = frozenset({"now", "millis", "shuffle", "error", "assert"})
"""Functions of JSONata whose value varies, and those that fail on purpose."""
_LONGEST: Final = 1000
"""Characters of the longest source that is evaluated."""
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_OF_ARRAYS: Final = frozenset(
    {"average", "count", "distinct", "max", "merge", "min", "reverse", "shuffle", "sum"}
)
"""Functions of one array, which people often call with its items."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an expression gives in every run: its value, ABSENT, or why it ``fails``."""

    value: Json | Absent = ABSENT
    fails: str = ""


def outcome_of(source: str, assigned: Collection[str]) -> Outcome | None:
    """What the expression always gives; None if that is not certain.

    ``assigned`` are the variables that may exist: one of them may hide a function.
    """
    if len(source) > _LONGEST or "$states" in source:
        return None
    names, outcome = _evaluated(source)
    return None if outcome is None or not names.isdisjoint(assigned) else outcome


@lru_cache(maxsize=2048)
def _evaluated(source: str) -> tuple[frozenset[str], Outcome | None]:
    """The names that it mentions, and what it gives if all are functions."""
    expression = parse(source)
    names = frozenset(expression.reads)
    if expression.variables or expression.draws or not names.isdisjoint(_LEFT_ALONE):
        return names, None
    if any(token.kind == "regex" for token in expression.tokens):  # only the clock may end it
        return names, None
    try:
        return names, Outcome(value=expression.run({}, None))
    except UnsupportedResultError:
        return names, Outcome(fails="it is worth a function, which is no JSON value")
    except JSONataError as error:
        if error.message in (TIMEOUT, MEMORY):  # depends on the machine
            return names, None
        return names, Outcome(fails=error.message)


def sole_value(found: Shape) -> Json | Absent:
    """The only possible text, number or boolean; ABSENT if there is none, or more than one."""
    if found.null or found.arrays or found.objects:
        return ABSENT
    only: list[Json] = [*found.booleans]
    for known in (found.texts, found.numbers):
        if known is not None:
            if known.constants is None:
                return ABSENT
            only += known.constants
    return only[0] if len(only) == 1 else ABSENT


class Miscall(NamedTuple):
    """A call of a function with a number of arguments that it never takes."""

    name: str
    reason: str


def miscalls(source: str, assigned: Collection[str]) -> list[Miscall]:
    """The calls that always fail; ``assigned`` variables hide functions of the same name."""
    if "(" not in source:
        return []
    return [it for it in _found(source) if it.name not in assigned]


def is_always_made(source: str) -> bool:
    """Whether every call in the expression is made whenever it is evaluated."""
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
    """How many arguments the call has; None if it leaves one open, which makes a function."""
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
