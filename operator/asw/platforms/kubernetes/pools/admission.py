"""Whether a pod that asks for work is one of the pool's own: by its object, not by its word."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.objects import controller
from asw.platforms.kubernetes.client.resources import PODS, REPLICA_SETS
from asw.platforms.kubernetes.pools.manager import PoolManager
from asw.platforms.kubernetes.pools.pods import SeenPod, seen_pod
from asw.platforms.kubernetes.pools.pool import PoolKey
from asw.reconciler.platform import Unavailable

BURST: Final = 20.0
PER_SECOND: Final = 5.0
"""Processes of one pool that may begin: whoever makes up ever new ones asks the API server no more
than that."""


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
class Admission:
    """Follows the chain of owners by uid: pod, ReplicaSet, our Deployment."""

    client: KubeClient
    manager: PoolManager
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[PoolKey, _Bucket] = field(default_factory=dict)

    async def admit(self, key: PoolKey, uid: str, boot: str, name: str) -> SeenPod | None:
        """The pod, None if it is not of this pool. Raises PlatformError.

        A process that a record names was admitted before. The Deployment of its revision may have
        been deleted since, and it has to deliver what it runs.
        """
        if not self.manager.pools.presence.is_filled:
            raise Unavailable("what there is was not listed yet; say hello again")
        known = self.manager.deployments.get(key)
        if known is None and not self.manager.pools.is_named(uid, boot):
            return None
        now = self.clock()
        if not self._buckets.setdefault(key, _Bucket(now)).take(now):
            raise Unavailable("too many pods of this pool say hello; say it again")
        try:
            pod = await self.client.get(PODS, key.namespace, name)
            seen, owner = seen_pod(pod), controller(pod)
            if seen is None or seen.uid != uid or seen.key != key or owner is None:
                return None
            if known is None:
                self.manager.pools.see(seen, uid)
                return seen
            replica_set = await self.client.get(REPLICA_SETS, key.namespace, owner["name"])
        except NotFound:
            return None
        above = controller(replica_set)
        is_chain = replica_set["metadata"]["uid"] == owner["uid"] and above is not None
        if not is_chain or above is None or above["uid"] != known.uid:
            return None
        self.manager.pools.see(seen, uid)
        return seen
