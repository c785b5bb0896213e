"""Schedules of a cluster: which there are, and orders to run instants of the past."""

from collections.abc import Sequence
from datetime import datetime

from asw.api.instants import instant_text
from asw.api.schedule import MOST_BACKFILLS
from asw.asl.values import Json, JsonObject
from asw.executions.cluster.access import Access
from asw.failures import Failure
from asw.messages import t
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import SCHEDULES


async def read_schedules(
    access: Access, names: Sequence[str], *, is_everywhere: bool
) -> Sequence[JsonObject]:
    """Schedules by name, or all of the namespace, or of every namespace. Raises Failure."""
    if names:
        return [await access.get(SCHEDULES, name) for name in names]
    return await access.list(SCHEDULES, None if is_everywhere else access.place.namespace)


async def order_backfill(
    access: Access, name: str, begin: datetime, end: datetime, per_minute: int
) -> int:
    """Order runs for the instants between the two; the number of the order. Raises Failure."""
    item = await access.get(SCHEDULES, name)
    known = item["spec"].get("backfill") or {}
    done = ((item.get("status") or {}).get("backfill") or {}).get("number", 0)
    number = max(int(known.get("number", 0)), int(done)) + 1
    if number > MOST_BACKFILLS:
        raise Failure(
            t(
                "Schedule {name} has had {count} backfills, and no more",
                name=name,
                count=number - 1,
            ),
            remedy=t("create another Schedule"),
        )
    order: dict[str, Json] = {
        "number": number,
        "from": instant_text(begin),
        "to": instant_text(end),
        "perMinute": per_minute,
    }
    try:
        with access.asking():
            place = (access.place.namespace, item["metadata"]["name"])
            await access.client.merge(SCHEDULES, *place, {"spec": {"backfill": order}})
    except NotFound:
        raise await access.not_found(SCHEDULES, name) from None
    return number
