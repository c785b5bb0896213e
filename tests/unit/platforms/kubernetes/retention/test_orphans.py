"""Objects that nothing refers to go; those that something refers to, or is about to, stay."""

import json

import pytest
from aiohttp import web

from asw.api.names import digest12, event_page_name, fence8, record_page_name
from asw.platforms.kubernetes.retention.orphans import collect_orphans
from asw.platforms.kubernetes.storage.storage import Garbage, Storage
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import collection, kube_api
from tests.support.kube_objects import KEY, UID, execution_object, workflow_object
from tests.support.kube_world import kube_world

MAPS = collection("v1", "shop", "configmaps")
PAUSE = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}}
LARGE = {"text": "x" * 5000}


async def resting(world):
    """An execution that waits; the page that it has."""
    await world.apply("workflow", workflow_object(definition=PAUSE, defaultInput=LARGE))
    await world.apply("execution", execution_object())
    await world.until(lambda: world.status.get("phase") == "Running")
    (used,) = [item["metadata"]["name"] for item in world.api.named("configmaps")]
    return used


async def left(world, version, name_of=record_page_name):
    """A page that a save left which named this version of the status; the page's name."""
    name = name_of(UID, fence8(version), digest12("1"))
    await Storage(world.client).write_pages(KEY, {name: "1"})
    return name


async def look(world):
    executions = world.platform.executions
    await collect_orphans(world.client, world.feed.cache, executions, (None,))
    await executions.garbage.collect(Storage(world.client))
    return {item["metadata"]["name"] for item in world.api.named("configmaps")}


@pytest.mark.parametrize("name_of", [record_page_name, event_page_name])
async def test_orphans_are_deleted(name_of):
    """After a crash between page and status, of either kind; not while they are new."""
    async with kube_world() as world:
        used = await resting(world)
        orphan = await left(world, "1", name_of)
        assert await look(world) == {used, orphan}
        world.time.pass_(3600)
        assert await look(world) == {used}


async def test_orphans_of_earlier_versions_are_deleted():
    """Names once did not say by which save they were made; what nothing refers to goes as well."""
    async with kube_world() as world:
        used = await resting(world)
        await Storage(world.client).write_pages(KEY, {f"0b2bd0a47c0c-p-{digest12('1')}": "1"})
        world.time.pass_(3600)
        assert await look(world) == {used}


async def test_a_save_under_way_keeps_its_pages():
    """What a save wrote that can still be stored is kept, however old it is."""
    async with kube_world() as world:
        used = await resting(world)
        page = await left(world, world.stored("execution")["metadata"]["resourceVersion"])
        world.time.pass_(3600)
        assert await look(world) == {used, page}
        await world.apply("execution", world.stored("execution"))
        assert await look(world) == {used}


async def test_what_cannot_be_read_is_left_alone():
    """Of an execution that is damaged already nothing more is taken."""
    async with kube_world() as world:
        used = await resting(world)
        orphan = await left(world, "1")
        del world.api.objects[f"{MAPS}/{used}"]
        world.time.pass_(3600)
        assert await look(world) == {orphan}


async def test_a_damaged_history_keeps_nobody_elses_orphans():
    """An execution whose chunks are gone is passed over, and the next one is looked at."""
    async with kube_world() as world:
        await resting(world)
        other = "ffffffff-7c0c-4a1f-9e6e-5d1c8a5a0001"
        orphan = await left(world, "1")
        gone = {"name": "0b2bd0a47c0c-h-0-1", "digest": "d", "firstId": 1, "lastId": 2, "size": 9}
        item = json.loads(json.dumps(world.stored("execution")))
        item["metadata"] |= {"name": "a-damaged", "uid": other}
        item["status"] = {"phase": "Running", "historyChunks": [gone]}
        await world.apply("execution", item)
        page = json.loads(json.dumps(world.api.named(orphan)[0]))
        page["metadata"]["labels"]["asw.dev/execution-uid"] = other
        page["metadata"]["name"] = "a-kept"
        world.api.put(MAPS, page)
        world.time.pass_(3600)
        found = await look(world)
        assert "a-kept" in found
        assert orphan not in found


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


async def test_who_stands_down_deletes_nothing_more():
    """Whatever he meant to delete is looked for anew by whoever acts next."""
    async with kube_api() as (api, client):
        garbage, storage = Garbage(), Storage(client)
        await storage.write_pages(KEY, {"p-1": "1"})
        garbage.add(KEY, ["p-1"])
        garbage.clear()
        await garbage.collect(storage)
        assert len(api.named("configmaps")) == 1
