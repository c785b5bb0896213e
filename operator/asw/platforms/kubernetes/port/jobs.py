"""Jobs of services (``.sync``): followed until they end, and stopped when nobody waits any more.

Which jobs are waited for is what records say, with what the service answered to the call that
started each: so another operator follows it. A job that is waited for costs an entry in a heap. It
is asked for by the connector that started it, in turns with the calls of tasks; what the answers
mean is decided in ``asw.connector.jobs``.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from asw.asl.errors import JOB_GONE
from asw.asl.resources import ServiceInvocation
from asw.asl.values import to_text
from asw.connector.calls import Call, Done, Failed, Outcome, to_event
from asw.connector.job_kinds import JobKind
from asw.connector.jobs import (
    Handle,
    NoJob,
    Patience,
    handle_of,
    kind_of,
    may_ask_again,
    question,
    stops,
    verdict,
)
from asw.connector.wanted import Wanted, wanted_by
from asw.engine.facts import CallbackFailed, CallbackSucceeded, TaskFact
from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.pools.line import Handover
from asw.platforms.kubernetes.pools.questions import Questions
from asw.platforms.kubernetes.port.calls import Calls
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import ExecutionKey, PlatformError, TaskRefused
from asw.reconciler.tasks import awaited_jobs

AT_A_TIME: Final = 16
"""Questions about jobs of one service in one namespace: calls of tasks find slots beside them."""
STOP_SECONDS: Final = 5.0
"""How long the save of a record waits until jobs that it drops have been told to stop."""
_SOON_SECONDS: Final = 1.0
"""After a question that nobody was there to ask, and an end that nobody could take."""

Deliver = Callable[[ExecutionKey, TaskFact], Awaitable[Delivery]]

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class _Job:
    """``call`` is the one that started it, without its parameters. ``failures`` are in a row.

    ``stops`` are the calls that are still to be made for it to end, if nobody waits for it.
    """

    key: ExecutionKey
    task_id: TaskId
    workflow: str
    state: str
    wanted: Wanted
    call: Call
    kind: JobKind
    handle: Handle
    delays: Iterator[float]
    failures: int = 0
    is_over: bool = False
    """Whether its end is known, or nobody wants to know it."""
    stops: list[Call] = field(default_factory=list)
    is_told: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether all ``stops`` were made, or given up."""

    @property
    def line(self) -> tuple[str, str]:
        """Namespace and service: what shares ``AT_A_TIME``."""
        return self.key.namespace, self.wanted.service


