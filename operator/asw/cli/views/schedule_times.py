"""The next instants of Schedules, as ``asw validate`` shows them."""

from collections.abc import Iterator
from datetime import datetime

from asw.lint.manifests import Manifests
from asw.messages import t
from asw.schedules.cron import zone_named

COUNT = 5


def next_instants(manifests: Manifests, now: datetime) -> Iterator[str]:
    """A line for each Schedule: its next instants, in its own time zone."""
    for name, placed in manifests.schedules.items():
        spec = placed.object.spec
        zone = zone_named(spec.time_zone or "UTC")
        coming = spec.timetable(now).upcoming(now, COUNT)
        texts = [f"{it.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}" for it in coming]
        told = ", ".join(texts) or t("none any more")
        yield t("Schedule {name} ({times}): {told}", name=name, times=spec.times, told=told)
