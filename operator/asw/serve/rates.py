"""How many requests a namespace may make. Pure; a clock is an argument."""

from dataclasses import dataclass, field
from typing import Final

PER_SECOND: Final = 100.0
BURST: Final = 500.0
"""What one operator saves in a second, and what may come at once (AWS: 500 a second, 3,000)."""
MOST: Final = 10_000
"""Buckets at a time; the oldest makes room."""


@dataclass(slots=True)
class Rates:
    """One bucket for each namespace or address."""

    per_second: float = PER_SECOND
    burst: float = BURST
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, namespace: str, now: float) -> bool:
        """Whether one more request may be made; ``now`` is in seconds and never goes back."""
        if len(self._buckets) >= MOST and namespace not in self._buckets:
            self._buckets.pop(next(iter(self._buckets)))
        left, at = self._buckets.get(namespace, (self.burst, now))
        left = min(self.burst, left + (now - at) * self.per_second)
        if left < 1:
            self._buckets[namespace] = (left, now)
            return False
        self._buckets[namespace] = (left - 1, now)
        return True
