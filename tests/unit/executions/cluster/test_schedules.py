"""Orders to run instants of the past, as patches of a Schedule on a cluster."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from asw.executions.cluster.access import Access
from asw.executions.cluster.connecting import ClusterContext
from asw.executions.cluster.schedules import order_backfill, read_schedules
from asw.executions.patience import Patience
from asw.failures import Failure
from tests.support.kube_api import kube_api
from tests.support.kube_world import PATHS
from tests.support.ticking import schedule_object

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@asynccontextmanager
async def a_cluster(*items):
    """The server with these Schedules, and the access to it."""
    async with kube_api() as (api, client):
        for item in items:
            api.put(PATHS["schedule"], item)
        place = ClusterContext(context="test", namespace="shop")
        yield api, Access(client, place, Patience("test"))


def order_of(api):
    """The order that the Schedule has."""
    return api.objects[f"{PATHS['schedule']}/nightly"]["spec"].get("backfill")


async def test_first_order_is_number_one():
    """From and to are written as instants, with the rate."""
    async with a_cluster(schedule_object()) as (api, access):
        assert await order_backfill(access, "nightly", BEGIN, END, 6) == 1
        assert order_of(api) == {
            "number": 1,
            "from": "2026-01-01T00:00:00.000Z",
            "to": "2026-02-01T00:00:00.000Z",
            "perMinute": 6,
        }


async def test_next_order_has_a_greater_number_than_any_before():
    """Also if the spec was applied without the order that was carried out."""
    done = {**schedule_object(), "status": {"backfill": {"number": 4}}}
    async with a_cluster(done) as (api, access):
        assert await order_backfill(access, "nightly", BEGIN, END, 6) == 5
        assert await order_backfill(access, "nightly", BEGIN, END, 6) == 6
        assert order_of(api)["number"] == 6


async def test_name_that_is_mistyped_gets_the_nearest():
    """A Schedule that does not exist is told with what there is."""
    async with a_cluster(schedule_object()) as (_, access):
        with pytest.raises(Failure, match="nightli") as raised:
            await order_backfill(access, "nightli", BEGIN, END, 6)
        assert "nightly" in raised.value.remedy


async def test_schedules_are_read_by_name_or_all():
    """Names choose; without any all of the namespace are read."""
    items = (schedule_object("a"), schedule_object("b"))
    async with a_cluster(*items) as (_, access):
        named = await read_schedules(access, ["b"], is_everywhere=False)
        every = await read_schedules(access, [], is_everywhere=False)
    assert [it["metadata"]["name"] for it in named] == ["b"]
    assert [it["metadata"]["name"] for it in every] == ["a", "b"]
    assert {it["kind"] for it in every} == {"Schedule"}
