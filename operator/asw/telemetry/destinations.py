"""Where lines go: standard output, and an OpenTelemetry collector (OTLP over HTTP)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson

from asw import __version__
from asw.telemetry.delivery import Deliver
from asw.telemetry.lines import Line, milliseconds

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.resources import Resource

_NANOSECONDS: Final = 1_000_000
"""Of a millisecond: OTLP counts in nanoseconds."""


class NotTaken(Exception):
    """A collector refused what it was sent, or did not answer."""


def standard_output(stream: BinaryIO) -> Deliver[bytes]:
    """Write lines as they are."""

    def deliver(lines: Sequence[bytes]) -> None:
        stream.write(b"".join(lines))
        stream.flush()

    return deliver


def encoded(line: Line) -> bytes:
    """The line as JSON, with its line feed."""
    made = line.as_json()
    try:
        return orjson.dumps(made, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # names of states may hold half of a surrogate pair, which UTF-8 cannot spell
        return orjson.dumps(spelt(made), option=orjson.OPT_APPEND_NEWLINE)


def log_records() -> "Deliver[Line]":
    """Deliver to the collector that the OTEL_EXPORTER_OTLP_... variables name.

    The exporter reads them itself, retries for 10 seconds, and keeps to the specification of OTLP.
    Raises ImportError without the extra ``telemetry``.
    """
    from opentelemetry.exporter.otlp.proto.http._log_exporter import (  # noqa: PLC0415 -- an extra
        OTLPLogExporter,
    )
    from opentelemetry.sdk._logs.export import LogRecordExportResult  # noqa: PLC0415 -- as above

    exporter = OTLPLogExporter()
    resource = resource_of_asw()

    def deliver(lines: Sequence[Line]) -> None:
        result = exporter.export([_record(it, resource) for it in lines])
        if result is not LogRecordExportResult.SUCCESS:
            raise NotTaken

    return deliver


def resource_of_asw() -> "Resource":
    """Who tells."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 -- as above

    return Resource.create({"service.name": "asw", "service.version": __version__})


def _record(line: Line, resource: "Resource") -> "ReadableLogRecord":
    from opentelemetry._logs import LogRecord, SeverityNumber  # noqa: PLC0415 -- as above
    from opentelemetry.sdk._logs import ReadableLogRecord  # noqa: PLC0415 -- as above

    severities = {
        "ALL": SeverityNumber.INFO,
        "ERROR": SeverityNumber.ERROR,
        "FATAL": SeverityNumber.FATAL,
    }
    severity, about = severities[line.severity], line.about
    record = LogRecord(
        timestamp=milliseconds(line.event) * _NANOSECONDS,
        severity_number=severity,
        severity_text=severity.name,
        body=spelt(line.as_json()),
        event_name=line.event.type,
        attributes={
            "k8s.namespace.name": about.namespace,
            "asw.workflow": about.workflow,
            "asw.execution": about.execution,
        },
    )
    return ReadableLogRecord(record, resource)


def spelt(value: Any) -> Any:
    """The same in texts that UTF-8 can spell."""
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case dict():
            return {spelt(key): spelt(each) for key, each in value.items()}
        case list() | tuple():
            return [spelt(each) for each in value]
    return value
