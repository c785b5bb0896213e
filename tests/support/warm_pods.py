"""Warm pods that speak the contract (docs/reference/warm-contract.md), scripted by a test.

A pod has its objects on the API server in memory, and asks the real result server over HTTP.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from asw.platforms.kubernetes.pools.deployments import claim_of
from asw.platforms.kubernetes.pools.pool import PoolKey
from tests.support.kube_api import collection
from tests.support.kube_objects import Object
from tests.support.kube_world import KubeWorld

DEPLOYMENTS = collection("apps/v1", "shop", "deployments")
REPLICA_SETS = collection("apps/v1", "shop", "replicasets")
PODS = collection("v1", "shop", "pods")

_numbers = itertools.count(1)


@asynccontextmanager
async def listening(world: KubeWorld) -> AsyncIterator[TestClient[Any, Any]]:
    """The result server of the world, and a client for it."""
    async with TestClient(TestServer(world.results.application())) as client:
        yield client


@dataclass(slots=True, kw_only=True)
class WarmPod:
    """One pod. ``holds`` are the tasks that it has, with or without an outcome."""

    world: KubeWorld
    client: TestClient[Any, Any]
    key: PoolKey
    name: str
    uid: str
    boot: str
    slots: int = 1
    holds: list[str] = field(default_factory=list)
    started_at: float | None = None
    amiss: Object | None = None
    """Of a connector: what keeps it from making calls, as it says in hello; nothing by default."""

    @classmethod
    async def start(
        cls,
        world: KubeWorld,
        client: TestClient[Any, Any],
        *,
        slots: int = 1,
        newest: bool = False,
    ) -> "WarmPod":
        """A pod of the only, or newest, Deployment, as controllers and the kubelet make it."""
        deployments = world.api.named("/deployments/")
        assert newest or len(deployments) == 1
        deployment = deployments[-1]
        labels = deployment["metadata"]["labels"]
        key = PoolKey("shop", labels["asw.dev/function-uid"], labels["asw.dev/pool"])
        number = next(_numbers)
        owner = _owned_by("Deployment", deployment)
        made = world.api.put(REPLICA_SETS, {"metadata": {"name": f"rs-{number}", **owner}})
        pod = {
            "metadata": {
                "name": f"warm-{number}",
                "labels": labels,
                **_owned_by("ReplicaSet", made),
            },
            "spec": {"nodeName": "node", "terminationGracePeriodSeconds": 10},
            "status": {
                "phase": "Running",
                "containerStatuses": [{"name": "task", "ready": True, "state": {"running": {}}}],
            },
        }
        stored = world.api.put(PODS, pod)
        await world.show("pod", stored, "ADDED")
        metadata = stored["metadata"]
        return cls(
            world=world,
            client=client,
            key=key,
            name=metadata["name"],
            uid=metadata["uid"],
            boot=f"{number:016x}",
            slots=slots,
        )

    @property
    def process(self) -> str:
        """Its name in records."""
        return f"{self.uid}/{self.boot}"

    async def post(self, what: str, body: Object, token: str | None = None) -> tuple[int, Object]:
        """Status and body of the answer."""
        token = token or self.world.ring.keys.issue_to_pool(claim_of(self.key))
        said = {"pod": self.uid, "boot": self.boot, **body}
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.post(f"/v1/warm/{what}", json=said, headers=headers) as answer:
            return answer.status, await answer.json()

    async def hello(self, *, draining: bool = False) -> tuple[int, Object]:
        """Say hello."""
        more: Object = {"name": self.name, "slots": self.slots, "draining": draining}
        more["holds"] = self.holds
        if self.started_at is not None:
            more["startedAt"] = self.started_at
        if self.amiss is not None:
            more["amiss"] = self.amiss
        return await self.post("hello", more)

    async def next(
        self, outcome: Object | None = None, slot: int = 0, *, draining: bool = False
    ) -> tuple[int, Object]:
        """Tell the outcome of the task that is held first, if any, and ask for another."""
        body: Object = {"slot": slot, "holds": list(self.holds), "draining": draining}
        if outcome is not None:
            body["outcome"] = {"taskId": self.holds[0], "outcome": outcome}
        status, answer = await self.post("next", body)
        if status == 200 and answer.get("outcome") in (200, 409):
            self.holds.pop(0)
        if status == 200 and "task" in answer:
            self.holds.append(answer["task"]["taskId"])
        return status, answer

    def asking(self, outcome: Object | None = None, slot: int = 0) -> "asyncio.Task[Any]":
        """The same, while the test goes on."""
        return asyncio.create_task(self.next(outcome, slot))

    async def crash(self, finished_at: str, reason: str = "Error") -> None:
        """Its container ends, and the kubelet will start it again, later."""
        item = self.world.api.objects[f"{PODS}/{self.name}"]
        state = {
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"finishedAt": finished_at, "reason": reason}},
        }
        statuses = [{"name": "task", "ready": False, **state}]
        crashed = {**item, "status": {**item["status"], "containerStatuses": statuses}}
        await self.world.show("pod", self.world.api.put(PODS, crashed), "MODIFIED")

    async def vanish(self) -> None:
        """The pod object is gone; its node said nothing more."""
        path = f"{PODS}/{self.name}"
        gone = self.world.api.objects.pop(path)
        await self.world.show("pod", gone, "DELETED")


def _owned_by(kind: str, owner: Object) -> Object:
    metadata = owner["metadata"]
    reference = {"kind": kind, "name": metadata["name"], "uid": metadata["uid"], "controller": True}
    return {"ownerReferences": [reference]}
