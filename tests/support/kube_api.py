"""A small API server in memory: enough of Kubernetes for the client and what is built on it.

Objects by path, resource versions, 404, 409 on create and on a stale version, chunked lists,
label and field selectors, tables by printer columns, JSON Patches of a status, watches of what
changes after a list. Not more: what Kubernetes itself does is tested against a real one.
"""

import asyncio
import itertools
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from tests.support.kube_logs import NodeLogs

Object = dict[str, Any]


class KubeApi:
    """See the module. ``requests`` holds method and path of each, in order.

    One that would create, but for its ``dryRun``, has the method TRY and stores nothing.

    With ``slow`` answers wait for it. ``tables`` holds the printer columns of lists by the end of
    their path: name and path of each. ``sent`` counts the bytes of lists. ``url`` is where it is.
    """

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.queries: list[dict[str, str]] = []
        self.failures: list[tuple[str, str, web.Response]] = []
        self.slow: asyncio.Event | None = None
        self._held: list[tuple[str, asyncio.Event]] = []
        self._unanswered: dict[str, asyncio.Event] = {}
        self._slow_creates: dict[str, list[tuple[str, Object]]] = {}
        self.tables: dict[str, Sequence[tuple[str, str]]] = {}
        self.logs = NodeLogs()
        self.sent = 0
        self.url = ""
        self._versions = itertools.count(1)
        self._version = 0
        self._born: Counter[str] = Counter()
        self._changes: list[tuple[str, str, Object]] = []
        self._watchers: list[asyncio.Event] = []

    def put(self, collection: str, item: Object) -> Object:
        """Place an object, as somebody else would; it gets what a server gives."""
        path = f"{collection}/{item['metadata']['name']}"
        old = self.objects.get(path)
        metadata = {
            "namespace": collection.split("/")[-2],
            "creationTimestamp": "2026-01-01T12:00:00Z",
            "generation": 1,
            "uid": old["metadata"]["uid"] if old else self._new_uid(path),
            **item["metadata"],
            "resourceVersion": self._next_version(),
        }
        self.objects[path] = {**deepcopy(item), "metadata": metadata}
        self._tell(path, "MODIFIED" if old else "ADDED", self.objects[path])
        return self.objects[path]

    def remove(self, path: str) -> Object:
        """Take an object away, as somebody else would."""
        item = self.objects.pop(path)
        last = {**item["metadata"], "resourceVersion": self._next_version()}
        self._tell(path, "DELETED", {**item, "metadata": last})
        return item

    def _next_version(self) -> str:
        self._version = next(self._versions)
        return str(self._version)

    def _tell(self, path: str, what: str, item: Object) -> None:
        self._changes.append((path, what, item))
        for watcher in self._watchers:
            watcher.set()

    def _new_uid(self, path: str) -> str:
        """The same in each run of a test, whatever happens at other paths meanwhile."""
        self._born[path] += 1
        return uid_of(path, self._born[path])

    def fail(self, method: str, path_part: str, response: web.Response) -> None:
        """Answer the next such request like this."""
        self.failures.append((method, path_part, response))

    def hold(self, path_part: str) -> asyncio.Event:
        """Answer requests to such paths only once the event is set."""
        released = asyncio.Event()
        self._held.append((path_part, released))
        return released

    def hold_answers(self, path_part: str) -> asyncio.Event:
        """Answer creates at such paths, though they are done, only once the event is set."""
        return self._unanswered.setdefault(path_part, asyncio.Event())

    def delay_creates(self, path_part: str) -> Callable[[], list[Object]]:
        """Creates at such paths are slow: who asks is told 504, and they land at the call of this.

        It tells what there is then: of creates of one name the first one lands.
        """
        asked = self._slow_creates[path_part] = []

        def land() -> list[Object]:
            del self._slow_creates[path_part]
            first = {f"{path}/{it['metadata']['name']}": (path, it) for path, it in asked[::-1]}
            return [self.put(*it) for path, it in first.items() if path not in self.objects]

        return land

    def named(self, part: str) -> list[Object]:
        """Objects whose path holds this."""
        return [item for path, item in self.objects.items() if part in path]

    def writes(self) -> list[tuple[str, str]]:
        """The requests that change something."""
        return [(method, path) for method, path in self.requests if method not in ("GET", "TRY")]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request."""
        body = await request.read()
        verb = "TRY" if _is_trial(request) else request.method
        self.requests.append((verb, request.path))
        self.bodies.append(body)
        self.queries.append(dict(request.query))
        await self._wait(request.path)
        for failure in self.failures:
            method, part, response = failure
            if method == verb and part in request.path:
                self.failures.remove(failure)
                return response
        if verb == "GET" and request.path.endswith("/log"):
            return await self.logs.answer(request)
        if verb == "GET" and request.query.get("watch") == "true":
            return await self._watch(request)
        if verb == "GET":
            return self._get(request)
        answer = self._change(verb, request.path, json.loads(body))
        for part, released in self._unanswered.items():
            if verb == "POST" and part in request.path:
                await released.wait()
        return answer

    def _change(self, verb: str, path: str, change: Any) -> web.Response:
        match verb:
            case "TRY":
                return web.json_response(change, status=201)
            case "POST":
                return self._post(path, change)
            case "PUT":
                return self._put(path, change)
            case "PATCH":
                return self._patch(path.removesuffix("/status"), change)
            case _:
                return self._delete(path, change)

    async def _wait(self, path: str) -> None:
        if self.slow is not None:
            await self.slow.wait()
        for part, released in self._held:
            if part in path:
                await released.wait()

    def _get(self, request: web.Request) -> web.Response:
        if (item := self.objects.get(request.path)) is not None:
            return web.json_response(item)
        if _plural(request.path) not in PLURALS:
            return _status(404, "not found")
        found = sorted(path for path in self.objects if _is_in(path, request.path))
        items = [self.objects[path] for path in found]
        for term in filter(None, request.query.get("labelSelector", "").split(",")):
            name, _, value = term.partition("=")
            items = [it for it in items if _has(it["metadata"].get("labels", {}), name, value)]
        for term in filter(None, request.query.get("fieldSelector", "").split(",")):
            path, sign, value = term.rpartition("!=" if "!=" in term else "=")
            items = [it for it in items if (_at(it, path) == value) is (sign == "=")]
        start, limit = int(request.query.get("continue", 0)), int(request.query.get("limit", 500))
        more = str(start + limit) if len(items) > start + limit else ""
        page = items[start : start + limit]
        accept, columns = request.headers.get("Accept", ""), self.tables.get(_plural(request.path))
        is_null = not page and "PartialObjectMetadataList" in accept
        listed = None if is_null else page  # as a real server answers
        about = {"continue": more, "resourceVersion": str(self._version)}
        answer: Object = {"metadata": about, "items": listed}
        if "as=Table" in accept and columns is not None:
            answer = {"kind": "Table", "metadata": about, **_table(columns, page)}
        text = json.dumps(answer)
        self.sent += len(text)
        return web.json_response(text=text)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        has_news, told = asyncio.Event(), int(request.query.get("resourceVersion") or 0)
        self._watchers.append(has_news)
        response = web.StreamResponse()
        try:
            await response.prepare(request)
            while True:
                has_news.clear()
                changes, told = self._changes_since(told), self._version
                for path, what, item in changes:
                    if _is_in(path, request.path):
                        event = {"type": what, "object": item}
                        await response.write(json.dumps(event).encode() + b"\n")
                await has_news.wait()
        finally:
            self._watchers.remove(has_news)

    def _changes_since(self, version: int) -> list[tuple[str, str, Object]]:
        return [it for it in self._changes if int(it[2]["metadata"]["resourceVersion"]) > version]

    def _post(self, path: str, item: Object) -> web.Response:
        for part, asked in self._slow_creates.items():
            if part in path:
                asked.append((path, item))
                return _status(504, "the request did not complete in time")
        if f"{path}/{item['metadata']['name']}" in self.objects:
            return _status(409, "already exists")
        return web.json_response(self.put(path, item), status=201)

    def _put(self, path: str, item: Object) -> web.Response:
        old = self.objects.get(path.removesuffix("/status"))
        if old is None:
            return _status(404, "not found")
        if item["metadata"]["resourceVersion"] != old["metadata"]["resourceVersion"]:
            return _status(409, "stale")
        if path.endswith("/status"):
            path, item = path.removesuffix("/status"), {**old, "status": item["status"]}
        return web.json_response(self.put(path.rsplit("/", 1)[0], item))

    def _patch(self, path: str, patch: list[Object] | Object) -> web.Response:
        old = self.objects.get(path)
        if old is None:
            return _status(404, "not found")
        if isinstance(patch, dict):
            return self._merge(path, old, patch)
        fence, *changes = patch
        if fence["value"] != old["metadata"]["resourceVersion"]:
            return _status(409, "stale")
        status = old.get("status", {})
        for change in changes:
            _, *names = change["path"].strip("/").split("/")
            status = {**status, names[0]: change["value"]} if names else change["value"]
        made = self.put(path.rsplit("/", 1)[0], {**old, "status": status})
        return web.json_response({"metadata": made["metadata"]})

    def _merge(self, path: str, old: Object, change: Object) -> web.Response:
        """A merge patch: another generation, where it changes anything of the spec."""
        given = change.get("metadata", {})
        if (
            given.get("resourceVersion", old["metadata"]["resourceVersion"])
            != (old["metadata"]["resourceVersion"])
        ):
            return _status(409, "stale")
        if "spec" not in change:
            merged = {
                **change,
                "metadata": {
                    **old["metadata"],
                    "annotations": {
                        **old["metadata"].get("annotations", {}),
                        **given.get("annotations", {}),
                    },
                },
                "data": {**old.get("data", {}), **change.get("data", {})},
            }
            made = self.put(path.rsplit("/", 1)[0], {**old, **merged})
            return web.json_response({"metadata": made["metadata"]})
        spec = {**old["spec"], **change["spec"]}
        if spec == old["spec"]:
            return web.json_response({"metadata": old["metadata"]})
        metadata = {**old["metadata"], "generation": old["metadata"]["generation"] + 1}
        made = self.put(path.rsplit("/", 1)[0], {**old, "metadata": metadata, "spec": spec})
        return web.json_response({"metadata": made["metadata"]})

    def _delete(self, path: str, options: Object) -> web.Response:
        old = self.objects.get(path)
        if old is None:
            return _status(404, "not found")
        conditions = options.get("preconditions", {})
        if any(value != old["metadata"][name] for name, value in conditions.items()):
            return _status(409, "another one")
        return web.json_response(self.remove(path))


PLURALS = frozenset(
    {
        "workflows",
        "executions",
        "functions",
        "connections",
        "jobs",
        "pods",
        "configmaps",
        "secrets",
        "events",
        "controllerrevisions",
        "namespaces",
        "serviceaccounts",
        "limitranges",
        "payloads",
        "taskdefaults",
        "activities",
        "schedules",
        "triggers",
        "leases",
        "deployments",
        "persistentvolumeclaims",
        "replicasets",
    }
)


def uid_of(path: str, birth: int = 1) -> str:
    """The uid that the n-th object of this path gets."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{path}#{birth}"))


