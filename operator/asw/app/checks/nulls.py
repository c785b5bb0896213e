"""Nulls of manifests that ``kubectl apply`` drops on its way to the cluster, without a word. Pure.

Client-side apply sends no member that is null: ``"ResultPath": null`` never arrives, and the state
does something else. Items of arrays, texts, ``kubectl create`` and ``--server-side`` keep them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from asw.app.checks.findings import Finding, Origin
from asw.app.checks.rules import LOST_NULL
from asw.app.messages import t
from asw.asl.values import Json

Steps = tuple[str | int, ...]


def lost_nulls(origin: Origin, spec: Mapping[str, Json], instead: str) -> Iterator[Finding]:
    """A warning for each of these fields of spec that has such nulls, at the first of them.

    ``instead`` is the field that keeps them; empty where there is none.
    """
    for field, value in spec.items():
        places = list(_nulls((field,), value))
        if not places or not origin.subject:
            continue
        count = len(places)
        message = t(
            "kubectl apply drops what is null in an object of spec.{field} ({count} here)",
            field=field,
            count=count,
        )
        found = origin.finding(LOST_NULL, message, _remedy(instead), at=("spec", *places[0]))
        yield replace(found, severity="WARNING")


def _remedy(instead: str) -> str:
    if not instead:
        return t("apply it with --server-side")
    return t("use {field}, or apply it with --server-side", field=instead)


def _nulls(steps: Steps, value: Json) -> Iterator[Steps]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            if member is None:
                yield (*steps, name)
            else:
                yield from _nulls((*steps, name), member)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nulls((*steps, index), item)
