"""A second look at tasks that seem to have ended although nothing was reported.

Silence has two causes: nothing happened, or the watch is broken. So before time is up for a task,
or its pod counts as missing, its Job and its pods are requested; for a pod without a node also
what autoscalers say of it, because that is only in events.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from asw.api.instants import parse_instant
from asw.api.names import LABEL_CHILD_UID, LABEL_EXECUTION_UID, LABEL_TASK
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import EVENTS, JOBS, PODS
from asw.platforms.kubernetes.tasks.observations import (
    JobObservation,
    PodObservation,
    job_observation,
    pod_observation,
)
from asw.platforms.kubernetes.tasks.places import TaskKey, in_turns
from asw.platforms.kubernetes.watch.feed import Feed

SCALING: Final = frozenset({"TriggeredScaleUp", "Nominated"})
"""Reasons of events: the cluster autoscaler's, and Karpenter's."""
PER_ROUND = 100
AT_ONCE = 10
AGAIN_SECONDS = 10.0
"""Between two looks at a task that turned out not to have ended."""


@dataclass(slots=True, kw_only=True)
class SecondLook:
    """Asks the API server before silence counts as an end."""

    client: KubeClient
    cache: Cache
    feed: Feed
    clock: Callable[[], float] = time.monotonic
    _looked_at: dict[TaskKey, float] = field(default_factory=dict)

    async def look(self) -> None:
        """Look at some of those tasks. A task that cannot be looked up counts as alive.

        Raises the first PlatformError, after all others were looked at.
        """
        now, doubtful = self.clock(), self.cache.doubtful()
        self._looked_at = {it: at for it in doubtful if (at := self._looked_at.get(it)) is not None}
        due = [
            it for it in doubtful if now - self._looked_at.get(it, -AGAIN_SECONDS) >= AGAIN_SECONDS
        ]
        due.sort(key=lambda place: self._looked_at.get(place, 0.0))
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(place: TaskKey) -> None:
            async with gate:
                is_again = place in self._looked_at
                self._looked_at[place] = now
                await self._look_at(place)
                if is_again:
                    self.cache.hold_back(place)

        results = await asyncio.gather(*map(one, in_turns(due)[:PER_ROUND]), return_exceptions=True)
        for result in results:
            if result is not None:
                raise result

    async def _look_at(self, place: TaskKey) -> None:
        seen = self.cache.tasks.get(place)
        if seen is None or seen.job is None:
            return
        known, heard_at = seen.job, seen.seen_at
        job = await self._job(known)
        if job is None:
            self.feed.forget_job(place, known.uid)
            if self.cache.tasks.get(place) is not seen or seen.job is None:
                return
            job, heard_at = seen.job, seen.seen_at  # a pod of it may still run
        pods = await self._pods(known)
        scaling_at = await self._scaling_at(pods)
        if self.cache.tasks.get(place) is not seen or seen.seen_at != heard_at:
            return  # a watch reported more meanwhile, maybe later news
        if self.cache.take_look(job, pods, scaling_at):
            self.feed.wake(place)

    async def _job(self, known: JobObservation) -> JobObservation | None:
        """The Job as it is now, None if it is gone."""
        try:
            found = job_observation(await self.client.get(JOBS, known.namespace, known.name))
        except NotFound:
            return None
        return found if found is not None and found.uid == known.uid else None

    async def _pods(self, job: JobObservation) -> list[PodObservation]:
        """The pods of its task."""
        labels = {LABEL_EXECUTION_UID: job.owner_uid, LABEL_TASK: str(job.task_id.ordinal)}
        if job.task_id.execution_uid != job.owner_uid:
            labels[LABEL_CHILD_UID] = job.task_id.execution_uid
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        listed = self.client.list(PODS, job.namespace, labels=selector)
        found = [pod_observation(item) async for item in listed]
        return [pod for pod in found if pod is not None and pod.place == job.place]

    async def _scaling_at(self, pods: Iterable[PodObservation]) -> datetime | None:
        """When an autoscaler last said that it adds a node for one of them."""
        found: list[datetime] = []
        for pod in pods:
            if pod.phase == "Pending" and not pod.node:
                fields = f"involvedObject.uid={pod.uid}"
                events = [it async for it in self.client.list(EVENTS, pod.namespace, fields=fields)]
                found += [last_seen(it) for it in events if it.get("reason") in SCALING]
        return max(found, default=None)


def last_seen(event: Mapping[str, Any]) -> datetime:
    """When the event last occurred."""
    series = event.get("series") or {}
    at = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return parse_instant(at or event["metadata"]["creationTimestamp"])
