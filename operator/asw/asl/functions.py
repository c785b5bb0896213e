"""The eighteen intrinsic functions (ASL: Intrinsic Functions), with AWS's limits.

Each gets a source of chance and its evaluated arguments, as many as its arity allows.
"""

import base64
import binascii
import hashlib
import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from asw.asl.values import Json, from_text, is_longer, is_number, is_same, to_text

Chance: TypeAlias = Callable[[], float]

LONGEST_ARRAY: Final = 1000
"""AWS: the longest array that States.ArrayRange makes."""
LONGEST_TEXT: Final = 10_000
"""AWS: the longest text that the Base64 functions and States.Hash take."""

LONGEST_RESULT: Final = 1_000_000
"""The longest text that a function makes; a longer one could not leave the state anyway."""

_TOO_LONG: Final = f"the result would have more than {LONGEST_RESULT} characters"
_GREATEST: Final = 2**63 - 1

_PLACEHOLDER = re.compile(r"\\(.)|(\{\})", re.DOTALL)
_ALGORITHMS: Final[Mapping[str, str]] = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class BadArgumentsError(Exception):
    """The function cannot handle these arguments; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function and how many arguments it takes; ``most`` is None for any number.

    One that ``wants_template`` reads the escapes in its first argument itself. One that ``reads``
    examines its arguments wholly. For one that ``grows``, time or result grow with the arguments.
    """

    apply: Callable[..., Json]
    least: int
    most: int | None
    wants_template: bool = False
    reads: bool = False
    grows: bool = True

    def takes(self, count: int) -> bool:
        """Whether it takes this many arguments."""
        return self.least <= count and (self.most is None or count <= self.most)

    @property
    def arity(self) -> str:
        """How many arguments it takes, in words."""
        if self.most is None:
            return f"at least {self.least} arguments"
        if self.least == self.most:
            return f"{self.least} arguments"
        return f"{self.least} or {self.most} arguments"


def _format(_chance: Chance, template: Json, *values: Json) -> Json:
    text = _text(template, "template")
    if is_longer(list(values), LONGEST_RESULT):
        raise BadArgumentsError(_TOO_LONG)
    if sum(bool(found[2]) for found in _PLACEHOLDER.finditer(text)) != len(values):
        raise BadArgumentsError(
            "Invalid arguments in States.Format: number of arguments do not match the "
            "occurrences of {}"
        )
    remaining = iter(values)
    return _PLACEHOLDER.sub(lambda found: found[1] or _shown(next(remaining)), text)


def _shown(value: Json) -> str:
    """A value within a text, as Java prints it: ``{a=1, b=[x, null]}``."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return _written(value)


def _string_to_json(_chance: Chance, text: Json) -> Json:
    text = _text(text, "string")
    if not text.strip():
        return None
    try:
        return from_text(text)
    except ValueError:
        raise BadArgumentsError("Invalid arguments in States.StringToJson: no JSON") from None


def _json_to_string(_chance: Chance, value: Json) -> Json:
    return _written(value)


def _array(_chance: Chance, *items: Json) -> Json:
    return list(items)


def _array_partition(_chance: Chance, array: Json, size: Json) -> Json:
    items, chunk = _items(array), _integer(size, "chunk size")
    if chunk < 1:
        raise BadArgumentsError(f"the chunk size must be at least 1, not {chunk}")
    return [items[at : at + chunk] for at in range(0, len(items), chunk)]


def _array_contains(_chance: Chance, array: Json, value: Json) -> Json:
    return any(is_same(item, value) for item in _items(array))


def _array_range(_chance: Chance, first: Json, last: Json, step: Json) -> Json:
    start, stop, stride = _integer(first, "first"), _integer(last, "last"), _integer(step, "step")
    if stride == 0:
        raise BadArgumentsError("the step must not be 0")
    if (stop - start) // stride >= LONGEST_ARRAY:
        raise BadArgumentsError(f"the array would have more than {LONGEST_ARRAY} items")
    return list(range(start, stop + (1 if stride > 0 else -1), stride))


def _array_get_item(_chance: Chance, array: Json, index: Json) -> Json:
    items, at = _items(array), _integer(index, "index")
    if not 0 <= at < len(items):
        raise BadArgumentsError(f"the array of {len(items)} items has no item {at}")
    return items[at]


def _array_length(_chance: Chance, array: Json) -> Json:
    return len(_items(array))


def _array_unique(_chance: Chance, array: Json) -> Json:
    seen: set[str] = set()
    unique = []
    for item in _items(array):
        key = _key(item)
        if key not in seen:
            seen.add(key)
            unique.append(item)
    return unique


def _base64_encode(_chance: Chance, text: Json) -> Json:
    return base64.b64encode(_bytes(_bounded(text, "text"))).decode()


def _base64_decode(_chance: Chance, text: Json) -> Json:
    try:
        return base64.b64decode(_bounded(text, "text"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise BadArgumentsError("the text is not the Base64 form of a UTF-8 text") from None


def _hash(_chance: Chance, data: Json, algorithm: Json) -> Json:
    name = _ALGORITHMS.get(_text(algorithm, "algorithm"))
    if name is None:
        known = ", ".join(_ALGORITHMS)
        raise BadArgumentsError(f"there is no algorithm '{algorithm}' ({known})")
    text = data if isinstance(data, str) else _written(data)
    return hashlib.new(name, _bytes(_bounded(text, "data")), usedforsecurity=False).hexdigest()


def _bytes(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which it cannot express, becomes a question mark as in Java."""
    return text.encode(errors="replace")


