"""Jobs of services on this machine: followed until they end, and stopped when nobody waits.

What names a job is stored with the task in the write that says that it was started, so another asw
follows it. A job that is waited for costs a timer. Which jobs are waited for is what the record of
the execution says: those of a task that timed out, of a branch that was cancelled or of a run that
ended are stopped.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from asw.asl.errors import TASK_FAILED
from asw.asl.integrations import JOB
from asw.asl.resources import ServiceInvocation
from asw.asl.values import from_text
from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.platforms.local.database import dump
from asw.platforms.local.reports import Failing, Report, Success
from asw.platforms.local.services import LocalServices, call_of
from asw.platforms.local.tasks import Failed, Outcome, Succeeded, TaskBook
from asw.reconciler.platform import ExecutionKey, Listener
from asw.reconciler.tasks import cancelled

if TYPE_CHECKING:  # the connector is slow to import, and most runs do not need it
    from asw.connector import calls
    from asw.connector.calls import Call
    from asw.connector.job_kinds import JobKind
    from asw.connector.jobs import Handle, Patience

_IN_EXPRESS: Final = (
    "An Express child of a distributed Map waits for no jobs; make its ExecutionType STANDARD"
)
_STOP_SECONDS: Final = 10
"""How long the end of asw waits for jobs to be stopped."""


def why_not_followed(key: ExecutionKey, invocation: ServiceInvocation) -> str | None:
    """Why a task with this invocation cannot wait as it says; None if it can."""
    is_job = invocation.pattern.startswith(JOB)
    # such a child has no record by which its jobs could be stopped
    return _IN_EXPRESS if is_job and key.owner is not None else None


class Following(Protocol):
    """What following a job needs of the platform: its tasks, its mailbox, its clock."""

    listener: Listener

    def launch(self, task_id: TaskId, work: Coroutine[Any, Any, None]) -> None:
        """Have the task's work done in the background."""

    def stop(self, task_id: TaskId) -> None:
        """Stop the task's work."""

    def now(self) -> datetime:
        """The time, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    call: "Call"
    kind: "JobKind"
    handle: "Handle"


class LocalJobs:
    """The jobs that one asw follows."""

    patience: "Patience | None" = None
    """How often jobs are asked for, if not as usual."""

    def __init__(self, tasks: TaskBook, services: LocalServices, platform: Following) -> None:
        self._tasks = tasks
        self._services = services
        self._platform = platform
        self._starting: dict[TaskId, asyncio.Event] = {}
        self._unwanted: set[asyncio.Event] = set()
        self._jobs: dict[str, dict[TaskId, _Job]] = {}
        self._stopping: set[asyncio.Task[None]] = set()

    async def ask(
        self, key: ExecutionKey, task_id: TaskId, call: "Call", answer: Awaitable[Outcome]
    ) -> None:
        """Record the answer of a call, and follow the job that it started."""
        over = self._starting[task_id] = asyncio.Event()
        try:
            job = self._answered(key, task_id, call, await answer)
        finally:
            del self._starting[task_id]
            self._unwanted.discard(over)
            over.set()
        if job is not None:
            await self._follow(key, task_id, job)

    def _answered(
        self, key: ExecutionKey, task_id: TaskId, call: "Call", outcome: Outcome
    ) -> _Job | None:
        """Record the outcome; returns the job to follow."""
        from asw.connector.jobs import NoJob, handle_of, kind_of  # noqa: PLC0415

        kind = kind_of(call)
        if kind is None or not isinstance(outcome, Succeeded):
            self._finish(key, task_id, outcome)
            return None
        try:
            handle = handle_of(kind, call.parameters, outcome.output)
        except NoJob as error:
            self._finish(key, task_id, Failed(error=TASK_FAILED, cause=str(error)))
            return None
        job = _Job(call=call, kind=kind, handle=handle)
        known = self._tasks.task(task_id)
        if known is None or known.outcome is not None:  # it was cancelled meanwhile
            self._stop(key, task_id, job)
            return None
        self._tasks.submitted(task_id, outcome, dump(job.handle), self._platform.now())
        self._remember(task_id, job)
        self._platform.listener.wake(key)
        return job

    def take_up(self, key: ExecutionKey, record: Record | None) -> None:
        """Follow the execution's jobs that another asw has started; stop what nobody awaits."""
        from asw.connector.jobs import kind_of  # noqa: PLC0415

        for task_id, text, handle in self._tasks.open_jobs(key.uid):
            if task_id not in self._jobs.get(key.uid, {}):
                call = call_of(text)
                kind = kind_of(call)
                assert kind is not None  # rows stay
                job = _Job(call=call, kind=kind, handle=from_text(handle))
                self._remember(task_id, job)
                self._platform.launch(task_id, self._follow(key, task_id, job))
        if record is not None:
            self.keep_only(key, record)  # asw may have been killed before they were stopped

    def keep_only(self, key: ExecutionKey, record: Record) -> None:
        """Stop the execution's jobs that the record does not wait for."""
        if key.uid in self._jobs:
            wanted = frozenset(record.open_tasks()) - cancelled(record)
            for task_id in self._jobs[key.uid].keys() - wanted:
                self.let_go(key, task_id)

    def let_go(self, key: ExecutionKey, task_id: TaskId) -> bool:
        """Stop the task's job, at once or when it has started; whether the task has one."""
        job = self._forget(task_id)
        if job is not None:
            self._platform.stop(task_id)
            self._stop(key, task_id, job)
        starting = self._starting.get(task_id)
        if starting is not None:
            self._unwanted.add(starting)
        return job is not None or starting is not None

    async def settle(self) -> None:
        """Wait, not for long, until what nobody awaits any more has been told to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                for starting in tuple(self._unwanted):
                    await starting.wait()
                while self._stopping:
                    await asyncio.wait(self._stopping)
        for task in self._stopping:
            task.cancel()

    async def _follow(self, key: ExecutionKey, task_id: TaskId, job: _Job) -> None:
        """Ask how the job is until it has ended, and report its end."""
        from asw.connector import jobs  # noqa: PLC0415

        patience = self.patience or jobs.Patience()
        failures = 0
        for delay in patience.delays():
            await asyncio.sleep(delay)
            asked = jobs.question(job.call, job.kind, job.handle)
            told = _told(await self._services.make_again(key.root.uid, asked))
            is_unknown = jobs.may_ask_again(told)
            failures = failures + 1 if is_unknown else 0
            if is_unknown and failures <= patience.most_failures:
                continue
            end = jobs.verdict(job.kind, job.handle, told)
            if end is not None:
                self._forget(task_id)
                self._tasks.job_ended(task_id, _report(end), self._platform.now())
                self._platform.listener.wake(key)
                return

    def _finish(self, key: ExecutionKey, task_id: TaskId, outcome: Outcome) -> None:
        self._tasks.finish(task_id, outcome, self._platform.now())
        self._platform.listener.wake(key)

    def _stop(self, key: ExecutionKey, task_id: TaskId, job: _Job) -> None:
        stopping = asyncio.create_task(self._tell_to_stop(key, task_id, job))
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)

    async def _tell_to_stop(self, key: ExecutionKey, task_id: TaskId, job: _Job) -> None:
        """Stop the job, once: one that has ended meanwhile refuses it, and nobody waits."""
        from asw.connector.jobs import stops  # noqa: PLC0415

        for call in stops(job.call, job.kind, job.handle):
            await self._services.make_again(key.root.uid, call)
        self._tasks.job_ended(task_id, None, self._platform.now())

    def _remember(self, task_id: TaskId, job: _Job) -> None:
        self._jobs.setdefault(task_id.execution_uid, {})[task_id] = job

    def _forget(self, task_id: TaskId) -> _Job | None:
        jobs = self._jobs.get(task_id.execution_uid, {})
        job = jobs.pop(task_id, None)
        if not jobs:
            self._jobs.pop(task_id.execution_uid, None)
        return job


def _told(outcome: Outcome) -> "calls.Outcome":
    from asw.connector import calls  # noqa: PLC0415

    assert isinstance(outcome, Succeeded | Failed)  # a call does not vanish
    if isinstance(outcome, Succeeded):
        return calls.Done(output=outcome.output)
    return calls.Failed(error=outcome.error, cause=outcome.cause or "")


def _report(end: "calls.Outcome") -> Report:
    from asw.connector.calls import Done  # noqa: PLC0415

    if isinstance(end, Done):
        return Success(output=end.output)
    return Failing(error=end.error, cause=end.cause)
