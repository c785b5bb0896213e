"""Compares what files name with what exists, and makes findings of it. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from asw.failures import nearest
from asw.lint.cluster.references import Reference
from asw.lint.findings import Finding, Origin
from asw.lint.rules import (
    MISSING_FUNCTION,
    MISSING_OBJECT,
    MISSING_WORKFLOW,
    REFUSED_BY_CLUSTER,
    UNTOLD,
)
from asw.messages import t
from asw.platforms.kubernetes.client.errors import Refusal

_STEP: Final = re.compile(r"\[(\d+)\]|\[\"?([^\]\"]+)\"?\]|([^.\[\]]+)")
_CODES: Final[Mapping[str, str]] = {"Function": MISSING_FUNCTION, "Workflow": MISSING_WORKFLOW}
_SUPERSEDED: Final = frozenset({MISSING_FUNCTION, MISSING_WORKFLOW})
"""Codes that files alone give: the cluster may have what they lack."""


@dataclass(frozen=True, slots=True)
class Presence:
    """The named objects that the cluster has.

    ``objects`` are by kind, namespace and name, with the keys of their data; None if these may not
    be read. ``names`` are all names of a kind in a namespace. ``untold`` says why a kind may not be
    read.
    """

    objects: dict[tuple[str, str, str], frozenset[str] | None] = field(default_factory=dict)
    names: dict[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    untold: dict[tuple[str, str], str] = field(default_factory=dict)


def judge(
    references: Iterable[Reference],
    declared: Mapping[tuple[str, str], frozenset[str]],
    presence: Presence,
) -> list[Finding]:
    """A finding for each named object that neither the files nor the cluster have."""
    findings = []
    for reference in references:
        kind, name = reference.kind, reference.name
        if (kind, name) in declared:
            keys: frozenset[str] | None = declared[kind, name]
        elif (place := (kind, reference.namespace, name)) in presence.objects:
            keys = presence.objects[place]
        elif (kind, reference.namespace) in presence.untold:
            findings.append(_untold(reference, presence.untold[kind, reference.namespace]))
            continue
        else:
            if not reference.is_optional:
                known = [declared_name for each, declared_name in declared if each == kind]
                known += presence.names.get((kind, reference.namespace), ())
                findings.append(_missing(reference, known))
            continue
        lacks_key = reference.key is not None and keys is not None and reference.key not in keys
        if lacks_key and not reference.is_optional:
            findings.append(_missing_key(reference, keys or ()))
    return findings


def without_superseded(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of files without those that ``judge`` replaces."""
    return [finding for finding in findings if finding.code not in _SUPERSEDED]


def _missing(reference: Reference, known: Iterable[str]) -> Finding:
    message = t(
        "no {kind} {name!r}, neither in these files nor in the cluster",
        kind=reference.kind,
        name=reference.name,
    )
    remedy = nearest(reference.name, known) or t("create it, or name one that exists")
    return reference.finding(_CODES.get(reference.kind, MISSING_OBJECT), message, remedy)


def _missing_key(reference: Reference, keys: Iterable[str]) -> Finding:
    message = t(
        "{kind} {name!r} has no key {key!r}",
        kind=reference.kind,
        name=reference.name,
        key=reference.key,
    )
    listed = sorted(keys)
    remedy = nearest(reference.key or "", listed)
    if not remedy and listed:
        remedy = t("it has {names}", names=", ".join(listed[:10]))
    return reference.finding(MISSING_OBJECT, message, remedy)


def _untold(reference: Reference, reason: str) -> Finding:
    message = t(
        "cannot tell whether {kind} {name!r} exists: {reason}",
        kind=reference.kind,
        name=reference.name,
        reason=reason,
    )
    return replace(reference.finding(UNTOLD, message), severity="WARNING")


def refusal_finding(origin: Origin, refusal: Refusal) -> Finding:
    """What the API server would refuse, at the field that it names."""
    steps = steps_of_field(refusal.field)
    said = f"{refusal.field}: {refusal.message}" if refusal.field else refusal.message
    message = t("the cluster would refuse it: {reason}", reason=said)
    return origin.finding(REFUSED_BY_CLUSTER, message, at=steps)


def steps_of_field(path: str) -> tuple[str | int, ...]:
    """The steps of a field as Kubernetes spells it: ``spec.env[0].name``, ``data[a.b]``."""
    steps: list[str | int] = []
    for index, quoted, name in _STEP.findall(path):
        steps.append(int(index) if index else quoted or name)
    return tuple(steps)
