"""Which warm pods are there: as a watch shows them, and as long as they are heard of."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from asw.asl.errors import NODE_LOST, OUT_OF_MEMORY, TASK_LOST
from asw.platforms.kubernetes.pools.pods import SeenPod
from asw.platforms.kubernetes.pools.pool import PoolKey
from asw.platforms.kubernetes.tasks.losses import KUBELET_NOTICES

RETURNS: Final = timedelta(seconds=10)
"""So soon a process says hello to another holder, if it lives on without its object."""


class Absence(NamedTuple):
    """A pod that will not come back, why, and which kind of loss that is for its tasks."""

    uid: str
    reason: str
    error: str = TASK_LOST


def container_ended(uid: str, last_end: str) -> Absence:
    """The pod is there, but what it ran ended like this: its next process is another one."""
    error = OUT_OF_MEMORY if last_end == "OOMKilled" else TASK_LOST
    return Absence(uid, "its warm pod's container ended", error)


@dataclass(slots=True, kw_only=True)
class Presence:
    """Warm pods by uid. ``seen`` are those that a watch shows and that have not ended.

    Nobody is absent before a whole list was seen (``is_filled``).
    """

    lost_after: timedelta
    is_filled: bool = False
    seen: dict[str, SeenPod] = field(default_factory=dict)
    _of: dict[PoolKey, dict[str, SeenPod]] = field(default_factory=dict)
    _gone_at: dict[str, tuple[datetime, timedelta]] = field(default_factory=dict)
    _unheard_since: dict[str, datetime] = field(default_factory=dict)

    def see(self, pod: SeenPod) -> None:
        """The pod is there."""
        self.seen[pod.uid] = pod
        self._of.setdefault(pod.key, {})[pod.uid] = pod

    def of(self, key: PoolKey) -> Collection[SeenPod]:
        """The pods of one revision of a Function."""
        return self._of.get(key, {}).values()

    def lose_sight(self, uid: str, now: datetime, *, has_ended: bool) -> None:
        """The pod has ended, or its object is gone: then its containers may run a little longer.

        The kubelet gives them their grace period even if somebody removed the object by force.
        """
        before = self.seen.pop(uid, None)
        if before is not None:
            self._of[before.key].pop(uid, None)
            if not self._of[before.key]:
                del self._of[before.key]
        spare = timedelta()
        if before is not None and before.node and before.is_running and not has_ended:
            spare = before.grace + KUBELET_NOTICES
        self._gone_at.setdefault(uid, (now, spare))

    def expect(self, uid: str, now: datetime) -> None:
        """A record names the pod, which has said nothing yet."""
        self._unheard_since.setdefault(uid, now)

    def hear(self, uid: str) -> None:
        """The pod said something."""
        self._unheard_since.pop(uid, None)

    def absent(self, now: datetime) -> Iterator[Absence]:
        """Pods that are gone for good by now, each told once."""
        if not self.is_filled:
            return
        for uid, (at, spare) in list(self._gone_at.items()):
            if now >= at + spare:
                del self._gone_at[uid]
                yield Absence(uid, "its warm pod is gone")
        for uid, since in list(self._unheard_since.items()):
            if uid not in self.seen:
                if now >= since + RETURNS:
                    del self._unheard_since[uid]
                    yield Absence(uid, "its warm pod is gone")
            elif now >= since + self.lost_after:
                del self._unheard_since[uid]
                yield Absence(uid, "its warm pod does not answer", NODE_LOST)

    def forget(self) -> None:
        """Hold only what the watch shows."""
        self.is_filled = False
        self._gone_at.clear()
        self._unheard_since.clear()
