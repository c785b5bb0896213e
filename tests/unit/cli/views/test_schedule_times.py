"""What ``asw validate`` says of Schedules."""

from datetime import UTC, datetime
from pathlib import Path

from asw.cli.views.schedule_times import next_instants
from asw.lint.documents import Document
from asw.lint.manifests import read_manifests
from tests.support.ticking import schedule_object


def lines(*items, now):
    """A line for each of these Schedules."""
    documents = [Document(Path("all.yaml"), item) for item in items]
    manifests, findings = read_manifests(documents)
    assert findings == []
    return list(next_instants(manifests, now))


def test_next_instants_are_in_the_time_zone_of_the_schedule():
    """Over a jump of the clocks, too."""
    nightly = schedule_object(cron="30 2 * * *", timeZone="Europe/Berlin")
    (line,) = lines(nightly, now=datetime(2026, 10, 24, tzinfo=UTC))
    assert line.startswith("Schedule nightly (30 2 * * * Europe/Berlin): Sat 2026-10-24 02:30:00")
    assert "Sun 2026-10-25 02:30:00 CEST, Mon 2026-10-26 02:30:00 CET" in line
    assert line.count(", ") == 4


def test_schedule_that_is_over_says_so():
    """Nothing comes after its end."""
    over = schedule_object(every="1h", endAt="2020-01-01T00:00:00Z")
    (line,) = lines(over, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert line.endswith("none any more")
