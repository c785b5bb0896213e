"""Tests of ``asw.asl.timestamps``."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.timestamps import format_timestamp, parse_timestamp


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-24T10:00:00Z", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2026-11-24T10:00:00.5Z", datetime(2026, 11, 24, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2016-03-05T21:29:29.243167252Z", datetime(2016, 3, 5, 21, 29, 29, 243_167, tzinfo=UTC)),
        ("2026-11-24T10:00:00+01:30", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        ("2026-11-24T10:00:00-08:00", datetime(2026, 11, 24, 18, tzinfo=UTC)),
    ],
)
def test_rfc3339_is_read(text, instant):
    """Fractions and offsets are understood, digits beyond microseconds dropped."""
    assert parse_timestamp(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "05-12-2016T21:29:29Z",
        "2016-12-05T25:29:29Z",
        "2016-12-05 21:29:29Z",
        "2016-12-05T21:29:29",
        "2016-13-05T21:29:29Z",
        "2016-12-05t21:29:29z",
        "2016-12-05T21:29:29+24:00",
        "2016-12-05T21:29:29.Z",
        "2023-02-24",
        "",
        "\uff12016-12-05T21:29:29Z",
    ],
)
def test_other_texts_are_none(text):
    """What AWS refuses as a timestamp is none here."""
    assert parse_timestamp(text) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_back(instant):
    """An instant written is read back to the millisecond."""
    again = parse_timestamp(format_timestamp(instant))
    assert again == instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def test_instants_are_written_in_utc():
    """Wherever an instant comes from, it is written as AWS writes it."""
    instant = datetime(2026, 11, 24, 11, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=1)))
    assert format_timestamp(instant) == "2026-11-24T10:00:00.123Z"


def test_a_naive_instant_is_not_written():
    """An instant without a zone would be taken for local time."""
    with pytest.raises(ValueError):
        format_timestamp(datetime(2026, 11, 24))  # noqa: DTZ001 - the point of the test