def _json_merge(_chance: Chance, left: Json, right: Json, is_deep: Json) -> Json:
    if is_deep is not False:
        raise BadArgumentsError("only shallow merging is supported: the third argument is false")
    if not isinstance(left, dict) or not isinstance(right, dict):
        raise BadArgumentsError("both values to merge must be objects")
    return {**left, **right}


def _math_random(chance: Chance, start: Json, end: Json, *seed: Json) -> Json:
    least, bound = _integer(start, "start"), _integer(end, "end")
    if least >= bound:
        raise BadArgumentsError(f"the start {least} must be below the end {bound}")
    share = _seeded(_integer(seed[0], "seed")) if seed else chance()
    return least + math.floor(share * (bound - least))


def _seeded(seed: int) -> float:
    """A number in [0, 1) that will always be the same for the same seed."""
    digest = hashlib.sha256(str(seed).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _math_add(_chance: Chance, left: Json, right: Json) -> Json:
    return _integer(left, "first number") + _integer(right, "second number")


def _string_split(_chance: Chance, text: Json, separators: Json) -> Json:
    """AWS: every character of the second text is a separator; empty parts are dropped."""
    whole, marks = _text(text, "string"), _text(separators, "separator")
    if not marks:
        return [whole] if whole else []
    return [part for part in re.split(f"[{re.escape(marks)}]", whole) if part]


def _uuid(chance: Chance) -> Json:
    number = 0
    for _ in range(4):
        number = number << 32 | math.floor(chance() * 2**32)
    return str(uuid.UUID(int=number, version=4))


def _text(value: Json, what: str) -> str:
    if not isinstance(value, str):
        raise BadArgumentsError(f"the {what} must be a string")
    return value


def _written(value: Json) -> str:
    if is_longer(value, LONGEST_RESULT):
        raise BadArgumentsError(_TOO_LONG)
    try:
        return to_text(value)
    except ValueError as problem:
        raise BadArgumentsError(str(problem)) from None


def _bounded(value: Json, what: str) -> str:
    text = _text(value, what)
    if len(text) > LONGEST_TEXT:
        raise BadArgumentsError(f"the {what} must have {LONGEST_TEXT} characters at most")
    return text


def _items(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise BadArgumentsError("the first argument must be an array")
    return value


def _integer(value: Json, what: str) -> int:
    """AWS rounds to an integer, halves up, as Java does: -1.5 becomes -1."""
    if not is_number(value):
        raise BadArgumentsError(f"the {what} must be a number")
    whole = value if isinstance(value, int) else math.floor(value + 0.5)
    if abs(whole) > _GREATEST:
        raise BadArgumentsError(f"the {what} must be of 64 bits at most")
    return whole


def _key(value: Json) -> str:
    """One text for all equal values: 1 and 1.0, objects in any order."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_text(key)}:{_key(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_key, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return to_text(value)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "States.Format": Function(apply=_format, least=1, most=None, wants_template=True, reads=True),
    "States.StringToJson": Function(apply=_string_to_json, least=1, most=1, reads=True),
    "States.JsonToString": Function(apply=_json_to_string, least=1, most=1, reads=True),
    "States.Array": Function(apply=_array, least=0, most=None),
    "States.ArrayPartition": Function(apply=_array_partition, least=2, most=2),
    "States.ArrayContains": Function(apply=_array_contains, least=2, most=2, reads=True),
    "States.ArrayRange": Function(apply=_array_range, least=3, most=3),
    "States.ArrayGetItem": Function(apply=_array_get_item, least=2, most=2, grows=False),
    "States.ArrayLength": Function(apply=_array_length, least=1, most=1, grows=False),
    "States.ArrayUnique": Function(apply=_array_unique, least=1, most=1, reads=True),
    "States.Base64Encode": Function(apply=_base64_encode, least=1, most=1, reads=True),
    "States.Base64Decode": Function(apply=_base64_decode, least=1, most=1, reads=True),
    "States.Hash": Function(apply=_hash, least=2, most=2, reads=True),
    "States.JsonMerge": Function(apply=_json_merge, least=3, most=3, reads=True),
    "States.MathRandom": Function(apply=_math_random, least=2, most=3, grows=False),
    "States.MathAdd": Function(apply=_math_add, least=2, most=2, grows=False),
    "States.StringSplit": Function(apply=_string_split, least=2, most=2, reads=True),
    "States.UUID": Function(apply=_uuid, least=0, most=0, grows=False),
}
"""Functions by the name under which templates call them."""
