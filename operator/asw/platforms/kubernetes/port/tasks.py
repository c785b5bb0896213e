"""Tasks as Jobs: tokens prepared, Jobs created and deleted, and what they show, from memory."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

from asw.api.function import Function
from asw.api.names import REASONS_PACKAGES
from asw.api.workflow import TaskTemplate
from asw.asl.errors import FUNCTION_NOT_FOUND, QUOTA_EXCEEDED, START_FAILED
from asw.asl.resources import FunctionInvocation
from asw.engine.commands import CancelTask, StartTask
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.limit_ranges import LimitRanges
from asw.platforms.kubernetes.cache.task_defaults import DefaultsOfNamespaces
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.objects import Owner
from asw.platforms.kubernetes.client.resources import JOBS, SECRETS
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.keys.tokens import batches_of, token_secret, tokens_secret
from asw.platforms.kubernetes.packages.installer import PackagesMissing
from asw.platforms.kubernetes.port.departures import Departures
from asw.platforms.kubernetes.tasks.jobs import TaskPlan, job, task_job_name, undeliverable
from asw.platforms.kubernetes.tasks.observations import JobObservation, job_observation
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.tasks.pods import FunctionPod, start_timeout_of
from asw.platforms.kubernetes.tasks.quotas import exceeded, is_over_quota, over_quota
from asw.platforms.kubernetes.tasks.settings import ResultServer, TaskSettings
from asw.platforms.kubernetes.workflows.functions import Functions, MissingReference
from asw.platforms.kubernetes.workflows.revisions import Origin
from asw.reconciler.platform import (
    Conflict,
    ExecutionKey,
    Gone,
    KnownTask,
    NoRoom,
    NotYet,
    Observation,
    PlatformError,
    Refused,
    TaskRefused,
    Unavailable,
    Unknown,
)

ASK_AGAIN = timedelta(seconds=1)
"""Kubernetes recalculates quotas shortly after a deletion, not at the same moment."""
RECKONING = timedelta(seconds=5)
"""How long the room that was made for a task may take to show in the quota."""


@dataclass(slots=True)
class _QuotaBlocked:
    """Since when there has been no room for a Job, and when room was made for it."""

    since: datetime
    made_at: datetime | None = None


MakeRoom: TypeAlias = Callable[[str], Awaitable[timedelta | None]]
"""Delete a Job of the namespace that is only kept: how soon that may help, None if none is."""


async def _keep_all(_namespace: str) -> timedelta | None:
    return None


class Tasks:
    """Tasks of executions. ``make_room`` is set by whoever knows which Jobs are only kept."""

    def __init__(
        self,
        client: KubeClient,
        cache: Cache,
        functions: Functions,
        settings: TaskSettings,
        ring: KeyRing,
    ) -> None:
        self._client = client
        self._cache = cache
        self._functions = functions
        defaults = settings.resources
        self._limit_ranges = LimitRanges(
            client, cache.clock, otherwise=defaults.requests.keys() | defaults.limits.keys()
        )
        self._defaults = DefaultsOfNamespaces(client, cache.clock)
        self._settings = settings
        self._ring = ring
        self._batches: dict[str, set[int]] = {}
        self._signed_by: dict[str, str] = {}
        """Id of the key that signed these tokens, by execution."""
        self._quota_blocked_since: dict[str, dict[TaskId, _QuotaBlocked]] = {}
        """Jobs that a quota keeps from being created, by execution."""
        self._born: dict[str, set[TaskId]] = {}
        """Starts that no process can have requested yet, by execution."""
        self.make_room: MakeRoom = _keep_all
        self.departures = Departures()

    def tell_address(self, server: ResultServer) -> None:
        """From now on tell tasks this address of the result server."""
        self._settings = replace(self._settings, result_server=server)

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:
        """What is known of the task. A Job that another execution owns is no task of this one."""
        facts = self._cache.facts(key, task_id)
        return (
            Unknown()
            if facts is None
            else KnownTask(facts, self._cache.pending_reason(key, task_id))
        )

    async def surroundings(self, namespace: str) -> tuple[TaskTemplate, frozenset[str]]:
        """What the namespace adds to pods, and the resources that its LimitRanges speak of."""
        return await asyncio.gather(
            self._defaults.of(namespace), self._limit_ranges.resources(namespace)
        )

    def is_ours(self, job: JobObservation) -> bool:
        """Whether the operator made the Job; one that it accepted as its own stays so.

        Keys may change while it runs.
        """
        is_known = self._cache.first_job(job.place) == job.uid
        return is_known or self._ring.keys.has_sealed(job.claim, job.seal)

    async def prepare(self, key: ExecutionKey, tasks: Sequence[StartTask]) -> None:
        """Make sure that the Secrets with the tasks' tokens exist."""
        try:
            await asyncio.gather(
                self._prepare(key, tasks),
                self._limit_ranges.resources(key.namespace),  # known by when the Jobs are made
            )
        except Refused as error:
            found = [await self._refusal(key, task, str(error)) for task in tasks]
            raise next((it for it in found if isinstance(it, NoRoom)), found[0]) from error

    async def _prepare(self, key: ExecutionKey, tasks: Sequence[StartTask]) -> None:
        signed_by = self._ring.keys.current.id
        if self._signed_by.get(key.root.uid) != signed_by:
            self._batches.pop(key.root.uid, None)
            self._signed_by[key.root.uid] = signed_by
        if key.owner is not None:
            await asyncio.gather(*(self._create_token(key, task.task_id) for task in tasks))
            return
        made = self._batches.setdefault(key.uid, set())
        missing = batches_of(task.task_id for task in tasks) - made
        await asyncio.gather(*(self._create_tokens(key, batch) for batch in missing))
        made |= missing

    async def start(
        self, key: ExecutionKey, tasks: Sequence[StartTask], origin: Origin
    ) -> Sequence[Exception | None]:
        """Create the Jobs, side by side; each slot holds None or the error of one start."""
        try:
            origin = replace(origin, defaults=await self._defaults.of(key.namespace))
        except PlatformError as error:
            return [error] * len(tasks)
        return await asyncio.gather(*(self._start(key, task, origin) for task in tasks))

    async def cancel(self, key: ExecutionKey, tasks: Sequence[CancelTask]) -> None:
        """Delete the Jobs and, with them, their pods; later those with a log that is to be kept.

        Nothing waits for that: where it fails, the cancel is repeated.
        """
        at_once: list[Awaitable[None]] = []
        for task in tasks:
            delete = partial(self.delete_job, key, task.task_id)
            if not self.departures.postpones(TaskKey.of(key, task.task_id), delete):
                at_once.append(delete())
        await asyncio.gather(*at_once)

    async def delete_job(self, key: ExecutionKey, task_id: TaskId) -> None:
        """Delete the Job of a task, unless it is gone or not ours."""
        place = TaskKey.of(key, task_id)
        await self.departures.before(place)
        seen = self._cache.tasks.get(place)
        if seen is None or seen.job is None:
            name, uid = task_job_name(key, task_id), None
        else:
            name, uid = seen.job.name, seen.job.uid
        with contextlib.suppress(NotFound):
            await self._client.delete(JOBS, key.namespace, name, uid=uid)
        if uid is not None:
            self._cache.drop_job(place, uid, is_ended_by_us=True)

    async def remove_lost(self) -> None:
        """Remove the Jobs of lost tasks with their pods; a watch reports when all of it is gone.

        Raises the first PlatformError after all were tried. The second look tries again.
        """
        places = tuple(self._cache.to_remove)
        self._cache.to_remove.clear()
        results = await asyncio.gather(*map(self._remove, places), return_exceptions=True)
        for result in results:
            if result is not None:
                raise result

    async def _remove(self, place: TaskKey) -> None:
        seen = self._cache.tasks.get(place)
        if seen is None or seen.job is None:
            return
        job = seen.job
        with contextlib.suppress(NotFound, Conflict):
            await self._client.delete_last(JOBS, job.namespace, job.name, uid=job.uid)

    def opened(self, uid: str, born: Collection[TaskId], still: Collection[TaskId]) -> None:
        """Note starts that a save of ours just opened, besides those that are ``still`` open.

        Nobody can have requested them before.
        """
        known = self._born.pop(uid, set()).intersection(still)
        if found := known.union(born):
            self._born[uid] = found

    def stand_down(self) -> None:
        """From now on another replica may request the same Jobs."""
        self._born.clear()
        self._cache.doubt_all()

    def forget(self, uid: str) -> None:
        """Hold nothing of an execution that is over or gone."""
        self._born.pop(uid, None)
        self._batches.pop(uid, None)
        self._signed_by.pop(uid, None)
        self._quota_blocked_since.pop(uid, None)
        self._functions.stop_waiting(uid)

    async def _create_tokens(self, key: ExecutionKey, batch: int) -> None:
        await self._create_secret(key, tokens_secret(self._ring.keys, Owner.of(key), batch))

    async def _create_token(self, key: ExecutionKey, task_id: TaskId) -> None:
        await self._create_secret(key, token_secret(self._ring.keys, Owner.of(key.root), task_id))

    async def _create_secret(self, key: ExecutionKey, secret: Mapping[str, Any]) -> None:
        """Create the Secret, or keep the existing one, which we may not read to check it.

        The result server refuses a stranger's tokens; the result file still counts.
        """
        try:
            await self._client.create(SECRETS, key.namespace, secret)
        except AlreadyExists:
            return
        except NotFound as error:
            raise Gone(str(error)) from error
        except Refused as error:
            if is_over_quota(str(error)):
                raise
            raise TaskRefused(START_FAILED, str(error)) from error

    async def _start(self, key: ExecutionKey, task: StartTask, origin: Origin) -> Exception | None:
        try:
            await self._create_job(key, task, origin)
        except Refused as error:
            refusal = await self._refusal(key, task, str(error), origin.template)
            return self._or_not_yet(key, task.function, refusal)
        except NotFound as error:
            return Gone(str(error))
        except PlatformError as error:
            return self._or_not_yet(key, task.function, error)
        return None

    def _or_not_yet(
        self, key: ExecutionKey, invocation: FunctionInvocation, error: PlatformError
    ) -> PlatformError:
        """The error, or NotYet if the task still has time to wait for its Function."""
        if isinstance(error, PackagesMissing) and error.until is not None:
            self._functions.wait(key, invocation.name)
            return NotYet(f"{error.cause}; the task starts once they are there", error.until)
        ends_at = self._functions.grace_ends_at(key)
        if ends_at is None or not isinstance(error, TaskRefused):
            return error
        if not isinstance(error, MissingReference):
            function = self._cache.functions.get((key.namespace, invocation.name))
            is_to_come = invocation.qualifier is None and error.error == FUNCTION_NOT_FOUND
            is_doubtful = function is not None and not function.is_said_to_be("True")
            if not is_to_come and not (is_doubtful and error.error == START_FAILED):
                return error
        return self._functions.not_yet(key, invocation.name, error.cause, ends_at)

    async def _refusal(
        self, key: ExecutionKey, task: StartTask, message: str, template: TaskTemplate | None = None
    ) -> PlatformError:
        """What a refused Job means: a full quota may have room again, anything else needs a human.

        Patience counts from the first refusal, by whichever process.
        """
        if not is_over_quota(message):
            return TaskRefused(START_FAILED, message)
        now, patience = self._cache.now(), self._start_timeout(key, task, template)
        waits = self._quota_blocked_since.setdefault(task.task_id.execution_uid, {})
        wait = waits.setdefault(task.task_id, _QuotaBlocked(task.held_at or now))
        if now >= wait.since + patience:
            return TaskRefused(QUOTA_EXCEEDED, over_quota(message, patience))
        return NoRoom(message, again_in=await self._made_room(key.namespace, wait, message))

    def _start_timeout(
        self, key: ExecutionKey, task: StartTask, template: TaskTemplate | None
    ) -> timedelta:
        """As it will be for the Job, as far as that is known already."""
        function = self._cache.functions.get((key.namespace, task.function.name))
        return start_timeout_of(function, template or TaskTemplate(), self._settings)

    async def _made_room(
        self, namespace: str, wait: _QuotaBlocked, message: str
    ) -> timedelta | None:
        """When to ask again after a kept Job was deleted; None if that is no use."""
        found, now = exceeded(message), self._cache.now()
        if found is None or not found.counts_kept():
            return None
        if wait.made_at is not None and now - wait.made_at < RECKONING:
            return ASK_AGAIN  # the quota may not have been recalculated
        try:
            again_in = await self.make_room(namespace)
        except PlatformError:
            return None
        wait.made_at = now if again_in == ASK_AGAIN else None
        return again_in

    async def _create_job(self, key: ExecutionKey, task: StartTask, origin: Origin) -> None:
        invocation = task.function
        if cause := undeliverable(task, self._settings, is_private=origin.is_private):
            raise TaskRefused(START_FAILED, cause)
        ends_at = self._functions.grace_ends_at(key)
        function = await self._functions.find(
            key.namespace, invocation, is_last_look=ends_at is None
        )
        self._functions.require_allowed(function, origin.own_template, origin.defaults)
        if ends_at is not None and _is_not_ready(function):
            amiss = self._cache.amiss(key.namespace, invocation.name)
            why = "" if amiss is None else amiss[1]
            raise self._functions.not_yet(key, invocation.name, why, ends_at)
        function, code = await self._functions.runnable(function)
        if self._signed_by.get(key.root.uid) != self._ring.keys.current.id:
            await self.prepare(key, [task])  # the keys were rotated since
        pod = FunctionPod(
            function=function,
            code=code,
            template=origin.template,
            settings=self._settings,
            limited=await self._limit_ranges.resources(key.namespace),
        )
        plan = TaskPlan(
            key=key,
            workflow=origin.workflow,
            task=task,
            pod=pod,
            ring=self._ring,
            token_key=self._signed_by[key.root.uid],
            is_private=origin.is_private,
            on_lost=function.spec.on_lost or origin.on_lost,
            propagated=origin.propagated,
        )
        manifest = job(plan)
        try:
            made = await self._client.create(JOBS, key.namespace, manifest)
        except AlreadyExists:
            self._doubt(task.task_id)
            made = await self._client.get(JOBS, key.namespace, manifest["metadata"]["name"])
        except Unavailable:
            self._doubt(task.task_id)  # it may still be carried out
            raise
        self._adopt(task.task_id, {**manifest, "metadata": made["metadata"]})

    def _doubt(self, task_id: TaskId) -> None:
        self._born.get(task_id.execution_uid, set()).discard(task_id)

    def _adopt(self, task_id: TaskId, item: dict[str, Any]) -> None:
        observation = job_observation(item)
        if observation is None or observation.task_id != task_id or not self.is_ours(observation):
            name = item["metadata"]["name"]
            raise TaskRefused(START_FAILED, f"Job {name!r} was made by somebody else; delete it")
        is_sole = task_id in self._born.get(task_id.execution_uid, ())
        self._cache.add_job(observation, is_sole=is_sole)
        self._doubt(task_id)
        self._quota_blocked_since.get(task_id.execution_uid, {}).pop(task_id, None)


def _is_not_ready(function: Function) -> bool:
    """Whether it is said so; not for lack of packages: tasks may run as they did before."""
    ready = function.ready
    lacks_packages = ready is not None and ready.reason in REASONS_PACKAGES
    return function.is_said_to_be("False") and not lacks_packages
