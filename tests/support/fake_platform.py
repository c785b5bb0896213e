"""``FakePlatform``: the port in memory, on virtual time, with faults on demand.

Records go through their text at each save and load, as they do on every real platform.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from asw.asl.errors import FUNCTION_NOT_FOUND
from asw.asl.model import Dialect
from asw.asl.values import Json, to_text
from asw.engine.commands import CancelTask, StartTask
from asw.engine.facts import (
    StopRequested,
    TaskFact,
    TaskFailed,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
    has_ended,
)
from asw.engine.history import Event
from asw.engine.record import Record
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import (
    Conflict,
    ExecutionKey,
    Gone,
    Known,
    Observation,
    Revision,
    Save,
    Stored,
    TaskRefused,
    Unavailable,
    Unknown,
    WorkflowMissing,
    WorkflowReady,
    WorkflowState,
)
from tests.support.behaviours import Answer, Behaviour
from tests.support.fake_maps import Birth, FakeMaps
from tests.support.faults import Faults
from tests.support.virtual_time import virtual_now

NAMESPACE = "default"


class Listener(Protocol):
    """What the platform tells its news: a Reconciler."""

    def wake(self, key: ExecutionKey) -> None:
        """See Reconciler."""

    def reload(self, key: ExecutionKey) -> None:
        """See Reconciler."""

    async def deliver(self, key: ExecutionKey, fact: TaskFact) -> Delivery:
        """See Reconciler."""
        ...


# Tests look again and again while virtual time passes; records are frozen, so one parse serves all.
_parsed = lru_cache(maxsize=256)(from_record_text)


@dataclass
class FakeExecution:
    """One execution as it is stored, and every save that was made of it."""

    key: ExecutionKey
    workflow_name: str
    created_at: datetime
    input: Json = None
    input_problem: str | None = None
    stop: StopRequested | None = None
    revision: str | None = None
    fence: int = 1
    record_text: str | None = None
    waiting: tuple[str, str] | None = None
    failed: tuple[str, str] | None = None
    birth: Birth | None = None
    history: list[Event] = field(default_factory=list)
    saves: list[Save] = field(default_factory=list)

    @property
    def record(self) -> Record | None:
        """The record as it was last saved."""
        return None if self.record_text is None else _parsed(self.record_text)

    @property
    def is_finished(self) -> bool:
        """Whether its status shows an end."""
        record = self.record
        return self.failed is not None or (record is not None and record.outcome is not None)


@dataclass
class FakeTask:
    """One started task; it shows from ``shown_at`` on."""

    command: StartTask
    shown_at: datetime
    facts: list[TaskFact] = field(default_factory=list)
    running: asyncio.Task[None] | None = None
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Whether its code has more to do."""
        return self.running is not None and not self.running.done()


