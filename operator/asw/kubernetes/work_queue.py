"""What is to be looked at again, now or later: each once, and a share of every namespace's a round.

Kubernetes' work queue (client-go): what is added twice is handled once. Beyond that a namespace
with a thousand things to look at keeps no other one waiting, and gets no more than its share.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Final

from asw.kubernetes.references import Named

SHARE: Final = 5
"""Of one namespace, in a round."""
ROUND: Final = 50
"""Of all namespaces, in a round."""


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
        if len(self._later) > 2 * len(self._at) + ROUND:  # lines that an earlier time replaced
            self._later = [(at, item) for item, at in self._at.items()]
            heapify(self._later)

    def take(self) -> list[Named]:
        """What is to be looked at in this round; whoever is left comes first in the next."""
        now = self._clock()
        while self._later and self._later[0][0] <= now:
            at, item = heappop(self._later)
            if self._at.get(item) == at:
                self.add(item)
        taken: list[Named] = []
        for namespace in list(self._due):
            if len(taken) >= ROUND:
                break
            line = self._due.pop(namespace)
            share = list(islice(line, SHARE))
            taken += share
            if rest := dict.fromkeys(islice(line, len(share), None)):
                self._due[namespace] = rest
        return taken

    def drop(self, item: Named) -> None:
        """It is gone."""
        self._at.pop(item, None)
        line = self._due.get(item.namespace, {})
        line.pop(item, None)
        if not line:
            self._due.pop(item.namespace, None)
