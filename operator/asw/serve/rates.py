"""How many requests a namespace may make. Pure; a clock is an argument."""

from dataclasses import dataclass, field
from typing import Final

from asw.reconciler.token_bucket import TokenBucket

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
    _buckets: dict[str, TokenBucket] = field(default_factory=dict)

    def take(self, namespace: str, now: float) -> bool:
        """Whether one more request may be made; ``now`` is in seconds and never goes back."""
        if len(self._buckets) >= MOST and namespace not in self._buckets:
            self._buckets.pop(next(iter(self._buckets)))
        bucket = self._buckets.get(namespace)
        if bucket is None:
            bucket = TokenBucket.full(self.per_second, self.burst, now)
            self._buckets[namespace] = bucket
        bucket.refill(now)
        if not bucket.has():
            return False
        bucket.tokens -= 1
        return True
