"""A token bucket: so many at once after a rest, and so many a second in the long run. Pure."""

from dataclasses import dataclass
from typing import Self


@dataclass(slots=True)
class TokenBucket:
    """Instants are seconds; each that is let through takes a token."""

    per_second: float
    burst: float
    tokens: float
    at: float

    @classmethod
    def full(cls, per_second: float, burst: float, at: float) -> Self:
        """One that has not been used for long."""
        return cls(per_second, burst, burst, at)

    def refill(self, now: float) -> None:
        """Add what time has brought; a clock that was set back brings nothing."""
        gained = max(now - self.at, 0.0) * self.per_second
        self.tokens = min(self.tokens + gained, self.burst)
        self.at = now

    def has(self, share: float = 0.0) -> bool:
        """Whether there is a token to take, and this share of a full bucket stays."""
        return self.tokens >= self.burst * share + 1.0
