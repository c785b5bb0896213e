"""Which events are delivered as lines, and what is in them."""

from datetime import UTC, datetime

import pytest

from asw.api.workflow import Logging
from asw.engine.history import Event
from asw.telemetry.lines import LINE_LIMIT, About, lines_of, severity_of

ABOUT = About(
    namespace="shop",
    execution="order-1",
    workflow="orders",
    arn="arn:aws:states:us-east-1:123456789012:execution:orders:order-1",
    redrive_count=2,
)
AT = datetime(2026, 1, 1, 12, 0, 0, 250_000, UTC)
SECRET = "4111-1111"


def event(kind: str, number: int = 7, **details: object) -> Event:
    """One of the history."""
    return Event(number, number - 1, kind, AT, details)


def delivered(logging: Logging, *events: Event) -> list[dict]:
    """What a destination gets."""
    return [it.as_json() for it in lines_of(events, logging, ABOUT)]


EVENTS = [
    event(kind)
    for kind in (
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
        "MapIterationAborted",
        "FailStateEntered",
        "ExecutionFailed",
    )
]


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("ALL", [it.type for it in EVENTS]),
        ("ERROR", [it.type for it in EVENTS[2:]]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_a_level_has_the_events_that_aws_gives_it(level: str, kinds: list[str]) -> None:
    """AWS: the table of log levels."""
    found = delivered(Logging(level=level), *EVENTS)
    assert [it["type"] for it in found] == kinds


@pytest.mark.parametrize("kind", ["ExecutionTimedOut", "ExecutionAborted"])
def test_each_bad_end_is_fatal(kind: str) -> None:
    """An execution that was stopped has failed whoever waits for it."""
    assert severity_of(kind) == "FATAL"


def test_a_line_has_the_fields_of_aws() -> None:
    """Numbers are texts there, and the time is in milliseconds."""
    (line,) = delivered(Logging(level="ALL"), event("TaskStateEntered", name="Pay"))
    assert line == {
        "id": "7",
        "type": "TaskStateEntered",
        "details": {"name": "Pay"},
        "redrive_count": "2",
        "previous_event_id": "6",
        "event_timestamp": "1767268800250",
        "execution_arn": ABOUT.arn,
        "namespace": "shop",
        "workflow": "orders",
        "execution": "order-1",
    }


@pytest.mark.parametrize("name", ["input", "output", "parameters", "result", "cause"])
def test_data_is_in_no_line_unless_the_workflow_says_so(name: str) -> None:
    """Causes count as data: they often quote it."""
    (line,) = delivered(Logging(level="ALL"), event("TaskFailed", **{name: SECRET}, error="No"))
    assert line["details"] == {"error": "No"}


def test_variables_are_data() -> None:
    """AWS: assignedVariables of a StateExited event."""
    it = event("PassStateExited", assignedVariables={"card": SECRET}, name="Pay")
    (line,) = delivered(Logging(level="ALL"), it)
    assert line["details"] == {"name": "Pay"}


def test_data_is_json_text() -> None:
    """As in histories, with AWS's note on whether it is whole."""
    wanted = Logging(level="ALL", include_execution_data=True)
    (line,) = delivered(wanted, event("ExecutionStarted", input={"a": 1}))
    assert line["details"] == {"input": '{"a":1}', "inputDetails": {"truncated": False}}


def test_long_data_is_cut_off() -> None:
    """AWS: at 248 KB, and it is said; no character is torn apart."""
    wanted = Logging(level="ALL", include_execution_data=True)
    (line,) = delivered(wanted, event("ExecutionStarted", input="é" * LINE_LIMIT))
    text = line["details"]["input"]
    assert 0 <= LINE_LIMIT - len(text.encode()) < 2
    assert set(text) == {'"', "é"}
    assert line["details"]["inputDetails"] == {"truncated": True}


def test_many_variables_are_cut_off_together() -> None:
    """An execution may have 10 MiB of them."""
    wanted = Logging(level="ALL", include_execution_data=True)
    several = {f"v{n}": "x" * (LINE_LIMIT // 3) for n in range(20)}
    (line,) = delivered(wanted, event("PassStateExited", assignedVariables=several))
    assert 0 < len(line["details"]["assignedVariables"]) < 3
