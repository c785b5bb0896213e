"""Which notices are written, and which only counted. Pure; a notice costs O(1).

What repeats within ten minutes is one Event with a count, as client-go keeps them. New Events, and
new counts, take tokens: one of the object, one of its namespace, one of all. What finds none is
lost. So a tenant whose runs come by the hundred a second costs a few writes a second and leaves
tokens to others. Routine takes tokens only while half of them are there: on a quiet cluster each
run shows its start and end, on a busy one what is left are warnings. The last quarter of those of
all is for namespaces that have told little lately, however many others tell too much.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from asw.platforms.kubernetes.notices.notice import Notice, plain
from asw.reconciler.recent import Recent
from asw.reconciler.token_bucket import TokenBucket

SERIES_SECONDS: Final = 600.0
"""What comes again later is an Event of its own."""
KEPT_SERIES: Final = 2048
KEPT_BUCKETS: Final = 4096
MOST_PENDING: Final = 512
"""Notices that wait to be written, for a server that takes none."""


class Level(Enum):
    """Which notices there are at all; the value is that of the setting, in lower case."""

    NORMAL = "normal"
    """Starts, ends and warnings."""
    WARNING = "warning"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once after a rest, and so many a second in the long run."""

    burst: float
    per_second: float

    def bucket(self, now: float) -> TokenBucket:
        """A full one."""
        return TokenBucket.full(self.per_second, self.burst, now)


OF_OBJECT: Final = Rate(burst=10, per_second=1 / 30)
OF_NAMESPACE: Final = Rate(burst=30, per_second=2)
OF_ALL: Final = Rate(burst=100, per_second=10)
"""A hundredth of what the API server of a small cluster takes."""

OF_WARNINGS: Final = 0.5
"""The share of each bucket that routine leaves."""
OF_THE_QUIET: Final = 0.25
"""The share of the tokens of all that a namespace leaves which has used up half of its own."""
HALF: Final = 0.5


@dataclass(slots=True, kw_only=True)
class Series:
    """One Event: a notice, how often it came, and when. ``is_stored`` once the server has it."""

    notice: Notice
    suffix: str
    count: int
    first_at: datetime
    last_at: datetime
    seen: float
    is_stored: bool = False


_Key = tuple[str, str, str]


class Book:
    """See the module."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self._series: Recent[_Key, Series] = Recent(KEPT_SERIES, KEPT_SERIES)
        self._pending: OrderedDict[_Key, Series] = OrderedDict()
        self._of_all: TokenBucket | None = None
        self._buckets: Recent[tuple[str, Rate], TokenBucket] = Recent(KEPT_BUCKETS, KEPT_BUCKETS)
        self._number = 0

    @property
    def has_pending(self) -> bool:
        """Whether anything waits to be written."""
        return bool(self._pending)

    def enter(self, notice: Notice, now: float, at: datetime) -> bool:
        """Take a notice; False if it is lost, because there is too much to tell.

        ``now`` only ever grows; ``at`` is what people read.
        """
        if self._level is Level.NONE or (self._level is Level.WARNING and not notice.is_warning):
            return True
        notice = replace(notice, message=plain(notice.message))
        key = (notice.about.uid, notice.reason, notice.message)
        series = self._series.get(key)
        if series is not None and now - series.seen < SERIES_SECONDS:
            series.count += 1
            series.last_at, series.seen = at, now
        elif len(self._pending) >= MOST_PENDING or not self._pay(notice, now):
            return False
        else:
            self._number += 1
            suffix = f"{int(at.timestamp() * 1000):x}{self._number:06x}"
            series = self._series.put(
                key,
                Series(notice=notice, suffix=suffix, count=1, first_at=at, last_at=at, seen=now),
                1,
            )
        if len(self._pending) < MOST_PENDING:
            self._pending[key] = series
        return True

    def take(self, now: float) -> Iterator[Series]:
        """What to write now; a count that finds no token waits for one."""
        for key, series in list(self._pending.items()):
            if not series.is_stored or self._pay(series.notice, now):
                del self._pending[key]
                yield series

    def _pay(self, notice: Notice, now: float) -> bool:
        """Take a token everywhere; the one of the namespace even if all have none left for it."""
        of_all = self._of_all = self._of_all or OF_ALL.bucket(now)
        of_object = self._bucket(notice.about.uid, OF_OBJECT, now)
        of_namespace = self._bucket(notice.about.namespace, OF_NAMESPACE, now)
        for bucket in (of_object, of_namespace, of_all):
            bucket.refill(now)
        stays = OF_WARNINGS if notice.is_routine else 0.0
        if not (of_object.has(stays) and of_namespace.has(stays)):
            return False
        stays_of_all = stays if of_namespace.has(HALF) else max(stays, OF_THE_QUIET)
        of_namespace.tokens -= 1.0
        if not of_all.has(stays_of_all):
            return False
        of_object.tokens -= 1.0
        of_all.tokens -= 1.0
        return True

    def _bucket(self, whose: str, rate: Rate, now: float) -> TokenBucket:
        key = (whose, rate)
        return self._buckets.get(key) or self._buckets.put(key, rate.bucket(now), 1)
