"""Timetables: limits, spans of elapsed time, and looking back."""

from datetime import UTC, datetime, timedelta

import pytest

from asw.schedules.spans import parse_span
from asw.schedules.timetable import timetable

MADE = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_span_counts_from_the_creation():
    """Without a start, the first run comes one span after the creation."""
    made = timetable("@every 12h", "UTC", MADE)
    assert made.upcoming(MADE, 2) == [MADE + 12 * HOUR, MADE + 24 * HOUR]


def test_start_is_an_instant_of_its_own():
    """With a start, the first run comes then, and none before."""
    start = MADE + 5 * HOUR
    made = timetable("@every 12h", "UTC", MADE, start)
    assert made.upcoming(MADE - 100 * HOUR, 2) == [start, start + 12 * HOUR]


def test_nothing_comes_after_the_end():
    """The end is the last instant that may count."""
    end = MADE + 24 * HOUR
    made = timetable("@every 12h", "UTC", MADE, None, end)
    assert made.upcoming(MADE, 9) == [MADE + 12 * HOUR, end]
    assert made.after(end) is None
    assert made.latest(MADE, MADE + 900 * HOUR, 9) == [MADE + 12 * HOUR, end]


@pytest.mark.parametrize("times", ["@every 90m", "30 */2 * * *", "0 0 * * *"])
def test_latest_are_the_last_of_all(times):
    """Of the instants between two, the latest are found without counting all of them."""
    made, until = timetable(times, "Europe/Berlin", MADE), MADE + 999 * HOUR
    every = [it for it in made.upcoming(MADE, 999) if it <= until]
    assert made.latest(MADE, until, 5) == every[-5:]
    assert made.latest(MADE, until, 9999) == every


def test_limits_do_not_hold_for_a_backfill():
    """A backfill may reach back before the schedule was made, on the same instants."""
    made = timetable("@every 12h", "UTC", MADE).within(MADE - 24 * HOUR, MADE)
    assert made.upcoming(MADE - 99 * HOUR, 9) == [MADE - 24 * HOUR, MADE - 12 * HOUR, MADE]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("7d", 604800), ("1d2h3m4s", 93784)]
)
def test_span_is_read(text, seconds):
    """Days, hours, minutes and seconds add up."""
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "12", "5x", "-1h", "1m1h", "0s", "999999999d", "1.5h"])
def test_what_is_no_span_is_refused(text):
    """Anything else is refused with an example of what is meant."""
    with pytest.raises(ValueError, match=r"write 90s|from 1 second to 10 years"):
        parse_span(text)
