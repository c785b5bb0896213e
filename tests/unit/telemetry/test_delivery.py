"""Lines are delivered in the background: bounded, in order, and in nobody's way."""

import io
import json
import logging
import threading
from dataclasses import replace

import pytest

from asw.api.workflow import Logging
from asw.telemetry.backlog import SHARE, Backlog
from asw.telemetry.delivery import Delivery
from asw.telemetry.destinations import standard_output
from asw.telemetry.telling import Telemetry
from tests.unit.telemetry.test_lines import ABOUT, EVENTS, SECRET, event

ALL = Logging(level="ALL", include_execution_data=True)


def test_lines_come_out_as_json_one_a_line_and_in_order() -> None:
    """What is there when the process ends is still delivered."""
    stream = io.BytesIO()
    told = Telemetry(output=Delivery("it", standard_output(stream)))
    told.take(EVENTS, ALL, ABOUT)
    told.start()
    told.stop()
    lines = [json.loads(it) for it in stream.getvalue().splitlines()]
    assert [it["type"] for it in lines] == [it.type for it in EVENTS]
    assert told.output is not None
    assert told.output.delivered == len(EVENTS)


def test_half_a_surrogate_pair_is_replaced() -> None:
    """JSON may spell one in the name of a state, UTF-8 cannot."""
    stream = io.BytesIO()
    told = Telemetry(output=Delivery("it", standard_output(stream)))
    told.take([event("PassStateEntered", name="a\ud800")], ALL, ABOUT)
    told.start()
    told.stop()
    assert json.loads(stream.getvalue())["details"]["name"] == "a?"


def test_a_destination_that_hangs_holds_up_nobody() -> None:
    """What has no room is dropped and counted; nothing grows without end."""
    gate = threading.Event()
    delivery = Delivery[bytes]("it", lambda _: bool(gate.wait(60)), Backlog(most_bytes=100_000))
    told = Telemetry(output=delivery)
    told.start()
    for _ in range(100):
        told.take([event("ExecutionStarted", input="x" * 10_000)], ALL, ABOUT)
    assert delivery.backlog.dropped >= 90
    gate.set()
    told.stop()


def test_a_namespace_that_logs_much_leaves_room_for_others() -> None:
    """It has a share, and loses lines of its own beyond that."""
    backlog = Backlog[int](most_bytes=1000)
    taken = [backlog.put("noisy", n, 10) for n in range(100)]
    assert sum(taken) == 100 // SHARE
    assert backlog.put("quiet", 1, 10)
    backlog.take()
    assert backlog.put("noisy", 1, 10)


def test_trouble_is_told_once_and_without_data(caplog: pytest.LogCaptureFixture) -> None:
    """Not once a batch, and never what was to be delivered."""
    calls = []

    def deliver(batch: object) -> None:
        calls.append(batch)
        if len(calls) < 3:
            raise OSError(SECRET)

    delivery = Delivery[bytes]("the collector", deliver)
    telemetry = Telemetry(output=delivery)
    with caplog.at_level(logging.INFO):
        telemetry.start()
        for n in range(3):
            telemetry.take([event("ExecutionStarted", input=SECRET)], ALL, ABOUT)
            _until(lambda n=n: delivery.lost + delivery.delivered > n)
        telemetry.stop()
    assert (delivery.lost, delivery.delivered) == (2, 1)
    assert [it.getMessage() for it in caplog.records] == [
        "the collector does not take what it is sent: OSError",
        "the collector takes what it is sent again",
    ]
    assert SECRET not in caplog.text


def test_nothing_is_put_together_for_a_workflow_that_wants_nothing() -> None:
    """OFF is the default."""
    told = Telemetry(output=Delivery("it", standard_output(io.BytesIO())))
    told.take([event("ExecutionStarted", input=object())], Logging(), replace(ABOUT))
    told.start()
    told.stop()
    assert told.output is not None
    assert told.output.delivered == 0


def _until(is_so: object) -> None:
    """Wait for another thread, for a minute at most."""
    assert callable(is_so)
    waited = threading.Event()
    for _ in range(6000):
        if is_so():
            return
        waited.wait(0.01)
    raise AssertionError("it did not come to pass")
