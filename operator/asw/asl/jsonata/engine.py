"""The library that evaluates JSONata (jlens), and the limits it is held to.

Nothing else imports it. An expression is compiled twice: as it is, for its faults and for what it
reads; and wrapped, because the library returns the same for null, undefined and a function.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from threading import Lock
from time import thread_time
from typing import Any, Final, Generic, TypeVar

from jlens import Expression, JlensError

from asw.asl.budget import OverBudgetError
from asw.asl.jsonata.cost import LONGEST_ARRAY as LONGEST_SMALL_ARRAY
from asw.asl.jsonata.cost import Growth, growth_of
from asw.asl.jsonata.errors import (
    MEMORY,
    STACK_OVERFLOW,
    TIMEOUT,
    JSONataError,
    UnsupportedResultError,
)
from asw.asl.jsonata.functions import FUNCTIONS, Function
from asw.asl.jsonata.references import bound_in
from asw.asl.jsonata.tokens import Token, is_plain, names_in, tokens_of
from asw.asl.values import ABSENT, Absent, Json

T = TypeVar("T")

LONGEST_SECONDS: Final = 1.0
"""AWS gives an expression a second. A last resort, because its effect depends on the machine: it
ends regular expressions that backtrack forever."""
LENIENCE: Final = 5
"""Up to this many times longer if others use the processor: the library's clock keeps running."""
MOST_STEPS: Final = 5_000_000
"""Ends endless loops, always at the same step, after about a quarter of a second."""
DEEPEST_EVALUATION: Final = 100
"""AWS: a chain of this many additions evaluates, and one more does not."""
LARGEST_STRING: Final = 6_990_256
"""Bytes; AWS makes a string of 2**22 characters and none of 2**23."""
LONGEST_ARRAY: Final = 873_782
"""AWS: [1..873782] evaluates, and one more item does not."""
LARGEST_RESULT: Final = 2**20
"""Bytes of JSON; no state accepts more than a quarter of that."""

_LIMITS: Final[Mapping[str, Any]] = {
    "timeout": LONGEST_SECONDS,
    "max_steps": MOST_STEPS,
    "max_depth": DEEPEST_EVALUATION + 3,  # the wrapper adds three levels
    "max_string_length": LARGEST_STRING,
    "max_array_length": LONGEST_ARRAY,
    "max_result_size": LARGEST_RESULT,
}
_SMALL: Final[Mapping[str, Any]] = {
    **_LIMITS,
    "timeout": 0.01,
    "max_steps": 100_000,
    "max_string_length": 2**14,
    "max_array_length": LONGEST_SMALL_ARRAY,
}
"""Limits of attempts while others wait; only the limits above decide what the answer is."""
_OF_LIMITS: Final = frozenset({"D1012", "U1006", "U1001", "D2016"})
"""The library's codes for exceeded limits."""
_WRAPPED: Final = '(%s$__value := (%s\n); {"type": $type($__value), "value": $__value})'
_CLOCK: Final = "D1012"
"""The library's code for an expression that takes too long; too many steps have another code."""
_NESTED: Final = re.compile("nested (?:too deeply|more than)")
_NEWER: Final[Mapping[str, str]] = {"?:": ":", "??": "?"}
"""Operators of JSONata 2.1, and the character at which 2.0.6 rejects them."""
_USERS_TEXT: Final = frozenset({"D3137", "D3141"})
_WHOLE_FLOAT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w.])(-?\d+)\.0(?![\w.])')
_NONE: Final = frozenset[str]()
_SHORT: Final = 150
"""Sources up to this length, which most are, are kept in the fastest cache, a thousand of them."""
MOST_KEPT: Final = 150_000
"""Total characters of longer sources whose compiled form, about 100 times as large, is kept."""
_LONGEST_KEPT: Final = 20_000
"""The longest source whose compiled form is kept."""


