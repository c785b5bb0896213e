"""Watch events in, cache updated, reconciler told: what events mean, wherever they come from.

An event only says "look again". An Execution is reloaded when its spec changed, not when its
status did: that was us, and anybody else who writes there makes our next save fail and reload.
Tasks wake their Execution when they show something new that its record waits for.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from asw.api.connection import Connection, MistakenConnection
from asw.api.function import Function
from asw.api.objects import InvalidObject
from asw.api.phases import FINAL_PHASES
from asw.api.workflow import Workflow
from asw.asl.resources import ActivityInvocation
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.pools.pods import is_of_pool, seen_pod
from asw.platforms.kubernetes.port.platform import KubernetesPlatform
from asw.platforms.kubernetes.schedules.clockwork import Clockwork
from asw.platforms.kubernetes.tasks.observations import job_observation, place_of, pod_observation
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.triggers.dispatcher import Dispatcher
from asw.platforms.kubernetes.workflows.connectors import called
from asw.reconciler.platform import ExecutionKey
from asw.reconciler.reconciler import Reconciler

Object = Mapping[str, Any]

Endless = Callable[[Callable[[], None]], Awaitable[None]]
"""Endless work; it calls its argument whenever it comes round."""

DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class SeenRun:
    """An Execution as ``Slots`` needs it."""

    key: ExecutionKey
    workflow_name: str
    execution_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Puts what an event shows into the cache, and tells the reconciler whom it concerns.

    ``kind`` is Kubernetes' type of event, None for listed objects.
    """

    cache: Cache
    platform: KubernetesPlatform
    reconciler: Reconciler
    schedules: Clockwork
    triggers: Dispatcher

    def __post_init__(self) -> None:
        """What Schedules and Triggers start need not wait for the watch."""
        self.schedules.runs.arrived = partial(self.execution, "ADDED")
        self.triggers.runs.arrived = partial(self.execution, "ADDED")

    def execution(self, kind: str | None, item: Object) -> None:
        """An Execution."""
        if kind == DELETED:
            self.forget_execution(item["metadata"]["uid"])
            return
        old = self.cache.executions.get(item["metadata"]["uid"])
        seen, is_news = self.cache.put_execution(item)
        if seen.is_suspended != (old is not None and old.is_suspended):
            for key in self.cache.descendants(seen.key):
                self.reconciler.reload(key)
        if seen.is_finished:
            self.platform.children.look(seen)
        is_leaving = "deletionTimestamp" in item["metadata"]
        is_over = seen.is_finished and not seen.is_to_redrive
        if is_leaving or is_over:
            self.reconciler.slots.ended(seen.key)
        elif not seen.is_finished and (seen.has_begun or is_news):
            self._tell_slots(seen, item)
        is_settled = is_over and kind is None and not _is_unobserved(item)
        if (is_news and not is_settled) or is_leaving:
            self.reconciler.reload(seen.key)

    def listed(self, item: Object) -> None:
        """Take an Execution of a list, which may be newer than the watch; tell ``slots``.

        One that was deleted meanwhile is found to be gone when it is loaded.
        """
        seen, status = self.cache.executions.get(item["metadata"]["uid"]), item.get("status", {})
        if seen is None:
            self.execution(None, item)
        elif seen.is_finished:
            return
        elif status.get("phase") in FINAL_PHASES:
            self.reconciler.slots.ended(seen.key)
        elif "record" in status:
            self._tell_slots(replace(seen, has_begun=True), item)

    def _tell_slots(self, seen: SeenExecution, item: Object) -> None:
        """Whoever runs has a slot, whoever wants to run needs one, except children of Maps.

        One that is suspended or stopped before its start, or will be redriven, asks by itself.
        """
        metadata, spec = item["metadata"], item["spec"]
        if seen.parent is not None:
            return
        run = SeenRun(
            seen.key,
            seen.workflow_name,
            spec.get("name") or metadata["name"],
            seen.created_at,
        )
        if seen.has_begun:
            self.reconciler.slots.begun(run)
        elif not spec.get("suspend") and "stop" not in spec:
            self.reconciler.slots.expect(run)

    def forget_execution(self, uid: str) -> None:
        """An Execution is gone."""
        seen = self.cache.drop_execution(uid)
        self.platform.forget(uid)
        if seen is not None:
            self.reconciler.slots.ended(seen.key)
            self.platform.children.lose(seen)
        if seen is not None and not seen.is_finished:
            self.reconciler.reload(seen.key)

    def job(self, kind: str | None, item: Object) -> None:
        """A Job with our labels. One that we did not make says nothing about any task.

        A name belongs to one object at a time: if another one has it, the first one is gone.
        """
        job = job_observation(item)
        if job is None or not self.platform.tasks.is_ours(job):
            return
        first = self.cache.first_job(job.place)
        if kind == DELETED:
            self.forget_job(job.place, job.uid)
        elif first is not None and first != job.uid:
            self.forget_job(job.place, first)
        elif self.cache.put_job(job):
            self.wake(job.place)

    def forget_job(self, place: TaskKey, uid: str) -> None:
        """A Job is gone."""
        is_awaited = self._is_awaited(place.task_id)
        if self.cache.drop_job(place, uid, is_awaited=is_awaited):
            self.wake(place)

    def _is_awaited(self, task_id: TaskId) -> bool:
        """Whether an execution that is live here waits for the task's end."""
        record = self.platform.executions.record(task_id.execution_uid)
        if record is None:
            return self.reconciler.express_task(task_id) is not None
        return task_id in set(record.open_tasks())

    def pod(self, kind: str | None, item: Object) -> None:
        """A Pod with our labels: a task's, or a warm one."""
        if is_of_pool(item):
            uid = item["metadata"]["uid"]
            self.platform.pools.see(None if kind == DELETED else seen_pod(item), uid)
            return
        if kind == DELETED:
            place = place_of(item)
            if place is not None:
                self.forget_pod(place, item["metadata"]["uid"])
            return
        pod = pod_observation(item)
        if pod is not None and self.cache.put_pod(pod):
            self.wake(pod.place)

    def forget_pod(self, place: TaskKey, uid: str) -> None:
        """A Pod is gone."""
        if self.cache.drop_pod(place, uid):
            self.wake(place)

    def wake(self, place: TaskKey) -> None:
        """A task shows something new: wake its Execution, if that still waits for it."""
        uid = place.task_id.execution_uid
        seen, child = self.cache.execution(place.namespace, uid), self.reconciler.express_child(uid)
        if child is not None and child.namespace == place.namespace:
            self.reconciler.wake(child)
        if seen is None or seen.is_finished:
            return
        if self.platform.executions.may_await(place.task_id):
            self.reconciler.wake(seen.key)

    def workflow(self, kind: str | None, item: Object) -> Workflow | InvalidObject | None:
        """A Workflow; returns what must be reconciled."""
        namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
        if kind == DELETED:
            self.cache.drop_workflow(item)
            self.platform.workflows.forget(item["metadata"]["uid"])
            self.reconciler.slots.put_limit(namespace, name, None)
            self.reconciler.put_task_limit(namespace, name, 0)
            self._workflow_changed(namespace, name)
            return None
        old = self.cache.workflows.get((namespace, name))
        made = self.cache.put_workflow(item)
        limit = made.spec.concurrency if isinstance(made, Workflow) else None
        self.reconciler.slots.put_limit(namespace, name, limit)
        self.reconciler.put_task_limit(namespace, name, self.cache.task_limit(namespace, name))
        if old is None or old.metadata.generation != item["metadata"].get("generation", 0):
            for key in self.cache.waiting_for(namespace, name):
                self.reconciler.reload(key)
        if old is None:
            self._workflow_changed(namespace, name)
        return made

    def _workflow_changed(self, namespace: str, name: str) -> None:
        self.schedules.workflow_changed(namespace, name)
        self.triggers.workflow_changed(namespace, name)

    def function(self, kind: str | None, item: Object) -> Function | InvalidObject | None:
        """A Function; returns what must be reconciled. Callers are looked at too."""
        namespace, metadata = item["metadata"]["namespace"], item["metadata"]
        name, made = item.get("spec", {}).get("name") or metadata["name"], None
        before = self.cache.amiss(namespace, name)
        if kind == DELETED:
            self.cache.drop_function(item)
            self.platform.forget_function(metadata["uid"])
        else:
            made = self.cache.put_function(item)
        after = self.cache.amiss(namespace, name)
        if after != before:
            for referrer in self.cache.references.referrers(Named.function(namespace, name)):
                self.cache.again.add(referrer)
        if isinstance(made, Function) and not made.is_said_to_be("False"):
            for key in self.platform.functions.arrived(namespace, name):
                self.reconciler.retry(key)
        return made

    def connection(self, kind: str | None, item: Object) -> Connection | MistakenConnection | None:
        """A Connection; returns what must be reconciled. Its callers are looked at."""
        namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
        before, made = self.cache.connections.known((namespace, name)), None
        if kind == DELETED:
            self.cache.drop_connection(item)
            self.platform.connections.forget(item["metadata"]["uid"])
        else:
            made = self.cache.connections.put(item)
        if made is not None and _is_as_it_was(before, made):
            return made  # only its status changed: that was us
        for referrer in self.cache.references.referrers(Named.connection(namespace, name)):
            self.cache.again.add(referrer)
        for key in self.platform.functions.arrived(namespace, called(name)):
            self.reconciler.retry(key)
        return made

    def activity(self, kind: str | None, item: Object) -> InvalidObject | None:
        """An Activity; returns its problems, if any. Workflows that name it are looked at."""
        activities, namespace = self.cache.activities, item["metadata"]["namespace"]
        before = activities.name_of(item)
        made = None
        if kind == DELETED:
            activities.drop(item)
        else:
            made = activities.put(item)
        for name in {before, activities.name_of(item)} - {None}:
            for referrer in self.cache.references.referrers(Named.activity(namespace, str(name))):
                self.cache.again.add(referrer)
            if activities.has(namespace, str(name)):
                waits_for = ActivityInvocation(activity=str(name)).name
                for key in self.platform.functions.arrived(namespace, waits_for):
                    self.reconciler.retry(key)
        return made

    def schedule(self, kind: str | None, item: Object) -> None:
        """A Schedule."""
        self.schedules.see(kind, item)

    def trigger(self, kind: str | None, item: Object) -> None:
        """A Trigger."""
        self.triggers.see(kind, item)

    # What starts runs by itself

    def loops(self) -> Mapping[str, Endless]:
        """What Schedules and Triggers run without end, by name."""
        return {**self.schedules.loops(), **self.triggers.loops()}

    async def take_over(self) -> None:
        """We act from now on: Schedules and Triggers start runs."""
        await self.schedules.take_over()
        await self.triggers.take_over()

    async def compare(self) -> None:
        """Hold what is known of Schedules and Triggers against the server."""
        await self.schedules.compare()
        await self.triggers.compare()

    def stand_down(self) -> None:
        """Another replica acts."""
        self.schedules.stand_down()
        self.triggers.stand_down()


def _is_unobserved(item: Object) -> bool:
    """Whether its status belongs to an older spec, because it was edited while nobody watched."""
    observed = item.get("status", {}).get("observedGeneration", -1)
    return bool(observed < item["metadata"].get("generation", 0))


def _is_as_it_was(
    before: Connection | MistakenConnection | None, made: Connection | MistakenConnection
) -> bool:
    """Whether nothing has changed but the status: for nobody who calls by it."""
    if before is None or before.metadata.uid != made.metadata.uid:
        return False
    if isinstance(before, Connection) and isinstance(made, Connection):
        return before.spec == made.spec
    return before.metadata.generation == made.metadata.generation
