"""What nobody reports: time that passes, objects that vanished unseen, things that pile up.

``tick`` runs every few seconds. It works in memory, except for Jobs without a pod, whose events it
reads; for tasks that have ended by time alone, which get a second look; and for pods that only
sidecars keep. ``sweep`` removes Jobs and pages that nobody needs, every minute. ``compare`` checks
the cache against lists every few minutes, because a broken watch does not report deletions.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from asw.api.activity import Activity
from asw.api.names import LABEL_EXECUTION_UID
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.retention import KEPT_AT_LEAST, job_span, superfluous_jobs
from asw.platforms.kubernetes.cache.seen import SeenTask
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import (
    ACTIVITIES,
    CONNECTIONS,
    EVENTS,
    EXECUTIONS,
    FUNCTIONS,
    JOBS,
    PODS,
    WORKFLOWS,
    Resource,
)
from asw.platforms.kubernetes.port.platform import KubernetesPlatform
from asw.platforms.kubernetes.port.tasks import ASK_AGAIN
from asw.platforms.kubernetes.retention.orphans import collect_orphans, sweep_revisions
from asw.platforms.kubernetes.retention.sidecar_ends import SidecarEnds
from asw.platforms.kubernetes.storage.storage import Storage
from asw.platforms.kubernetes.tasks.observations import place_of
from asw.platforms.kubernetes.tasks.places import TaskKey, in_turns
from asw.platforms.kubernetes.tasks.quotas import exceeded
from asw.platforms.kubernetes.watch.feed import DELETED, Feed
from asw.platforms.kubernetes.watch.listing import forget_missing
from asw.platforms.kubernetes.watch.second_look import SecondLook
from asw.platforms.kubernetes.workflows.judgements import Judged

GUARDED = timedelta(seconds=5)
"""Between two looks for room while all kept Jobs must stay (``KEPT_AT_LEAST``)."""
TROUBLE_AFTER = timedelta(seconds=3)
"""After this time without a pod, the Job controller's events are read to say why."""
ASK_AGAIN_SECONDS = 10.0
"""The events may come later than the first look."""
TROUBLES_PER_TICK = 5
STRAY_SECONDS = 60.0
"""How long a Job may run that nobody awaits; a task that pushed its result ends sooner."""


