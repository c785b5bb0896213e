"""Every Trigger that is known, by uid, and which of a namespace an end concerns."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import merge, nsmallest
from itertools import islice
from typing import Any, TypeAlias

from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.triggers.watched import (
    MOST_TRIGGERS,
    MOST_WAITING,
    EndId,
    Watched,
    read,
    watched,
)

Ended: TypeAlias = tuple[datetime, EndId, SeenExecution]
Index: TypeAlias = Mapping[tuple[str, str, str], list[tuple[datetime, EndId]]]
"""Ends by namespace, Workflow (empty: all of them) and phase, the oldest first."""


class Book:
    """The Triggers. ``prefixes`` are those of labels that their runs take from them."""

    def __init__(self, now: Callable[[], datetime], prefixes: tuple[str, ...] = ()) -> None:
        self._now, self.prefixes = now, prefixes
        self._all: dict[str, Watched] = {}
        self._acting: defaultdict[str, dict[str, Watched]] = defaultdict(dict)
        self._spare: defaultdict[str, dict[str, Watched]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Watched]:
        return iter(list(self._all.values()))

    def get(self, uid: str) -> Watched | None:
        """The Trigger of this uid."""
        return self._all.get(uid)

    def of(self, namespace: str) -> list[Watched]:
        """The Triggers of a namespace that have effects."""
        found = self._acting.get(namespace)
        return list(found.values()) if found else []

    def users(self, namespace: str, workflow: str) -> list[Watched]:
        """The Triggers that run the Workflow of this object name."""
        return [
            known
            for known in self.of(namespace)
            if known.wants is not None and known.wants.workflow == workflow
        ]

    def put(self, item: Mapping[str, Any], *, is_ours: bool) -> Watched | None:
        """Take a Trigger as it is now; None if nothing but our own status is new.

        ``is_ours``: what its status says is what we wrote, and we know better by now.
        """
        metadata = item["metadata"]
        known, version = self._all.get(metadata["uid"]), metadata.get("resourceVersion", "")
        if known is None or not is_ours:
            made = watched(item, self.prefixes, self._now())
            self._enter(made)
            return made
        known.version = version
        if known.generation == metadata.get("generation", 0):
            return None
        before = "" if known.wants is None else known.wants.source
        read(known, item, self.prefixes, self._now(), before)
        return known

    def drop(self, uid: str) -> Watched | None:
        """Forget a Trigger that is gone; another one that may act now instead."""
        known = self._all.pop(uid, None)
        if known is None:
            return None
        namespace, acting, spare = known.namespace, self._acting, self._spare
        spare[namespace].pop(uid, None)
        was_acting = acting[namespace].pop(uid, None) is not None
        heir = next(iter(spare[namespace].values()), None) if was_acting else None
        if heir is not None:
            del spare[namespace][heir.uid]
            self._enter(heir)
        for places in (acting, spare):
            if not places[namespace]:
                del places[namespace]
        return heir

    def _enter(self, made: Watched) -> None:
        acting, spare = self._acting[made.namespace], self._spare
        made.is_spare = made.uid not in acting and len(acting) >= MOST_TRIGGERS
        (spare[made.namespace] if made.is_spare else acting)[made.uid] = made
        self._all[made.uid] = made


def ends_of(executions: Iterable[SeenExecution]) -> Iterator[Ended]:
    """Those of the Executions that are over, and are no children of a Map."""
    for seen in executions:
        if seen.is_finished and seen.parent is None and seen.ended_at is not None:
            yield seen.ended_at, end_id(seen), seen


def end_id(seen: SeenExecution) -> EndId:
    """The end of an Execution that is over."""
    return seen.key.uid, seen.redrive_count


def indexed(executions: Iterable[SeenExecution]) -> Index:
    """The ends, so that each of many Triggers finds its own quickly."""
    index: defaultdict[tuple[str, str, str], list[tuple[datetime, EndId]]] = defaultdict(list)
    for at, end, seen in ends_of(executions):
        for workflow in (seen.workflow_name, ""):
            index[seen.key.namespace, workflow, seen.phase].append((at, end))
    for found in index.values():
        found.sort()
    return index


def waiting_in(index: Index, known: Watched) -> list[tuple[datetime, EndId]]:
    """The oldest ends that the Trigger has yet to deal with, one more than may wait."""
    wants = known.wants
    if wants is None or wants.is_suspended:
        return []
    places = (
        (known.namespace, it, phase) for it in wants.workflows or {""} for phase in wants.outcomes
    )
    lists = (index.get(place, []) for place in places)
    later = (islice(found, _after(found, known.until), None) for found in lists)
    fresh = (it for it in merge(*later) if it[1] not in known.latest)
    return list(islice(fresh, MOST_WAITING + 1))


def waiting_among(
    executions: Iterable[SeenExecution], known: Watched
) -> list[tuple[datetime, EndId]]:
    """The same without an index, in one walk."""
    found = (
        (at, end)
        for at, end, seen in ends_of(executions)
        if seen.key.namespace == known.namespace and known.may_concern(end, seen)
    )
    return nsmallest(MOST_WAITING + 1, found)


def fill_line(known: Watched, waiting: list[tuple[datetime, EndId]]) -> None:
    """Have these wait for the Trigger, as many as may."""
    known.line = {end: at for at, end in waiting[:MOST_WAITING]}
    known.has_more = len(waiting) > MOST_WAITING


def _after(found: list[tuple[datetime, EndId]], until: datetime) -> int:
    return bisect_left(found, until, key=lambda it: it[0])
