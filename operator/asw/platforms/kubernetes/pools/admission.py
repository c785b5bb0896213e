"""Whether a pod that asks for work is one of the pool's own: by its object, not by its word."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.objects import controller
from asw.platforms.kubernetes.client.resources import PODS, REPLICA_SETS
from asw.platforms.kubernetes.pools.manager import PoolManager
from asw.platforms.kubernetes.pools.pods import seen_pod
from asw.platforms.kubernetes.pools.pool import PoolKey
from asw.reconciler.platform import Unavailable

BURST: Final = 20.0
PER_SECOND: Final = 5.0
"""Processes of one pool that may begin: whoever makes up ever new ones asks the API server no more
than that."""

IsNamed: TypeAlias = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class _Bucket:
    """What is left to a pool, as of an instant of the steady clock."""

    at: float
    left: float = BURST

    def take(self, now: float) -> bool:
        """Whether one more may begin now."""
        self.left = min(self.left + (now - self.at) * PER_SECOND, BURST)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A pod of the pool. ``is_leaving`` if it was deleted: it delivers what it has, and no more.

    ``last_end`` is how its container ended the last time, as in ``SeenPod``.
    """

    is_leaving: bool = False
    last_end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Follows the chain of owners by uid: pod, ReplicaSet, our Deployment."""

    client: KubeClient
    manager: PoolManager
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[PoolKey, _Bucket] = field(default_factory=dict)

    async def admit(self, key: PoolKey, uid: str, name: str, is_named: IsNamed) -> Admitted | None:
        """What is known of the pod, None if it is not of this pool. Raises PlatformError.

        A process that a record names (``is_named``) was admitted before, and has to deliver what it
        runs: the Deployment of its revision may have been deleted since, or its object by force.
        """
        if not self.manager.pools.presence.is_filled:
            raise Unavailable("what there is was not listed yet; say hello again")
        now = self.clock()
        if not self._buckets.setdefault(key, _Bucket(now)).take(now):
            raise Unavailable("too many pods of this pool say hello; say it again")
        if key not in self.manager.deployments and not await is_named():
            return None
        pod = await self._object(key.namespace, name)
        if pod is None or pod["metadata"]["uid"] != uid:
            return Admitted(is_leaving=True) if await is_named() else None
        seen = seen_pod(pod)
        if seen is None or seen.key != key or not await self._is_chain(key, pod):
            return None
        self.manager.pools.see(seen, uid)
        return Admitted(is_leaving=seen.deleted_at is not None, last_end=seen.last_end)

    async def _object(self, namespace: str, name: str) -> Mapping[str, Any] | None:
        try:
            return await self.client.get(PODS, namespace, name)
        except NotFound:
            return None

    async def _is_chain(self, key: PoolKey, pod: Mapping[str, Any]) -> bool:
        """Whether the pool's Deployment made the pod, unless there is none any more."""
        known, owner = self.manager.deployments.get(key), controller(pod)
        if owner is None or known is None:
            return owner is not None
        try:
            replica_set = await self.client.get(REPLICA_SETS, key.namespace, owner["name"])
        except NotFound:
            return False
        above = controller(replica_set)
        is_same = replica_set["metadata"]["uid"] == owner["uid"]
        return is_same and above is not None and above["uid"] == known.uid
