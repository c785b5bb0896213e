"""A server that gives the answers it was told to, lists and watches among them."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection

Object = dict[str, Any]
Answer = int | Object | Sequence[object]
"""A status, an object, or the parts of a watch."""


def an_object(name: str, version: int, **more: Any) -> Object:
    """An object of this version."""
    metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": metadata, **more}


def a_list(version: int, *items: Object) -> Object:
    """A list of this version."""
    return {"metadata": {"resourceVersion": str(version)}, "items": items}


def an_event(kind: str, item: Object) -> bytes:
    """A line of a watch."""
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


SILENCE = object()
"""From here on the server says nothing, and does not hang up."""


@asynccontextmanager
async def served(*answers: Answer) -> AsyncIterator[tuple[KubeClient, list[dict[str, str]]]]:
    """A client of a server that gives these answers, in order; and the queries it was asked."""
    left, queries, over = list(answers), list[dict[str, str]](), asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        queries.append(dict(request.query))
        answer = left.pop(0)
        if isinstance(answer, int):
            return web.json_response({"message": "no"}, status=answer)
        if isinstance(answer, dict):
            return web.json_response(answer)
        response = web.StreamResponse()
        await response.prepare(request)
        for part in answer:
            if isinstance(part, bytes):
                await response.write(part)
            else:
                await over.wait()
        return response

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    async with TestServer(application) as server:
        url = f"http://{server.host}:{server.port}"
        connection = Connection(server=url, tls=None, authorization=lambda: None)
        async with KubeClient(connection) as client:
            try:
                yield client, queries
            finally:
                over.set()
