"""Where spans go: an OpenTelemetry collector (OTLP over HTTP)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from asw.telemetry.delivery import Deliver
from asw.telemetry.destinations import NotTaken, resource_of_asw, spelt
from asw.telemetry.lines import About
from asw.telemetry.spans import Span

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SpanAbout:
    """A span, and which execution it is of."""

    span: Span
    about: About


def span_records() -> "Deliver[SpanAbout]":
    """Deliver to the collector that the OTEL_EXPORTER_OTLP_... variables name.

    As for lines (``destinations.log_records``). Raises ImportError without the extra.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 -- an extra
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.trace.export import SpanExportResult  # noqa: PLC0415 -- as above

    exporter = OTLPSpanExporter()
    resource = resource_of_asw()

    def deliver(spans: Sequence[SpanAbout]) -> None:
        result = exporter.export([_record(it.span, it.about, resource) for it in spans])
        if result is not SpanExportResult.SUCCESS:
            raise NotTaken

    return deliver


def _record(span: Span, about: About, resource: "Resource") -> "ReadableSpan":
    from opentelemetry.sdk.trace import ReadableSpan  # noqa: PLC0415 -- as above
    from opentelemetry.trace import Link, Status, StatusCode  # noqa: PLC0415 -- as above

    attributes = {
        "asw.namespace": about.namespace,
        "asw.workflow": about.workflow,
        "asw.execution": about.execution,
        "asw.result": span.result,
        **span.attributes,
        **({} if span.error is None else {"error.type": span.error}),
    }
    status = Status(StatusCode.UNSET if span.result == "succeeded" else StatusCode.ERROR)
    parent = None if span.parent is None else _context(span.trace_id, span.parent)
    return ReadableSpan(
        name=spelt(span.name),
        context=_context(span.trace_id, span.id),
        parent=parent,
        resource=resource,
        attributes=spelt(attributes),
        links=() if span.link is None else (Link(_context(*span.link)),),
        status=status,
        start_time=_nanoseconds(span.started_at),
        end_time=_nanoseconds(span.ended_at),
    )


def _context(trace_id: int, span_id: int) -> "SpanContext":
    from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415 -- as above

    sampled = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=sampled)


def _nanoseconds(at: datetime) -> int:
    """Since 1970; exact, as floating point is not."""
    return (at - _EPOCH) // _MICROSECOND * 1000
