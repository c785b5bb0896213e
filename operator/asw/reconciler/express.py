"""Express children of distributed Maps: they run in memory, beside the worker of their parent.

AWS: an Express workflow runs at least once and keeps no history of its own. So nothing of such a
child is stored. When it has ended, its parent records the end; a child whose end was not recorded
before a crash runs again from the start. Whatever an express child starts runs in memory as well.

``WithExpress`` stands in front of the platform and answers for these children itself. The platform
runs their tasks, under ids of their own: the uid of the child, and a number that follows from
ordinal, state, function and payload. A child that runs again finds the task that did the same work
before the crash, and never one that did other work.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from asw.asl.resources import Invocation
from asw.asl.values import Json, to_text
from asw.engine.children import child_finished
from asw.engine.commands import CancelChild, CancelTask, StartTask
from asw.engine.facts import ChildFinished, StopRequested, TaskFact, TaskStarted
from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId
from asw.reconciler.distributed import Child, Hosting
from asw.reconciler.platform import (
    ExecutionKey,
    Gone,
    KnownTask,
    Listener,
    Observation,
    Reserved,
    Revision,
    Save,
    Stored,
    TaskGroup,
    Unknown,
    Unsent,
    WorkflowState,
)

_NUMBER_BYTES = 6


@dataclass(slots=True, kw_only=True)
class ExpressChild:
    """All that is kept of a child.

    ``numbers`` are those of its tasks, by ordinal. It ``is_awaited`` until its parent has
    recorded the end, or ended itself. It ``is_at_rest`` once its worker has nothing left to do.
    """

    key: ExecutionKey
    parent: ExecutionKey
    child: Child
    record: Record
    facts: tuple[TaskFact, ...]
    version: int = 0
    stop: StopRequested | None = None
    is_suspended: bool = False
    said: tuple[str, str] | None = None
    is_awaited: bool = True
    is_at_rest: bool = False
    numbers: dict[int, int] = field(default_factory=dict)
    ordinals: dict[int, int] = field(default_factory=dict)

    def outside(self, task_id: TaskId) -> TaskId:
        """The id by which the platform knows the child's task; a transfer keeps its own."""
        number = self.numbers.get(task_id.ordinal)
        if number is None:
            awaited = (
                (frame.state, frame.waiting)
                for frame in self.record.frames.values()
                if isinstance(frame.waiting, OnTask)
            )
            for state, waiting in awaited:
                if waiting.ordinal == task_id.ordinal:
                    number = self._number(task_id, state, waiting.invocation, waiting.payload)
        return task_id if number is None else TaskId(task_id.execution_uid, number)

    def outside_of(self, start: StartTask) -> TaskId:
        """The same for a task that is about to start."""
        number = self._number(start.task_id, start.state, start.invocation, start.payload)
        return TaskId(start.task_id.execution_uid, number)

    def inside(self, task_id: TaskId) -> TaskId | None:
        """The child's own id of the task, None if it has no such task."""
        ordinal = self.ordinals.get(task_id.ordinal)
        return None if ordinal is None else TaskId(task_id.execution_uid, ordinal)

    def _number(self, task_id: TaskId, state: str, call: Invocation, payload: Json) -> int:
        known = self.numbers.get(task_id.ordinal)
        if known is not None:
            return known
        work = f"{task_id.ordinal}/{state}/{call}/{to_text(payload)}"
        digest = hashlib.sha256(work.encode(errors="surrogatepass")).digest()
        number = int.from_bytes(digest[:_NUMBER_BYTES]) + 1
        self.numbers[task_id.ordinal] = number
        self.ordinals[number] = task_id.ordinal
        return number


