"""Ends the pods of finished tasks that only sidecars keep running, by a deadline."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import PODS
from asw.platforms.kubernetes.tasks.observations import PodObservation
from asw.platforms.kubernetes.tasks.places import TaskKey, in_turns
from asw.platforms.kubernetes.tasks.sidecars import ending_deadline
from asw.reconciler.platform import Conflict, Refused

GRACE_SECONDS = 5.0
"""A sidecar that watches the task ends by itself, and its pod is Succeeded then."""
PER_ROUND = 20

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class SidecarEnds:
    """Ends each such pod once: if that does not end it, it goes with its Job."""

    client: KubeClient
    cache: Cache
    may_act: Callable[[str], bool]
    clock: Callable[[], float] = time.monotonic
    _since: dict[TaskKey, float] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)
    """Uids of pods that need not be ended again."""

    async def end(self) -> None:
        """End some of the pods that linger beyond their grace, taking turns by namespace."""
        now, pods = self.clock(), self.cache.lingering()
        self._since = {place: self._since.get(place, now) for place in pods}
        self._done &= {pod.uid for pod in pods.values()}
        due = [
            place
            for place, since in self._since.items()
            if now - since >= GRACE_SECONDS
            and pods[place].uid not in self._done
            and self.may_act(place.namespace)
        ]
        for place in in_turns(due)[:PER_ROUND]:
            await self._end(pods[place])

    async def _end(self, pod: PodObservation) -> None:
        deadline = ending_deadline(pod)
        if deadline is not None:
            change = {
                "metadata": {"uid": pod.uid},
                "spec": {"activeDeadlineSeconds": deadline},
            }
            try:
                await self.client.merge(PODS, pod.namespace, pod.name, change)
            except (NotFound, Conflict):
                pass  # gone, or another one by that name
            except Refused as error:
                logger.warning("pod %s/%s is kept by sidecars: %s", pod.namespace, pod.name, error)
        self._done.add(pod.uid)
