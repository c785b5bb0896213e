"""How many deletions may be under way: as many as are answered soon, after all other work. Pure.

Deletions wait for nobody and nobody waits for them. So they take what is left: a window, as for
starts (``asw.reconciler.pacing``), grows while the API server answers soon and shrinks while it
does not; and together with the requests of other work there are no more than one namespace may
have. One deletion is always allowed: otherwise whoever keeps the API server busy would fill its
store as well.
"""

from dataclasses import dataclass, field
from typing import Final

from asw.platforms.kubernetes.client.lanes import LANE
from asw.reconciler.pacing import Window
from asw.reconciler.token_bucket import TokenBucket

MOST: Final = LANE
"""Deletions under way at a time: as many requests as any namespace may have."""
LEAST: Final = 1
FIRST: Final = 4
SOON_SECONDS: Final = 0.05
"""Later than this is late, on a server whose fastest answers take less than a third of it. Half of
it is soon: with all of ``MOST`` under way, 480 deletions a second. A processor that is short shows
here first: with twice as much a run beside took 5 times as long, now twice (design note 0034)."""


def _window() -> Window:
    return Window(least=LEAST, size=FIRST, usual=SOON_SECONDS)


@dataclass(slots=True)
class Pace:
    """When the next deletion may begin. Instants are seconds of a clock that nobody sets.

    ``per_second`` is the most in a second, in the long run and at once; 0 for any number.
    """

    per_second: int
    window: Window = field(default_factory=_window)
    _bucket: TokenBucket | None = None

    def has_credit(self, at: float) -> bool:
        """Whether the bound allows one more now."""
        if not self.per_second:
            return True
        if self._bucket is None:
            self._bucket = TokenBucket.full(self.per_second, self.per_second, at)
        self._bucket.refill(at)
        return self._bucket.has()

    def has_room(self, others: int) -> bool:
        """Whether one more may be under way beside so many requests of other work."""
        return self.window.under_way < max(min(self.window.size, MOST - others), LEAST)

    def began(self, at: float) -> None:
        """One more is under way."""
        if self._bucket is not None:
            self._bucket.tokens -= 1.0
        self.window.began(at)

    def ended(self, began_at: float, at: float) -> None:
        """It was answered."""
        seconds = at - began_at
        self.left()
        self.window.measure(seconds)
        patience = self.window.patience
        self.window.learn(began_at, is_early=seconds <= patience / 2, is_late=seconds >= patience)

    def left(self) -> None:
        """It took several requests, or none: that teaches nothing."""
        self.window.under_way -= 1

    def refused(self) -> None:
        """The API server does not answer, or asks for patience: begin anew."""
        self.window.size = LEAST
