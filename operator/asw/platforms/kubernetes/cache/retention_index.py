"""Ended Executions in the order in which they are to be deleted.

An event and an answer cost O(log n) in the Executions of one Workflow and in the Workflows; nothing
walks over what is kept. Holds no client, and is used on the event loop only.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from math import inf
from typing import Any, Final, Generic, TypeAlias, TypeVar

from asw.api.retention import FIELD_OF, due_at, rule_of
from asw.api.workflow import Retention
from asw.platforms.kubernetes.cache.retention import is_tracked, resting

ORPHANED_SECONDS: Final = 3600.0
"""So long after a Workflow is gone its Executions stay in any case: who deletes one and applies it
again, or installs a release anew, would lose what it wants to keep for a year."""
_SPARE: Final = 64
"""Dead entries that a heap may always have."""

Object = Mapping[str, Any]
_Place: TypeAlias = tuple[str, str, str] | None
"""Namespace, Workflow and phase; None for Executions with a TTL of their own."""
Key = TypeVar("Key")


class Agenda(Generic[Key]):
    """When to look at what, the earliest first; each key has one time. O(log n)."""

    def __init__(self) -> None:
        self._at: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._numbers = count()

    def put(self, key: Key, at: float) -> None:
        """Look at it then, and at no other time."""
        if self._at.get(key) == at:
            return
        self._at[key] = at
        heapq.heappush(self._heap, (at, next(self._numbers), key))
        self._tidy()

    def drop(self, key: Key) -> None:
        """Never look at it."""
        self._at.pop(key, None)
        self._tidy()

    def pop(self, now: float) -> Key | None:
        """Take the first one whose time has come; None if there is none."""
        if not self._heap or self._heap[0][0] > now:
            return None
        _, _, key = heapq.heappop(self._heap)
        self.drop(key)
        return key

    def first_at(self) -> float:
        """When to look at the first one; infinity if there is none. From any thread."""
        return min((at for at, _, _ in self._heap[:1]), default=inf)

    def _tidy(self) -> None:
        """Overtaken entries stay in the heap, but not at its top, and no more than half of it."""
        if len(self._heap) > 2 * len(self._at) + _SPARE:
            self._heap = [it for it in self._heap if self._at.get(it[2]) == it[0]]
            heapq.heapify(self._heap)
        while self._heap and self._at.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)


@dataclass(slots=True, eq=False)
class RetentionEntry:
    """An ended Execution, and since when it has been waiting to be deleted."""

    uid: str
    at: float
    """Seconds since 1970: when it ended, or when its TTL is over if it has a TTL of its own."""
    place: _Place
    is_tracked: bool
    """Whether a tool would create it again."""
    is_waiting: bool = False
    """Whether it is in its group: it is neither in hand nor put off."""
    is_gone: bool = False

    def __lt__(self, other: "RetentionEntry") -> bool:
        return (self.at, self.uid) < (other.at, other.uid)


@dataclass(slots=True, eq=False)
class _Group:
    """Ended Executions under one rule."""

    place: _Place
    count: int = 0
    orphaned_at: float | None = None
    """Since when its Workflow has been missing."""
    _heap: list[RetentionEntry] = field(default_factory=list)

    def add(self, entry: RetentionEntry) -> None:
        entry.is_waiting = True
        self.count += 1
        heapq.heappush(self._heap, entry)

    def discard(self, entry: RetentionEntry) -> None:
        entry.is_waiting = False
        self.count -= 1
        if len(self._heap) > 2 * self.count + _SPARE:
            self._heap = [it for it in self._heap if it.is_waiting]
            heapq.heapify(self._heap)

    def oldest(self) -> RetentionEntry | None:
        while self._heap and not self._heap[0].is_waiting:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None


class RetentionIndex:
    """Every ended Execution that may be deleted some day.

    ``rules_of`` tells the retention of a Workflow by namespace and name, None if there is none of
    that name.
    """

    def __init__(
        self,
        defaults: Retention,
        rules_of: Callable[[str, str], Retention | None],
        now: Callable[[], datetime],
    ) -> None:
        self._defaults = defaults
        self._rules_of = rules_of
        self._now = now
        self._groups: dict[_Place, _Group] = {}
        self._agenda: Agenda[_Group] = Agenda()
        self._put_off: Agenda[RetentionEntry] = Agenda()

    def renewed(
        self, old: RetentionEntry | None, item: Object, *, is_child: bool
    ) -> RetentionEntry | None:
        """The entry of an Execution as it is now; None if nothing of it will be deleted."""
        place, at = resting(item, is_child=is_child)
        if old is not None and at is not None and (old.place, old.at) == (place, at):
            old.is_tracked = is_tracked(item["metadata"])
            return old
        self.remove(old)
        if at is None:
            return None
        entry = RetentionEntry(item["metadata"]["uid"], at, place, is_tracked(item["metadata"]))
        self._enter(entry)
        return entry

    def remove(self, entry: RetentionEntry | None) -> None:
        """Remove an Execution that is gone, or runs again."""
        if entry is None:
            return
        entry.is_gone = True
        self._put_off.drop(entry)
        if entry.is_waiting:
            self._leave(self._groups[entry.place], entry)

    def rules_changed(self, namespace: str, workflow: str) -> None:
        """The Workflow wants something else now, is there, or is gone."""
        for phase in FIELD_OF:
            group = self._groups.get((namespace, workflow, phase))
            if group is not None:
                self._plan(group)

    def take(self, now: datetime) -> RetentionEntry | None:
        """The Execution that has been due for longest, handed out once; None if none is due."""
        at = now.timestamp()
        while (entry := self._put_off.pop(at)) is not None:
            self._enter(entry)
        while (group := self._agenda.pop(at)) is not None:
            oldest = group.oldest()
            if oldest is not None and self._due_of(group) <= at:
                self._leave(group, oldest)
                return oldest
            self._plan(group)
        return None

    def lag(self, now: datetime) -> float:
        """Seconds for which the one has been due that has been due for longest."""
        return max(now.timestamp() - self._agenda.first_at(), 0.0)

    def put_off(self, entry: RetentionEntry, until: datetime) -> None:
        """It cannot be deleted yet: hand it out again, but not before then."""
        if not entry.is_gone:
            self._put_off.put(entry, until.timestamp())

    def _enter(self, entry: RetentionEntry) -> None:
        group = self._groups.setdefault(entry.place, _Group(entry.place))
        entry.place = group.place  # one tuple for all of them
        group.add(entry)
        self._plan(group)

    def _leave(self, group: _Group, entry: RetentionEntry) -> None:
        group.discard(entry)
        if group.count:
            self._plan(group)
        else:
            self._agenda.drop(group)
            del self._groups[group.place]

    def _plan(self, group: _Group) -> None:
        at = self._due_of(group)
        if at == inf:
            self._agenda.drop(group)
        else:
            self._agenda.put(group, at)

    def _due_of(self, group: _Group) -> float:
        """From when on the oldest of the group is to be deleted."""
        oldest = group.oldest()
        if oldest is None:
            return inf
        if group.place is None:
            return oldest.at
        namespace, workflow, phase = group.place
        own = self._rules_of(namespace, workflow)
        at = due_at(rule_of(phase, own, self._defaults), oldest.at, group.count)
        if own is not None:
            group.orphaned_at = None
            return at
        if group.orphaned_at is None:
            group.orphaned_at = self._now().timestamp()
        return max(at, group.orphaned_at + ORPHANED_SECONDS)