@dataclass(slots=True, kw_only=True)
class Sweeper:
    """Finds what nobody reports. ``namespaces`` are those that are watched; None means all.

    Nothing is removed where ``may_act`` is False: another installation has that namespace.
    """

    client: KubeClient
    cache: Cache
    platform: KubernetesPlatform
    storage: Storage
    feed: Feed
    namespaces: Sequence[str | None]
    may_act: Callable[[str], bool] = lambda _: True
    clock: Callable[[], float] = time.monotonic
    _strays: dict[TaskKey, float] = field(default_factory=dict)
    _leaving: set[TaskKey] = field(default_factory=set)
    _asked: dict[TaskKey, float] = field(default_factory=dict)
    _refused_at: dict[TaskKey, str] = field(default_factory=dict)
    _unseen: set[str] = field(default_factory=set)
    _second_look: SecondLook = field(init=False)
    _sidecar_ends: SidecarEnds = field(init=False)
    is_blind: bool = False
    """Whether two comparisons in a row found objects that no watch reported."""

    def __post_init__(self) -> None:
        self._second_look = SecondLook(
            client=self.client, cache=self.cache, feed=self.feed, clock=self.clock
        )
        self.platform.tasks.make_room = self.make_room
        self._sidecar_ends = SidecarEnds(
            client=self.client, cache=self.cache, may_act=self.may_act, clock=self.clock
        )

    async def tick(self) -> None:
        """Look for ends that time alone makes, and wake the executions they concern."""
        for place in self.cache.refresh():
            self.feed.wake(place)
        try:
            await self._look_for_trouble()
        finally:
            try:
                await self._second_look.look()
            finally:
                await self._sidecar_ends.end()

    async def sweep(self) -> None:
        """Remove what nobody needs any more; failures are tried again next time."""
        for place in self._superfluous():
            await self._delete_job(place)
        await self.platform.executions.garbage.collect(self.storage)
        self._forget_finished()

    async def make_room(self, namespace: str) -> timedelta | None:
        """Delete the oldest Job of the namespace that is only kept; when to ask for room again.

        A Job whose name a late request may still want is left, and worth waiting for.
        """
        again_in: timedelta | None = None
        for place in filter(self._is_kept, self.cache.kept.oldest_first(namespace)):
            again_in = GUARDED
            if not self._is_guard(place):
                break
        else:
            return again_in
        self._leaving.add(place)
        try:
            await self._delete_job(place)
        finally:
            self._leaving.discard(place)
        return ASK_AGAIN

    async def compare(self) -> None:
        """On every replica: forget what vanished unseen, and notice what appeared unseen."""
        unseen = await self._compare_executions()
        await self._compare_tasks(JOBS)
        await self._compare_tasks(PODS)
        await self._compare_definitions(WORKFLOWS, self.cache.workflows, self.feed.workflow)
        await self._compare_definitions(FUNCTIONS, self.cache.functions, self.feed.function)
        connections = self.cache.connections
        await self._compare_definitions(CONNECTIONS, connections, self.feed.connection)
        if mistaken := connections.mistaken:
            await self._compare_definitions(CONNECTIONS, mistaken, self.feed.connection)
        await self._compare_definitions(ACTIVITIES, self.cache.activities, self.feed.activity)
        self.is_blind = bool(unseen & self._unseen)
        self._unseen = unseen

    async def sweep_orphans(self) -> None:
        """Look for objects that nothing refers to, unless executions may be missing here."""
        if not self._unseen:
            await collect_orphans(
                self.client, self.cache, self.platform.executions, self.namespaces, self.may_act
            )

    async def sweep_definitions(self) -> None:
        """Remove revisions that nobody needs, unless executions may be missing here."""
        if self._unseen:
            return
        for namespace in self.namespaces:
            await sweep_revisions(
                self.client, self.cache, self.platform.workflows, namespace, self.may_act
            )

    # Tasks without a pod

    async def _look_for_trouble(self) -> None:
        now, clock = self.platform.now(), self.clock()
        waiting = [
            place
            for place, seen in self.cache.tasks.items()
            if seen.job is not None
            and not seen.pods
            and not seen.has_ended()
            and now - seen.job.created_at > TROUBLE_AFTER
            and clock - self._asked.get(place, -ASK_AGAIN_SECONDS) >= ASK_AGAIN_SECONDS
        ]
        waiting.sort(key=lambda place: self._asked.get(place, 0.0))
        for place in in_turns(waiting)[:TROUBLES_PER_TICK]:
            self._asked[place] = clock
            await self._ask(place, self.cache.tasks[place])
        if not waiting:
            self._asked.clear()
            self._refused_at.clear()

    async def _ask(self, place: TaskKey, seen: SeenTask) -> None:
        job = seen.job
        assert job is not None
        listed = self.client.list(
            EVENTS, job.namespace, fields=f"involvedObject.uid={job.uid},type=Warning"
        )
        events = sorted([event async for event in listed], key=_last_seen)
        if not events:
            return
        message = str(events[-1].get("message", ""))
        if self.cache.set_trouble(place, message):
            self.feed.wake(place)
        await self._make_room_for_pod(place, message, _last_seen(events[-1]))

    async def _make_room_for_pod(self, place: TaskKey, message: str, at: str) -> None:
        """Make room once each time a quota refused the pod: the Job controller tries again."""
        found = exceeded(message)
        if found is None or not found.counts_kept() or self._refused_at.get(place) == at:
            return
        self._refused_at[place] = at
        if self.may_act(place.namespace):
            await self.make_room(place.namespace)

    # Jobs

    def _superfluous(self) -> list[TaskKey]:
        finished = superfluous_jobs(self.cache.tasks, self.platform.now(), self._job_span)
        found = [place for place in finished if not self._is_awaited(place)]
        strays = self._stray_jobs()
        now = self.clock()
        self._strays = {place: self._strays.get(place, now) for place in strays}
        overdue = [it for it, since in self._strays.items() if now - since >= STRAY_SECONDS]
        return [*found, *overdue]

    def _is_kept(self, place: TaskKey) -> bool:
        is_owned = self.cache.owner(place) is not None
        return is_owned and place not in self._leaving and not self._is_awaited(place)

    def _is_guard(self, place: TaskKey) -> bool:
        """Whether the Job must stay because a late request may still want its name."""
        seen = self.cache.tasks[place]
        assert seen.job is not None
        assert seen.job.finished_at is not None
        return not seen.is_sole and self.platform.now() - seen.job.finished_at < KEPT_AT_LEAST

    def _job_span(self, namespace: str, uid: str) -> timedelta | None:
        seen = self.cache.execution(namespace, uid)
        if seen is None:
            return None
        own = self.cache.retention_of(namespace, seen.workflow_name)
        return job_span(own, self.cache.retention)

    def _is_awaited(self, place: TaskKey) -> bool:
        """Whether the end of its task may be unrecorded; True until the execution is loaded."""
        execution = self.cache.owner(place)
        if execution is None or execution.is_finished:
            return False
        return self._is_open(place, execution.key.uid)

    def _stray_jobs(self) -> Iterable[TaskKey]:
        """Jobs that still run though their execution does not await them."""
        for place, seen in self.cache.tasks.items():
            observation = seen.observation()
            if observation is None or observation.job.finished_at is not None:
                continue
            execution = self.cache.owner(place)
            if execution is None:
                continue  # Kubernetes collects what it owned
            if execution.is_finished or not self._is_open(place, execution.key.uid):
                yield place

    def _is_open(self, place: TaskKey, owner_uid: str) -> bool:
        """Whether somebody may wait for the task of this execution, or of a child inside it."""
        task_id = place.task_id
        if task_id.execution_uid == owner_uid:
            return self.platform.executions.may_await(task_id)
        if self.platform.executions.record(owner_uid) is None:
            return True
        return self.feed.reconciler.express_task(task_id) is not None

    async def _delete_job(self, place: TaskKey) -> None:
        execution = self.cache.owner(place)
        if execution is None or not self.may_act(execution.key.namespace):
            return
        await self.platform.tasks.delete_job(execution.key, place.task_id)

    def _forget_finished(self) -> None:
        """Hold nothing of executions that are over; one that is redriven is loaded again."""
        for seen in self.cache.executions.values():
            if seen.is_finished:
                self.platform.forget(seen.key.uid)

    # Comparisons

    async def _compare_executions(self) -> set[str]:
        """Drop executions that no longer exist; returns uids that the cache lacks."""
        started = self.clock()
        there = {item["metadata"]["uid"] async for item in self._listed(EXECUTIONS, None)}
        for uid, seen in list(self.cache.executions.items()):
            if uid not in there and seen.seen_at < started:
                self.feed.forget_execution(uid)
        return there - self.cache.executions.keys()

    async def _compare_tasks(self, resource: Resource) -> None:
        started = self.clock()
        there = {
            (place_of(item), item["metadata"]["uid"])
            async for item in self._listed(resource, LABEL_EXECUTION_UID)
        }
        forget_missing(self.feed, resource, there, started)

    async def _compare_definitions(
        self,
        resource: Resource,
        known: Mapping[tuple[str, str], Judged | Activity],
        tell: Callable[[str, Mapping[str, Any]], object],
    ) -> None:
        """Drop those that no longer exist; what changed meanwhile is left alone."""
        before = list(known.items())
        there = {item["metadata"]["uid"] async for item in self._listed(resource, None)}
        for place, held in before:
            if held.metadata.uid not in there and known.get(place) is held:
                metadata = {
                    "namespace": held.metadata.namespace,
                    "name": held.metadata.name,
                    "uid": held.metadata.uid,
                }
                public = getattr(held, "public_name", held.metadata.name)
                tell(DELETED, {"metadata": metadata, "spec": {"name": public}})

    async def _listed(self, resource: Resource, labels: str | None) -> Any:
        for namespace in self.namespaces:
            async for item in self.client.list(
                resource, namespace, labels=labels, is_metadata_enough=True
            ):
                yield item


def _last_seen(event: Mapping[str, Any]) -> str:
    """When the event last occurred, as text that sorts."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")
