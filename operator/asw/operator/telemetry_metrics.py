"""What ``/metrics`` shows of the lines that Workflows want delivered."""

from collections.abc import Mapping, Sequence

from asw.operator.metric_families import Family, Labels, Sources


def _lines(sources: Sources) -> Mapping[Labels, float]:
    """Of both destinations, also at zero, so that rates have a start."""
    telemetry = sources.teller.telemetry
    found: dict[Labels, float] = {}
    for name, each in (("stdout", telemetry.output), ("otlp", telemetry.collector)):
        found[name, "delivered"] = 0 if each is None else each.delivered
        found[name, "dropped"] = 0 if each is None else each.backlog.dropped
        found[name, "lost"] = 0 if each is None else each.lost
    return found


TELEMETRY_FAMILIES: Sequence[Family] = (
    Family(
        name="asw_log_lines",
        kind="counter",
        help="Lines of histories by destination: delivered, dropped since too many waited, or lost"
        " since the destination did not take them.",
        labels=("destination", "result"),
        read=_lines,
    ),
)
