"""``KubernetesPlatform``: the port, put together from its parts."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asw.asl.errors import Failure
from asw.engine.commands import CancelChild, CancelTask, StartExecution, StartTask
from asw.engine.facts import StopRequested
from asw.engine.record import Outcome, Record
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.notices.notice import Tell
from asw.platforms.kubernetes.pools.pool import handover_of
from asw.platforms.kubernetes.pools.pools import Pools
from asw.platforms.kubernetes.port.asking import Asking
from asw.platforms.kubernetes.port.calls import Calls, is_call, payload_of
from asw.platforms.kubernetes.port.children import Children
from asw.platforms.kubernetes.port.jobs import Deliver, Jobs
from asw.platforms.kubernetes.port.nested import Nested
from asw.platforms.kubernetes.port.objects import Objects
from asw.platforms.kubernetes.port.tasks import Tasks
from asw.platforms.kubernetes.port.telling import Teller
from asw.platforms.kubernetes.port.workers import Workers
from asw.platforms.kubernetes.storage.executions import Executions
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.workflows.connections import Connections
from asw.platforms.kubernetes.workflows.functions import Functions
from asw.platforms.kubernetes.workflows.readiness import Readiness
from asw.platforms.kubernetes.workflows.revisions import Origin, PinnedRevision
from asw.platforms.kubernetes.workflows.workflows import Workflows
from asw.reconciler.answers import asks_a_person
from asw.reconciler.distributed import Child, Transfer
from asw.reconciler.platform import (
    ExecutionKey,
    Gone,
    KnownTask,
    Listener,
    Observation,
    PlatformError,
    Reserved,
    Revision,
    Save,
    Stored,
    TaskGroup,
    WorkflowState,
)
from asw.reconciler.telling import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesPlatform:
    """The port on Kubernetes: hands each call to the part that knows how."""

    cache: Cache
    executions: Executions
    workflows: Workflows
    functions: Functions
    readiness: Readiness
    connections: Connections
    tasks: Tasks
    calls: Calls
    workers: Workers
    asking: Asking
    children: Children
    nested: Nested
    jobs: Jobs
    objects: Objects
    pools: Pools
    teller: Teller
    clock: Callable[[], datetime]

    def connect(self, listener: Listener, deliver: Deliver) -> None:
        """Have news told there: who should look again, and what jobs came to."""
        self.children.listener = self.pools.listener = self.objects.listener = listener
        self.jobs.deliver = deliver

    def have_told(self, tell: Tell) -> None:
        """Have people told what happens to Executions, Workflows and Functions."""
        self.executions.tell = self.workflows.tell = self.readiness.tell = tell

    def now(self) -> datetime:
        """The time, in UTC."""
        return self.clock()

    async def load(self, key: ExecutionKey) -> Stored | None:
        """Read the execution with its record; a child that its parent gave up is to stop."""
        stored = await self.executions.load(key)
        if stored is not None and stored.stop is None and not await self.children.is_wanted(key):
            stored = replace(stored, stop=StopRequested())
        if stored is not None and stored.record is not None:
            await self.children.remember(key, stored.record)
            self.pools.remember(key, stored.record)
            self.jobs.keep(key, stored.record)
            self.workers.keep(key.uid, stored.record)
        return stored

    async def glance(self, key: ExecutionKey) -> Stored | None:
        """Read the execution without its input and record."""
        return await self.executions.load(key, is_glance=True)

    def drop(self, key: ExecutionKey) -> None:
        """Release what ``load`` brought to memory."""
        self.executions.drop(key.uid)

    async def workflow(self, key: ExecutionKey, workflow_name: str) -> WorkflowState:
        """The Workflow as it is now."""
        return await self.workflows.state(key, workflow_name)

    async def is_workflow_seen(self, key: ExecutionKey, workflow_name: str) -> bool:
        """Whether ``workflow`` shows what is current."""
        return await self.workflows.is_seen(key.namespace, workflow_name)

    async def revision(self, key: ExecutionKey, name: str) -> Revision | None:
        """A pinned revision; None if it was removed."""
        return await self.workflows.revision(key.namespace, name)

    async def exited_states(self, key: ExecutionKey) -> frozenset[str]:
        """Names of the states that were left."""
        return await self.executions.exited_states(key)

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:
        """What is known of the task, from memory."""
        facts = self.children.facts(key, task_id)
        if facts is not None:
            return KnownTask(facts)
        moved = self.objects.facts(task_id)
        if moved is not None:
            return KnownTask(moved)
        if self.workers.knows(task_id):
            return KnownTask()
        if (asked := self.asking.fact(key, task_id)) is not None:
            return KnownTask((asked,))
        return self.pools.observe(task_id) or self.tasks.observe(key, task_id)

    def active_tasks(self) -> Iterable[tuple[ExecutionKey, TaskId]]:
        """Every task that was started and shows no end."""
        return self.cache.active_tasks()

    def task_group(self, key: ExecutionKey) -> TaskGroup:
        """The Workflow whose tasks count together, and its limit."""
        seen = self.cache.executions.get(key.uid)
        name = "" if seen is None else seen.workflow_name
        return TaskGroup(name, self.cache.task_limit(key.namespace, name))

    async def save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        """Write record and history in one fenced write.

        Tasks that failed without having ended are ended here.
        """
        before, is_known = self.executions.record(key.uid), self.executions.holds(key.uid)
        is_private = None
        if await self.executions.runs_another(key, save.revision):
            pinned = await self.workflows.pinned_revision(key.namespace, save.revision)
            is_private = pinned is not None and pinned.is_private
        if save.record is not None and save.is_certain:
            await self.jobs.stop(key, save.record)
        version = await self.executions.save(key, save, fence, is_private=is_private)
        self._tell_family(key, save)
        if save.record is not None:
            still = set(save.record.open_tasks())
            were = set() if before is None else set(before.open_tasks())
            self.tasks.opened(key.uid, still - were if is_known else (), still)
            self.pools.keep(save.record)
            self.jobs.keep(key, save.record)
            self.objects.keep_only(key.uid, still)
            self.workers.keep(key.uid, save.record)
            self.asking.keep(key.uid, save.record)
        if save.waiting is not None:  # it is suspended: nobody starts anything of it
            self.workers.forget(key.uid)
        if before is not None and save.record is not None:
            with contextlib.suppress(PlatformError):  # the sweeper tries again
                for task_id in self._left_running(key, before, save.record):
                    await self.tasks.delete_job(key, task_id)
        return version

    def tell(self, key: ExecutionKey, told: Told) -> None:
        """Have others know of saved events."""
        self.teller.tell(key, told)

    async def start(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Sequence[Exception | None]:
        """Start the tasks; each slot tells what came of one."""
        seen = self.cache.executions.get(key.root.uid)
        if seen is None:
            return [Gone(f"execution {key.namespace}/{key.root.name} is gone") for _ in tasks]
        record = self.executions.record(key.root.uid)
        header = None if record is None else record.header
        for task in tasks:
            if task.bound_to is not None:
                handover = handover_of(key, task, payload_of(task, header))
                self.pools.send(task.task_id, handover)
        found: dict[TaskId, Exception | None] = {}
        offers = [it for it in tasks if it.is_offer]
        found |= self.workers.start(key, offers, record)
        found |= self._ask(key, [it for it in tasks if asks_a_person(it.invocation)])
        loose = [it for it in tasks if it.bound_to is None and not it.is_offer]
        loose = [it for it in loose if it.task_id not in found]
        found |= {it.task_id: self.pools.waits(key, it) for it in loose if not is_call(it)}
        found |= {it.task_id: self.calls.start(key, it) for it in loose if is_call(it)}
        jobs = [it for it in loose if found[it.task_id] is None]
        if jobs:
            origin = Origin(seen.workflow_name, await self._pinned(key), seen.propagated)
            errors = await self.tasks.start(key, jobs, origin)
            found |= zip((it.task_id for it in jobs), errors, strict=True)
        return [found.get(it.task_id) for it in tasks]

    def _ask(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Mapping[TaskId, Exception | None]:
        found = self.asking.start(key, tasks)
        if found:
            self.children.listener.wake(key)
        return found

    def reserve(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Mapping[TaskId, Reserved | None]:
        """Set slots of warm pods aside."""
        return self.pools.reserve(key, tasks)

    def release(self, key: ExecutionKey, tasks: Iterable[TaskId]) -> None:
        """Give them back."""
        del key
        self.pools.release(tasks)

    async def prepare(self, key: ExecutionKey, tasks: Sequence[StartTask]) -> None:
        """Make ready what the starts need."""
        if jobs := [it for it in tasks if not (is_call(it) or asks_a_person(it.invocation))]:
            await self.tasks.prepare(key, jobs)

    async def cancel(self, key: ExecutionKey, tasks: Sequence[CancelTask]) -> None:
        """End the tasks."""
        moved = {it.task_id for it in tasks if self.objects.facts(it.task_id) is not None}
        self.objects.drop(moved)
        others = [it for it in tasks if it.task_id not in moved]
        await self.tasks.cancel(key, [it for it in others if not self.pools.end(it.task_id)])

    async def start_children(self, key: ExecutionKey, children: Sequence[Child]) -> None:
        """Create the children and have them run."""
        is_private = await self._is_private(key)
        await self.children.start(key, children, is_private=is_private)

    async def start_executions(
        self, key: ExecutionKey, starts: Sequence[StartExecution]
    ) -> Sequence[Exception | None]:
        """Create executions of Workflows of the namespace, and have them run."""
        return await self.nested.start(key, starts, is_private=await self._is_private(key))

    async def cancel_children(self, key: ExecutionKey, children: Sequence[CancelChild]) -> None:
        """Ask to abort the children."""
        await self.children.cancel(key, children)

    async def transfer(self, key: ExecutionKey, transfers: Sequence[Transfer]) -> None:
        """Begin to read items or write results, in the background."""
        self.objects.transfer(key, transfers)

    def forget_child(self, key: ExecutionKey) -> None:
        """Hold nothing of the tasks of an express child."""
        self.cache.forget_vanished(key.uid)
        self.tasks.forget(key.uid)
        self.pools.forget(key.uid)
        self.objects.forget(key.uid)

    async def _pinned(self, key: ExecutionKey) -> PinnedRevision | None:
        """The revision that the execution runs."""
        seen = self.cache.executions.get(key.root.uid)
        return await self.workflows.pinned_revision(key.namespace, seen.revision if seen else None)

    async def _is_private(self, key: ExecutionKey) -> bool:
        pinned = await self._pinned(key)
        return pinned is not None and pinned.is_private

    def _tell_family(self, key: ExecutionKey, save: Save) -> None:
        """Tell the execution's parent of its end, and forget its recorded children."""
        outcome = _outcome(save)
        if outcome is not None:
            self.children.finish(key.uid, outcome)
        if save.record is not None:
            self.children.keep_only(key.uid, save.record)

    def forget(self, uid: str) -> None:
        """Hold nothing of an execution that is over or gone."""
        self.children.forget(uid)
        self.executions.forget(uid)
        self.workers.forget(uid)
        self.asking.forget(uid)
        self.cache.forget_vanished(uid)
        self.tasks.forget(uid)
        self.pools.forget(uid)
        self.jobs.forget(uid)
        self.objects.forget(uid)

    def stand_down(self) -> None:
        """Another replica acts."""
        self.readiness.stand_down()
        self.connections.stand_down()
        self.jobs.stand_down()
        self.objects.stand_down()

    def forget_function(self, uid: str) -> None:
        """Hold nothing of a Function that is gone."""
        self.functions.forget(uid)
        self.readiness.forget(uid)

    def _left_running(self, key: ExecutionKey, before: Record, after: Record) -> list[TaskId]:
        """Tasks that were given up because of their pods, although these may still come to run.

        A task whose image appears late must not run beside its successor. A task that pushed its
        result shows no end yet and is left to end by itself.
        """
        closed = set(before.open_tasks()) - set(after.open_tasks())
        return [task_id for task_id in closed if self._is_given_up(TaskKey.of(key, task_id))]

    def _is_given_up(self, place: TaskKey) -> bool:
        seen = self.cache.tasks.get(place)
        observation = seen.observation() if seen else None
        return (
            seen is not None
            and observation is not None
            and seen.has_ended()
            and not observation.is_over
        )


def _outcome(save: Save) -> Outcome | None:
    """The end that the save brings, None if the execution continues."""
    if save.failed_before_start is not None:
        return Outcome(status="FAILED", at=save.at, failure=Failure(*save.failed_before_start))
    return None if save.record is None else save.record.outcome
