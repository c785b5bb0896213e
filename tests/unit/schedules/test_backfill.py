"""Backfills, one instant after the other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from asw.schedules.backfill import Order, Progress, may_start_at, next_of, progress_of
from asw.schedules.timetable import timetable

MADE = datetime(2026, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
DAILY = timetable("0 0 * * *", "UTC", MADE)
ORDER = Order(number=1, begin=MADE - 3 * DAY, end=MADE - DAY, per_minute=6)


def test_every_instant_of_the_order_is_run_once():
    """From the first to the last, both included, also before the schedule was made."""
    progress, found = Progress(number=1), []
    while (instant := next_of(DAILY, ORDER, progress, MADE)) is not None:
        found.append(instant)
        progress = replace(progress, until=instant)
    assert found == [MADE - 3 * DAY, MADE - 2 * DAY, MADE - DAY]


def test_what_has_not_come_yet_is_left_out():
    """An order that reaches into the future ends now."""
    order = replace(ORDER, begin=MADE - DAY, end=MADE + 9 * DAY)
    progress = Progress(number=1, until=MADE)
    assert next_of(DAILY, order, progress, MADE + DAY / 2) is None


def test_rate_is_kept():
    """The next run may start once its share of a minute has passed."""
    assert may_start_at(ORDER, Progress(number=1)) is None
    started = Progress(number=1, last_start=MADE)
    assert may_start_at(ORDER, started) == MADE + timedelta(seconds=10)


def test_number_that_was_carried_out_does_nothing_and_a_greater_one_begins():
    """As for a redrive, the number tells an order from the one before."""
    done = Progress(number=1, started=3, is_over=True)
    assert progress_of(ORDER, done) is done
    assert progress_of(replace(ORDER, number=2), done) == Progress(number=2)
    assert progress_of(ORDER, None) == Progress(number=1)
