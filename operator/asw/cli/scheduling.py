"""What ``asw schedules`` and ``asw backfill`` do on a cluster."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from asw.api.instants import parse_instant
from asw.asl.values import JsonObject
from asw.cli.awaiting import awaited
from asw.cli.objects.formats import formatted, listed
from asw.cli.objects.listing import Show
from asw.cli.objects.printing import print_table, print_text
from asw.cli.objects.tables import (
    PHASE_STYLES,
    Cell,
    Look,
    age_text,
    trouble,
    with_namespaces,
)
from asw.executions.cluster.access import open_access
from asw.executions.cluster.schedules import order_backfill, read_schedules
from asw.executions.target import Target
from asw.failures import Failure
from asw.messages import t

_HEAD: Final = ("NAME", "WORKFLOW", "TIMES", "NEXT", "LAST", "OUTCOME", "ACTIVE", "MISSED")


def show_schedules(
    target: Target, names: Sequence[str], show: Show, *, is_everywhere: bool
) -> None:
    """Print the Schedules as a table, or for programs. Raises Failure."""

    async def read() -> Sequence[JsonObject]:
        async with open_access(target) as access:
            return await read_schedules(access, names, is_everywhere=is_everywhere)

    found = awaited(read())
    if not show.form.is_table:
        is_one = len(names) == 1
        print_text(formatted(found[0] if is_one else listed(found), found, show.form))
        return
    is_wide, now = show.form.name == "wide", datetime.now(UTC)
    look = Look(has_namespace=is_everywhere, has_head=show.has_head)
    rows = [[*_row(item, now), *([Cell(trouble(item))] if is_wide else [])] for item in found]
    head = [*_HEAD, *(["MESSAGE"] if is_wide else [])]
    print_table(*with_namespaces(head, rows, found, look), look)


def backfill(target: Target, name: str, begin: datetime, end: datetime, per_minute: int) -> None:
    """Order runs for instants of the past. Raises Failure."""
    if end < begin:
        raise Failure(t("--to is before --from"), remedy=t("name the earlier instant with --from"))

    async def order() -> int:
        async with open_access(target) as access:
            return await order_backfill(access, name, begin, end, per_minute)

    number = awaited(order())
    click.echo(
        t(
            "{name}: backfill {number} is ordered; asw schedules {name} -o yaml shows its state",
            name=name,
            number=number,
        ),
        err=True,
    )


def _row(item: JsonObject, now: datetime) -> list[Cell]:
    spec, status = item["spec"], item.get("status") or {}
    outcome = status.get("lastOutcome") or ""
    times = status.get("times") or spec.get("cron") or f"every {spec.get('every')}"
    return [
        Cell(item["metadata"]["name"]),
        Cell(spec["workflowRef"]["name"]),
        Cell(times),
        Cell(_next(item, now)),
        Cell(_since(status.get("lastScheduleTime"), now)),
        Cell(outcome, PHASE_STYLES.get(outcome)),
        Cell(str(status.get("active", 0))),
        Cell(str(status.get("missed", 0))),
    ]


def _next(item: JsonObject, now: datetime) -> str:
    """When the next run starts: as an age that is to come."""
    if item["spec"].get("suspend"):
        return t("suspended")
    text = (item.get("status") or {}).get("nextScheduleTime")
    return "" if text is None else age_text(max(parse_instant(text) - now, timedelta()))


def _since(text: str | None, now: datetime) -> str:
    return "" if text is None else age_text(now - parse_instant(text))
