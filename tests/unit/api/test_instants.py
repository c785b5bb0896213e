"""Instants as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from asw.api.instants import instant_text, parse_instant


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        pytest.param(
            datetime(2026, 1, 31, 9, 30, tzinfo=UTC), "2026-01-31T09:30:00.000Z", id="whole second"
        ),
        pytest.param(
            datetime(2026, 1, 31, 9, 30, 0, 7_999, tzinfo=UTC),
            "2026-01-31T09:30:00.007Z",
            id="microseconds are cut",
        ),
        pytest.param(
            datetime(2026, 1, 31, 9, 30, tzinfo=timezone(timedelta(hours=8))),
            "2026-01-31T01:30:00.000Z",
            id="another zone",
        ),
    ],
)
def test_an_instant_is_written_in_utc_with_milliseconds(instant, text):
    """Every instant has the same form, whatever its zone and precision."""
    assert instant_text(instant) == text


def test_what_was_written_reads_back():
    """An instant of whole milliseconds survives its text."""
    instant = datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)
    assert parse_instant(instant_text(instant)) == instant


def test_a_text_without_zone_is_refused():
    """A time without zone is not an instant."""
    with pytest.raises(ValueError, match="no time zone"):
        parse_instant("2026-01-31T09:30:00")
