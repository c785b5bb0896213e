"""Reads queries and names of objects as they were typed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asw.api.phases import SHOWN_PHASES
from asw.cli.options import KINDS, QueryWords
from asw.executions.port import Query
from asw.failures import Failure, nearest
from asw.messages import t


@dataclass(frozen=True, slots=True)
class Asked:
    """Objects of one kind: these, or all."""

    kind: str
    names: tuple[str, ...] = ()


def read_query(words: QueryWords, now: datetime) -> Query:
    """The query as the port takes it. Raises Failure."""
    phases = [name for listed in words.phases for name in listed.split(",") if name]
    return Query(
        all_namespaces=words.all_namespaces,
        selector=words.selector or None,
        phases=tuple(map(_phase, phases)),
        workflow=words.workflow,
        since=None if words.since is None else now - timedelta(seconds=words.since),
        with_children=words.with_children,
    )


def read_objects(words: Sequence[str]) -> list[Asked]:
    """What ``asw get`` is to show: ``NAME...``, ``KIND``, ``KIND NAME...``, ``KIND/NAME...``.

    Raises Failure.
    """
    if not words:
        return [Asked("Execution")]
    first, *rest = words
    if (kind := KINDS.get(first.lower())) is not None:
        return [Asked(kind, tuple(map(_bare, rest)))]
    asked: dict[str, list[str]] = {}
    for word in words:
        kind, name = _kind_and_name(word)
        asked.setdefault(kind, []).append(name)
    return [Asked(kind, tuple(names)) for kind, names in asked.items()]


def _kind_and_name(word: str) -> tuple[str, str]:
    before, slash, name = word.partition("/")
    if not slash:
        return "Execution", word
    kind = KINDS.get(before.lower())
    if kind is not None and not name:
        raise Failure(
            t("no name after {word}", word=word),
            remedy=t("asw get {kind} shows all", kind=before),
        )
    if kind is None:
        raise Failure(
            t("no kind {name!r}", name=before),
            remedy=nearest(before, KINDS) or t("available: {names}", names="exe, wf, fn, conn"),
        )
    return kind, name


def _bare(name: str) -> str:
    return name.rpartition("/")[2]


def _phase(name: str) -> str:
    folded = {phase.casefold(): phase for phase in SHOWN_PHASES}
    phase = folded.get(name.casefold())
    if phase is None:
        raise Failure(
            t("no phase {name!r}", name=name),
            remedy=nearest(name, SHOWN_PHASES)
            or t("available: {names}", names=", ".join(SHOWN_PHASES)),
        )
    return phase
