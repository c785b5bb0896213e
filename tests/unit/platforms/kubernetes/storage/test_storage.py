"""Pages and chunks: written once, ours or refused."""

import pytest
from aiohttp.web import json_response

from asw.api.names import digest12, event_page_name, fence8, history_chunk_name
from asw.platforms.kubernetes.client.errors import Damaged
from asw.platforms.kubernetes.storage.storage import Storage
from asw.reconciler.platform import Refused
from tests.support.kube_api import collection, kube_api
from tests.support.kube_objects import KEY, UID

MAPS = collection("v1", "shop", "configmaps")


def page_name(text):
    return event_page_name(UID, fence8("7"), digest12(text))


PAGE = page_name("1")


async def test_pages_are_owned_and_immutable():
    """They go with their Execution and cannot be changed."""
    async with kube_api() as (api, client):
        await Storage(client).write_pages(KEY, {page_name("[1.0]"): "[1.0]"})
        (page,) = api.named("configmaps")
        assert page["immutable"] is True
        assert page["metadata"]["ownerReferences"][0]["uid"] == UID
        assert page["metadata"]["labels"]["asw.dev/kind"] == "page"
        name = page["metadata"]["name"]
        assert await Storage(client).read_pages(KEY, [name]) == {name: "[1.0]"}


async def test_writing_twice_is_harmless():
    """A step that is done again finds its pages there."""
    async with kube_api() as (_, client):
        pages = {page_name("1"): "1"}
        await Storage(client).write_pages(KEY, pages)
        await Storage(client).write_pages(KEY, pages)
        assert await Storage(client).read_pages(KEY, pages) == pages


async def test_page_of_somebody_else_is_refused():
    """A namesake is never taken for our own, neither in writing nor in reading."""
    async with kube_api() as (api, client):
        api.put(MAPS, {"metadata": {"name": "p-1"}, "data": {"value": "2"}})
        with pytest.raises(Refused, match="somebody else"):
            await Storage(client).write_pages(KEY, {"p-1": "1"})
        with pytest.raises(Damaged, match="does not belong"):
            await Storage(client).read_pages(KEY, ["p-1"])


async def test_page_with_other_content_is_refused():
    """Ours by owner is not enough."""
    async with kube_api() as (api, client):
        await Storage(client).write_pages(KEY, {"p-1": "1"})
        api.named("p-1")[0]["data"]["value"] = "2"
        with pytest.raises(Refused):
            await Storage(client).write_pages(KEY, {"p-1": "1"})


@pytest.mark.parametrize("data", [{"value": "2"}, {"other": "1"}, None])
async def test_changed_page_is_damage(data):
    """What is read is checked against the digest that the name carries."""
    async with kube_api() as (api, client):
        await Storage(client).write_pages(KEY, {PAGE: "1"})
        api.named(PAGE)[0]["data"] = data
        with pytest.raises(Damaged, match=f"shop/{PAGE}, a part of execution 'order-1'"):
            await Storage(client).read_pages(KEY, [PAGE])


async def test_changed_chunk_is_damage():
    """History is checked like anything else."""
    name = history_chunk_name(UID, 3, fence8("7"), "[]")
    async with kube_api() as (api, client):
        await Storage(client).write_chunks(KEY, {name: "[]"})
        assert await Storage(client).read_chunks(KEY, [name]) == {name: "[]"}
        api.named(name)[0]["data"] = {"events": "[1]"}
        with pytest.raises(Damaged):
            await Storage(client).read_chunks(KEY, [name])


async def test_missing_page_says_what_to_do():
    """A page that somebody deleted cannot be made again."""
    async with kube_api() as (_, client):
        with pytest.raises(Damaged, match="is gone; start a new execution"):
            await Storage(client).read_pages(KEY, ["p-1"])


async def test_chunks_hold_events():
    """History is stored beside pages, under a kind of its own."""
    async with kube_api() as (api, client):
        await Storage(client).write_chunks(KEY, {"h-1": "[]"})
        (chunk,) = api.named("configmaps")
        assert chunk["data"] == {"events": "[]"}
        assert chunk["metadata"]["labels"]["asw.dev/kind"] == "history"


async def test_deleting_what_is_gone_is_harmless():
    """The sweeper may come twice."""
    async with kube_api() as (api, client):
        await Storage(client).write_pages(KEY, {"p-1": "1"})
        await Storage(client).delete(KEY, ["p-1", "p-2"])
        assert api.objects == {}


async def test_a_page_that_is_not_ours_any_more_keeps_no_other():
    """One that policy forbids to delete stays, since its labels are gone; the next one goes."""
    async with kube_api() as (api, client):
        for name in ("p-1", "p-2"):
            api.put(MAPS, {"metadata": {"name": name}, "data": {"value": "1"}})
        api.fail("DELETE", "/p-1", json_response({"message": "only what it made"}, status=422))
        await Storage(client).delete(KEY, ["p-1", "p-2"])
        assert [it["metadata"]["name"] for it in api.named("configmaps")] == ["p-1"]
