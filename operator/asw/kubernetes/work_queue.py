"""What is to be looked at again, now or later: each once, and a share of every namespace's a time.

Kubernetes' work queue (client-go): what is added twice is handled once. Beyond that a namespace
with a thousand things to look at keeps no other one waiting, and gets no more than its share.
"""

from collections.abc import Callable, Collection
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Final

from asw.kubernetes.references import Named

SHARE: Final = 5
"""Things of one namespace that are looked at before another one's turn."""
AT_ONCE: Final = 10
"""Namespaces whose things are looked at at the same time."""
_STALE: Final = 64
"""Lines of times that were replaced, before they are thrown away."""


class WorkQueue:
    """See the module. ``clock`` shows seconds that nobody sets."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due: dict[str, dict[Named, None]] = {}
        self._later: list[tuple[float, Named]] = []
        self._at: dict[Named, float] = {}

    def add(self, item: Named, after: float = 0.0) -> None:
        """Look at it in so many seconds, unless that is to happen earlier anyway."""
        if after <= 0:
            self._at.pop(item, None)
            self._due.setdefault(item.namespace, {})[item] = None
            return
        at, known = self._clock() + after, self._at.get(item)
        if item in self._due.get(item.namespace, ()) or (known is not None and known <= at):
            return
        self._at[item] = at
        heappush(self._later, (at, item))
        if len(self._later) > 2 * len(self._at) + _STALE:  # lines that an earlier time replaced
            self._later = [(at, item) for item, at in self._at.items()]
            heapify(self._later)

    def take(self, busy: Collection[str] = ()) -> dict[str, list[Named]]:
        """What is to be looked at, by namespace, but for those that are ``busy`` with it still.

        Whoever is left comes first the next time.
        """
        now = self._clock()
        while self._later and self._later[0][0] <= now:
            at, item = heappop(self._later)
            if self._at.get(item) == at:
                self.add(item)
        free = (it for it in self._due if it not in busy)
        taken: dict[str, list[Named]] = {}
        for namespace in list(islice(free, max(AT_ONCE - len(busy), 0))):
            line = self._due.pop(namespace)
            taken[namespace] = list(islice(line, SHARE))
            if rest := dict.fromkeys(islice(line, SHARE, None)):
                self._due[namespace] = rest
        return taken

    def drop(self, item: Named) -> None:
        """It is gone."""
        self._at.pop(item, None)
        line = self._due.get(item.namespace, {})
        line.pop(item, None)
        if not line:
            self._due.pop(item.namespace, None)
