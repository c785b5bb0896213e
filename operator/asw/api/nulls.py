"""Null members of a spec, which some tools drop on the way to the API server. Pure.

A null in a merge patch deletes (RFC 7386), so no such patch can add one, and an object that lost
one looks as if it never had it. ``spec.nulls`` of a Workflow lists the nulls that were written.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from asw.asl.problems import pointer_of
from asw.asl.values import ABSENT, Absent, Json, JsonObject

NULLS_LOST: Final = "NullsLost"
"""A member that ``spec.nulls`` lists is not null."""
NULLS_AT_RISK: Final = "NullsAtRisk"
"""A null that ``spec.nulls`` does not list, so a merge patch would lose it unnoticed."""

_SHOWN: Final = 5
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


def null_members(spec: JsonObject, fields: Iterable[str]) -> Iterator[str]:
    """JSON Pointers of all null members in these fields, the fields included, in order.

    Null items of arrays do not count: no tool drops those.
    """
    path: list[str | int] = []
    levels: list[Iterator[tuple[str | int, Json]]] = [
        iter([(field, spec[field]) for field in fields if field in spec])
    ]
    while levels:
        for step, here in levels[-1]:
            if here is None and isinstance(step, str):
                yield pointer_of((*path, step))
            elif isinstance(here, dict | list):
                path.append(step)
                levels.append(iter(here.items() if isinstance(here, dict) else enumerate(here)))
                break
        else:
            levels.pop()
            del path[-1:]


def unlisted_nulls(spec: JsonObject, fields: Iterable[str], listed: Iterable[str]) -> Iterator[str]:
    """The null members that ``spec.nulls`` does not list."""
    known = frozenset(listed)
    return (pointer for pointer in null_members(spec, fields) if pointer not in known)


def lost_nulls(spec: JsonObject, listed: Iterable[str]) -> tuple[str, ...]:
    """The JSON Pointers at which the spec has no null."""
    return tuple(pointer for pointer in listed if _value_at(spec, pointer) is not None)


def some_of(pointers: Iterable[str]) -> str:
    """The first few of them, for a message."""
    first = list(islice(pointers, _SHOWN + 1))
    return ", ".join([*first[:_SHOWN], "..."] if len(first) > _SHOWN else first)


def _value_at(spec: JsonObject, pointer: str) -> Json | Absent:
    here: Json = spec
    for name in pointer.split("/")[1:]:
        step = name.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and _INDEX.fullmatch(step) and int(step) < len(here):
            here = here[int(step)]
        else:
            return ABSENT
    return here
