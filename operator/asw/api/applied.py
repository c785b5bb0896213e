"""Restores the nulls that ``kubectl apply`` drops on the way to the API server. Pure.

Client-side apply sends no null members, so ``"ResultPath": null`` never arrives and the state would
not do what its author wrote. The annotation ``last-applied-configuration``, written by the same
apply, still has it (Kubernetes, "Declarative management of objects"). Only nulls are taken from
there, and only if the rest of the field is as it was applied: later changes are newer. Server-side
apply, create and replace keep nulls.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from asw.asl.values import Json, JsonObject, kind_of

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


class _OtherwiseError(Exception):
    """The object differs from what was applied."""


def with_lost_nulls(
    source: JsonObject, fields: Mapping[str, Sequence[str]]
) -> tuple[JsonObject, frozenset[str]]:
    """The object with the lost nulls of these fields of its spec, and the fields that had lost any.

    Each field comes with those that can replace it.
    """
    spec, applied = source.get("spec"), _applied_spec(source)
    if not isinstance(spec, dict) or applied is None:
        return source, frozenset()
    whole = {}
    for field, others in fields.items():
        if field in spec:
            value = _completed(spec[field], applied.get(field))
            if value != spec[field]:
                whole[field] = value
        elif applied.get(field, spec) is None and not any(other in spec for other in others):
            whole[field] = None
    return ({**source, "spec": {**spec, **whole}} if whole else source), frozenset(whole)


def _applied_spec(source: JsonObject) -> Mapping[str, Any] | None:
    metadata = source.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    text = annotations.get(LAST_APPLIED) if isinstance(annotations, Mapping) else None
    if not isinstance(text, str) or "null" not in text:  # nearly always
        return None
    try:
        plain = orjson.loads(text)
    except ValueError:  # somebody else's text
        return None
    spec = plain.get("spec") if isinstance(plain, dict) else None
    return spec if isinstance(spec, dict) else None


def _completed(live: Json, applied: Json) -> Json:
    """``live`` with its lost nulls; unchanged if it is not what was applied."""
    try:
        return _whole(live, applied)
    except (_OtherwiseError, RecursionError):  # nothing that runs is nested so deep
        return live


def _whole(live: Json, applied: Json) -> Json:
    if isinstance(live, dict) and isinstance(applied, dict):
        return _whole_object(live, applied)
    if isinstance(live, list) and isinstance(applied, list) and len(live) == len(applied):
        return [_whole(*pair) for pair in zip(live, applied, strict=True)]
    if isinstance(live, dict | list) or kind_of(live) != kind_of(applied) or live != applied:
        raise _OtherwiseError
    return live


def _whole_object(live: dict[str, Json], applied: dict[str, Json]) -> Json:
    one_sided = live.keys() ^ applied.keys()
    if any(live.get(name, applied.get(name)) is not None for name in one_sided):
        raise _OtherwiseError
    # In the API server's order, then the author's: revisions pin the text.
    members = {name: _whole(value, applied.get(name)) for name, value in live.items()}
    return members | {name: None for name in applied if name not in live}
