"""What to look at again, now or later: each thing once, and a share of each namespace at a time.

As in Kubernetes' work queue (client-go), what is added twice is handled once. Besides, a namespace
with a thousand things to look at keeps no other waiting, and gets no more than its share. Within
that share, what just changed comes before what is due by time.
"""

from collections.abc import Callable, Collection, Iterator
from heapq import heapify, heappop, heappush
from itertools import chain, islice
from typing import Final

from asw.platforms.kubernetes.cache.references import Named

SHARE: Final = 5
"""Things of one namespace that are looked at before the next one's turn."""
AT_ONCE: Final = 10
"""Namespaces whose things are looked at at the same time."""
_STALE: Final = 64
"""Superseded entries that pile up before they are thrown away."""


class WorkQueue:
    """Things to look at, by namespace. ``clock`` shows monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due: dict[str, _Lines] = {}
        self._later: list[tuple[float, Named]] = []
        self._at: dict[Named, float] = {}

    def add(self, item: Named, after: float = 0.0) -> None:
        """Look at it in so many seconds, unless it is due earlier anyway."""
        lines = self._due.get(item.namespace)
        if after <= 0:
            self._at.pop(item, None)
            self._due.setdefault(item.namespace, _Lines()).put(item, is_urgent=True)
            return
        at, known = self._clock() + after, self._at.get(item)
        if (lines is not None and item in lines) or (known is not None and known <= at):
            return
        self._at[item] = at
        heappush(self._later, (at, item))
        if len(self._later) > 2 * len(self._at) + _STALE:  # lines that an earlier time replaced
            self._later = [(at, item) for item, at in self._at.items()]
            heapify(self._later)

    def take(self, busy: Collection[str] = ()) -> dict[str, list[Named]]:
        """What to look at now, by namespace, except namespaces that are still ``busy``.

        Those left out come first the next time.
        """
        now = self._clock()
        while self._later and self._later[0][0] <= now:
            at, item = heappop(self._later)
            if self._at.get(item) == at:
                del self._at[item]
                self._due.setdefault(item.namespace, _Lines()).put(item, is_urgent=False)
        free = (it for it in self._due if it not in busy)
        taken: dict[str, list[Named]] = {}
        for namespace in list(islice(free, max(AT_ONCE - len(busy), 0))):
            lines = self._due.pop(namespace)
            taken[namespace] = list(islice(lines, SHARE))
            for item in taken[namespace]:
                lines.drop(item)
            if lines:
                self._due[namespace] = lines
        return taken

    def drop(self, item: Named) -> None:
        """Forget a thing that is gone."""
        self._at.pop(item, None)
        if (lines := self._due.get(item.namespace)) is not None:
            lines.drop(item)
            if not lines:
                del self._due[item.namespace]


class _Lines:
    """What is due in a namespace: changes before times, each in the order of arrival."""

    def __init__(self) -> None:
        self._urgent: dict[Named, None] = {}
        self._patient: dict[Named, None] = {}

    def __iter__(self) -> Iterator[Named]:
        return chain(self._urgent, self._patient)

    def __contains__(self, item: Named) -> bool:
        return item in self._urgent or item in self._patient

    def __bool__(self) -> bool:
        return bool(self._urgent or self._patient)

    def put(self, item: Named, *, is_urgent: bool) -> None:
        """Put the thing at the end of its line."""
        if is_urgent:
            self._patient.pop(item, None)
            self._urgent.setdefault(item)
        elif item not in self._urgent:
            self._patient.setdefault(item)

    def drop(self, item: Named) -> None:
        """Take the thing out of its line."""
        self._urgent.pop(item, None)
        self._patient.pop(item, None)