@dataclass(frozen=True)
class Compiled:
    """An expression that parses.

    ``variables`` are those that it reads and never binds. ``reads`` has everything that it may
    read, each variable with the fields that are read: a tree of dicts, True for a value that is
    read wholly. ``functions`` are those of ours that it mentions. With ``needs_no_input`` it
    certainly reads nothing but variables.
    """

    source: str
    variables: frozenset[str]
    reads: Mapping[str, Any]
    functions: Mapping[str, Function]
    needs_no_input: bool

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens of the source, without blanks and comments."""
        return tuple(tokens_of(self.source))

    @cached_property
    def draws(self) -> bool:
        """Whether it may draw numbers."""
        return any(function.draws for function in self.functions.values())

    @cached_property
    def growth(self) -> Growth | None:
        """How it may let values grow; None if nothing bounds that."""
        return growth_of(self.source, self.tokens)

    def cut(self, bindings: Mapping[str, Json]) -> dict[str, Json]:
        """The part of the bindings that it reads, because the library converts all it is given."""
        return {
            name: _cut_value(bindings[name], fields)
            for name, fields in self.reads.items()
            if name in bindings
        }

    @cached_property
    def _wrapped(self) -> Expression:
        definitions = "".join(function.definition for function in self.functions.values())
        try:
            wrapped = Expression(_WRAPPED % (definitions, self.source))
        except JlensError as error:  # a few levels deeper than a source may be
            raise _in_aws_words(error) from None
        for name, function in self.functions.items():
            called = f"__{name}" if function.definition else name
            wrapped.register_function(called, function.call, function.signature)
        return wrapped

    def run(
        self, read: dict[str, Json], now: datetime | None, *, is_small: bool = False
    ) -> Json | Absent:
        """The result for what it reads; ABSENT if undefined. Raises JSONataError.

        With the small limits (``is_small``), raises OverBudgetError if they are not enough.
        """
        try:
            outcome = self._evaluated(read, now, _SMALL) if is_small else self._outcome(read, now)
        except JlensError as error:
            told = _in_aws_words(error)
            if is_small and error.code in _OF_LIMITS and told.message != STACK_OVERFLOW:
                raise OverBudgetError from None
            raise told from None
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            text = str(error)
            raise JSONataError(STACK_OVERFLOW if _NESTED.search(text) else text) from None
        match outcome.get("type"):
            case None:
                return ABSENT
            case "function":
                raise UnsupportedResultError
            case "object" if outcome.get("value") is None:
                return "NaN"  # that is the only other type; AWS words it so
            case _:
                return outcome["value"]

    def _outcome(self, bindings: dict[str, Json], now: datetime | None) -> Mapping[str, Any]:
        """What the library returns. Raises JlensError.

        An expression that got little processor time in its second is evaluated once more, unless it
        draws numbers: these must not depend on how busy the machine is. It then gets as much longer
        as others kept it waiting, so that it takes about a second of the processor.
        """
        began, seconds = thread_time(), _LIMITS["timeout"]
        try:
            return self._evaluated(bindings, now, _LIMITS)
        except JlensError as error:
            spent = thread_time() - began
            if error.code != _CLOCK or self.draws or spent > seconds / 2:
                raise
        longer = min(LENIENCE, seconds / max(spent, 1e-9))
        return self._evaluated(bindings, now, {**_LIMITS, "timeout": longer * seconds})

    def _evaluated(
        self, bindings: dict[str, Json], now: datetime | None, limits: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._wrapped.evaluate(None, bindings, now=now, **limits)
        return found


def is_long(source: str) -> bool:
    """Whether the source is too long for its compiled form to be kept."""
    return len(source) > _LONGEST_KEPT


def parse(source: str) -> Compiled:
    """The compiled expression. Raises JSONataError."""
    if len(source) <= _SHORT:
        return _parse_short(source)
    return _parse(source) if is_long(source) else _kept(source)


def _parse(source: str) -> Compiled:
    try:
        read = Expression(source).reads()
    except JlensError as error:
        raise _in_aws_words(error) from None
    except ValueError as error:  # half a surrogate pair
        raise JSONataError(str(error)) from None
    bindings: Mapping[str, Any] = read["bindings"]
    plain = is_plain(source)
    mentioned, bound = (names_in(source), _NONE) if plain else _names_by_tokens(source)
    # The library says too little about a name that is also bound in the source, and nothing about
    # the names of its own functions, which a variable may hide.
    whole = dict.fromkeys(bound | (mentioned - bindings.keys()), True)
    return Compiled(
        source=source,
        variables=frozenset(bindings) - FUNCTIONS.keys(),
        reads={**bindings, **whole},
        functions={name: FUNCTIONS[name] for name in sorted(mentioned & FUNCTIONS.keys())},
        needs_no_input=plain and "input" not in read and "everyBinding" not in read,
    )


class Kept(Generic[T]):
    """A cache of what ``make`` makes of texts, bounded by the characters of all its texts.

    A bound on their number is not enough: a result may take a hundred times the text's length.
    """

    def __init__(self, make: Callable[[str], T], most: int) -> None:
        self._make = make
        self._most = most
        self._made: dict[str, T] = {}
        self._length = 0
        self._lock = Lock()

    def __call__(self, text: str) -> T:
        """What was made of the text. Raises what making it raises, each time."""
        found = self._made.get(text)
        return self._add(text, self._make(text)) if found is None else found

    def _add(self, text: str, made: T) -> T:
        if len(text) > self._most:
            return made
        with self._lock:
            if text not in self._made:
                self._length += len(text)
            self._made[text] = made
            while self._length > self._most:
                oldest = next(iter(self._made))
                del self._made[oldest]
                self._length -= len(oldest)
        return made


_parse_short = lru_cache(maxsize=1024)(_parse)
_kept: Final = Kept(_parse, MOST_KEPT)


def _names_by_tokens(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that it mentions and those that it binds. Raises JSONataError for newer syntax."""
    tokens = tuple(tokens_of(source))
    for token in tokens:
        if token.kind == "operator" and token.text in _NEWER:
            culprit = _NEWER[token.text]
            raise JSONataError(
                f'The symbol "{culprit}" cannot be used as a unary operator', "S0211"
            )
    names = (it.text[1:] for it in tokens if it.kind == "name" and it.text.startswith("$"))
    return frozenset(names), bound_in(tokens)


def _cut_value(value: Json, fields: Any) -> Json:
    if fields is True or not isinstance(value, dict):
        return value
    return {name: _cut_value(value[name], below) for name, below in fields.items() if name in value}


def _in_aws_words(error: JlensError) -> JSONataError:
    """The error in AWS's words; AWS's engine writes whole numbers without a fraction."""
    text = str(error)
    match error.code:
        case "D1011":
            return JSONataError(STACK_OVERFLOW)
        case code if code in (_CLOCK, "U1006"):
            return JSONataError(TIMEOUT)
        case "U1001" if _NESTED.search(text):
            return JSONataError(STACK_OVERFLOW)
        case "U1001" | "D2016":
            return JSONataError(MEMORY)
        case code if code in _USERS_TEXT:
            return JSONataError(text, code, error.start)
        case code:
            told = _WHOLE_FLOAT.sub(lambda number: number[1] or number[0], text)
            return JSONataError(told, code, error.start)
