"""An API server that answers by a script, on the loopback: good days and bad ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from asw.connector.calls import Call
from asw.connector.kubernetes.access import ClusterAccess
from asw.connector.kubernetes.caller import Timing
from asw.connector.kubernetes.following import Pauses
from asw.connector.kubernetes.rollouts import Looks
from tests.support.odd_service import odd_service

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]

QUICK = Timing(pauses=Pauses(first=0.01, longest=0.02), looks=Looks(every=0.01, patience=0.05))
"""So that no test waits."""
KINDS = {
    "/api/v1": [("ConfigMap", "configmaps", True), ("Pod", "pods", True), ("Node", "nodes", False)],
    "/apis/apps/v1": [("Deployment", "deployments", True), ("ReplicaSet", "replicasets", True)],
}
MAPS = "/api/v1/namespaces/lab/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/lab/deployments"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    content_type: str


@dataclass(slots=True)
class ScriptedCluster:
    """Where it is, what it answers, and what it was asked but for its kinds."""

    endpoint: str = ""
    script: dict[str, list[Reply]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def on(self, asked: str, *replies: Reply) -> None:
        """Answer ``GET /path`` by these in turn, the last one from then on.

        ``WATCH /path`` is a GET of that path that watches.
        """
        self.script[asked] = list(replies)

    async def until_watched(self, times: int = 1) -> None:
        """Wait until so many watches have come."""
        while sum("watch" in it.query for it in self.seen) < times:
            self._came.clear()
            await self._came.wait()

    def access(self, **fields: Any) -> ClusterAccess:
        """How it is reached."""
        known = {"name": "lab", "server": self.endpoint, "tls": None, "namespace": "lab"}
        return ClusterAccess(**{**known, "call_seconds": 5, **fields})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """By the script; 404 for what it does not have."""
        if request.path in KINDS:
            return await one(_listed_kinds(request.path))(request)
        text = await request.text()
        body = json.loads(text) if text.startswith(("{", "[")) else text
        query = dict(request.query)
        self.seen.append(Seen(request.method, request.path, query, body, request.content_type))
        self._came.set()
        method = "WATCH" if "watch" in query else request.method
        replies = self.script.get(f"{method} {request.path}")
        if not replies:
            return await refusal(404, f"{request.path} not found")(request)
        return await (replies.pop(0) if len(replies) > 1 else replies[0])(request)


@asynccontextmanager
async def scripted_cluster() -> AsyncIterator[ScriptedCluster]:
    """An API server that knows its kinds and nothing else, until the block ends."""
    cluster = ScriptedCluster()
    async with odd_service(cluster.answer) as service:
        cluster.endpoint = service.endpoint
        yield cluster


def a_call(action: str, service: str = "k8s", task_id: str = "uid-1", **parameters: Any) -> Call:
    """A call as an execution makes it."""
    return Call(service=service, action=action, sdk=False, parameters=parameters, task_id=task_id)


def one(item: Any, status: int = 200) -> Reply:
    """It answers this as JSON."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.json_response(item, status=status)

    return reply


def refusal(status: int, message: str, **headers: str) -> Reply:
    """It refuses by a Status."""
    body = {"kind": "Status", "apiVersion": "v1", "message": message, "code": status}

    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return reply


def listed(*items: Any, version: str = "10") -> Reply:
    """A list of these objects."""
    return one({"kind": "List", "metadata": {"resourceVersion": version}, "items": list(items)})


def watched(*lines: Any, stays: bool = False) -> Reply:
    """A watch that brings these events or texts, then ends, or ``stays`` silent."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for line in lines:
            text = line if isinstance(line, str) else json.dumps(line)
            await response.write(text.encode() + b"\n")
        if stays:
            await asyncio.Event().wait()
        return response

    return reply


def cut(*lines: Any) -> Reply:
    """A watch that brings these events and breaks in the middle of one more."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for line in lines:
            await response.write(json.dumps(line).encode() + b"\n")
        await response.write(b'{"type": "MODI')
        assert request.transport is not None
        request.transport.abort()
        return response

    return reply


def event(kind: str, item: Any) -> Any:
    """An event of a watch."""
    return {"type": kind, "object": item}


def a_map(version: int, **data: str) -> Any:
    """A ConfigMap at that version."""
    metadata = {
        "name": "m",
        "resourceVersion": str(version),
        "managedFields": [{"manager": "somebody"}],
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def a_deployment(version: int, *, ready: int, conditions: Sequence[Any] = ()) -> Any:
    """A Deployment of one pod, of which so many are ready."""
    return {
        "metadata": {
            "name": "web",
            "uid": "d-1",
            "generation": 2,
            "resourceVersion": str(version),
            "annotations": {"deployment.kubernetes.io/revision": "2"},
        },
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}},
        "status": {
            "observedGeneration": 2,
            "replicas": 1,
            "updatedReplicas": 1,
            "availableReplicas": ready,
            "conditions": list(conditions),
        },
    }


def a_replica_set(revision: int) -> Any:
    """The ReplicaSet of that revision of the Deployment."""
    return {
        "metadata": {
            "name": f"web-{revision}",
            "ownerReferences": [{"uid": "d-1"}],
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "labels": {"pod-template-hash": f"hash-{revision}"},
        }
    }


def a_pod(reason: str, message: str = "", *, restarts: int = 0, exit_code: int = 1) -> Any:
    """A pod whose container waits for that reason."""
    container = {
        "name": "web",
        "restartCount": restarts,
        "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": {"exitCode": exit_code, "reason": "Error"}},
    }
    return {"metadata": {"name": "web-1"}, "status": {"containerStatuses": [container]}}


def a_job(*conditions: str, uid: str = "j-1") -> Any:
    """A Job whose conditions of these types are True."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "pi", "namespace": "default", "uid": uid},
        "spec": {"selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}},
        "status": {"conditions": [{"type": it, "status": "True"} for it in conditions]},
    }


def a_pod_of_job(name: str = "pi-1", *, owner: str = "j-1") -> Any:
    """A pod that the Job owns, with one container."""
    metadata = {"name": name, "ownerReferences": [{"uid": owner}]}
    return {"metadata": metadata, "spec": {"containers": [{"name": "main"}]}}


def written(text: str) -> Reply:
    """A log."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=text)

    return reply


def _listed_kinds(path: str) -> Any:
    resources = [
        {"kind": kind, "name": plural, "namespaced": namespaced}
        for kind, plural, namespaced in KINDS[path]
    ]
    status = {"kind": "Pod", "name": "pods/status", "namespaced": True}
    return {"kind": "APIResourceList", "resources": [*resources, status]}
