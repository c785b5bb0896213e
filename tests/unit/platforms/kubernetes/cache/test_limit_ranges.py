"""LimitRanges are asked about seldom, and say which resources are theirs."""

import asyncio

from aiohttp import web

from asw.platforms.kubernetes.cache.limit_ranges import LimitRanges
from asw.platforms.kubernetes.cache.remembered import REMEMBERED_SECONDS
from tests.support.kube_api import collection, kube_api
from tests.support.kube_world import Time


def a_limit_range(*limits):
    return {"metadata": {"name": "limits"}, "spec": {"limits": list(limits)}}


MEMORY = {"type": "Container", "default": {"memory": "1Gi"}, "max": {"memory": "2Gi"}}
CPU = {"type": "Container", "defaultRequest": {"cpu": "100m"}}
CLAIMS = {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}


async def test_every_field_about_containers_counts():
    """Defaults and bounds alike; what is about claims of volumes is not about tasks."""
    async with kube_api() as (api, client):
        api.put(collection("v1", "shop", "limitranges"), a_limit_range(MEMORY, CPU, CLAIMS))
        ranges = LimitRanges(client, Time().monotonic)
        assert await ranges.resources("shop") == {"memory", "cpu"}
        assert await ranges.resources("quiet") == frozenset()


async def test_who_may_not_read_them_stays_out_of_all():
    """A Role without that permission stops no task: it then gets what it got without defaults."""
    async with kube_api() as (api, client):
        refusal = web.json_response({"message": "forbidden"}, status=403)
        api.fail("GET", "limitranges", refusal)
        ranges = LimitRanges(client, Time().monotonic, otherwise={"memory"})
        assert await ranges.resources("shop") == {"memory"}


async def test_a_burst_of_starts_asks_once():
    """A namespace is asked about once in a while, however many tasks start; news are noticed."""
    time = Time()
    async with kube_api() as (api, client):
        ranges = LimitRanges(client, time.monotonic)
        await asyncio.gather(*(ranges.resources("shop") for _ in range(20)))
        assert len(api.requests) == 1
        api.put(collection("v1", "shop", "limitranges"), a_limit_range(MEMORY))
        time.pass_(REMEMBERED_SECONDS)
        assert await ranges.resources("shop") == {"memory"}
        assert len(api.requests) == 2