class FakePlatform:
    """See the module.

    In seconds: ``echo`` until a started task shows, ``boot`` until its code runs, ``lag`` until
    an end that was pushed shows as well. ``wakes`` is how often each news is told.
    ``start_errors`` holds, by ordinal, what starting a task runs into first.
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.executions: dict[ExecutionKey, FakeExecution] = {}
        self.workflows: dict[tuple[str, str], WorkflowState] = {}
        self.revisions: dict[tuple[str, str], Revision] = {}
        self.functions: dict[str, Behaviour] = {}
        self.tasks: dict[TaskId, FakeTask] = {}
        self.cancelled: list[TaskId] = []
        self.listener: Listener | None = None
        self.start_errors: dict[int, list[Exception]] = {}
        self.maps = FakeMaps(
            faults=self.faults,
            create=self._bear,
            record_of=lambda key: self.executions[key].record,
            stop=self.stop_execution,
            wake=self._tell,
        )
        self.start_children = self.maps.start_children
        self.cancel_children = self.maps.cancel_children
        self.transfer = self.maps.transfer
        self.echo = 0.01
        self.boot = 0.2
        self.lag = 2.0
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

    def put_workflow_state(
        self, name: str, state: WorkflowState, namespace: str = NAMESPACE
    ) -> None:
        """Let the Workflow be in this state, and tell those who wait for it."""
        self.workflows[namespace, name] = state
        for key, execution in self.executions.items():
            if execution.workflow_name == name and execution.record_text is None:
                self._tell_reload(key)

    def put_execution(self, workflow_name: str, value: Json = None, **fields: Json) -> ExecutionKey:
        """Apply an Execution; ``fields`` are those of FakeExecution."""
        number = len(self.executions) + 1
        key = ExecutionKey(NAMESPACE, f"run-{number}", f"00000000-0000-4000-8000-{number:012}")
        self.executions[key] = FakeExecution(
            key=key, workflow_name=workflow_name, created_at=virtual_now(), input=value, **fields
        )
        self._tell_reload(key)
        return key

    def stop_execution(self, key: ExecutionKey, stop: StopRequested) -> None:
        """Write ``spec.stop``."""
        self.executions[key].stop = stop
        self.touch(key)

    def touch(self, key: ExecutionKey) -> None:
        """Somebody else writes the object."""
        self.executions[key].fence += 1
        self._tell_reload(key)

    def delete_execution(self, key: ExecutionKey) -> None:
        """Delete the object."""
        del self.executions[key]
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
        await self.faults.before("load")
        found = self.executions.get(key)
        if found is None:
            return None
        return Stored(
            key=key,
            execution_name=key.name,
            workflow_name=found.workflow_name,
            created_at=found.created_at,
            fence=str(found.fence),
            input=found.input,
            input_problem=found.input_problem,
            stop=found.stop,
            revision=found.revision,
            record=found.record,
            map_state=found.birth.map_state if found.birth else None,
            is_finished=found.is_finished,
        )

    async def workflow(self, key: ExecutionKey, workflow_name: str) -> WorkflowState:
        """See Platform."""
        await self.faults.before("workflow")
        return self.workflows.get((key.namespace, workflow_name), WorkflowMissing())

    async def revision(self, key: ExecutionKey, name: str) -> Revision | None:
        """See Platform."""
        await self.faults.before("revision")
        return self.revisions.get((key.namespace, name))

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:
        """See Platform."""
        task = self.tasks.get(task_id)
        if task is not None and task.shown_at <= self.now():
            return Known(tuple(task.facts))
        facts = self.maps.facts_of(task_id)
        return Known(facts) if facts else Unknown()

    async def save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        """See Platform."""
        number = await self.faults.before("save")
        found = self.executions.get(key)
        if found is None:
            raise Gone("deleted")
        if fence != str(found.fence):
            raise Conflict("somebody else wrote")
        _apply(found, save)
        if found.birth is not None and found.is_finished:
            self._tell(found.birth.parent)
        await self.faults.after("save", number)
        return str(found.fence)

    async def prepare(self, key: ExecutionKey, tasks: Sequence[StartTask]) -> None:
        """See Platform."""
        await self.faults.before("prepare")

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
        await self.faults.before("cancel")
        for command in tasks:
            self.cancelled.append(command.task_id)
            task = self.tasks.get(command.task_id)
            if task is not None and not has_ended(task.facts):
                _cancel(task)
                self._end(key, command.task_id, _vanished(command.task_id, "cancelled"))

    # Tasks and children

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
            shown_at = self.now() + _seconds(self.echo)
            task = self.tasks[command.task_id] = FakeTask(command, shown_at)
            run = self._run(key, task, behaviour(command.payload))
            task.running = asyncio.get_running_loop().create_task(run)
            asyncio.get_running_loop().call_later(self.echo, self._tell, key)
        return None

    async def _run(self, key: ExecutionKey, task: FakeTask, answer: Answer) -> None:
        """Boot, run, push the outcome and leave it to be seen as well."""
        task_id = task.command.task_id
        await asyncio.sleep(self.boot)
        started_at = self.now()
        task.facts.append(TaskStarted(task_id=task_id, at=started_at))
        self._tell(key)
        if answer.is_endless:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(answer.takes)
        fact = _fact(task_id, answer, started_at)
        asyncio.get_running_loop().call_later(
            self.lag if answer.pushes else 0, self._end, key, task_id, fact
        )
        if answer.pushes and not answer.is_lost:
            await self._push(key, task, fact)

    async def _push(self, key: ExecutionKey, task: FakeTask, fact: TaskFact) -> None:
        if self.listener is not None:
            try:
                task.deliveries.append(await self.listener.deliver(key, fact))
            except Unavailable:
                return

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


def _apply(found: FakeExecution, save: Save) -> None:
    found.fence += 1
    found.saves.append(save)
    found.history.extend(save.history)
    found.waiting = save.waiting
    found.failed = save.failed_before_start
    if save.record is not None:
        found.record_text = to_record_text(save.record)
        found.revision = save.revision


def _fact(task_id: TaskId, answer: Answer, started_at: datetime) -> TaskFact:
    if answer.is_lost:
        return _vanished(task_id, "the node was drained")
    if answer.error is not None:
        return TaskFailed(
            task_id=task_id,
            at=virtual_now(),
            error=answer.error,
            cause=answer.cause,
            started_at=started_at,
        )
    return TaskSucceeded(
        task_id=task_id, at=virtual_now(), output=answer.output, started_at=started_at
    )


def _vanished(task_id: TaskId, reason: str) -> TaskVanished:
    return TaskVanished(task_id=task_id, at=virtual_now(), reason=reason)


def _cancel(task: FakeTask) -> None:
    if task.running is not None:
        task.running.cancel()


def _key_of(executions: dict[ExecutionKey, FakeExecution], task_id: TaskId) -> ExecutionKey:
    return next(key for key in executions if key.uid == task_id.execution_uid)


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
