"""The functions that AWS adds to JSONata, and ``$eval``, which it takes away.

They are called with what JSONata's signature admits; None is an undefined or missing argument, and
a result of None is undefined. Numbers that should be whole are truncated towards zero.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from asw.asl.jsonata.errors import MEMORY, JSONataError, wrong_argument
from asw.asl.values import Json, finite, refuse_constant

LONGEST_RANGE: Final = 360_145
"""AWS: the most items that ``$range`` makes; with one more it reports too much memory."""

CHANCE: Final[ContextVar[Callable[[], float]]] = ContextVar("CHANCE")
"""Returns the next number in [0, 1) for the current evaluation."""

_ALGORITHMS: Final[Mapping[str, str]] = {
    "SHA-1": "sha1",
    "SHA-384": "sha384",
    "SHA-256": "sha256",
    "SHA-512": "sha512",
    "MD5": "md5",
}
_LEAST_LONG, _MOST_LONG = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Function:
    """The Python function to call, and the signature in JSONata's notation.

    ``definition`` is JSONata that makes the function from one named ``__`` and its name.
    """

    call: Callable[..., Json]
    signature: str
    draws: bool = False
    definition: str = ""


def partition(items: Json, size: float | None = None) -> list[Json] | None:
    """The items in lists of this size, the last with the rest; undefined for no items."""
    if items is not None and not isinstance(items, list):
        # The end of the sentence is AWS's.
        raise JSONataError(
            'Argument 1 of function "partition" must be an array of undefined', "T0412"
        )
    if not items:
        return None
    if size is None:
        return [items]
    step = _whole(size)
    if step < 0:
        raise JSONataError("Second argument must be zero or greater", "D3137")
    if step == 0:
        return None
    return [items[start : start + step] for start in range(0, len(items), step)]


def spread(first: float | None, last: float | None, step: float | None = None) -> Json:
    """``$range``: from first to last, both included; as at AWS, a single number is not a list."""
    if first is None:
        raise wrong_argument("range", 1)
    if last is None:
        raise wrong_argument("range", 2)
    if step is None or _whole(step) == 0:
        return None
    start, end, stride = _whole(first), _whole(last), _whole(step)
    count = max(0, (end - start) // stride + 1)
    if count > LONGEST_RANGE:
        raise JSONataError(MEMORY)
    if count <= 1:
        return start if count else None
    return list(range(start, start + count * stride, stride))


def digest(text: str | None, algorithm: str | None = None) -> str | None:
    """``$hash``: the digest of the text's UTF-8 in lower-case hexadecimal."""
    if text is None:
        raise wrong_argument("hash", 1)
    if algorithm is None:
        return None
    if algorithm not in _ALGORITHMS:
        raise JSONataError(
            f"Hash algorithm '{algorithm}' must be one of {', '.join(_ALGORITHMS)}", "D3137"
        )
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def random(seed: float | None = None) -> float:
    """A number in [0, 1); with a seed, the first that Java's generator draws from it, as at AWS."""
    if seed is None:
        return CHANCE.get()()
    state = (_whole(seed) ^ 0x5DEECE66D) & (2**48 - 1)
    bits = 0
    for width in (26, 27):
        state = (state * 0x5DEECE66D + 0xB) & (2**48 - 1)
        bits = (bits << width) + (state >> (48 - width))
    return bits / 2.0**53


def make_uuid() -> str:
    """``$uuid``: a UUID of version 4."""
    draw = CHANCE.get()
    bits = 0
    for _ in range(4):
        bits = (bits << 32) + int(draw() * 2**32)
    return str(uuid.UUID(int=bits, version=4))


def parse(text: str | None = None) -> Json:
    """The value of a JSON text, in an object because null alone would be undefined."""
    if text is None:
        return None
    try:
        return {"value": parse_json(text)}
    except ValueError:
        raise JSONataError("Invalid JSON", "D3137") from None


def refuse_eval(*_arguments: Json) -> Json:
    """``$eval`` is not a function here; AWS says so when it is called."""
    raise JSONataError("Attempted to invoke a non-function", "T1006")


FUNCTIONS: Final[Mapping[str, Function]] = {
    "partition": Function(partition, "<xn?:x>"),
    "range": Function(spread, "<nnn?:x>"),
    "hash": Function(digest, "<ss?:s>"),
    "random": Function(random, "<n?:n>", draws=True),
    "uuid": Function(make_uuid, "<:s>", draws=True),
    "parse": Function(
        parse,
        "<s?:x>",
        definition="$parse := function($text)<s?:x>{$__parse($text).value}; ",
    ),
    "eval": Function(refuse_eval, "<x?x?:x>"),
}


def _whole(number: float) -> int:
    return max(_LEAST_LONG, min(int(number), _MOST_LONG))


_STRING: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)


def parse_json(text: str) -> Json:
    """The value of a JSON text as AWS's ``$parse`` reads it.

    Strict, except that strings may be in single quotes. Raises ValueError, also for an object with
    the same key twice and for a number beyond the doubles.
    """
    if "'" in text:
        text = _STRING.sub(_double_quoted, text)
    try:
        return json.loads(
            text, parse_constant=refuse_constant, parse_float=finite, object_pairs_hook=_unique
        )
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None


def _double_quoted(string: re.Match[str]) -> str:
    inner = string[1]
    if inner is None:
        return string[0]
    quoted = inner.replace("\\'", "'").replace('\\"', '"').replace('"', '\\"')
    return f'"{quoted}"'


def _unique(members: list[tuple[str, Json]]) -> Json:
    value = dict(members)
    if len(value) < len(members):
        raise ValueError("the object has a key twice")
    return value
