"""Compares a value with an expected one that may contain matchers. Pure.

A matcher is an object with one key that begins with ``$``. ``check_matchers`` finds unknown ones
and wrong arguments before anything is compared.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from asw.asl.values import Json, from_text, is_number, is_same, kind_of, to_text
from asw.failures import nearest
from asw.messages import t

TYPES: Final = ("null", "boolean", "number", "string", "array", "object")
_MISSING: Final = object()
_SHOWN: Final = 120


class Difference(NamedTuple):
    """Where a value is not as expected, and a sentence."""

    path: str
    message: str


class Wrong(NamedTuple):
    """A matcher that cannot be used: its place, and a sentence with the remedy."""

    pointer: tuple[str | int, ...]
    message: str


def differences(expected: Json, actual: Json, path: str = "$") -> Iterator[Difference]:
    """The differences, in the order of the expected value."""
    found = _matcher(expected)
    if found is not None:
        yield from _MATCHERS[found[0]](found[1], actual, path)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        yield from _members(expected, actual, path)
        for name in [name for name in actual if name not in expected]:
            yield Difference(_member(path, name), t("not expected: {got}", got=shown(actual[name])))
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _items(expected, actual, path)
    elif not is_same(expected, actual):
        yield _unlike(path, shown(expected), actual)


def fits(expected: Json, actual: Json) -> bool:
    """Whether nothing differs."""
    return next(differences(expected, actual), None) is None


def shown(value: Json) -> str:
    """The value as JSON, cut if it is long."""
    text = to_text(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def check_matchers(expected: Json, pointer: tuple[str | int, ...] = ()) -> Iterator[Wrong]:
    """Every matcher that cannot be used."""
    if isinstance(expected, list):
        for at, item in enumerate(expected):
            yield from check_matchers(item, (*pointer, at))
    elif isinstance(expected, dict):
        if (name := _matcher_name(expected)) is not None:
            told = _wrong_use(name, expected[name])
            if told:
                yield Wrong((*pointer, name), told)
            elif name == "$exact":
                return
        for key, value in expected.items():
            yield from check_matchers(value, (*pointer, key))


def _matcher_name(value: Json) -> str | None:
    """The key of a value with the form of a matcher, known or not."""
    if isinstance(value, dict) and len(value) == 1:
        (name,) = value
        if re.fullmatch(r"\$[A-Za-z]+", name):
            return str(name)
    return None


def _matcher(value: Json) -> tuple[str, Json] | None:
    name = _matcher_name(value)
    return None if name is None else (name, value[name])


def _wrong_use(name: str, argument: Json) -> str:
    """What is wrong with a matcher; empty if nothing is."""
    if name not in _MATCHERS:
        told = t("no matcher {name}; available: {known}", name=name, known=", ".join(_MATCHERS))
        hint = nearest(name, _MATCHERS) or t("wrap a value that has such a key in $exact")
        return f"{told}: {hint}"
    if name == "$type" and argument not in TYPES:
        return t("$type wants one of {types}", types=", ".join(TYPES))
    if name == "$number" and not _is_range(argument):
        return t("$number wants min, max, or both, as numbers")
    if name in ("$unordered", "$oneOf") and not isinstance(argument, list):
        return t("{name} wants a list", name=name)
    if name == "$regex":
        return _wrong_regex(argument)
    return ""


def _wrong_regex(argument: Json) -> str:
    try:
        re.compile(argument)
    except (re.error, TypeError) as error:
        return t("$regex wants a regular expression: {error}", error=error)
    return ""


def _is_range(value: Json) -> bool:
    is_filled = isinstance(value, dict) and bool(value) and value.keys() <= {"min", "max"}
    return is_filled and all(is_number(bound) for bound in value.values())


def _members(expected: Mapping[str, Json], actual: Json, path: str) -> Iterator[Difference]:
    for name, value in expected.items():
        at = _member(path, name)
        if name in actual:
            yield from differences(value, actual[name], at)
        else:
            yield Difference(at, t("expected {expected}, got nothing", expected=shown(value)))


def _items(expected: list[Json], actual: list[Json], path: str) -> Iterator[Difference]:
    for at, (one, other) in enumerate(zip(expected, actual, strict=False)):
        yield from differences(one, other, f"{path}[{at}]")
    if len(expected) != len(actual):
        counts = {"expected": len(expected), "got": len(actual)}
        yield Difference(path, t("expected {expected} items, got {got}", **counts))


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if re.fullmatch(r"[^\W\d]\w*", name) else f"{path}[{to_text(name)}]"


def _unlike(path: str, expected: str, actual: Json) -> Difference:
    return Difference(
        path, t("expected {expected}, got {got}", expected=expected, got=shown(actual))
    )


# Matchers: the argument, the actual value, its path


def _any(_argument: Json, _actual: Json, _path: str) -> Iterator[Difference]:
    yield from ()


def _type(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    if kind_of(actual) != argument:
        yield _unlike(path, t("a value of type {type}", type=argument), actual)


def _regex(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    if not isinstance(actual, str) or not re.search(argument, actual):
        yield _unlike(path, t("a string that matches /{pattern}/", pattern=argument), actual)


def _number(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    least, most = argument.get("min"), argument.get("max")
    is_within = is_number(actual) and (least is None or actual >= least)
    if not is_within or (most is not None and actual > most):
        yield _unlike(path, t("a number within {bounds}", bounds=to_text(argument)), actual)


def _subset(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    """Objects may have further members, at every depth; arrays must have the same length."""
    if _matcher_name(argument) is None and isinstance(argument, dict) and isinstance(actual, dict):
        for name, value in argument.items():
            at = _member(path, name)
            if name in actual:
                yield from _subset(value, actual[name], at)
            else:
                yield Difference(at, t("expected {expected}, got nothing", expected=shown(value)))
    elif isinstance(argument, list) and isinstance(actual, list) and len(argument) == len(actual):
        for number, (one, other) in enumerate(zip(argument, actual, strict=True)):
            yield from _subset(one, other, f"{path}[{number}]")
    else:
        yield from differences(argument, actual, path)


def _each(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    if not isinstance(actual, list):
        yield _unlike(path, t("an array"), actual)
        return
    for at, item in enumerate(actual):
        yield from differences(argument, item, f"{path}[{at}]")


def _unordered(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    if not isinstance(actual, list):
        yield _unlike(path, t("an array"), actual)
        return
    left = list(actual)
    for wanted in argument:
        found = next((n for n, item in enumerate(left) if fits(wanted, item)), None)
        if found is None:
            yield Difference(path, t("no item like {expected}", expected=shown(wanted)))
        else:
            del left[found]
    for item in left:
        yield Difference(path, t("not expected: {got}", got=shown(item)))


def _json(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    try:
        value = from_text(actual) if isinstance(actual, str) else _MISSING
    except ValueError:
        value = _MISSING
    if value is _MISSING:
        yield _unlike(path, t("a string of JSON"), actual)
    else:
        yield from differences(argument, value, path)


def _exact(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    if not is_same(argument, actual):
        yield _unlike(path, shown(argument), actual)


def _one_of(argument: Json, actual: Json, path: str) -> Iterator[Difference]:
    if not any(fits(one, actual) for one in argument):
        yield _unlike(path, t("one of {values}", values=shown(argument)), actual)


_MATCHERS: Final[Mapping[str, Callable[[Json, Json, str], Iterator[Difference]]]] = {
    "$any": _any,
    "$type": _type,
    "$regex": _regex,
    "$number": _number,
    "$subset": _subset,
    "$each": _each,
    "$unordered": _unordered,
    "$oneOf": _one_of,
    "$json": _json,
    "$exact": _exact,
}
