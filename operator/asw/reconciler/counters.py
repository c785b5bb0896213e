"""What the reconciler did, counted since it began, for metrics."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

FAST_SECONDS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Bounds for computations."""
CALL_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
"""Bounds for requests to a server."""
WAIT_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Bounds for waiting times."""


class Histogram:
    """The distribution of durations in seconds: counts by upper bound, the last one unbounded.

    Cheap enough forevery pass: a search in a dozen numbers and two additions.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Add a duration; a negative one, from a clock that was set back, counts as zero."""
        seconds = max(seconds, 0.0)
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        """Counts up to each bound, as Prometheus wants them."""
        bounds = (*map(str, self.bounds), "+Inf")
        return list(zip(bounds, accumulate(map(float, tuple(self.counts))), strict=True))


@dataclass(slots=True, kw_only=True)
class Counters:
    """Plain numbers that only grow, except ``waiting``."""

    passes: int = 0
    loads: int = 0
    saves: int = 0
    starts: int = 0
    cancels: int = 0
    conflicts: int = 0
    """Saves refused because somebody else wrote first; each costs a load."""
    unavailable: int = 0
    """Times that the platform did not answer."""
    refused: int = 0
    """Times that the platform refused, so that a human must act."""
    errors: int = 0
    """Passes that ended in an exception that is our own fault."""
    saved_results: int = 0
    """Deliveries answered SAVED."""
    late_results: int = 0
    """Deliveries answered LATE."""
    transitions: int = 0
    """States entered, as saved in histories."""
    started: int = 0
    """Executions that began."""
    ended: Counter[str] = field(default_factory=Counter)
    """Executions that ended, by AWS's status."""
    lost_events: Counter[str] = field(default_factory=Counter)
    """Kubernetes Events that were not written, by why."""
    waiting: int = 0
    """Executions with a reason for a pass that has not begun."""
    step_seconds: Histogram = field(default_factory=lambda: Histogram(FAST_SECONDS))
    """Durations of the engine's pure step."""
    save_seconds: Histogram = field(default_factory=lambda: Histogram(CALL_SECONDS))
    """Durations of writing a record with its pages."""
    start_seconds: Histogram = field(default_factory=lambda: Histogram(WAIT_SECONDS))
    """From when a task was scheduled until it ran, as its history says."""
    slot_seconds: Histogram = field(default_factory=lambda: Histogram(WAIT_SECONDS))
    """From when a task was due to be started until it got a slot."""