class WithExpress:
    """The port, with express children answered from memory."""

    def __init__(self, platform: Hosting, workers: Listener) -> None:
        self._platform = platform
        self._workers = workers
        self._children: dict[str, ExpressChild] = {}
        self._families: dict[str, dict[TaskId, ExpressChild]] = {}

    # Who asks about children

    def child(self, uid: str) -> ExpressChild | None:
        """The express child of this uid, None if it is not in memory."""
        return self._children.get(uid)

    def inside(self, key: ExecutionKey, fact: TaskFact) -> TaskFact | None:
        """The report under the id that the task's execution knows; None if no execution does."""
        if key.owner is None:
            return fact
        child = self._children.get(key.uid)
        task_id = None if child is None else child.inside(fact.task_id)
        return None if task_id is None else replace(fact, task_id=task_id)

    def clear(self) -> None:
        """Drop all children: others may run the parents from now on."""
        for child in list(self._children.values()):
            self._drop(child)

    def rest(self, key: ExecutionKey) -> None:
        """The child's worker ended."""
        child = None if key.owner is None else self._children.get(key.uid)
        if child is not None:
            child.is_at_rest = True
            self._collect(child)

    # The port

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._platform.now()

    async def load(self, key: ExecutionKey) -> Stored | None:
        """Read the execution with its record. If it is gone, its children go too."""
        if key.owner is None:
            stored = await self._platform.load(key)
            if stored is None:
                for child in list(self._families.get(key.uid, {}).values()):
                    self._abandon(child)
            else:
                self._suspend(key, is_suspended=stored.is_suspended)
            return stored
        found = self._children.get(key.uid)
        if found is None:
            return None
        self._suspend(key, is_suspended=found.is_suspended)
        return _stored(found)

    async def glance(self, key: ExecutionKey) -> Stored | None:
        """Read the execution without its input and record; for a child nothing is read."""
        return await (self._platform.glance(key) if key.owner is None else self.load(key))

    def drop(self, key: ExecutionKey) -> None:
        """Release what ``load`` brought to memory. Children are not dropped."""
        if key.owner is None:
            self._platform.drop(key)

    async def workflow(self, key: ExecutionKey, workflow_name: str) -> WorkflowState:
        """The Workflow as it is now."""
        return await self._platform.workflow(key.root, workflow_name)

    async def is_workflow_seen(self, key: ExecutionKey, workflow_name: str) -> bool:
        """Whether ``workflow`` shows what is current."""
        return await self._platform.is_workflow_seen(key.root, workflow_name)

    async def revision(self, key: ExecutionKey, name: str) -> Revision | None:
        """A pinned revision; None if it was removed."""
        return await self._platform.revision(key.root, name)

    async def exited_states(self, key: ExecutionKey) -> Collection[str]:
        """Names of the states that were left. Nobody redrives a child."""
        return await self._platform.exited_states(key)

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:
        """What is known of the task, from memory."""
        child = self._families.get(key.uid, {}).get(task_id)
        if child is not None:
            return KnownTask(child.facts)
        if key.owner is None:
            return self._platform.observe(key, task_id)
        found = self._platform.observe(key, self._child(key).outside(task_id))
        if isinstance(found, Unknown | Unsent):
            return found
        facts = tuple(replace(fact, task_id=task_id) for fact in found.facts)
        return KnownTask(facts, found.pending_reason)

    def active_tasks(self) -> Iterable[tuple[ExecutionKey, TaskId]]:
        """Every task that was started and shows no end; children report theirs once up again."""
        return self._platform.active_tasks()

    def task_group(self, key: ExecutionKey) -> TaskGroup:
        """The Workflow whose tasks count together, and its limit."""
        return self._platform.task_group(key.root)

    async def save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        """Write record and history in one fenced write. Saving a child costs nothing."""
        if key.owner is None:
            new_fence = await self._platform.save(key, save, fence)
        else:
            new_fence = self._save(self._child(key), save)
        if save.record is not None and key.uid in self._families:
            self._keep_only(key.uid, save.record)
        return new_fence

    async def start(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Sequence[Exception | None]:
        """Start the tasks; each slot tells what came of one."""
        return await self._platform.start(key, self._outside(key, tasks))

    def reserve(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Mapping[TaskId, Reserved | None]:
        """Set warm processes aside; by the ids that the execution knows."""
        outside = self._outside(key, tasks)
        found = self._platform.reserve(key, outside)
        pairs = zip(tasks, outside, strict=True)
        return {it.task_id: found[out.task_id] for it, out in pairs if out.task_id in found}

    def release(self, key: ExecutionKey, tasks: Iterable[TaskId]) -> None:
        """Give the processes back."""
        if key.owner is not None:
            child = self._child(key)
            tasks = [child.outside(task_id) for task_id in tasks]
        self._platform.release(key, tasks)

    async def prepare(self, key: ExecutionKey, tasks: Sequence[StartTask]) -> None:
        """Make ready what the starts need."""
        await self._platform.prepare(key, self._outside(key, tasks))

    async def cancel(self, key: ExecutionKey, tasks: Sequence[CancelTask]) -> None:
        """End the tasks."""
        if key.owner is not None:
            child = self._child(key)
            tasks = [CancelTask(task_id=child.outside(task.task_id)) for task in tasks]
        await self._platform.cancel(key, tasks)

    # Children

    async def start_children(self, key: ExecutionKey, children: Sequence[Child]) -> None:
        """Create the children and have them run."""
        express = [it for it in children if it.is_express or key.owner is not None]
        for child in express:
            self._create(key, child)
        if len(express) < len(children):
            others = [it for it in children if not it.is_express]
            await self._platform.start_children(key, others)

    async def cancel_children(self, key: ExecutionKey, children: Sequence[CancelChild]) -> None:
        """Ask to abort the children. A child ends its own tasks."""
        family = self._families.get(key.uid, {})
        for command in children:
            child = family.get(command.task_id)
            if child is not None and child.record.outcome is None:
                child.stop = StopRequested()
                self._workers.reload(child.key)
        others = [it for it in children if it.task_id not in family]
        if others and key.owner is None:
            await self._platform.cancel_children(key, others)

    def _suspend(self, key: ExecutionKey, *, is_suspended: bool) -> None:
        """Have children start nothing new while their parent must not."""
        for child in self._families.get(key.uid, {}).values():
            if child.is_suspended != is_suspended:
                child.is_suspended = is_suspended
                self._workers.reload(child.key)

    def _create(self, parent: ExecutionKey, child: Child) -> None:
        family = self._families.setdefault(parent.uid, {})
        if child.task_id in family:
            return
        header = child.record.header
        key = ExecutionKey(parent.namespace, header.name, header.uid, owner=parent.root)
        started = TaskStarted(task_id=child.task_id, at=header.started_at)
        made = ExpressChild(
            key=key, parent=parent, child=child, record=child.record, facts=(started,)
        )
        family[child.task_id] = self._children[key.uid] = made
        self._workers.wake(key)

    def _save(self, child: ExpressChild, save: Save) -> str:
        """Keep the record, and tell the parent of the end."""
        assert save.record is not None, "a child has a record from its birth on"
        child.record, child.said = save.record, save.waiting
        child.version += 1
        outcome = save.record.outcome
        if outcome is not None and child.is_awaited and not _has_finished(child):
            child.facts = (child_finished(child.child.task_id, outcome),)
            self._workers.wake(child.parent)
        self._collect(child)
        return str(child.version)

    def _keep_only(self, uid: str, record: Record) -> None:
        """Release children whose end the parent has recorded, or no longer awaits."""
        wanted = frozenset() if record.outcome is not None else frozenset(record.open_tasks())
        family = self._families[uid]
        for child in [it for task_id, it in family.items() if task_id not in wanted]:
            child.is_awaited = False
            self._collect(child)

    def _collect(self, child: ExpressChild) -> None:
        """Forget a child that is over, has nothing left to cancel and is not awaited."""
        is_over, is_idle = child.record.outcome is not None, not child.record.cancelling
        if is_over and not child.is_awaited and (is_idle or child.is_at_rest):
            self._drop(child)

    def _abandon(self, child: ExpressChild) -> None:
        """Drop a child whose parent is gone, and its own children."""
        self._drop(child)
        for inner in list(self._families.get(child.key.uid, {}).values()):
            self._abandon(inner)
        self._workers.reload(child.key)

    def _drop(self, child: ExpressChild) -> None:
        self._children.pop(child.key.uid, None)
        family = self._families.get(child.parent.uid, {})
        family.pop(child.child.task_id, None)
        if not family:
            self._families.pop(child.parent.uid, None)
        self._platform.forget_child(child.key)

    def _child(self, key: ExecutionKey) -> ExpressChild:
        child = self._children.get(key.uid)
        if child is None:
            raise Gone(f"express child {key.name} of {key.root.name} is not in memory")
        return child

    def _outside(self, key: ExecutionKey, tasks: Iterable[StartTask]) -> list[StartTask]:
        if key.owner is None:
            return list(tasks)
        child = self._child(key)
        return [replace(task, task_id=child.outside_of(task)) for task in tasks]


def _has_finished(child: ExpressChild) -> bool:
    return any(isinstance(fact, ChildFinished) for fact in child.facts)


def _stored(found: ExpressChild) -> Stored:
    header = found.record.header
    return Stored(
        key=found.key,
        execution_name=header.name,
        workflow_name=header.workflow_name,
        created_at=header.started_at,
        fence=str(found.version),
        input=found.record.input,
        stop=found.stop,
        is_suspended=found.is_suspended,
        said=found.said,
        revision=found.child.revision,
        record=found.record,
        map_state=found.child.map_state,
        is_finished=found.record.outcome is not None,
    )
