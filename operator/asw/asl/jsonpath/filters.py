"""Filters, ``[?(@.price < 10 && @.isbn)]``: parsed once into a predicate.

AWS runs Jayway's version 2.0.0, where what follows a comparison is text, with quotes or without,
and becomes a number or a boolean if it is compared with one. The operators that are words, and
``===``, are of later versions; they compare JSON values.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from asw.asl.jsonpath.comparisons import COMPARISONS
from asw.asl.jsonpath.scanner import Scanner
from asw.asl.jsonpath.segments import Predicate, Walk
from asw.asl.values import ABSENT, Json, is_number, is_same, to_text

if TYPE_CHECKING:
    from asw.asl.jsonata.patterns import Pattern

Operand: TypeAlias = Callable[[Json, Walk], Json]
"""The value of an operand for an item (``@``) of a walk; ABSENT if it finds nothing."""

_SEARCHED: Final = 16
"""Characters searched per unit of budget, with the worst of texts to search for."""
_MATCH: Final = 100
"""What matching a regular expression costs, besides."""
_MATCHES: Final = "=~"
_SHOWN: Final = 80
"""Characters of a wrong pattern in a message."""
_MARKED: Final = ("@", "$", "'", '"', "[")
"""What begins an operand that is more than bare text."""
_SYMBOL = re.compile(r"===?|!==?|<=|>=|<|>|=~")
_WORD = re.compile(r"[a-z]+\b")
_TEXT = re.compile(r"(?:(?!&&|\|\|)[^()])+")
_PATTERN = re.compile(r"/((?:\\.|[^\\])*?)/(i?)(?=\s*(?:\)|&&|\|\|))", re.DOTALL)


class FilterReader:
    """Reads one filter; ``read_path`` reads the paths in it, which this module does not know."""

    def __init__(self, scanner: Scanner, read_path: Callable[[Scanner], Operand]) -> None:
        self._scanner = scanner
        self._read_path = read_path

    def read(self) -> Predicate:
        """The predicate that comes next, from its opening parenthesis to its closing one."""
        self._scanner.expect("(")
        with self._scanner.deeper():
            predicate = self._alternatives()
        self._scanner.expect(")")
        return predicate

    def _alternatives(self) -> Predicate:
        terms = [self._conditions()]
        while self._take("||"):
            terms.append(self._conditions())
        return terms[0] if len(terms) == 1 else partial(_holds_any, terms)

    def _conditions(self) -> Predicate:
        terms = [self._term()]
        while self._take("&&"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else partial(_holds_all, terms)

    def _term(self) -> Predicate:
        if self._take("!"):
            with self._scanner.deeper():
                return partial(_holds_not, self._term())
        if self._scanner.looks_at("("):
            return self.read()
        return self._comparison()

    def _comparison(self) -> Predicate:
        is_path = self._scanner.looks_at("@") or self._scanner.looks_at("$")
        left = self._operand()
        self._scanner.skip_space()
        operator = self._operator()
        if operator is None:
            if not is_path:
                self._scanner.fail("expected an operator such as ==")
            return partial(_exists, left)
        self._scanner.skip_space()
        if operator == _MATCHES:
            return partial(_matches, left, self._pattern())
        if operator in COMPARISONS:
            return partial(_compare, COMPARISONS[operator], left, self._compared())
        return partial(_compare, _OPERATORS[operator], left, self._operand())

    def _operator(self) -> str | None:
        found = self._scanner.match(_SYMBOL) or self._scanner.match(_WORD)
        if found is not None and found[0] not in _KNOWN:
            known = ", ".join(_KNOWN)
            self._scanner.fail(f"'{found[0]}' is not an operator of filters ({known} are)")
        return None if found is None else found[0]

    def _compared(self) -> Operand:
        """What an item is compared with: text up to the next condition unless it says otherwise."""
        if any(map(self._scanner.looks_at, _MARKED)):
            return self._operand()
        if self._scanner.match(_PATTERN):
            return partial(_constant, ABSENT)  # Jayway: nothing equals a regular expression
        text = self._scanner.text_in_parentheses(_TEXT).strip()
        return partial(_constant, text) if text else self._operand()

    def _pattern(self) -> "Pattern":
        from asw.asl.jsonata.errors import JSONataError  # noqa: PLC0415 -- both load an engine
        from asw.asl.jsonata.patterns import Pattern  # noqa: PLC0415

        found = self._scanner.match(_PATTERN)
        if found is None:
            self._scanner.fail("expected a regular expression between slashes, such as /a.*/i")
        try:
            return Pattern(found[1], ignores_case=bool(found[2]))
        except JSONataError:
            shown = found[1][:_SHOWN]
            self._scanner.fail(f"'{shown}' is not a regular expression that asw can match")

    def _operand(self) -> Operand:
        if self._scanner.looks_at("@") or self._scanner.looks_at("$"):
            return self._read_path(self._scanner)
        if self._take("["):
            return self._list()
        quoted = self._scanner.quoted()
        if quoted is not None:
            return partial(_constant, quoted)
        literal = self._scanner.literal()
        if literal is ABSENT:
            self._scanner.fail("expected '@', '$', a number, a quoted string, true, false or null")
        return partial(_constant, literal)

    def _list(self) -> Operand:
        operands: list[Operand] = []
        while not self._take("]"):
            if operands:
                self._scanner.expect(",")
                self._scanner.skip_space()
            with self._scanner.deeper():
                operands.append(self._operand())
        return partial(_list_of, operands)

    def _take(self, text: str) -> bool:
        self._scanner.skip_space()
        return self._scanner.take(text)


def _holds_any(terms: list[Predicate], item: Json, walk: Walk) -> bool:
    return any(term(item, walk) for term in terms)


def _holds_all(terms: list[Predicate], item: Json, walk: Walk) -> bool:
    return all(term(item, walk) for term in terms)


def _holds_not(term: Predicate, item: Json, walk: Walk) -> bool:
    return not term(item, walk)


def _exists(operand: Operand, item: Json, walk: Walk) -> bool:
    """Jayway: null counts as missing."""
    return operand(item, walk) not in (ABSENT, None)


def _matches(operand: Operand, pattern: "Pattern", item: Json, walk: Walk) -> bool:
    value = operand(item, walk)
    if isinstance(value, bool) or is_number(value):
        value = to_text(value)
    if not isinstance(value, str):
        return False
    walk.budget.spend(_MATCH + len(value) // _SEARCHED)
    return pattern.matches(value)


def _compare(
    compare: Callable[[Json, Json], bool], left: Operand, right: Operand, item: Json, walk: Walk
) -> bool:
    one, other = left(item, walk), right(item, walk)
    walk.budget.weigh(one, len(other) if isinstance(other, list) else 1)
    if compare is _contains and isinstance(one, str):
        walk.budget.spend(len(one) // _SEARCHED)
    return compare(one, other)


def _constant(value: Json, _item: Json, _walk: Walk) -> Json:
    return value


def _list_of(operands: list[Operand], item: Json, walk: Walk) -> Json:
    return [operand(item, walk) for operand in operands]


def _is_in(left: Json, right: Json) -> bool:
    return isinstance(right, list) and any(is_same(left, item) for item in right)


def _contains(left: Json, right: Json) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _is_in(right, left)


def _is_subset(left: Json, right: Json) -> bool:
    return isinstance(left, list) and all(_is_in(item, right) for item in left)


def _meets(left: Json, right: Json) -> bool:
    return isinstance(left, list) and any(_is_in(item, right) for item in left)


def _has_size(left: Json, right: Json) -> bool:
    return isinstance(left, list | str) and is_same(len(left), right)


def _is_empty(left: Json, right: Json) -> bool:
    return isinstance(left, list | str) and isinstance(right, bool) and right != bool(left)


_OPERATORS: Final[Mapping[str, Callable[[Json, Json], bool]]] = {
    "===": is_same,
    "!==": lambda left, right: not is_same(left, right),
    "in": _is_in,
    "nin": lambda left, right: not _is_in(left, right),
    "subsetof": _is_subset,
    "anyof": _meets,
    "noneof": lambda left, right: not _meets(left, right),
    "contains": _contains,
    "size": _has_size,
    "empty": _is_empty,
}
_KNOWN: Final = (*COMPARISONS, _MATCHES, *_OPERATORS)
