"""Lines of warm pods as they come: a small API server that streams logs and a watch."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.executions.cluster.access import Access
from asw.executions.cluster.connecting import ClusterContext
from asw.executions.cluster.warm_logs import WarmReader
from asw.executions.patience import Patience
from asw.executions.port import LogOptions
from asw.executions.run import Run
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from tests.support.kube_objects import UID

PLACE = ClusterContext(context="dev", namespace="shop", server="https://dev.example:6443")
START, END = f"START {UID}-1 Add", f"END {UID}-1"
CREATED = "2026-01-01T12:00:00Z"


def a_pod(name: str, container: str) -> dict:
    """A warm pod whose container runs."""
    labels = {"asw.dev/kind": "pool", "asw.dev/function-uid": "f", "asw.dev/pool": "d"}
    owner = {"kind": "ReplicaSet", "name": "rs", "uid": "rs", "controller": True}
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "labels": labels}
    state = {"name": "task", "containerID": container, "state": {"running": {}}}
    return {
        "metadata": {**metadata, "ownerReferences": [owner], "resourceVersion": "1"},
        "spec": {},
        "status": {"phase": "Running", "containerStatuses": [state]},
    }


class Node:
    """Pods and their logs; ``told`` wakes whoever follows."""

    def __init__(self) -> None:
        self.pods: dict[str, dict] = {}
        self.logs: dict[str, list[str]] = {}
        self.queries: list[dict] = []
        self._news = asyncio.Condition()

    async def say(self, name: str, *lines: str) -> None:
        """The pod prints."""
        async with self._news:
            self.pods.setdefault(name, a_pod(name, f"{name}-1"))
            self.logs.setdefault(name, []).extend(lines)
            self._news.notify_all()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A list, a watch, or a log."""
        if request.path.endswith("/pods") and request.query.get("watch") not in ("1", "true"):
            content = {"metadata": {"resourceVersion": "1"}, "items": [*self.pods.values()]}
            return web.json_response({"kind": "PodList", "apiVersion": "v1", **content})
        stream = web.StreamResponse()
        await stream.prepare(request)
        if request.path.endswith("/log"):
            self.queries.append(dict(request.query))
            lines = self.logs[request.path.split("/")[-2]]
            await self._stream(stream, lines, is_endless=request.query["follow"] == "true")
        else:
            known = list(self.pods)
            async with self._news:
                while True:
                    for name in [it for it in self.pods if it not in known]:
                        known.append(name)
                        event = {"type": "ADDED", "object": self.pods[name]}
                        await stream.write(json.dumps(event).encode() + b"\n")
                    await self._news.wait()
        return stream

    async def _stream(
        self, stream: web.StreamResponse, lines: list[str], *, is_endless: bool
    ) -> None:
        sent = 0
        async with self._news:
            while True:
                for line in lines[sent:]:
                    await stream.write(f"{line}\n".encode())
                sent = len(lines)
                if not is_endless:
                    return
                await self._news.wait()


@asynccontextmanager
async def reading(node: Node, **options: object) -> AsyncIterator[WarmReader]:
    """A reader of the execution's lines."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", node.answer)
    async with TestServer(application) as server:
        url = f"http://{server.host}:{server.port}"
        connection = Connection(server=url, tls=None, authorization=lambda: "Bearer secret")
        async with KubeClient(connection) as client:
            metadata = {"name": "a", "namespace": "shop", "uid": UID, "creationTimestamp": CREATED}
            run = Run({"metadata": metadata, "spec": {}, "status": {}})
            access = Access(client, PLACE, Patience("it"))
            yield WarmReader(access=access, run=run, options=LogOptions(**options))


async def test_lines_come_while_the_task_runs_and_each_once() -> None:
    """From pods that are there and pods that come; what was told is not told again at the end."""
    node, queue = Node(), asyncio.Queue()
    await node.say("one", "loading", START, "first")
    async with reading(node, follow=True) as reader:
        async with reader.following(queue):
            assert (await queue.get()).text == "first"
            await node.say("one", "second")
            assert (await queue.get()).text == "second"
            await node.say("two", START.replace("-1 ", "-2 "), "of another pod")
            line = await queue.get()
            assert (line.text, line.number, line.state) == ("of another pod", 2, "Add")
        await node.say("one", "last", END, "of nobody")
        assert [it.text async for it in reader.lines()] == ["last"]
        assert [it.text async for it in reader.lines()] == []


async def test_a_tail_is_counted_before_following() -> None:
    """The last lines of each task that there are, and then all that come."""
    node, queue = Node(), asyncio.Queue()
    await node.say("one", START, "first", "second")
    async with reading(node, follow=True, tail=1) as reader:
        assert [it.text async for it in reader.lines(1)] == ["second"]
        async with reader.following(queue):
            await node.say("one", "third", "fourth")
            assert [(await queue.get()).text for _ in range(2)] == ["third", "fourth"]


async def test_another_container_of_a_pod_begins_anew() -> None:
    """What a restarted container prints was not told by the one before."""
    node = Node()
    await node.say("one", START, "first")
    async with reading(node) as reader:
        assert [it.text async for it in reader.lines()] == ["first"]
        node.pods["one"], node.logs["one"] = a_pod("one", "one-2"), [START, "again"]
        assert [it.text async for it in reader.lines()] == ["again"]


async def test_nothing_is_asked_for_that_is_older_than_the_run() -> None:
    """A pod that serves for weeks has a long log; clocks may differ by a minute."""
    node = Node()
    await node.say("one", START, "first")
    async with reading(node) as reader:
        assert [it.text async for it in reader.lines()] == ["first"]
    assert node.queries[0]["sinceTime"] == "2026-01-01T11:59:00Z"
