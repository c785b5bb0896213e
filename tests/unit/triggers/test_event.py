"""Events, and the names of the runs that they start."""

from datetime import UTC, datetime

import pytest

from asw.triggers.ends import End
from asw.triggers.event import Event, run_name

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
END = End(
    namespace="shop",
    workflow="etl",
    name="etl-1",
    uid="u1",
    epoch=2,
    status="TIMED_OUT",
    started_at=None,
    ended_at=AT,
    labels={"team": "sales"},
    error="States.Timeout",
)


def test_an_end_is_a_cloud_event():
    """It has the attributes of the specification, and AWS's names in its data."""
    document = END.event().document()
    data = document.pop("data")
    assert document == {
        "specversion": "1.0",
        "id": "u1.2",
        "source": "/asw.dev/namespaces/shop/workflows/etl",
        "type": "dev.asw.execution.timed-out",
        "time": "2026-01-01T12:00:00.000Z",
        "subject": "etl-1",
    }
    assert (data["status"], data["error"], data["redriveCount"]) == (
        "TIMED_OUT",
        "States.Timeout",
        2,
    )
    assert (data["startDate"], data["output"]) == (None, None)


@pytest.mark.parametrize(
    "other",
    [
        ("other-uid", Event(id="1", source="s", type="t")),
        ("uid", Event(id="2", source="s", type="t")),
        ("uid", Event(id="1", source="s2", type="t")),
    ],
    ids=["trigger", "id", "source"],
)
def test_another_event_or_trigger_starts_another_run(other):
    """Names differ if the Trigger, the id or the source does."""
    assert run_name("on", *other) != run_name("on", "uid", Event(id="1", source="s", type="t"))


def test_the_same_event_starts_the_same_run():
    """What else it says does not matter; the name fits where names are limited."""
    first = run_name("x" * 60, "uid", Event(id="1", source="s", type="t"))
    assert first == run_name("x" * 60, "uid", Event(id="1", source="s", type="t2", data=3))
    assert len(first) <= 63
