"""Watches are spared what is known; what must be seen always passes."""

import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientConnectionError, ClientSession, web
from aiohttp.test_utils import TestServer

from asw.platforms.kubernetes.watch.echo_filter import EchoFilter, expired_as_event, whole_or_broken
from tests.support.kube_objects import execution_object, workflow_object
from tests.support.kube_world import kube_world

PATH = "/apis/asw.dev/v1alpha1/executions"


def an_event(kind, version, uid="known"):
    return {"type": kind, "object": {"metadata": {"uid": uid, "resourceVersion": version}}}


def is_known(item):
    return item["metadata"] == {"uid": "known", "resourceVersion": "7"}


class Answered:
    """What is being written; the answer, by which the cache knows, comes after so many looks."""

    def __init__(self, looks):
        self._left = looks

    def __contains__(self, uid):
        self._left -= uid == "known"
        return uid == "known" and not self.is_here

    @property
    def is_here(self):
        """Whether the answer came."""
        return self._left < 0

    def is_known(self, item):
        """What the cache says."""
        return self.is_here and is_known(item)


@asynccontextmanager
async def a_server(*events, writing=(), is_known=is_known, piece=5):
    """Its watch tells these events in pieces of so many bytes; its list has their objects."""
    body = b"".join(json.dumps(event).encode() + b"\n" for event in events)

    async def answer(request):
        if request.query.get("watch") != "true":
            return web.json_response({"metadata": {}, "items": [it["object"] for it in events]})
        response = web.StreamResponse()
        await response.prepare(request)
        for start in range(0, len(body), piece):
            await response.write(body[start : start + piece])
        return response

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    async with (
        TestServer(application) as server,
        ClientSession(middlewares=(EchoFilter(is_known, writing),)) as it,
    ):
        yield lambda path: it.get(server.make_url(path))


async def watched(get, path=PATH):
    async with get(f"{path}?watch=true") as response:
        text = b"".join([chunk async for chunk in response.content.iter_chunked(1024)])
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED"])
async def test_known_states_are_left_out(kind):
    """Another version, or another object, is news."""
    news = [an_event(kind, "8"), an_event(kind, "7", uid="other")]
    async with a_server(news[0], an_event(kind, "7"), news[1]) as get:
        assert await watched(get) == news


async def test_echo_before_its_answer():
    """It waits until the answer to its write is there, and is known then."""
    answered, other = Answered(4), an_event("ADDED", "3", uid="other")
    served = a_server(
        an_event("MODIFIED", "7"), other, writing=answered, is_known=answered.is_known
    )
    async with served as get:
        assert await watched(get) == [other]
    assert answered.is_here


async def test_echo_whose_answer_never_comes():
    """It does not wait for ever, and the others that came with it do not wait for it."""
    early, other = an_event("MODIFIED", "8"), an_event("ADDED", "3", uid="other")
    async with a_server(early, other, writing={"known"}, piece=1024) as get:
        assert await watched(get) == [other, early]


@pytest.mark.parametrize("kind", ["DELETED", "BOOKMARK", "ERROR"])
async def test_the_rest_always_passes(kind):
    """An end is news even where the state is known, and bookmarks show that the watch lives."""
    async with a_server(an_event(kind, "7")) as get:
        assert await watched(get) == [an_event(kind, "7")]


async def test_other_kinds_pass():
    """Jobs and Pods are looked at by what they show, not by their version."""
    async with a_server(an_event("MODIFIED", "7")) as get:
        assert await watched(get, "/apis/batch/v1/jobs") == [an_event("MODIFIED", "7")]


async def test_lists_are_sifted():
    """A second look at the cluster tells what changed since the first."""
    async with a_server(an_event("", "7"), an_event("", "8")) as get, get(PATH) as response:
        assert (await response.json())["items"] == [an_event("", "8")["object"]]


async def test_our_own_writes_are_known():
    """Their echo tells nothing: the cache learnt of them when they were made."""
    async with kube_world() as world:
        world.time.pass_(300)  # nobody waits for the Function any more
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        await world.until(lambda: world.feed.cache.knows(world.stored("execution")))
        (seen,) = world.feed.cache.executions.values()
        assert seen.is_finished
        assert world.feed.cache.phases["Failed"] == 1


@asynccontextmanager
async def a_server_that_expired():
    """It answers 410 to everything."""

    async def answer(_):
        return web.json_response({"kind": "Status", "code": 410}, status=410)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    middlewares = (EchoFilter(is_known, ()), expired_as_event)
    async with TestServer(application) as server, ClientSession(middlewares=middlewares) as it:
        yield lambda path: it.get(server.make_url(path))


@pytest.mark.parametrize("path", [PATH, "/api/v1/pods"])
async def test_expired_watch_says_so_by_an_event(path):
    """A 410 for an answer reads as the ERROR event that other API servers send."""
    async with a_server_that_expired() as get:
        (event,) = await watched(get, path)
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


async def test_expired_list_stays_one():
    """Only watches are answered otherwise: a list that expired is begun anew by its reader."""
    async with a_server_that_expired() as get, get(PATH) as response:
        assert response.status == 410


async def test_half_an_answer_is_a_broken_connection():
    """Whoever asked may ask again, instead of failing over a body that is not whole."""

    async def answer(request):
        response = web.StreamResponse()
        response.content_length = 100
        await response.prepare(request)
        await response.write(b"{")
        request.transport.close()
        return response

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    async with (
        TestServer(application) as server,
        ClientSession(middlewares=(whole_or_broken,)) as it,
    ):
        with pytest.raises(ClientConnectionError):
            await it.get(server.make_url("/apis/batch/v1"))
