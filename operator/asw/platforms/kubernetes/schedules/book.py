"""Every Schedule that is known, by uid, and which of them run a Workflow."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from asw.platforms.kubernetes.schedules.watched import Watched, read, watched


class Book:
    """The Schedules. ``prefixes`` are those of labels that their runs take from them."""

    def __init__(self, now: Callable[[], datetime], prefixes: tuple[str, ...] = ()) -> None:
        self._now, self.prefixes = now, prefixes
        self._all: dict[str, Watched] = {}
        self._users: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Watched]:
        return iter(list(self._all.values()))

    def get(self, uid: str) -> Watched | None:
        """The Schedule of this uid."""
        return self._all.get(uid)

    def put(self, item: Mapping[str, Any], *, is_ours: bool) -> Watched | None:
        """Take a Schedule as it is now; None if nothing but our own status is new.

        ``is_ours``: what its status says is what we wrote, and we know better by now.
        """
        metadata = item["metadata"]
        known, version = self._all.get(metadata["uid"]), metadata.get("resourceVersion", "")
        if known is None or not is_ours:
            made = watched(item, self.prefixes, self._now())
            if known is not None:
                made.outcome_of = known.outcome_of
                self._unlist(known)
            self._list(made)
            return made
        is_same = known.generation == metadata.get("generation", 0)
        known.version = version
        if is_same:
            return None
        self._unlist(known)
        before = "" if known.wants is None else known.wants.times
        read(known, item, self.prefixes, self._now(), before)
        self._list(known)
        return known

    def drop(self, uid: str) -> None:
        """Forget a Schedule that is gone."""
        known = self._all.get(uid)
        if known is not None:
            self._unlist(known)

    def users(self, namespace: str, workflow: str) -> list[Watched]:
        """The Schedules that run the Workflow of this object name."""
        return [self._all[uid] for uid in self._users.get((namespace, workflow), ())]

    def _list(self, made: Watched) -> None:
        self._all[made.uid] = made
        if made.wants is not None:
            self._users[made.namespace, made.wants.workflow].add(made.uid)

    def _unlist(self, known: Watched) -> None:
        self._all.pop(known.uid, None)
        if known.wants is None:
            return
        place = (known.namespace, known.wants.workflow)
        users = self._users.get(place)
        if users is not None:
            users.discard(known.uid)
            if not users:
                del self._users[place]
