"""Lines go to a collector by OTLP, as the variables of OpenTelemetry say."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from asw.operator.settings import TelemetrySettings
from asw.operator.telemetry import telemetry
from asw.telemetry.telling import Telemetry
from tests.unit.telemetry.test_delivery import ALL
from tests.unit.telemetry.test_lines import ABOUT, EVENTS, SECRET, event


@dataclass
class Collector:
    """A stand-in that decodes what it is sent by OpenTelemetry's own schema."""

    url: str = ""
    status: int = 200
    headers: list[dict[str, str]] = field(default_factory=list)
    requests: list[ExportLogsServiceRequest] = field(default_factory=list)

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
            found.requests.append(ExportLogsServiceRequest.FromString(body))
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


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the operator starts, not in a thread."""
    monkeypatch.setattr("asw.operator.telemetry.find_spec", lambda _: None)
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
