"""How many starts may be under way at a time: as many as come to run in time. Pure; events O(1).

A start is under way from when its task gets a slot until it runs, ended, is known to wait for
something else (no node takes it, say), or has taken ``PLACE_HELD``: nobody keeps others from
starting by what never comes to run. How many may be so at a time is learned, for the whole and for
each namespace, as TCP learns how much may be on its way (RFC 5681), by a window: one more for each
start that came early while the window was in use, so that it doubles as fast as tasks come to run,
and one less for each that was late. What is late is measured by the fastest starts of the namespace
in recent times, for some clusters take long to start any pod, however few there are.

What one namespace starts may be slow for its own reasons, such as a large image. So it narrows its
own window; that of the whole narrows where most namespaces that start something are late.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Final

from asw.engine.task_ids import TaskId

PLACE_HELD: Final = timedelta(seconds=5)
"""Kubernetes' own objective for the start of a pod, images not counted (SIG Scalability, "Pod
startup latency SLO": 99 % within 5 s). What comes within half of it is early in any case."""
SLOWER: Final = 3.0
"""So many times as long as the fastest is late, half of that is early, where all starts take long:
a node shared by three."""
FIRST: Final = 16
"""Where a window begins, and what that of the whole never falls below: 3 starts a second at least,
which the smallest of nodes bears."""
LEAST: Final = 4
"""What the window of a namespace never falls below."""
RECENT: Final = 64
"""Starts; the fastest of so many, and of so many before them, is the measure."""
_ROUNDING: Final = 1e-5
"""Seconds: instants have microseconds."""


@dataclass(slots=True, eq=False)
class Window:
    """So many may be under way; ``name`` is the namespace's, empty for the whole."""

    name: str = ""
    least: int = FIRST
    size: int = FIRST
    under_way: int = 0
    _full_at: float = -inf
    _fastest: float = inf
    _fastest_of_late: float = inf
    _seen: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no further one may be."""
        return self.under_way >= self.size

    @property
    def patience(self) -> float:
        """Seconds: what takes as long is late."""
        fastest = min(self._fastest, self._fastest_of_late)
        least = PLACE_HELD.total_seconds()
        return least if fastest == inf else max(least, SLOWER * fastest)

    def began(self, at: float) -> None:
        """One more is under way."""
        self.under_way += 1
        if self.is_full:
            self._full_at = at

    def measure(self, seconds: float) -> None:
        """One came to run after so long."""
        self._fastest_of_late = min(self._fastest_of_late, seconds)
        self._seen += 1
        if self._seen % RECENT == 0:
            self._fastest, self._fastest_of_late = self._fastest_of_late, inf

    def learn(self, began_at: float, *, is_early: bool, is_late: bool) -> None:
        """One came in time, or not; that one came early proves nothing of what was not used."""
        if is_late:
            self.size = max(self.size - 1, self.least)
        elif is_early and self._full_at >= began_at:
            self.size += 1


@dataclass(slots=True, eq=False)
class _Start:
    began_at: float
    window: Window
    is_learned: bool = False


class Pacing:
    """See the module. ``whole`` is the window of everything.

    Instants may jump: what counts is by how much they went on, and a clock set back does not.
    """

    def __init__(self) -> None:
        self.whole = Window()
        self._under_way: OrderedDict[TaskId, _Start] = OrderedDict()
        self._overdue: dict[TaskId, _Start] = {}
        """Those that hold no place any more."""
        self._starting = 0
        """How many namespaces have a start under way."""
        self._late: set[Window] = set()
        """Those of them whose last one was late."""
        self._elapsed = 0.0
        self._read_at: datetime | None = None

    def began(self, task_id: TaskId, window: Window, now: datetime) -> None:
        """The task got a slot in the namespace of this window."""
        at = self._read(now)
        self._under_way[task_id] = _Start(at, window)
        self._starting += window.under_way == 0
        window.began(at)
        self.whole.began(at)

    def came(self, task_id: TaskId, now: datetime) -> Window | None:
        """It runs, or has ended; the window that has a place more, None where it held none."""
        start = self._under_way.get(task_id) or self._overdue.get(task_id)
        if start is None:
            return None
        at = self._read(now)
        start.window.measure(at - start.began_at)
        self._learn(start, at)
        return self.left(task_id)

    def left(self, task_id: TaskId) -> Window | None:
        """It waits for something else, or is not wanted any more: that teaches nothing."""
        self._overdue.pop(task_id, None)
        start = self._under_way.pop(task_id, None)
        if start is None:
            return None
        window = start.window
        window.under_way -= 1
        self.whole.under_way -= 1
        if window.under_way == 0:
            self._starting -= 1
            self._late.discard(window)
        return window

    def give_up(self, now: datetime) -> Iterator[Window]:
        """Those that take long hold no place any more; whose windows have one more each."""
        at = self._read(now)
        while self._under_way:
            task_id, start = next(iter(self._under_way.items()))
            if at - start.began_at < PLACE_HELD.total_seconds() - _ROUNDING:
                return
            if at - start.began_at >= start.window.patience - _ROUNDING:
                self._learn(start, at)
            self.left(task_id)
            self._overdue[task_id] = start
            yield start.window

    def next_at(self) -> datetime | None:
        """When the next one holds no place any more; None where none is under way."""
        if not self._under_way or self._read_at is None:
            return None
        start = next(iter(self._under_way.values()))
        return self._read_at + PLACE_HELD - timedelta(seconds=self._elapsed - start.began_at)

    def _learn(self, start: _Start, at: float) -> None:
        """Take its lesson, once."""
        if start.is_learned:
            return
        start.is_learned = True
        window, seconds = start.window, at - start.began_at + _ROUNDING
        is_early, is_late = seconds <= window.patience / 2, seconds >= window.patience
        window.learn(start.began_at, is_early=is_early, is_late=is_late)
        (self._late.add if is_late and window.under_way else self._late.discard)(window)
        if not is_late or len(self._late) * 2 > self._starting:
            self.whole.learn(start.began_at, is_early=is_early, is_late=is_late)

    def _read(self, now: datetime) -> float:
        """Seconds that went by since the first instant that was read."""
        if self._read_at is not None:
            self._elapsed += max((now - self._read_at).total_seconds(), 0.0)
        self._read_at = now
        return self._elapsed
