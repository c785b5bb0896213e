"""What ``/metrics`` shows of the lines that Workflows want delivered."""

from collections.abc import Mapping, Sequence

from asw.operator.metric_families import Family, Labels, Sources


def _lines(sources: Sources) -> Mapping[Labels, float]:
    found: dict[Labels, float] = {}
    for each in sources.teller.telemetry.deliveries:
        found[each.name, "delivered"] = each.delivered
        found[each.name, "dropped"] = each.backlog.dropped
        found[each.name, "lost"] = each.lost
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