@dataclass(slots=True, eq=False, kw_only=True)
class Jobs:
    """The jobs of all executions. ``deliver`` takes their ends; ``work`` is to be called often."""

    cache: Cache
    calls: Calls
    questions: Questions
    deliver: Deliver | None = None
    patience: Patience = field(default_factory=Patience)
    _of: dict[str, dict[TaskId, _Job]] = field(default_factory=dict)
    """By uid of the execution."""
    _due: dict[tuple[str, str], list[tuple[float, int, _Job]]] = field(default_factory=dict)
    _asking: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many questions of a line are under way, in this term."""
    _numbers: "count[int]" = field(default_factory=count)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def keep(self, key: ExecutionKey, record: Record) -> None:
        """Follow the jobs that the saved record awaits, and stop those that it does not."""
        awaited = awaited_jobs(record)
        followed = self._of.get(key.uid, {})
        for task_id in [it for it in followed if it not in awaited]:
            self._let_go(followed[task_id])
        for frame in record.frames.values() if awaited else ():
            waiting = frame.waiting
            if isinstance(waiting, OnTask):
                task_id = record.task_id(waiting.ordinal)
                if task_id in awaited and task_id not in self._of.get(key.uid, {}):
                    self._follow(key, task_id, waiting, frame.state, record)

    async def stop(self, key: ExecutionKey, record: Record) -> None:
        """Stop the jobs that the record does not await any more; called before it is saved.

        Only if that is certain: whoever takes over before the save decides the same, and tells the
        service once more. Else ``keep`` stops them once it is saved. A service that does not answer
        keeps the save waiting for ``STOP_SECONDS``, and is told later.
        """
        awaited = awaited_jobs(record)
        followed = self._of.get(key.uid, {})
        dropped = [self._let_go(job) for id_, job in list(followed.items()) if id_ not in awaited]
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                for stopping in dropped:
                    if stopping is not None:
                        await stopping.is_told.wait()

    def forget(self, uid: str) -> None:
        """Nobody waits for jobs of the execution, which is over or gone."""
        for job in tuple(self._of.get(uid, {}).values()):
            self._let_go(job)

    def stand_down(self) -> None:
        """Another replica acts: hold nothing, and stop nothing."""
        for task in self._tasks:
            task.cancel()
        self._of.clear()
        self._due.clear()
        self._asking = Counter()  # a task that is cancelled before it begins gives nothing back

    def work(self) -> None:
        """Ask for the jobs whose time has come."""
        for line in list(self._due):
            self._work_off(line)

    def _work_off(self, line: tuple[str, str]) -> None:
        """Ask for those of a line whose time has come, as far as there is room."""
        now, heap = self.cache.clock(), self._due.get(line, [])
        while heap and heap[0][0] <= now and self._asking[line] < AT_A_TIME:
            job = heappop(heap)[2]
            if not job.is_over:
                self._asking[line] += 1
                self._spawn(self._ask(job, self._asking))
        if not heap:
            self._due.pop(line, None)

    def _follow(
        self, key: ExecutionKey, task_id: TaskId, waiting: OnTask, state: str, record: Record
    ) -> None:
        invocation = waiting.invocation
        assert isinstance(invocation, ServiceInvocation)
        header, seen = record.header, self.cache.executions.get(key.root.uid)
        call = Call.of(invocation, str(task_id), None, (header.arn, header.workflow_arn))
        kind = kind_of(call)
        handle = None if kind is None else _handle(kind, waiting)
        if kind is None or handle is None:  # another version of asw wrote the record
            cause = f"This version of asw does not follow the job of {invocation.name}"
            at = self.cache.now()
            fact = CallbackFailed(task_id=task_id, at=at, error=JOB_GONE, cause=cause)
            self._spawn(self._deliver(key, fact))
            return
        job = _Job(
            key=key,
            task_id=task_id,
            workflow="" if seen is None else seen.workflow_name,
            state=state,
            wanted=wanted_by(invocation, waiting.payload),
            call=call,
            kind=kind,
            handle=handle,
            delays=self.patience.delays(),
        )
        self._of.setdefault(key.uid, {})[task_id] = job
        self._again(job, next(job.delays))

    def _again(self, job: _Job, seconds: float) -> None:
        due = (self.cache.clock() + seconds, next(self._numbers), job)
        heappush(self._due.setdefault(job.line, []), due)
        if not seconds:
            self._work_off(job.line)

    def _drop(self, job: _Job) -> None:
        job.is_over = True
        jobs = self._of.get(job.key.uid, {})
        jobs.pop(job.task_id, None)
        if not jobs:
            self._of.pop(job.key.uid, None)

    def _let_go(self, job: _Job) -> _Job | None:
        """Nobody waits for it: stop it, unless it has ended by itself; what stops it."""
        was_over = job.is_over
        self._drop(job)
        calls = [] if was_over else stops(job.call, job.kind, job.handle)
        if not calls:
            return None
        stopping = replace(
            job,
            stops=calls,
            is_over=False,
            failures=0,
            delays=self.patience.delays(),
            is_told=asyncio.Event(),
        )
        self._again(stopping, 0)
        return stopping

    async def _ask(self, job: _Job, asking: Counter[tuple[str, str]]) -> None:
        asked = job.stops[0] if job.stops else question(job.call, job.kind, job.handle)
        try:
            told = await self._told(job, asked)
        finally:
            asking[job.line] -= 1
            if not asking[job.line]:
                del asking[job.line]
        self._work_off(job.line)
        if job.is_over:
            return
        is_unknown = told is None or may_ask_again(told)
        if is_unknown and (told is not None or job.stops):
            job.failures += 1
        elif told is not None:
            job.failures = 0
        may_go_on = job.failures <= self.patience.most_failures
        if is_unknown and may_go_on:
            self._again(job, _SOON_SECONDS if told is None else next(job.delays))
        elif job.stops:
            self._stopped(job, is_certain=not is_unknown)
        elif told is not None and (end := verdict(job.kind, job.handle, told)) is not None:
            await self._ended(job, end)
        else:
            self._again(job, next(job.delays))

    def _stopped(self, job: _Job, *, is_certain: bool) -> None:
        """The service was told to stop the job, or part of it: one that has ended refuses it."""
        del job.stops[0]
        if not is_certain:
            place = f"{job.key.namespace}/{job.key.name}"
            log.warning("%s: a job of %s could not be stopped", place, job.wanted.service)
        if job.stops:
            self._again(job, 0)
        else:
            job.is_told.set()

    async def _ended(self, job: _Job, end: Outcome) -> None:
        job.is_over = True
        if await self._deliver(job.key, self._fact(job, end)):
            self._drop(job)
        elif job.task_id in self._of.get(job.key.uid, {}):
            job.is_over = False
            self._again(job, _SOON_SECONDS)

    async def _deliver(self, key: ExecutionKey, fact: TaskFact) -> bool:
        """Have the end recorded, or learn that nobody waits for it; False: not now."""
        assert self.deliver is not None
        try:
            await self.deliver(key, fact)
        except PlatformError:
            return False
        return True

    def _fact(self, job: _Job, end: Outcome) -> TaskFact:
        at = self.cache.now()
        if isinstance(end, Done):
            return CallbackSucceeded(task_id=job.task_id, at=at, output=end.output)
        return CallbackFailed(task_id=job.task_id, at=at, error=end.error, cause=end.cause)

    async def _told(self, job: _Job, call: Call) -> Outcome | None:
        """What the service says; None if nobody could ask it."""
        try:
            place = self.calls.where(job.key.namespace, job.workflow, job.wanted)
        except TaskRefused as error:
            return Failed(error=error.error, cause=error.cause)
        handover = Handover(
            task_id=job.task_id,
            event=to_text(to_event(call)),
            environment={"ASW_EXECUTION": job.key.root.name, "ASW_STATE": job.state},
        )
        return await self.questions.ask(place, job.key, job.workflow, handover)

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("following a job has failed", exc_info=error)


def _handle(kind: JobKind, waiting: OnTask) -> Handle | None:
    """What names the job, None if the record does not."""
    try:
        return handle_of(kind, waiting.payload, waiting.answer)
    except NoJob:
        return None