@asynccontextmanager
async def kube_api() -> AsyncIterator[tuple[KubeApi, KubeClient]]:
    """A running server and a client of it."""
    api = KubeApi()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", api.handle)
    async with TestServer(application) as server:
        api.url = f"http://{server.host}:{server.port}"
        connection = Connection(server=api.url, tls=None, authorization=lambda: "Bearer secret")
        async with KubeClient(connection) as client:
            yield api, client


def collection(group_version: str, namespace: str, plural: str) -> str:
    """The path of a kind in a namespace: ``batch/v1``, or ``v1`` for the core."""
    root = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
    return f"{root}/namespaces/{namespace}/{plural}"


def _is_in(path: str, listed: str) -> bool:
    if "/namespaces/" in listed:
        return path.startswith(listed + "/")
    root, plural = listed.rsplit("/", 1)
    return path.startswith(root + "/namespaces/") and path.split("/")[-2] == plural


def _is_trial(request: web.Request) -> bool:
    return request.method == "POST" and request.query.get("dryRun") == "All"


def _plural(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _at(item: Object, path: str) -> Any:
    for name in filter(None, path.split(".")):
        item = item.get(name) or {}
    return item if item != {} else None


def _table(columns: Sequence[tuple[str, str]], page: list[Object]) -> Object:
    rows = [
        {
            "cells": [it["metadata"]["name"], *(_at(it, path) for _, path in columns)],
            "object": {"kind": "PartialObjectMetadata", "metadata": it["metadata"]},
        }
        for it in page
    ]
    names = ("Name", *(name for name, _ in columns))
    return {"columnDefinitions": [{"name": name} for name in names], "rows": rows}


def _has(labels: dict[str, str], name: str, value: str) -> bool:
    if name.startswith("!"):
        return name[1:] not in labels
    return name in labels and value in ("", labels[name])


def _status(code: int, message: str) -> web.Response:
    return web.json_response({"kind": "Status", "message": message}, status=code)
