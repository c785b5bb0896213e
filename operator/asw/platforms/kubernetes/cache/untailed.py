"""Tasks whose logs are still to be kept, where there is an archive. Pure.

A Job opens an entry, and what becomes of its log closes it, once. Whose container has ended is in
the line of its namespace, and the lines take turns; before them comes what is about to be removed.
Holds no client, and is used on the event loop only.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asw.platforms.kubernetes.cache.retention_index import Agenda
from asw.platforms.kubernetes.cache.seen import SeenTask
from asw.platforms.kubernetes.tasks.observations import JobObservation, PodObservation
from asw.platforms.kubernetes.tasks.places import TaskKey


class _Lines:
    """A line for each namespace."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, OrderedDict[TaskKey, None]] = OrderedDict()

    def enter(self, place: TaskKey) -> None:
        self._lines.setdefault(place.namespace, OrderedDict())[place] = None

    def leave(self, place: TaskKey) -> None:
        line = self._lines.get(place.namespace)
        if line is not None:
            line.pop(place, None)
            if not line:
                del self._lines[place.namespace]

    def take(self, has_room: Callable[[str], bool]) -> TaskKey | None:
        """The first of the next namespace that has room."""
        for namespace, line in self._lines.items():
            if has_room(namespace):
                self._lines.move_to_end(namespace)
                place = next(iter(line))
                self.leave(place)
                return place
        return None

    def __iter__(self) -> Iterator[TaskKey]:
        return (place for line in self._lines.values() for place in line)


@dataclass(slots=True)
class _Entry:
    """An Execution by namespace and uid, and where the task of it is: ``handed`` out, say."""

    run: tuple[str, str]
    where: Literal["running", "due", "urgent", "handed", "later"] = "running"


class Untailed:
    """See the module. ``gone`` hears of those whose pods went while their entries were open."""

    def __init__(self) -> None:
        self.gone: Callable[[TaskKey], None] = lambda _: None
        self._entries: dict[TaskKey, _Entry] = {}
        self._of_run: defaultdict[tuple[str, str], set[TaskKey]] = defaultdict(set)
        self._due = _Lines()
        self._urgent = _Lines()
        self._later: Agenda[TaskKey] = Agenda()
        self._waiting = 0

    def __len__(self) -> int:
        """How many have ended, or are about to be removed, and are not kept yet."""
        return self._waiting

    def open(self, job: JobObservation) -> None:
        """A Job appeared."""
        if job.tail_bytes:
            self._entries[job.place] = _Entry((job.namespace, job.owner_uid))

    def is_open(self, place: TaskKey) -> bool:
        """Whether its log may still be kept."""
        return place in self._entries

    def awaits(self, namespace: str, uid: str) -> bool:
        """Whether an entry of this Execution is open that has a pod."""
        return (namespace, uid) in self._of_run

    def look(self, place: TaskKey, seen: SeenTask) -> None:
        """Something of the task changed: its container may have ended, its pod may be gone."""
        own, entry = seen.own, self._entries.get(place)
        if own is None or entry is None:
            return
        self._of_run[entry.run].add(place)
        if own.uid not in seen.pods:
            self.lose(place)
        elif entry.where == "running" and _has_ended(own):
            self._move(place, entry, "due")

    def due(self) -> list[TaskKey]:
        """All whose containers have ended, and that nobody has looked at."""
        return list(self._due)

    def urge(self, place: TaskKey) -> None:
        """It is about to be removed: hand it out next, unless it was handed out already."""
        entry = self._entries.get(place)
        if entry is not None and entry.where != "handed":
            self._move(place, entry, "urgent")

    def is_urgent(self, place: TaskKey) -> bool:
        """Whether it is about to be removed, and waits."""
        entry = self._entries.get(place)
        return entry is not None and entry.where == "urgent"

    def take(
        self, now: datetime, has_room: Callable[[str], bool], *, only_urgent: bool = False
    ) -> TaskKey | None:
        """The next one, handed out once; None if none is due in a namespace that has room."""
        while (place := self._later.pop(now.timestamp())) is not None:
            self._move(place, self._entries[place], "due")
        place = self._urgent.take(has_room)
        if place is None and not only_urgent:
            place = self._due.take(has_room)
        if place is not None:
            self._entries[place].where = "handed"
        return place

    def put_back(self, place: TaskKey, until: datetime) -> None:
        """It could not be kept now: hand it out again, but not before then."""
        entry = self._entries.get(place)
        if entry is not None:
            self._move(place, entry, "later", until.timestamp())

    def lose(self, place: TaskKey) -> None:
        """Its pod or its Job is gone."""
        if place in self._entries:
            self.gone(place)
            self.close(place)

    def close(self, place: TaskKey) -> None:
        """It is kept, or will never be."""
        entry = self._entries.pop(place, None)
        if entry is None:
            return
        self._waiting -= entry.where != "running"
        self._leave(place)
        of_run = self._of_run.get(entry.run, set())
        of_run.discard(place)
        if not of_run:
            self._of_run.pop(entry.run, None)

    def _leave(self, place: TaskKey) -> None:
        self._due.leave(place)
        self._urgent.leave(place)
        self._later.drop(place)

    def _move(
        self,
        place: TaskKey,
        entry: _Entry,
        where: Literal["due", "urgent", "later"],
        at: float = 0.0,
    ) -> None:
        self._leave(place)
        self._waiting += entry.where == "running"
        entry.where = where
        if where == "later":
            self._later.put(place, at)
        else:
            (self._due if where == "due" else self._urgent).enter(place)


def _has_ended(pod: PodObservation) -> bool:
    return "terminated" in pod.container or pod.phase in ("Succeeded", "Failed")
