"""Cron expressions in time zones, against wall clocks that are read minute by minute."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asw.schedules.cron import backward, fields_of, forward, zone_named

MINUTE = timedelta(minutes=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai")
JUMPS = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin, forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Berlin, back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York, forward
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York, back
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe, forward by half an hour
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, back by half an hour
)

some_minutes = st.lists(st.integers(0, 59), min_size=1, max_size=3)
some_hours = st.lists(st.integers(0, 5), min_size=1, max_size=3)
moments = st.builds(
    lambda jump, minutes: jump + minutes * MINUTE, st.sampled_from(JUMPS), st.integers(-600, 600)
)


def listed(numbers):
    return ",".join(map(str, numbers))


def fixed_hours(minutes, hours, zone, begin, end):
    """By Debian's cron: once where the hour is twice, at its end where it is missing."""
    found, day = set(), begin.astimezone(zone).date() - timedelta(days=1)
    while day <= end.astimezone(zone).date():
        for hour in hours:
            for minute in minutes:
                wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                while wall.astimezone(UTC).astimezone(zone).replace(fold=0) != wall:
                    wall = (wall.replace(tzinfo=None) + MINUTE).replace(tzinfo=zone)
                found.add(wall.astimezone(UTC))
        day += timedelta(days=1)
    return sorted(it for it in found if begin < it <= end)


def by_elapsed_time(minutes, zone, begin, end):
    """Every minute that the wall clock shows, whether it shows it once or twice."""
    at, found = begin.replace(second=0), []
    while (at := at + MINUTE) <= end:
        if at.astimezone(zone).minute in minutes:
            found.append(at)
    return found


@given(some_minutes, some_hours, st.sampled_from(ZONES), moments)
@example([30], [2], "Europe/Berlin", datetime(2026, 10, 25, 1, 15, tzinfo=UTC))
@example([0, 30], [2, 3], "Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC))
def test_fixed_hour_counts_once_over_a_jump(minutes, hours, zone_name, begin):
    """A fixed hour counts once where it is there twice, and at its end where it is missing."""
    zone, end = zone_named(zone_name), begin + timedelta(hours=30)
    coming = forward(f"{listed(minutes)} {listed(hours)} * * *", zone, begin)
    found = list(takewhile(lambda it: it <= end, coming))
    assert found == fixed_hours(minutes, hours, zone, begin, end)


@given(some_minutes, st.sampled_from(ZONES), moments)
def test_star_follows_elapsed_time_over_a_jump(minutes, zone_name, begin):
    """Where the hour is a star, each hour that passes counts, also one that repeats."""
    zone, end = zone_named(zone_name), begin + timedelta(hours=30)
    coming = forward(f"{listed(minutes)} * * * *", zone, begin)
    found = list(takewhile(lambda it: it <= end, coming))
    assert found == by_elapsed_time(minutes, zone, begin, end)


@given(
    st.sampled_from(["{} * * * *", "{} 2 * * *", "{} */2 * * *", "{} 1-3 * * SUN"]),
    some_minutes,
    st.sampled_from(ZONES),
    moments,
)
def test_backward_finds_what_forward_finds(form, minutes, zone_name, begin):
    """Looking back from an instant finds the same ones as looking ahead to it."""
    text, zone = form.format(listed(minutes)), zone_named(zone_name)
    end = begin + timedelta(days=9)
    ahead = list(takewhile(lambda it: it <= end, forward(text, zone, begin)))
    back = list(takewhile(lambda it: it > begin, backward(text, zone, end)))
    assert back[::-1] == ahead


def test_day_that_comes_every_four_years_is_found():
    """The 29th of February is found years ahead."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    found = list(islice(forward("0 0 29 2 *", UTC, begin), 2))
    assert found == [datetime(2028, 2, 29, tzinfo=UTC), datetime(2032, 2, 29, tzinfo=UTC)]


def test_names_and_macros_stand_for_numbers():
    """MON-FRI and JAN are numbers, and @daily is midnight."""
    assert fields_of("@daily") == "0 0 * * *"
    begin = datetime(2026, 1, 2, 12, tzinfo=UTC)  # a Friday
    assert next(forward("0 9 * JAN MON-FRI", UTC, begin)) == datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("* * * *", "4 fields instead of 5"),
        ("0 0 * * * *", "6 fields instead of 5"),
        ("61 * * * *", "minute"),
        ("* * * * MOND", "day-of-week"),
        ("@often", "the macros are @yearly"),
        ("0 0 31 2 *", "day-of-month"),
        ("0 0 */31 2 SUN#5", "names no day that there is"),
        (f"{listed(range(60))}," * 2 + "0 * * * *", "256 characters"),
    ],
)
def test_mistake_is_told_with_its_field(text, told):
    """What is no cron expression is refused by a sentence that says which field is wrong."""
    with pytest.raises(ValueError, match=told):
        fields_of(text)


@pytest.mark.parametrize("name", ["Mars/Base", "../../etc/passwd", "Europe", "a\0b"])
def test_what_is_no_time_zone_is_refused(name):
    """Only names of the IANA database are time zones; none leads to another file."""
    with pytest.raises(ValueError, match="no time zone of the IANA database"):
        zone_named(name)


def test_time_zones_come_with_the_package():
    """Time zones are there even if the system has none: images may lack them."""
    zoneinfo.reset_tzpath(())
    try:
        assert zoneinfo.ZoneInfo.no_cache("Europe/Berlin").key == "Europe/Berlin"
    finally:
        zoneinfo.reset_tzpath()
