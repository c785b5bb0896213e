"""How many warm pods a pool wants. Pure.

The signal is how many calls run, are about to run, or wait, each counted from its start: a call
that takes an hour is demand for an hour (gh: openfaas/faas#1410). Demand is averaged over a minute,
and a slot is planned to be busy for 70 % of it. Waiting calls, and calls that got Jobs because no
slot was free, ask for more at once; less comes slowly, and none after ``idle``.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from asw.api.warm import Warm

AVERAGE_SECONDS: Final = 60.0
TARGET: Final = 0.7
"""How much of a slot's time is planned to be used."""
PATIENCE_SECONDS: Final = 2.0
"""How long calls may wait before more pods are made at once."""
FALL_BACKS: Final = 2
"""So many calls of a minute that got Jobs ask for another pod: a single one is served well so."""
SHRINK_SECONDS: Final = 30.0
"""Between two removals, each of half of the pods at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a pool shows at an instant, in seconds of a steady clock.

    ``waiting_since`` is when the first waiting call came; ``fell_back`` when calls got Jobs.
    """

    at: float
    demand: int
    waiting_since: float | None = None
    fell_back: Iterable[float] = ()
    busy_at: float = 0.0


@dataclass(slots=True, kw_only=True)
class Scaler:
    """Decides for one pool."""

    warm: Warm
    pods: int = 0
    """How many were wanted the last time."""
    _samples: "deque[tuple[float, int]]" = field(default_factory=deque)
    _shrunk_at: float | None = None

    def wanted(self, signal: Signal) -> int:
        """How many pods there should be."""
        self._samples.append((signal.at, signal.demand))
        while self._samples[0][0] <= signal.at - AVERAGE_SECONDS:
            self._samples.popleft()
        pods = min(max(self._aim(signal), self.warm.min), self.warm.max)
        if pods > self.pods or self._may_shrink(signal):
            if pods < self.pods:
                self._shrunk_at = signal.at
                pods = max(pods, self.pods // 2)
            self.pods = pods
        self.pods = min(max(self.pods, self.warm.min), self.warm.max)
        return self.pods

    def _aim(self, signal: Signal) -> int:
        if signal.demand == 0 and signal.at - signal.busy_at >= self.warm.idle_seconds:
            return 0
        pods = ceil(self._average() / (self.warm.concurrency * TARGET))
        waited = signal.at - (signal.at if signal.waiting_since is None else signal.waiting_since)
        recent = [at for at in signal.fell_back if at > signal.at - AVERAGE_SECONDS]
        if waited > PATIENCE_SECONDS:
            # Pods that are on their way count: they take seconds, and this is asked each second.
            pods = max(pods, ceil(signal.demand / self.warm.concurrency))
        if len(recent) >= FALL_BACKS:
            pods = max(pods, ceil(max(signal.demand, 1) / self.warm.concurrency), 1)
            newest = [at for at in recent if at > signal.at - PATIENCE_SECONDS]
            if newest and self.pods:
                pods = max(pods, self.pods + ceil(len(newest) / self.warm.concurrency))
        return max(pods, 1) if self.pods else pods

    def _average(self) -> float:
        return sum(demand for _, demand in self._samples) / len(self._samples)

    def _may_shrink(self, signal: Signal) -> bool:
        return self._shrunk_at is None or signal.at - self._shrunk_at >= SHRINK_SECONDS
