"""How many starts may be under way at a time: as many as come to run in time. Pure; events O(1).

A start is under way from when its task gets a slot until it runs, has ended, is known to wait for
something else (no node accepts it, for example), or has taken ``PLACE_HELD``: a task that never
runs keeps nobody else from starting. A window limits how many may be under way, in total and for
each namespace, and learns as TCP's does (RFC 5681). It grows by one for each early start while it
is in use, so that it doubles as fast as tasks come to run, and shrinks by one for each late one.
Late is relative to the namespace's fastest recent starts, because some clusters take long to start
any pod.

The starts of one namespace may be slow for reasons of their own, such as a large image. So they
narrow its own window; the total one narrows if most namespaces that start something are late.
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
startup latency SLO": 99 % within 5 s). Half of it is early in any case."""
SLOWER: Final = 3.0
"""If all starts take long, this many times the fastest is late, and half of that is early: as on a
node shared by three."""
FIRST: Final = 16
"""Where a window begins, and the least size of the total one: at least 3 starts a second, which the
smallest node bears."""
LEAST: Final = 4
"""The least size of a namespace's window."""
RECENT: Final = 64
"""Starts; the fastest of so many, and of so many before them, is the measure."""
_ROUNDING: Final = 1e-5
"""Seconds, because instants have microseconds."""


@dataclass(slots=True, eq=False)
class Window:
    """How many may be under way; ``name`` is the namespace's, empty for the total."""

    name: str = ""
    least: int = FIRST
    size: int = FIRST
    under_way: int = 0
    usual: float = PLACE_HELD.total_seconds()
    """Seconds that are never late."""
    _full_at: float = -inf
    _fastest: float = inf
    _fastest_of_late: float = inf
    _seen: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no further start may begin."""
        return self.under_way >= self.size

    @property
    def patience(self) -> float:
        """Seconds after which a start is late."""
        fastest = min(self._fastest, self._fastest_of_late)
        return self.usual if fastest == inf else max(self.usual, SLOWER * fastest)

    def began(self, at: float) -> None:
        """One more start is under way."""
        self.under_way += 1
        if self.is_full:
            self._full_at = at

    def measure(self, seconds: float) -> None:
        """A start came to run after this time."""
        self._fastest_of_late = min(self._fastest_of_late, seconds)
        self._seen += 1
        if self._seen % RECENT == 0:
            self._fastest, self._fastest_of_late = self._fastest_of_late, inf

    def learn(self, began_at: float, *, is_early: bool, is_late: bool) -> None:
        """A start came in time, or not; an early one proves nothing if the window was not full."""
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
    """All windows; ``whole`` is the total one.

    Instants may jump: only progress counts, so a clock that was set back adds nothing.
    """

    def __init__(self) -> None:
        self.whole = Window()
        self._under_way: OrderedDict[TaskId, _Start] = OrderedDict()
        self._overdue: dict[TaskId, _Start] = {}
        """Starts that no longer hold a place."""
        self._starting = 0
        """Number of namespaces with a start under way."""
        self._late: set[Window] = set()
        """Those of them whose last start was late."""
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
        """The task runs, or has ended; the window with one more place, None if it held none."""
        start = self._under_way.get(task_id) or self._overdue.get(task_id)
        if start is None:
            return None
        at = self._read(now)
        start.window.measure(at - start.began_at)
        self._learn(start, at)
        return self.left(task_id)

    def left(self, task_id: TaskId) -> Window | None:
        """The task waits for something else, or is no longer wanted: that teaches nothing."""
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
        """Slow starts lose their places; returns the windows with one more place each."""
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
        """When the next start loses its place; None if none is under way."""
        if not self._under_way or self._read_at is None:
            return None
        start = next(iter(self._under_way.values()))
        return self._read_at + PLACE_HELD - timedelta(seconds=self._elapsed - start.began_at)

    def _learn(self, start: _Start, at: float) -> None:
        """Learn from a start, once."""
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
        """Seconds of progress since the first instant that was read."""
        if self._read_at is not None:
            self._elapsed += max((now - self._read_at).total_seconds(), 0.0)
        self._read_at = now
        return self._elapsed
