"""Backfills: runs for instants of the past, a few a minute, as one order of a number."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from asw.schedules.timetable import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Run every instant from the one to the other, both included, at most so many a minute."""

    number: int
    begin: datetime
    end: datetime
    per_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the order of this number is: ``until`` is the last instant that was started.

    ``last_start`` is when; ``is_over`` once there is none left.
    """

    number: int
    started: int = 0
    until: datetime | None = None
    last_start: datetime | None = None
    is_over: bool = False


def next_of(table: Timetable, order: Order, progress: Progress, now: datetime) -> datetime | None:
    """The instant to run next; None if all that have come were started."""
    return table.within(order.begin, min(order.end, now)).after(progress.until)


def may_start_at(order: Order, progress: Progress) -> datetime | None:
    """When the next run may start by the order's rate; None: at once."""
    if progress.last_start is None:
        return None
    return progress.last_start + timedelta(minutes=1) / order.per_minute


def progress_of(order: Order, known: Progress | None) -> Progress:
    """The progress of this order: a number that is not known, or greater, begins."""
    if known is not None and known.number >= order.number:
        return known
    return Progress(number=order.number)
