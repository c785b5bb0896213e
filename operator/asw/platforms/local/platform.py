"""``LocalPlatform``: the reconciler's port on one machine, distributed Maps included.

What it knows is in SQLite before anybody acts on it. Functions run in runtime processes that die
with it, so a task that is recorded as started but has no process is gone.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asw.asl.errors import Failure
from asw.engine.commands import CancelChild, CancelTask, StartExecution, StartTask
from asw.engine.facts import StopRequested
from asw.engine.items import ObjectStore
from asw.engine.nested import name_taken, no_such_machine, workflow_name_of
from asw.engine.record import Outcome, Record
from asw.engine.task_ids import TaskId
from asw.platforms.local.activities import Offer
from asw.platforms.local.children import StartedExecution
from asw.platforms.local.clusters import Reach
from asw.platforms.local.executions import NAMESPACE, NewExecution
from asw.platforms.local.faults import OnFault
from asw.platforms.local.jobs import LocalJobs
from asw.platforms.local.objects import FileStore
from asw.platforms.local.requests import Asking, Requests, Work
from asw.platforms.local.runtime import Call
from asw.platforms.local.services import LocalServices, Request, call_of
from asw.platforms.local.store import Store
from asw.platforms.local.tasks import Succeeded, Vanished
from asw.platforms.local.transfers import perform
from asw.platforms.local.warm import Pool
from asw.reconciler.distributed import Child, Transfer
from asw.reconciler.nesting import ExecutionRefused
from asw.reconciler.platform import (
    ExecutionKey,
    KnownTask,
    Listener,
    Observation,
    Redrive,
    Reserved,
    Revision,
    Save,
    Stored,
    TaskGroup,
    TaskRefused,
    Unknown,
    WorkflowState,
)
from asw.reconciler.tasks import awaited_of_maps, nested_executions

CANCELLED = "the task was cancelled"


class LocalPlatform:
    """The platform. Two processes never work on one execution (``asw.platforms.local.presence``).

    ``listener`` must be set before the first task starts.
    """

    listener: Listener
    on_fault: OnFault | None = None
    """Called when a task's outcome was lost because something broke."""

    def __init__(
        self,
        store: Store,
        pool: Pool,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        environ: Mapping[str, str] = os.environ,
        open_objects: Callable[[Path], ObjectStore] = FileStore,
    ) -> None:
        self.store = store
        self._executions = store.executions
        self._catalogue = store.catalogue
        self._tasks = store.tasks
        self._children = store.children
        self._transfers = store.transfers
        self._pool = pool
        self._services = LocalServices(store.catalogue, environ)
        self._requests = Requests(store.catalogue, self._services, environ)
        self._clock = clock
        self._open_objects = open_objects
        self._running: dict[TaskId, asyncio.Task[None]] = {}
        self.jobs = LocalJobs(self._tasks, self._services, self)
        self._finished: dict[str, asyncio.Event] = {}

    def reach_clusters_by(self, reach: Reach) -> None:
        """Have clusters that Tasks call reached so."""
        self._services.clusters.reach = reach

    def create(self, new: NewExecution) -> ExecutionKey:
        """Add an execution and have it run. Raises ValueError if its name is taken."""
        key = self._executions.create(new)
        self.listener.wake(key)
        return key

    def suspend(self, key: ExecutionKey, *, is_suspended: bool) -> None:
        """Start nothing new for the execution and its children, or let them continue."""
        for each in self._executions.request_suspend(key.uid, is_suspended=is_suspended):
            self.listener.reload(each)

    def redrive(self, key: ExecutionKey, redrive: Redrive) -> None:
        """Run an execution that did not succeed again from where it failed."""
        self._executions.request_redrive(key.uid, redrive)
        self._finished.pop(key.uid, None)
        self.listener.reload(key)

    def hear(self) -> list[ExecutionKey]:
        """The executions of whose tasks another process has reported something."""
        return [ExecutionKey(NAMESPACE, name, uid) for name, uid in self._tasks.hear()]

    async def until_finished(self, key: ExecutionKey) -> None:
        """Wait for the save that ends the execution, and those that end its children."""
        event = self._finished.setdefault(key.uid, asyncio.Event())
        stored = self._executions.load(key.uid)
        if stored is not None and not stored.is_finished:
            await event.wait()
        for child in self._children.running(key.uid):
            await self.until_finished(child)

    async def close(self) -> None:
        """End all processes and close the store; what ran has vanished when next loaded."""
        await self.jobs.settle()
        for task_id in self._running:
            self.stop(task_id)
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._pool.close()
        await self._services.close()
        self.store.close()

    # The port

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._clock()

    async def load(self, key: ExecutionKey) -> Stored | None:
        """Read the execution with its record. Tasks that a killed asw left behind vanish now."""
        stored = self._executions.load(key.uid)
        if stored is not None:
            self._tasks.remember(key.uid, self.now())
            for task_id, text in self._tasks.left_calls(key.uid):
                self.launch(task_id, self._ask_again(key, task_id, text))
            self.jobs.take_up(key, stored.record)
        if stored is not None and stored.record is not None:
            self._remember_maps(key, stored.record)
        return stored

    async def glance(self, key: ExecutionKey) -> Stored | None:
        """Read the execution without its input and record."""
        return self._executions.glance(key.uid)

    def drop(self, key: ExecutionKey) -> None:
        """Nothing to release: all of it is on disk."""

    async def workflow(self, key: ExecutionKey, workflow_name: str) -> WorkflowState:  # noqa: ARG002
        """The Workflow as it is now."""
        return self._catalogue.workflow(workflow_name)

    async def is_workflow_seen(self, key: ExecutionKey, workflow_name: str) -> bool:  # noqa: ARG002
        """Always: what is in the store is seen at once."""
        return True

    async def revision(self, key: ExecutionKey, name: str) -> Revision | None:  # noqa: ARG002
        """A pinned revision; None if it was removed."""
        return self._catalogue.revision(name)

    async def exited_states(self, key: ExecutionKey) -> frozenset[str]:
        """Names of the states that were left."""
        return self._executions.exited_states(key.uid)

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:  # noqa: ARG002
        """What is known of the task, from memory."""
        task, child = self._tasks.task(task_id), self._children.child(task_id)
        found = child or task or self._transfers.transfer(task_id)
        if found is None:
            return Unknown()
        reported = () if child is None or task is None else task.reported()
        return KnownTask((*found.facts(), *reported))

    def active_tasks(self) -> Sequence[tuple[ExecutionKey, TaskId]]:
        """None: what ran died with its asw."""
        return ()

    def task_group(self, key: ExecutionKey) -> TaskGroup:  # noqa: ARG002
        """No limit but the pool of processes."""
        return TaskGroup("")

    async def save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        """Write record and history in one fenced write."""
        new_fence = self._executions.save(key.uid, save, fence)
        if save.record is not None:
            wanted = frozenset(save.record.open_tasks())
            for book in (self._tasks, self._children, self._transfers):
                book.keep_only(key.uid, wanted)
            self.jobs.keep_only(key, save.record)
        outcome = _outcome_of(save)
        parent = None if outcome is None else self._children.finish(key.uid, outcome)
        if parent is not None:
            self.listener.wake(parent)
        if outcome is not None and key.uid in self._finished:
            self._finished[key.uid].set()
        return new_fence

    def reserve(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Mapping[TaskId, Reserved | None]:
        """Nothing: processes that stay warm are found when a task starts, and die with asw."""
        del key, tasks
        return {}

    def release(self, key: ExecutionKey, tasks: Iterable[TaskId]) -> None:
        """Nothing is ever reserved."""

    async def prepare(self, key: ExecutionKey, tasks: Sequence[StartTask]) -> None:
        """Nothing needs to be made ready here."""

    async def start(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Sequence[Exception | None]:
        """Start the tasks. Each start is recorded before a process gets it."""
        calls: dict[TaskId, Work] = {}
        answers: list[Exception | None] = []
        for command in tasks:
            try:
                calls[command.task_id] = self._requests.of(key, command)
                answers.append(None)
            except TaskRefused as refused:
                answers.append(refused)
        for uid in {task_id.execution_uid for task_id in calls}:
            self._tasks.remember(uid, self.now())
        accepted = [command for command in tasks if command.task_id in calls]
        by_workflow = self._catalogue.on_lost(key.root.uid)
        processes = {task_id: it for task_id, it in calls.items() if isinstance(it, Call | Request)}
        policies = {task_id: it.on_lost or by_workflow for task_id, it in processes.items()}
        once = {task_id for task_id, policy in policies.items() if policy == "Fail"}
        new = self._tasks.record(accepted, self.now(), owner_uid=key.root.uid, once=once)
        for task_id in (command.task_id for command in new):
            self._begin(key, task_id, calls[task_id])
        if len(new) < len(accepted):
            self.listener.wake(key)
        return answers

    def _begin(self, key: ExecutionKey, task_id: TaskId, call: Work) -> None:
        match call:
            case Offer():
                self.store.activities.offer(call)
            case Asking():
                self._tasks.finish(task_id, Succeeded(output=call.question), self.now())
                self.listener.wake(key)
            case Request():
                self._tasks.keep_call(task_id, call.text)
                self.launch(task_id, self._ask(key, task_id, call))
            case _:
                self.launch(task_id, self._run(key, call))

    async def cancel(self, key: ExecutionKey, tasks: Sequence[CancelTask]) -> None:
        """End the tasks. The process that runs a task is killed; a transfer is forgotten."""
        for command in tasks:
            if not self.jobs.let_go(key, command.task_id):
                self.stop(command.task_id)
            self._tasks.finish(command.task_id, Vanished(reason=CANCELLED), self.now())
            self._transfers.lost(command.task_id)
        self.listener.wake(key)

    # The part of the port that distributed Maps need

    async def start_children(self, key: ExecutionKey, children: Sequence[Child]) -> None:
        """Create the children and have them run."""
        for child in self._children.create(key, children):
            self.listener.wake(child)

    async def start_executions(
        self, key: ExecutionKey, starts: Sequence[StartExecution]
    ) -> Sequence[Exception | None]:
        """Create executions of Workflows of the store, and have them run."""
        return [self._start_execution(key, start) for start in starts]

    def _start_execution(self, key: ExecutionKey, start: StartExecution) -> Exception | None:
        workflow = self._catalogue.named(workflow_name_of(start.workflow_arn))
        if workflow is None:
            return ExecutionRefused.of(no_such_machine(start.workflow_arn))
        started = StartedExecution(
            start=start,
            workflow_name=workflow,
            created_at=self.now(),
            objects=self._catalogue.objects(workflow),
        )
        child = self._children.start(key, started)
        if child is None:
            return ExecutionRefused.of(name_taken(start.workflow_arn, start.name))
        if started.is_reported:
            self._tasks.answered(start.task_id, started.created_at)
        self.listener.wake(child)
        self.listener.wake(key)
        return None

    async def cancel_children(self, key: ExecutionKey, children: Sequence[CancelChild]) -> None:  # noqa: ARG002
        """Ask to abort the children. A child ends its own tasks."""
        known = (self._children.child(command.task_id) for command in children)
        for child in known:
            if child is not None and child.end is None:
                self._executions.request_stop(child.key.uid, StopRequested())
                self.listener.reload(child.key)

    def forget_child(self, key: ExecutionKey) -> None:
        """Hold nothing of the tasks of an express child."""
        self._tasks.forget(key.uid)
        self._transfers.keep_only(key.uid, ())

    async def transfer(self, key: ExecutionKey, transfers: Sequence[Transfer]) -> None:
        """Begin to read items or write results, in the background."""
        objects = self._open_objects(self._executions.objects(key.root.uid))
        for command in transfers:
            if self._transfers.transfer(command.task_id) is None:
                self._transfers.began(command.task_id, self.now())
                self.launch(command.task_id, self._move(key, command, objects))

    def _remember_maps(self, key: ExecutionKey, record: Record) -> None:
        awaited = awaited_of_maps(record)
        nested = nested_executions(record)
        cancelled = (record.task_id(ordinal) for ordinal in record.cancelling_children)
        self._children.remember(key, (*awaited, *nested, *cancelled))
        self._transfers.remember(awaited)

    async def _move(self, key: ExecutionKey, command: Transfer, objects: ObjectStore) -> None:
        """Read or write, and store the outcome; an interrupted transfer is unknown again."""
        task_id = command.task_id
        try:
            outcome = await perform(command, objects)
        except BaseException:
            self._transfers.lost(task_id)
            raise
        self._transfers.finish(task_id, outcome, self.now(), owner_uid=key.root.uid)
        self.listener.wake(key)

    # Tasks

    def launch(self, task_id: TaskId, work: Coroutine[Any, Any, None]) -> None:
        """Have the task's work done in the background."""
        task = asyncio.create_task(work, name=f"task {task_id}")
        self._running[task_id] = task
        task.add_done_callback(lambda task: self._landed(task_id, task))

    def _landed(self, task_id: TaskId, task: asyncio.Task[None]) -> None:
        """A task ended with an error: its outcome is lost, and somebody waits for it."""
        self._running.pop(task_id)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and self.on_fault is not None:
            self.on_fault(error)

    def stop(self, task_id: TaskId) -> None:
        """Have the task's process killed, only once: a second call would disturb the first.

        The result of a transfer's thread is dropped.
        """
        running = self._running.get(task_id)
        if running is not None and not running.cancelling():
            running.cancel()

    async def _ask(self, key: ExecutionKey, task_id: TaskId, request: Request) -> None:
        """Make a call of a service, record its outcome, and follow the job that it started."""
        self._tasks.started(task_id, self.now())
        self.listener.wake(key)
        await self.jobs.ask(key, task_id, request.call, self._services.make(request))

    async def _ask_again(self, key: ExecutionKey, task_id: TaskId, text: str) -> None:
        """Make the call that a killed asw left behind, as the same task."""
        call = call_of(text)
        answer = self._services.make_again(key.root.uid, call)
        await self.jobs.ask(key, task_id, call, answer)

    async def _run(self, key: ExecutionKey, call: Call) -> None:
        """Run the task and record its outcome; a cancelled one was recorded before."""

        def on_start() -> None:
            self._tasks.started(call.task_id, self.now())
            self.listener.wake(key)

        def on_heartbeat() -> None:
            self._tasks.lives(call.task_id, self.now())
            self.listener.wake(key)

        outcome = await self._pool.run(call, on_start, on_heartbeat)
        self._tasks.finish(call.task_id, outcome, self.now())
        self.listener.wake(key)


def _outcome_of(save: Save) -> Outcome | None:
    """How the execution ended, if this save ends it."""
    if save.failed_before_start is not None:
        return Outcome(status="FAILED", at=save.at, failure=Failure(*save.failed_before_start))
    return None if save.record is None else save.record.outcome
