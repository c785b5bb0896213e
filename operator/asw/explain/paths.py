"""Why a path found nothing: how far it leads, and which keys exist there.

Pure. For errors of the data flow: their causes quote the path in AWS's words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from asw.asl import jsonata
from asw.asl.jsonpath import PathSyntaxError, Root, parse_path
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Json, kind_of
from asw.messages import t

_QUOTED: Final = (
    re.compile(
        r"The JSONPath '(?P<path>.+?)' specified for the field '(?P<field>.+?)' could", re.DOTALL
    ),
    re.compile(r"Invalid path '(?P<path>.+?)' ?:", re.DOTALL),
    re.compile(r"The (?P<field>\w+) parameter does not reference an input value: (?P<path>\S+)"),
    re.compile(r"Unable to apply ReferencePath (?P<path>\S+) to input"),
    re.compile(r"The variable '(?P<path>\$\w+)' is not defined"),
)
_QUERIED: Final = re.compile(r"\$states\.(input|result)((?:\.[A-Za-z_]\w*)+)")
_EXPRESSION: Final = re.compile(
    r"The JSONata expression '(?P<source>.+)' specified for the field '(?P<field>[^']*)'", re.DOTALL
)
_SHOWN_KEYS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LostPath:
    """A path that found nothing. ``field`` is the field with the path, empty if unknown.

    ``came_to`` is the part of it that exists, ``keys`` are those that exist there; ``nearest`` is
    the path that may have been meant. ``item`` is the item of a Map, for its ItemSelector.
    """

    path: str
    field: str
    came_to: str
    found: str
    keys: tuple[str, ...]
    nearest: str | None
    item: int | None = None

    def sentences(self) -> Iterator[str]:
        """Sentences about it."""
        where = t("{path} found nothing", path=self.path)
        if self.field:
            where = t("{path} in {field} found nothing", path=self.path, field=self.field)
        yield where
        if self.item is not None:
            yield t("it is item {index} that does not have it", index=self.item)
        if self.keys:
            keys = ", ".join(self.keys[:_SHOWN_KEYS])
            if len(self.keys) > _SHOWN_KEYS:
                keys += ", ..."
            yield t("{place} has the keys: {keys}", place=self.came_to, keys=keys)
        else:
            yield t("{place} is {what}", place=self.came_to, what=self.found)
        if self.nearest is not None:
            yield t("did you mean {name}?", name=self.nearest)


def lost_path_in(cause: str, documents: Sequence[tuple[Json, Scope]]) -> LostPath | None:
    """The path that the cause quotes, looked at in the first document that does not have it."""
    for pattern in _QUOTED:
        found = pattern.search(cause)
        if found is not None:
            field = found.groupdict().get("field") or ""
            return _looked_for(found["path"], field, documents)
    return None


def lost_query_in(source: str, documents: dict[str, Json]) -> LostPath | None:
    """The first absent ``$states.input...`` or ``$states.result...`` of a JSONata expression."""
    for found in _QUERIED.finditer(source):
        start = documents.get(found[1], ABSENT)
        steps = found[2].lstrip(".").split(".")
        lost = None if start is ABSENT else _walked(f"$states.{found[1]}", steps, start)
        if lost is not None:
            return lost
    return None


def lost_variable_in(cause: str, variables: Mapping[str, Json]) -> LostPath | None:
    """The first variable of the JSONata expression in the cause that the state does not have."""
    found = _EXPRESSION.search(cause)
    if found is None:
        return None
    with suppress(jsonata.JSONataError):
        for name in sorted(jsonata.variables_in(found["source"]) - {"states"}):
            if name not in variables:
                return _no_variable(f"${name}", found["field"], name, variables)
    return None


def _no_variable(path: str, field: str, name: str, variables: Mapping[str, Json]) -> LostPath:
    near = get_close_matches(name, list(variables), n=1)
    return LostPath(
        path=path,
        field=field,
        came_to=t("the state"),
        found=t("without variables"),
        keys=tuple(f"${it}" for it in variables),
        nearest=f"${near[0]}" if near else None,
    )


def _looked_for(path: str, field: str, documents: Sequence[tuple[Json, Scope]]) -> LostPath | None:
    try:
        parsed = parse_path(path)
    except PathSyntaxError:
        return None
    for document, scope in documents:
        start, prefix = document, "$"
        if parsed.root is Root.CONTEXT:
            start, prefix = scope.context, "$$"
        elif parsed.root is Root.VARIABLE:
            name = parsed.variable or ""
            if name not in scope.variables:
                return _no_variable(path, field, name, scope.variables)
            start, prefix = scope.variables[name], f"${name}"
        lost = _walked(prefix, list(parsed.steps or ()), start, path, field)
        if lost is not None:
            return lost
    return None


def _walked(
    prefix: str, steps: Sequence[str | int], start: Json, path: str = "", field: str = ""
) -> LostPath | None:
    """How far the steps lead; None if they lead to the end."""
    value, came_to = start, prefix
    for at, step in enumerate(steps):
        below = _below(value, step)
        if below is ABSENT:
            keys = tuple(map(str, value)) if isinstance(value, dict) else ()
            near = get_close_matches(str(step), keys, n=1) or _same(str(step), keys)
            nearest = came_to + _spelt([near[0], *steps[at + 1 :]]) if near else None
            return LostPath(
                path=path or prefix + _spelt(steps),
                field=field,
                came_to=came_to,
                found=_what(value),
                keys=keys,
                nearest=nearest,
            )
        value, came_to = below, came_to + _spelt([step])
    return None


def _below(value: Json, step: str | int) -> Json:
    if isinstance(step, str) and isinstance(value, dict):
        return value.get(step, ABSENT)
    if isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
        return value[step]
    return ABSENT


def _same(step: str, keys: Sequence[str]) -> list[str]:
    """The key that differs only in case, underscores and dashes."""
    plain = step.casefold().replace("_", "").replace("-", "")
    return [it for it in keys if it.casefold().replace("_", "").replace("-", "") == plain]


def _what(value: Json) -> str:
    if isinstance(value, dict):
        return t("an empty object")
    if isinstance(value, list):
        return t("an array of {count}", count=len(value))
    return t("not an object but of type {kind}", kind=kind_of(value))


def _spelt(steps: Sequence[str | int]) -> str:
    plain = re.compile(r"\w+")
    return "".join(
        f"[{it}]" if isinstance(it, int) else f".{it}" if plain.fullmatch(it) else f"['{it}']"
        for it in steps
    )
