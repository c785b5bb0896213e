"""What ``/metrics`` shows of the lines that Workflows want delivered, and of traces."""

from collections.abc import Mapping, Sequence
from typing import Any

from asw.operator.metric_families import Family, Labels, Sources
from asw.telemetry.delivery import Delivery


def _lines(sources: Sources) -> Mapping[Labels, float]:
    """Of both destinations, also at zero, so that rates have a start."""
    telemetry = sources.teller.telemetry
    found: dict[Labels, float] = {}
    for name, each in (("stdout", telemetry.output), ("otlp", telemetry.collector)):
        found |= {(name, result): count for result, count in _results(each)}
    return found


def _spans(sources: Sources) -> Mapping[Labels, float]:
    return {(result,): count for result, count in _results(sources.teller.telemetry.traces)}


def _results(delivery: Delivery[Any] | None) -> Sequence[tuple[str, int]]:
    if delivery is None:
        return [(result, 0) for result in ("delivered", "dropped", "lost")]
    return [
        ("delivered", delivery.delivered),
        ("dropped", delivery.backlog.dropped),
        ("lost", delivery.lost),
    ]


TELEMETRY_FAMILIES: Sequence[Family] = (
    Family(
        name="asw_log_lines",
        kind="counter",
        help="Lines of histories by destination: delivered, dropped since too many waited, or lost"
        " since the destination did not take them.",
        labels=("destination", "result"),
        read=_lines,
    ),
    Family(
        name="asw_trace_spans",
        kind="counter",
        help="Spans of traces: delivered, dropped since too many waited, or lost since the"
        " collector did not take them.",
        labels=("result",),
        read=_spans,
    ),
)
