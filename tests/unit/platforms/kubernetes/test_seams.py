"""Where asw reaches past what its libraries promise: each place, played with what is installed.

A test that fails here after an update says what moved, and which module has to follow.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from importlib.metadata import version

import aiohttp
import kopf
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from asw.operator.handlers import kopf_settings, kopf_tasks
from asw.platforms.kubernetes.client.changed_bodies import change_json, change_stream
from asw.platforms.kubernetes.client.term import GuardedBody
from asw.reconciler.platform import NotActingError

END = "the end of kopf"
RESOURCES = {
    ("", "v1"): "namespaces",
    ("apiextensions.k8s.io", "v1"): "customresourcedefinitions",
    ("asw.dev", "v1alpha1"): "executions",
}
"""What the server has: kopf waits for the first two."""


def a_group(name, version):
    versions = {"version": version}
    return {"name": name, "versions": [versions], "preferredVersion": versions}


def a_resource(name):
    verbs = ["list", "watch", "get", "patch"]
    return {"name": name, "singularName": "", "kind": name, "namespaced": True, "verbs": verbs}


DISCOVERY = {
    "/api": {"versions": ["v1"]},
    "/apis": {"groups": [a_group(*each) for each in RESOURCES if each[0]]},
} | {
    f"/apis/{group}/{of}" if group else f"/api/{of}": {"resources": [a_resource(name)]}
    for (group, of), name in RESOURCES.items()
}


def an_object(name):
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Execution",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1"},
    }


async def answer(request):
    """An API server with one object in its list and another one in its watch."""
    if (found := DISCOVERY.get(request.path)) is not None:
        return web.json_response(found)
    if request.query.get("watch") != "true":
        return web.json_response(
            {"metadata": {"resourceVersion": "1"}, "items": [an_object("listed")]}
        )
    response = web.StreamResponse()
    await response.prepare(request)
    event = {"type": "ADDED", "object": an_object("watched")}
    await response.write(json.dumps(event).encode() + b"\n")
    return response


async def changing(request, handler):
    """A middleware that renames what passes."""
    response = await handler(request)
    if request.url.query.get("watch") == "true":

        async def renamed(chunks):
            async for chunk in chunks:
                yield chunk.replace(b"watched", b"changed-watch")

        change_stream(response, renamed)
    elif request.url.path.endswith("/executions"):
        change_json(response, lambda text: json.loads(text.replace(b"listed", b"changed-list")))
    return response


@asynccontextmanager
async def names_that_kopf_sees():
    """The names of the objects that a handler of a running kopf is told of, one after another."""
    seen = asyncio.Queue()
    registry = kopf.OperatorRegistry()
    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    async with (
        TestServer(application) as server,
        ClientSession(middlewares=(changing,)) as session,
    ):

        @kopf.on.login(registry=registry)
        async def login(**_):
            return kopf.AiohttpSession(server=str(server.make_url("")), aiohttp_session=session)

        @kopf.on.event("asw.dev", "v1alpha1", "executions", registry=registry)
        async def tell(event, **_):
            seen.put_nowait(event["object"]["metadata"]["name"])

        async with kopf_tasks(
            registry=registry,
            settings=kopf_settings(),
            identity="seams",
            namespaces=(),
            on_end=lambda: seen.put_nowait(END),
        ):
            yield seen


async def test_kopf_reads_answers_where_we_change_them():
    """The bodies of lists and watches that kopf acts on are those that a middleware put there."""
    names = set()
    async with names_that_kopf_sees() as seen:
        while len(names) < 2 and END not in names:
            names.add(await seen.get())
    assert "changed-list" in names, (
        f"kopf {version('kopf')} reads a list by something else than response.json(): see"
        f" kopf._cogs.clients.api.get, and follow it in client/changed_bodies.py; {names}"
    )
    assert "changed-watch" in names, (
        f"kopf {version('kopf')} reads a watch by something else than"
        " response.content.iter_chunked: see kopf._cogs.clients.api.stream, and follow it in"
        f" asw.platforms.kubernetes.client.changed_bodies; {names}"
    )


async def test_aiohttp_sends_nothing_before_the_body_is_asked():
    """A body that refuses keeps the head back too, and whoever waits learns why."""
    came = asyncio.get_running_loop().create_future()

    async def listen(reader, writer):
        came.set_result(await reader.read())
        writer.close()

    def refuse(path):
        raise NotActingError(path)

    server = await asyncio.start_server(listen, "127.0.0.1")
    host, port = server.sockets[0].getsockname()
    async with server, ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError) as caught:
            await session.post(f"http://{host}:{port}", data=GuardedBody(b"{}", refuse, "/a"))
        sent = await came
    assert sent == b"", (
        f"aiohttp {version('aiohttp')} sends the head before it asks the body to write itself:"
        " asw.platforms.kubernetes.client.term has to ask earlier (see ClientRequest.send)"
    )
    assert isinstance(caught.value.__cause__, NotActingError), (
        f"aiohttp {version('aiohttp')} does not tell any more what the body raised: KubeClient"
        " takes it from __cause__ (see ClientRequest.write_bytes)"
    )
