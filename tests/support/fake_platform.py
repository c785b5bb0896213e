"""``FakePlatform``: the port in memory, on virtual time, with faults on demand.

Records go through their text at each save and load, as they do on every real platform.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from asw.api.workflow import Concurrency
from asw.asl.errors import FUNCTION_NOT_FOUND
from asw.asl.model import Dialect
from asw.asl.values import Json, to_text
from asw.engine.commands import CancelChild, CancelTask, StartTask
from asw.engine.facts import (
    StopRequested,
    TaskFact,
    TaskHeartbeat,
    TaskStarted,
    has_ended,
)
from asw.engine.record import Outcome, Record
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import (
    Conflict,
    ExecutionKey,
    Gone,
    KnownTask,
    Observation,
    Redrive,
    Reserved,
    Revision,
    Save,
    Stored,
    TaskGroup,
    TaskRefused,
    Unavailable,
    Unknown,
    WorkflowMissing,
    WorkflowReady,
    WorkflowState,
)
from asw.reconciler.slots import Slots
from tests.support.behaviours import Answer, Behaviour
from tests.support.fake_maps import Birth, FakeMaps
from tests.support.fake_nested import FakeNested
from tests.support.fake_state import (
    FakeExecution,
    FakeTask,
    apply,
    end_run,
    fact_of,
    show,
    stored,
    vanished,
)
from tests.support.faults import Faults
from tests.support.virtual_time import virtual_now

NAMESPACE = "default"
PUSH_PAUSE = 0.5
"""Seconds between two tries of a task to report its outcome."""


class Listener(Protocol):
    """What the platform tells its news: a Reconciler."""

    def wake(self, key: ExecutionKey) -> None:
        """See Reconciler."""

    def reload(self, key: ExecutionKey) -> None:
        """See Reconciler."""

    async def deliver(self, key: ExecutionKey, fact: TaskFact) -> Delivery:
        """See Reconciler."""
        ...

    @property
    def slots(self) -> Slots:
        """See Reconciler."""
        ...


class FakePlatform:
    """See the module.

    In seconds: ``echo`` until a started task shows, ``boot`` until its code runs, ``lag`` until
    an end that was pushed shows as well; a task that cannot push its end tries again for
    ``patience``. ``wakes`` is how often each news is told.
    ``start_errors`` holds, by ordinal, what starting a task runs into first.
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.executions: dict[ExecutionKey, FakeExecution] = {}
        self.workflows: dict[tuple[str, str], WorkflowState] = {}
        self.revisions: dict[tuple[str, str], Revision] = {}
        self.functions: dict[str, Behaviour] = {}
        self.tasks: dict[TaskId, FakeTask] = {}
        self.limits: dict[str, Concurrency | None] = {}
        self.cancelled: list[TaskId] = []
        self.dropped: list[ExecutionKey] = []
        self.task_limits: dict[tuple[str, str], int] = {}
        self.listener: Listener | None = None
        self.start_errors: dict[int, list[Exception]] = {}
        self.maps = FakeMaps(
            faults=self.faults,
            create=self._bear,
            record_of=lambda key: self.executions[key].record,
            stop=self.stop_execution,
            wake=self._tell,
        )
        self.nested = FakeNested(
            faults=self.faults,
            put=self.put_execution,
            has=lambda name: (NAMESPACE, name) in self.workflows,
            outcome_of=self._outcome_of,
            stop=self.stop_execution,
            wake=self._tell,
        )
        self.start_children = self.maps.start_children
        self.start_executions = self.nested.start_executions
        self.forget_child = self.maps.forget_child
        self.transfer = self.maps.transfer
        self.echo = 0.01
        self.boot = 0.2
        self.lag = 2.0
        self.patience = 3.0
        self.wakes = 1

    # What the outside does

    def put_workflow(
        self, name: str, definition: Json, dialect: Dialect = "ASL", namespace: str = NAMESPACE
    ) -> Revision:
        """Apply a Workflow."""
        text = definition if isinstance(definition, str) else to_text(definition)
        revision = Revision(
            name=f"{name}-{len(self.revisions)}", workflow_name=name, text=text, dialect=dialect
        )
        self.revisions[namespace, revision.name] = revision
        self.put_workflow_state(name, WorkflowReady(revision=revision), namespace)
        return revision

    def limit_workflow(self, name: str, limit: Concurrency | None) -> None:
        """Write the Workflow's ``spec.concurrency``."""
        self.limits[name] = limit
        if self.listener is not None:
            self.listener.slots.put_limit(NAMESPACE, name, limit)

    def show_all(self, listener: Listener) -> None:
        """Tell a process that begins of all that is there, as a first list would."""
        for name, limit in self.limits.items():
            listener.slots.put_limit(NAMESPACE, name, limit)
        for execution in self.executions.values():
            show(listener.slots, execution)
        self.listener = listener

    def put_workflow_state(
        self, name: str, state: WorkflowState, namespace: str = NAMESPACE
    ) -> None:
        """Let the Workflow be in this state, and tell those who wait for it."""
        self.workflows[namespace, name] = state
        for key, execution in self.executions.items():
            if execution.workflow_name == name and execution.record_text is None:
                self._tell_reload(key)

    def put_execution(
        self,
        workflow_name: str,
        value: Json = None,
        *,
        namespace: str = NAMESPACE,
        **fields: Json,
    ) -> ExecutionKey:
        """Apply an Execution; ``fields`` are those of FakeExecution."""
        number = len(self.executions) + 1
        key = ExecutionKey(namespace, f"run-{number}", f"00000000-0000-4000-8000-{number:012}")
        self.executions[key] = FakeExecution(
            key=key, workflow_name=workflow_name, created_at=virtual_now(), input=value, **fields
        )
        if self.listener is not None:
            show(self.listener.slots, self.executions[key])
        self._tell_reload(key)
        return key

    def stop_execution(self, key: ExecutionKey, stop: StopRequested) -> None:
        """Write ``spec.stop``."""
        self.executions[key].stop = stop
        self.touch(key)

    def suspend_execution(self, key: ExecutionKey, is_suspended: bool = True) -> None:
        """Write ``spec.suspend``."""
        self.executions[key].is_suspended = is_suspended
        self.touch(key)

    def redrive_execution(self, key: ExecutionKey, redrive: Redrive) -> None:
        """Write ``spec.redrive``, and remove ``spec.stop``, as the rules of the API have it."""
        self.executions[key].redrive = redrive
        self.executions[key].stop = None
        self.touch(key)

    def touch(self, key: ExecutionKey) -> None:
        """Somebody else writes the object."""
        self.executions[key].fence += 1
        self._tell_reload(key)

    def delete_execution(self, key: ExecutionKey) -> None:
        """Delete the object; its tasks go with it."""
        del self.executions[key]
        for task_id, task in self.tasks.items():
            if task_id.execution_uid == key.uid:
                end_run(task)
        self._tell_reload(key)

    def lose(self, task_id: TaskId) -> None:
        """The task is gone, and the platform does not remember that it was there."""
        task = self.tasks.pop(task_id)
        if task.running is not None:
            task.running.cancel()
        self._tell(_key_of(self.executions, task_id))

    # The port

    def now(self) -> datetime:
        """See Platform."""
        return virtual_now()

    async def load(self, key: ExecutionKey) -> Stored | None:
        """See Platform."""
        number = await self.faults.before("load")
        found = self.executions.get(key)
        answer = None if found is None else stored(found)
        await self.faults.after("load", number)
        return answer

    async def glance(self, key: ExecutionKey) -> Stored | None:
        """See Platform."""
        number = await self.faults.before("glance")
        found = self.executions.get(key)
        answer = None if found is None else replace(stored(found), record=None, input=None)
        await self.faults.after("glance", number)
        return answer

    def drop(self, key: ExecutionKey) -> None:
        """See Platform."""
        self.dropped.append(key)

    async def workflow(self, key: ExecutionKey, workflow_name: str) -> WorkflowState:
        """See Platform."""
        number = await self.faults.before("workflow")
        state = self.workflows.get((key.namespace, workflow_name), WorkflowMissing())
        await self.faults.after("workflow", number)
        return state

    async def is_workflow_seen(self, key: ExecutionKey, workflow_name: str) -> bool:
        """See Platform: nothing lags here."""
        return True

    async def revision(self, key: ExecutionKey, name: str) -> Revision | None:
        """See Platform."""
        number = await self.faults.before("revision")
        revision = self.revisions.get((key.namespace, name))
        await self.faults.after("revision", number)
        return revision

    async def exited_states(self, key: ExecutionKey) -> frozenset[str]:
        """See Platform."""
        number = await self.faults.before("exited_states")
        exits = [it for it in self.executions[key].history if it.type.endswith("StateExited")]
        await self.faults.after("exited_states", number)
        return frozenset(it.details["name"] for it in exits)

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:
        """See Platform."""
        task = self.tasks.get(task_id)
        if task is not None and task.shown_at <= virtual_now():
            return KnownTask(tuple(task.facts))
        facts = self.maps.facts_of(task_id) or self.nested.facts_of(task_id)
        return KnownTask(facts) if facts else Unknown()

    def active_tasks(self) -> Iterator[tuple[ExecutionKey, TaskId]]:
        """See Platform."""
        keys = {key.uid: key for key in self.executions}
        for task_id, task in self.tasks.items():
            is_active = task.shown_at <= self.now() and not has_ended(task.facts)
            if is_active and task_id.execution_uid in keys:
                yield keys[task_id.execution_uid], task_id

    def task_group(self, key: ExecutionKey) -> TaskGroup:
        """See Platform."""
        found = self.executions.get(key)
        name = "" if found is None else found.workflow_name.partition("/")[0]
        return TaskGroup(name, self.task_limits.get((key.namespace, name), 0))

    async def save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        """See Platform."""
        number = await self.faults.before("save")
        found = self.executions.get(key)
        if found is None:
            raise Gone("deleted")
        if fence != str(found.fence):
            raise Conflict("somebody else wrote")
        apply(found, save)
        if found.birth is not None and found.is_finished:
            self._tell(found.birth.parent)
        if found.is_finished and key in self.nested.parents:
            self._tell(self.nested.parents[key])
        written = str(found.fence)
        await self.faults.after("save", number)
        return written

    def reserve(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Mapping[TaskId, Reserved | None]:
        """See Platform: there are no warm processes here."""
        return {}

    def release(self, key: ExecutionKey, tasks: Iterable[TaskId]) -> None:
        """See Platform."""

    async def prepare(self, key: ExecutionKey, tasks: Sequence[StartTask]) -> None:
        """See Platform."""
        number = await self.faults.before("prepare")
        await self.faults.after("prepare", number)

    async def start(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Sequence[Exception | None]:
        """See Platform."""
        number = await self.faults.before("start")
        results = [self._start(key, command) for command in tasks]
        await self.faults.after("start", number)
        return results

    async def cancel(self, key: ExecutionKey, tasks: Sequence[CancelTask]) -> None:
        """See Platform."""
        number = await self.faults.before("cancel")
        for command in tasks:
            self.cancelled.append(command.task_id)
            task = self.tasks.get(command.task_id)
            if task is not None and not has_ended(task.facts):
                end_run(task)
                self._end(key, command.task_id, vanished(command.task_id, "cancelled"))
        await self.faults.after("cancel", number)

    # Tasks and children

    async def cancel_children(self, key: ExecutionKey, children: Sequence[CancelChild]) -> None:
        """See ChildExecutions."""
        await self.maps.cancel_children(key, children)
        self.nested.cancel(children)

    def _outcome_of(self, key: ExecutionKey) -> Outcome | None:
        record = self.executions[key].record
        return None if record is None else record.outcome

    def _bear(self, key: ExecutionKey, birth: Birth, record: Record) -> None:
        self.executions[key] = FakeExecution(
            key=key,
            workflow_name=record.header.workflow_name,
            created_at=virtual_now(),
            input=record.input,
            revision=birth.revision,
            record_text=birth.record_text,
            birth=birth,
        )
        self._tell(key)

    def _start(self, key: ExecutionKey, command: StartTask) -> Exception | None:
        errors = self.start_errors.get(command.task_id.ordinal)
        if errors:
            return errors.pop()
        name = command.invocation.name
        behaviour = self.functions.get(name)
        if behaviour is None:
            return TaskRefused(FUNCTION_NOT_FOUND, f"Function not found: {name}")
        if command.task_id not in self.tasks:
            shown_at = virtual_now() + _seconds(self.echo)
            task = self.tasks[command.task_id] = FakeTask(command, shown_at)
            run = self._run(key, task, behaviour(command.payload))
            task.running = asyncio.get_running_loop().create_task(run)
            asyncio.get_running_loop().call_later(self.echo, self._tell, key)
        return None

    async def _run(self, key: ExecutionKey, task: FakeTask, answer: Answer) -> None:
        """Boot, run, push the outcome and leave it to be seen as well."""
        task_id = task.command.task_id
        await asyncio.sleep(self.boot)
        started_at = virtual_now()
        started = TaskStarted(task_id=task_id, at=started_at, may_repeat=answer.may_repeat)
        task.facts.append(started)
        self._tell(key)
        await self._work(key, task_id, answer)
        fact = fact_of(task_id, answer, started_at)
        asyncio.get_running_loop().call_later(
            self.lag if answer.pushes else 0, self._end, key, task_id, fact
        )
        if answer.pushes and not answer.is_lost:
            await self._push(key, task, fact)

    async def _work(self, key: ExecutionKey, task_id: TaskId, answer: Answer) -> None:
        """Take the time that it takes, with a sign of life now and then."""
        if answer.is_endless:
            await asyncio.get_running_loop().create_future()
        left = answer.takes
        while answer.beats is not None and left > answer.beats:
            await asyncio.sleep(answer.beats)
            left -= answer.beats
            await self._report(key, TaskHeartbeat(task_id=task_id, at=virtual_now()))
        await asyncio.sleep(left)

    async def _push(self, key: ExecutionKey, task: FakeTask, fact: TaskFact) -> None:
        """Report the outcome, again and again while nobody takes it, for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.patience):
                while (delivery := await self._report(key, fact)) is None:  # noqa: ASYNC110
                    await asyncio.sleep(PUSH_PAUSE)
                task.deliveries.append(delivery)

    async def _report(self, key: ExecutionKey, fact: TaskFact) -> Delivery | None:
        """Report once; None where nobody can take it now."""
        if self.listener is None:
            return None
        with contextlib.suppress(Unavailable):
            return await self.listener.deliver(key, fact)
        return None

    def _end(self, key: ExecutionKey, task_id: TaskId, fact: TaskFact) -> None:
        task = self.tasks.get(task_id)
        if task is not None and not has_ended(task.facts):
            task.facts.append(fact)
            self._tell(key)

    # News

    def _tell(self, key: ExecutionKey) -> None:
        for _ in range(self.wakes):
            if self.listener is not None:
                self.listener.wake(key)

    def _tell_reload(self, key: ExecutionKey) -> None:
        for _ in range(self.wakes):
            if self.listener is not None:
                self.listener.reload(key)


def _key_of(executions: dict[ExecutionKey, FakeExecution], task_id: TaskId) -> ExecutionKey:
    return next(key for key in executions if key.uid == task_id.execution_uid)


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
