"""``asw:k8s:rollout``: follows a workload until all of its pods are of its newest revision."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from asw.asl.values import Json, JsonObject
from asw.connector.kubernetes.client import Refused, Request, Stranger
from asw.connector.kubernetes.following import Followed, Pauses, State
from asw.connector.kubernetes.kinds import Collection, object_in
from asw.connector.kubernetes.objects import Cluster
from asw.connector.kubernetes.parameters import Parameters
from asw.connector.kubernetes.progress import (
    WORKLOADS,
    Progress,
    Troubles,
    mark_of,
    new_replica_set,
    progress_of,
    selector_of,
)
from asw.connector.kubernetes.waits import Waited
from asw.connector.sessions import NoAnswer, TooLarge

SECONDS: Final = 600
"""How long is waited unless TimeoutSeconds says so."""
MOST_PODS: Final = 100
"""How many pods of the new revision are looked at: one that fails is enough."""
_APPS: Final = "apps/v1"


class RolloutFailed(Exception):
    """The rollout will not end well; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Seconds between two looks at the pods, and how long one of them may be in trouble."""

    every: float = 2.0
    patience: float = 15.0


async def rollout(cluster: Cluster, given: Parameters, pauses: Pauses, looks: Looks) -> Json:
    """The workload at the end of its rollout. Raises RolloutFailed and Waited."""
    kind = given.one_of("Kind", WORKLOADS)
    name, seconds = given.name("Name"), given.seconds(SECONDS)
    namespace = given.name("Namespace", cluster.namespace)
    collection = await cluster.kinds.collection(_APPS, kind, namespace)
    followed = Followed(cluster.client, collection, name, pauses)
    rollout = _Rollout(cluster, kind, collection.called(name), namespace)
    try:
        async with asyncio.timeout(seconds) as limit, aclosing(followed.states()) as states:
            return await rollout.until_over(states, looks)
    except TimeoutError:
        if not limit.expired():
            raise
    trouble = f"; {followed.trouble}" if followed.trouble else ""
    raise Waited(f"{rollout.called} is not rolled out after {seconds} s: {rollout.told}{trouble}")


@dataclass(slots=True)
class _Rollout:
    """One rollout; ``told`` is what is missing."""

    cluster: Cluster
    kind: str
    called: str
    namespace: str
    told: str = "nothing was seen of it"
    trouble: str = ""

    async def until_over(self, states: AsyncGenerator[State], looks: Looks) -> Json:
        """The workload once it is rolled out; its pods are looked at meanwhile."""
        troubles, state = Troubles(looks.patience), None
        clock = asyncio.get_running_loop().time
        coming = asyncio.ensure_future(anext(states))
        try:
            while True:
                done, _ = await asyncio.wait({coming}, timeout=looks.every)
                if done:
                    state = coming.result()
                    if self._judged(state).state == "done":
                        return object_in(state)
                    coming = asyncio.ensure_future(anext(states))
                if state is not None and (pods := await self._pods(state)) is not None:
                    hopeless = troubles.hopeless(pods, clock())
                    if hopeless is not None:
                        raise RolloutFailed(f"{self.called}: {hopeless}")
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    def _judged(self, state: State) -> Progress:
        """How far it is. Raises RolloutFailed."""
        if state is None:
            raise RolloutFailed(f"{self.called}: there is no such object")
        progress = progress_of(self.kind, state)
        if progress.state == "failed":
            raise RolloutFailed(f"{self.called}: {progress.told}")
        self.told = progress.told
        return progress

    async def _pods(self, state: JsonObject) -> Sequence[JsonObject] | None:
        """The pods of the newest revision; None if they cannot be told, or are not to be seen.

        A user that may not list pods still learns from the workload itself.
        """
        selector = selector_of(state)
        replica_set = None
        try:
            if self.kind == "Deployment":
                sets = await self._list(_APPS, "ReplicaSet", selector)
                replica_set = new_replica_set(state, sets)
            mark = mark_of(self.kind, state, replica_set)
            if mark is None:
                return None
            return await self._list("v1", "Pod", f"{selector},{mark[0]}={mark[1]}")
        except (Refused, NoAnswer, Stranger, TooLarge):
            return None

    async def _list(self, api_version: str, kind: str, selector: str) -> Sequence[JsonObject]:
        where: Collection = await self.cluster.kinds.collection(api_version, kind, self.namespace)
        request = Request(
            method="GET",
            path=where.path,
            query=(("labelSelector", selector), ("limit", str(MOST_PODS))),
        )
        page = (await self.cluster.client.ask(request)).body
        items = page.get("items") if isinstance(page, dict) else None
        if not isinstance(items, list):
            raise Stranger("the answer is no list of objects")
        return items
