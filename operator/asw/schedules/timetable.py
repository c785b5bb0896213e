"""A timetable: at which instants something is due."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice, takewhile
from typing import Final

from asw.schedules.cron import EVERY, backward, fields_of, forward, zone_named
from asw.schedules.spans import parse_span

_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Instants in UTC: those of ``fields`` in ``zone``, or one each ``every`` around ``begin``.

    ``begin`` counts itself only if ``is_from_begin``; nothing is due before it or after ``end``.
    """

    begin: datetime
    is_from_begin: bool = False
    end: datetime | None = None
    fields: str | None = None
    zone: tzinfo = UTC
    every: timedelta | None = None
    opens: datetime | None = None
    """Nothing is due before or at it, instead of ``begin``."""

    def after(self, instant: datetime | None) -> datetime | None:
        """The first instant after that one, or of all; None if there is none any more."""
        since = self._open if instant is None else max(instant, self._open)
        found = next(self._forward(since), None)
        return None if found is None or self._is_past(found) else found

    def upcoming(self, instant: datetime, count: int) -> list[datetime]:
        """As many instants after that one, in order."""
        coming = self._forward(max(instant, self._open))
        return list(islice(takewhile(lambda it: not self._is_past(it), coming), count))

    def latest(self, after: datetime, until: datetime, count: int) -> list[datetime]:
        """At most so many instants after the one and up to the other, the latest ones, in order."""
        low = max(after, self._open)
        high = until if self.end is None else min(until, self.end)
        if high <= low:
            return []
        found = takewhile(lambda it: it > low, self._backward(high))
        return list(islice(found, count))[::-1]

    def within(self, begin: datetime, end: datetime) -> "Timetable":
        """The same instants from the one to the other, both included, whatever limits there are."""
        return replace(self, opens=begin - _MOMENT, end=end)

    @property
    def _open(self) -> datetime:
        """Every instant is later than this one."""
        if self.opens is not None:
            return self.opens
        return self.begin - _MOMENT if self.is_from_begin else self.begin

    def _is_past(self, instant: datetime) -> bool:
        return self.end is not None and instant > self.end

    def _forward(self, after: datetime) -> Iterator[datetime]:
        if self.fields is not None:
            yield from forward(self.fields, self.zone, after)
            return
        assert self.every is not None
        step = (after - self.begin) // self.every + 1
        while True:
            yield self.begin + step * self.every
            step += 1

    def _backward(self, until: datetime) -> Iterator[datetime]:
        if self.fields is not None:
            yield from backward(self.fields, self.zone, until)
            return
        assert self.every is not None
        step = (until - self.begin) // self.every
        while True:
            yield self.begin + step * self.every
            step -= 1


def timetable(
    times: str,
    zone: str,
    created_at: datetime,
    start_at: datetime | None = None,
    end_at: datetime | None = None,
) -> Timetable:
    """The timetable of a schedule that was created at that instant. Raises ValueError.

    ``times`` is a cron expression, a macro, or ``@every`` and a span. What has no start begins when
    it was created.
    """
    text = times.strip()
    is_span = text.lower().startswith(EVERY)
    return Timetable(
        begin=created_at if start_at is None else start_at,
        is_from_begin=start_at is not None,
        end=end_at,
        fields=None if is_span else fields_of(times),
        zone=zone_named(zone),
        every=parse_span(text[len(EVERY) :].strip()) if is_span else None,
    )
