"""Lines and spans go to a collector by OTLP, as the variables of OpenTelemetry say."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from asw.operator.settings import TelemetrySettings
from asw.operator.telemetry import telemetry
from asw.reconciler.telling import Told
from asw.telemetry.backlog import Backlog
from asw.telemetry.telling import Telemetry
from tests.support.play import Raised, definition, task
from tests.support.traces import run_of
from tests.unit.telemetry.test_delivery import ALL
from tests.unit.telemetry.test_lines import ABOUT, EVENTS, SECRET, event


@dataclass
class Collector:
    """A stand-in that decodes what it is sent by OpenTelemetry's own schema."""

    url: str = ""
    status: int = 200
    headers: list[dict[str, str]] = field(default_factory=list)
    requests: list[ExportLogsServiceRequest] = field(default_factory=list)
    traces: list[ExportTraceServiceRequest] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> None:
        """Decode what came by this path."""
        if path == "/v1/traces":
            self.traces.append(ExportTraceServiceRequest.FromString(body))
        else:
            self.requests.append(ExportLogsServiceRequest.FromString(body))

    @property
    def spans(self) -> list:
        """All spans, in order."""
        return [
            span
            for request in self.traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def records(self) -> list:
        """All log records, in order."""
        return [
            record
            for request in self.requests
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """One on loopback, named by the variables."""
    found = Collector()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.headers.append({"path": self.path, **self.headers})
            found.take(self.path, body)
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20abc")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        yield found
        server.shutdown()


def failing_run(redrives: int = 0) -> list[Told]:
    """One whose only task declines, with a secret in all that is data."""
    machine = definition("Pay", Pay=task())
    decline = {"work": lambda _: _raise(Raised("Card.Declined", SECRET))}
    return run_of(machine, {"card": SECRET}, decline, redrives=redrives)


def _raise(error: Exception) -> None:
    raise error


def sent(told: Telemetry) -> None:
    """Deliver a few lines to their end."""
    told.take([*EVENTS, event("TaskStateEntered", input={"card": SECRET})], ALL, ABOUT)
    told.start()
    told.stop()


def to_collector() -> Telemetry:
    """As the operator puts it together."""
    return telemetry(TelemetrySettings(writes_lines=False, has_collector=True))


def test_a_collector_gets_each_line_once_and_in_order(collector: Collector) -> None:
    """With the time of the event, its severity, and what it is about as attributes."""
    sent(to_collector())
    records = collector.records
    assert [it.event_name for it in records] == [it.type for it in EVENTS] + ["TaskStateEntered"]
    severities = [it.severity_text for it in records]
    assert severities == ["INFO", "INFO", *["ERROR"] * 4, "FATAL", "INFO"]
    first = records[0]
    assert first.time_unix_nano == 1_767_268_800_250_000_000
    assert {it.key: it.value.string_value for it in first.attributes} == {
        "k8s.namespace.name": "shop",
        "asw.workflow": "orders",
        "asw.execution": "order-1",
    }
    body = {it.key: it.value.string_value for it in first.body.kvlist_value.values}
    assert body["execution_arn"] == ABOUT.arn


def test_the_collector_is_asked_with_its_credentials(collector: Collector) -> None:
    """By OpenTelemetry's variables, which the exporter reads."""
    sent(to_collector())
    (asked,) = collector.headers
    assert (asked["path"], asked["authorization"]) == ("/v1/logs", "Basic abc")


def test_what_a_collector_refuses_is_counted_as_lost(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    """And no line shows up in the operator's own log."""
    collector.status = 400
    told = to_collector()
    sent(told)
    assert told.collector is not None
    assert (told.collector.delivered, told.collector.lost) == (0, len(EVENTS) + 1)
    assert SECRET not in caplog.text


def test_half_a_surrogate_pair_reaches_a_collector_replaced(collector: Collector) -> None:
    """Else the whole batch could not be encoded."""
    told = to_collector()
    told.take([event("PassStateEntered", name="a\ud800")], ALL, ABOUT)
    told.start()
    told.stop()
    (record,) = collector.records
    details = next(it for it in record.body.kvlist_value.values if it.key == "details")
    assert details.value.kvlist_value.values[0].value.string_value == "a?"


def traced(*told: Told, ratio: float = 1) -> Telemetry:
    """Deliver the spans of these to their end."""
    found = telemetry(TelemetrySettings(writes_lines=False, trace_ratio=ratio))
    for each in told:
        found.trace(each, ABOUT)
    found.start()
    found.stop()
    return found


def test_a_collector_gets_the_spans_of_a_run(collector: Collector) -> None:
    """As a tree, with exact instants, names of objects, and errors by their name alone."""
    traced(*failing_run())
    root = next(it for it in collector.spans if not it.parent_span_id)
    visit = next(it for it in collector.spans if it.name == "Pay")
    assert {it.trace_id for it in collector.spans} == {root.trace_id}
    assert visit.parent_span_id == root.span_id
    assert root.start_time_unix_nano == 1_767_225_600_000_000_000
    assert root.status.code == visit.status.code == 2
    shown = {it.key: it.value.string_value for it in visit.attributes}
    assert shown == {
        "asw.namespace": "shop",
        "asw.workflow": "orders",
        "asw.execution": "order-1",
        "asw.result": "failed",
        "asw.state": "Pay",
        "asw.state.type": "Task",
        "asw.resource": "asw:function:work",
        "error.type": "Card.Declined",
    }
    (asked,) = collector.headers
    assert (asked["path"], asked["authorization"]) == ("/v1/traces", "Basic abc")


def test_no_payload_and_no_cause_is_in_a_span(collector: Collector) -> None:
    """Input, output and cause of the run all have it."""
    told = failing_run()
    assert any(SECRET in str(each.events) for each in told)
    traced(*told)
    assert collector.traces
    assert not [it for it in collector.traces if SECRET.encode() in it.SerializeToString()]


def test_a_redrive_is_a_trace_of_its_own_with_a_link_to_the_one_before(
    collector: Collector,
) -> None:
    """People find what failed from what was run again."""
    traced(*failing_run(redrives=1))
    first, second = [it for it in collector.spans if not it.parent_span_id]
    (link,) = second.links
    assert first.trace_id != second.trace_id
    assert (link.trace_id, link.span_id) == (first.trace_id, first.span_id)


def test_spans_that_a_collector_refuses_are_counted_as_lost(collector: Collector) -> None:
    """Nobody waits for them."""
    collector.status = 400
    told = traced(*failing_run())
    assert told.traces is not None
    assert told.traces.delivered == 0
    assert told.traces.lost >= 3


def test_half_a_surrogate_pair_in_the_name_of_a_state_is_replaced_in_its_span(
    collector: Collector,
) -> None:
    """Else the whole batch could not be encoded."""
    traced(*run_of({"StartAt": "a\ud800", "States": {"a\ud800": {"Type": "Succeed"}}}))
    assert "a?" in [it.name for it in collector.spans]


def test_of_traces_that_are_not_sampled_nothing_is_sent(collector: Collector) -> None:
    """The id of the trace decides, so a trace is whole or not there."""
    told = traced(*failing_run(), ratio=1e-18)
    assert told.traces is not None
    assert (told.traces.delivered, told.traces.backlog.dropped) == (0, 0)
    assert collector.traces == []


def test_a_namespace_with_many_spans_loses_its_own(collector: Collector) -> None:
    """It has a quarter of what may wait, whatever it runs."""
    found = telemetry(TelemetrySettings(writes_lines=False, trace_ratio=1))
    assert found.traces is not None
    found.traces.backlog = Backlog(most_bytes=40_000)
    for told in failing_run() * 10:
        found.trace(told, ABOUT)
    dropped = found.traces.backlog.dropped
    assert dropped > 0
    for told in failing_run():
        found.trace(told, replace(ABOUT, namespace="quiet"))
    assert found.traces.backlog.dropped == dropped
    found.start()
    found.stop()


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the operator starts, not in a thread."""
    monkeypatch.setattr("asw.operator.telemetry.find_spec", lambda _: None)
    with pytest.raises(Exception, match="opentelemetry"):
        telemetry(TelemetrySettings(trace_ratio=1))
    with pytest.raises(Exception, match="opentelemetry") as caught:
        to_collector()
    assert "asw[telemetry]" in str(getattr(caught.value, "remedy", ""))


def test_no_collector_means_that_nothing_of_it_is_loaded() -> None:
    """It takes memory that most installations would pay for nothing."""
    code = (
        "import sys, asw.operator.operator, asw.operator.settings as it;"
        "from asw.operator.telemetry import telemetry;"
        "telemetry(it.TelemetrySettings());"
        "sys.exit('opentelemetry' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
