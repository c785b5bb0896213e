"""The destinations that the settings ask for."""

import sys
from importlib.util import find_spec

from asw.failures import Failure
from asw.messages import t
from asw.operator.settings import TelemetrySettings
from asw.telemetry.delivery import Delivery
from asw.telemetry.destinations import log_records, standard_output
from asw.telemetry.span_records import span_records
from asw.telemetry.telling import Telemetry


def telemetry(settings: TelemetrySettings) -> Telemetry:
    """The destinations, not yet started. Raises Failure if something is not installed."""
    is_sending = settings.has_collector or settings.trace_ratio > 0
    if is_sending and find_spec("opentelemetry") is None:
        raise Failure(
            t("nothing can be sent by OTLP: the package opentelemetry is missing"),
            remedy=t("install asw[telemetry], or unset {name}", name="OTEL_EXPORTER_OTLP_ENDPOINT"),
        )
    output = Delivery("standard output", standard_output(sys.stdout.buffer))
    return Telemetry(
        output=output if settings.writes_lines else None,
        collector=Delivery("the collector", log_records()) if settings.has_collector else None,
        traces=Delivery("the collector of traces", span_records())
        if settings.trace_ratio
        else None,
        ratio=settings.trace_ratio,
    )
