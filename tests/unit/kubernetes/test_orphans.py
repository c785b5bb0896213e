"""Objects that nothing refers to go; those that something refers to, or is about to, stay."""

import asyncio

from aiohttp import web

from asw.api.names import page_name
from asw.kubernetes.garbage import Garbage
from asw.kubernetes.orphans import collect_orphans
from asw.kubernetes.storage import Storage
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import collection, kube_api
from tests.support.kube_objects import KEY, UID, execution_object, workflow_object
from tests.support.kube_world import kube_world

MAPS = collection("v1", "shop", "configmaps")
PAUSE = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}}


async def resting(world):
    """An execution that waits, with one page, and a second one of which no status tells."""
    large = {"text": "x" * 5000}
    await world.apply("workflow", workflow_object(definition=PAUSE, defaultInput=large))
    await world.apply("execution", execution_object())
    await world.until(lambda: world.status.get("phase") == "Running")
    (used,) = [item["metadata"]["name"] for item in world.api.named("configmaps")]
    await Storage(world.client).write_pages(KEY, {page_name(UID, "1"): "1"})
    return used, page_name(UID, "1")


async def look(world):
    executions = world.platform.executions
    await collect_orphans(world.client, world.feed.cache, executions, (None,))
    await executions.garbage.collect(Storage(world.client))
    return {item["metadata"]["name"] for item in world.api.named("configmaps")}


async def test_orphans_are_deleted():
    """After a crash between page and status; not before any write could still be under way."""
    async with kube_world() as world:
        used, orphan = await resting(world)
        assert await look(world) == {used, orphan}
        world.time.pass_(3600)
        assert await look(world) == {used}


async def test_what_cannot_be_read_is_left_alone():
    """Of an execution that is damaged already nothing more is taken."""
    async with kube_world() as world:
        used, orphan = await resting(world)
        del world.api.objects[f"{MAPS}/{used}"]
        world.time.pass_(3600)
        assert await look(world) == {orphan}


async def test_garbage_that_is_needed_again_is_kept():
    """A value that comes back finds its object, however late the sweep."""
    async with kube_api() as (api, client):
        garbage, storage = Garbage(), Storage(client)
        await storage.write_pages(KEY, {"p-1": "1", "p-2": "2"})
        garbage.add(KEY, ["p-1", "p-2"])
        await garbage.keep(["p-1"])
        await garbage.collect(storage)
        assert [item["metadata"]["name"] for item in api.named("configmaps")] == ["p-1"]


async def test_nobody_adopts_what_is_being_deleted():
    """Who needs the name waits for the deletion, and then writes it anew."""
    async with kube_api() as (api, client):
        garbage, storage = Garbage(), Storage(client)
        await storage.write_pages(KEY, {"p-1": "1"})
        garbage.add(KEY, ["p-1"])
        collecting = asyncio.create_task(garbage.collect(storage))
        await asyncio.sleep(0)
        await garbage.keep(["p-1"])
        assert api.named("configmaps") == []
        await collecting


async def test_failed_deletion_is_made_good():
    """What the server did not take is tried with the next sweep."""
    async with kube_api() as (api, client):
        garbage, storage = Garbage(), Storage(client)
        await storage.write_pages(KEY, {"p-1": "1"})
        garbage.add(KEY, ["p-1"])
        api.fail("DELETE", "p-1", web.Response(status=503))
        try:
            await garbage.collect(storage)
        except Unavailable:
            await garbage.collect(storage)
        assert api.named("configmaps") == []
