"""Turns commands into calls of the platform, each at most as often as the ledgers allow."""

import logging
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from asw.asl.errors import START_FAILED
from asw.engine.commands import (
    CancelChild,
    CancelTask,
    ReadItems,
    StartChild,
    StartExecution,
    StartTask,
    WriteResults,
)
from asw.engine.facts import TaskFailed
from asw.engine.nested import refusal_of
from asw.engine.step import Step
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Deliveries
from asw.reconciler.distributed import Child, Parent, Transfer
from asw.reconciler.ledger import Ledger
from asw.reconciler.nesting import ExecutionRefused
from asw.reconciler.observing import Snapshot
from asw.reconciler.platform import (
    Busy,
    ExecutionKey,
    Gone,
    NoRoom,
    NotYet,
    PlatformError,
    Refused,
    Reserved,
    TaskRefused,
)
from asw.reconciler.scheduler import QueuePosition
from asw.reconciler.shared import Shared
from asw.reconciler.waits import Waits, Wanted

log = logging.getLogger(__name__)

Cancel: TypeAlias = CancelTask | CancelChild
_Errors: TypeAlias = Mapping[TaskId, Exception | None]
_Start: TypeAlias = StartTask | StartChild | StartExecution | ReadItems | WriteResults
_IN_EXPRESS: Final = (
    "An Express child of a distributed Map cannot start executions; make its ExecutionType STANDARD"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """What must be started now, by kind: the platform takes each kind in one call.

    ``reserved`` are the warm processes that are set aside for some of the tasks.
    """

    tasks: Sequence[StartTask] = ()
    children: Sequence[Child] = ()
    transfers: Sequence[Transfer] = ()
    executions: Sequence[StartExecution] = ()
    reserved: Mapping[TaskId, Reserved] = field(default_factory=dict)

    def is_any(self) -> bool:
        """Whether there is anything to start."""
        return bool(self.tasks or self.children or self.transfers or self.executions)


class Effects:
    """The calls of one execution. ``step`` commands, ``view`` shows what exists outside."""

    def __init__(self, key: ExecutionKey, shared: Shared, deliveries: Deliveries) -> None:
        self._key = key
        self._shared = shared
        self._deliveries = deliveries
        self.starts = Ledger(shared.settings, shared.chance)
        self.cancels = Ledger(shared.settings, shared.chance)
        self._last_pass_at: datetime | None = None
        self._retries = 0
        self.waits = Waits(
            key=key, task_queue=shared.task_queue, patience=shared.settings.wait_patience
        )

    def due_starts(
        self, step: Step, view: Snapshot, parent: Parent, place: QueuePosition, now: datetime
    ) -> Starts:
        """The starts to perform now; children descend from ``parent``, tasks need a slot.

        Whoever gets them saves them at once, or gives back what is reserved (``bound``).
        """
        commands = _starts(step, view)
        due = [it for it in commands if self.starts.is_due(it.task_id, now)]
        offers = [it for it in _tasks(due) if it.is_offer]  # workers elsewhere need no slot
        tasks = [it for it in _tasks(due) if not it.is_offer]
        loose = [it for it in tasks if it.bound_to is None]
        found = self._shared.platform.reserve(self._key, loose) if loose else {}
        ready = found.keys() | {it.task_id for it in tasks if it.bound_to is not None}
        own = [it for it in _tasks(commands) if not it.is_offer]
        wanted = Wanted(tasks=own, due=tasks, ready=ready)
        admitted = self.waits.admit(place, step.record, view, wanted)
        reserved = {task_id: it for task_id, it in found.items() if it is not None}
        if unused := reserved.keys() - {it.task_id for it in admitted}:
            self._shared.platform.release(self._key, unused)
            reserved = {task_id: it for task_id, it in reserved.items() if task_id not in unused}
        return Starts(
            tasks=[*admitted, *offers],
            reserved=reserved,
            children=parent.born((it for it in due if isinstance(it, StartChild)), now),
            transfers=[it for it in due if isinstance(it, ReadItems | WriteResults)],
            executions=[it for it in due if isinstance(it, StartExecution)],
        )

    def due_cancels(self, step: Step, view: Snapshot, now: datetime) -> list[Cancel]:
        """The cancels to perform now."""
        return [it for it in _cancels(step, view) if self.cancels.is_due(it.task_id, now)]

    def is_done(self, step: Step, view: Snapshot) -> bool:
        """Whether the platform took every command."""
        return all(self.starts.is_done(it.task_id) for it in _starts(step, view)) and all(
            self.cancels.is_done(it.task_id) for it in _cancels(step, view)
        )

    def next_at(self, step: Step, view: Snapshot) -> datetime | None:
        """When the next command must be performed, or performed again, or a wait be told."""
        instants = (
            self.starts.next_at(
                it.task_id for it in _starts(step, view) if it.task_id not in self.waits.queued
            ),
            self.cancels.next_at(it.task_id for it in _cancels(step, view)),
            self.waits.next_at(),
        )
        return min((at for at in instants if at is not None), default=None)

    def retry(self) -> None:
        """What starts waited for may exist now: the next pass performs them."""
        self._retries += 1
        self.starts.hasten(self._shared.platform.now())

    def forget_closed(self, step: Step) -> None:
        """Forget commands about what the record no longer holds open."""
        open_tasks = frozenset(step.record.open_tasks())
        self.starts.keep_only(open_tasks)
        self.cancels.keep_only(open_tasks)

    def keep_time(self, now: datetime) -> timedelta:
        """How far the wall clock was set back since the last pass; this delays nothing."""
        span = max(self._last_pass_at - now, timedelta(0)) if self._last_pass_at else timedelta(0)
        self._last_pass_at = now
        if span:
            self.starts.set_back(span)
            self.cancels.set_back(span)
        return span

    @contextmanager
    def bound(self, starts: Starts, step: Step) -> Iterator[tuple[Starts, Step]]:
        """Bind starts to the processes that are set aside, if the block saves the record with that.

        A block that fails gives the processes back.
        """
        found = starts.reserved
        if not found:
            yield starts, step
            return
        processes = {task_id: it.process for task_id, it in found.items()}
        once = [task_id for task_id, it in found.items() if not it.may_repeat]
        tasks = [
            replace(it, bound_to=processes.get(it.task_id, it.bound_to)) for it in starts.tasks
        ]
        record = step.record.bound(processes, once)
        try:
            yield replace(starts, tasks=tasks), replace(step, record=record)
        except BaseException:
            self._shared.platform.release(self._key, found)
            raise

    async def prepare(self, tasks: Sequence[StartTask]) -> PlatformError | None:
        """Prepare the starts; returns the error that keeps them from being performed.

        What is bound to a warm process needs nothing, and neither does a worker elsewhere.
        """
        tasks = [it for it in tasks if it.bound_to is None and not it.is_offer]
        if not tasks:
            return None
        self._shared.require_may_act(self._key)
        try:
            await self._shared.platform.prepare(self._key, tasks)
        except PlatformError as error:
            return error
        return None

    async def perform(
        self, starts: Starts, cancels: Sequence[Cancel], unprepared: PlatformError | None
    ) -> bool:
        """Call the platform; True if a start was refused, so that the next step is due at once."""
        is_refused = await self._start(starts, unprepared)
        await self._cancel(cancels)
        return is_refused

    async def cancel_all(self) -> None:
        """Cancel every task that the platform shows, because nobody can read which are open."""
        active = self._shared.platform.active_tasks()
        await self._cancel([CancelTask(task_id=it) for key, it in active if key == self._key])

    async def _start(self, starts: Starts, unprepared: PlatformError | None) -> bool:
        if not starts.is_any():
            return False
        if unprepared is not None:
            errors: _Errors = {task.task_id: unprepared for task in starts.tasks}
            starts = replace(starts, tasks=())
        else:
            errors = {}
        retries = self._retries
        async with self._shared.starting:
            errors = {**errors, **await self._call_all(starts)}
        now = self._shared.platform.now()
        for task_id, error in errors.items():
            self.starts.note(task_id, error, now)
            self.waits.note(task_id, error, now)
            self._take(task_id, error, now)
        if self._retries != retries:  # it came while the answer was under way
            self.starts.hasten(now)
        return any(isinstance(error, TaskRefused) for error in errors.values())

    async def _call_all(self, starts: Starts) -> _Errors:
        """Start everything, kind by kind; returns the result of each."""
        self._shared.require_may_act(self._key)
        found: dict[TaskId, Exception | None] = {}
        if starts.tasks:
            answers = await self._call_start(starts.tasks)
            found.update(zip((it.task_id for it in starts.tasks), answers, strict=True))
        if starts.children:
            call = self._shared.children.start_children(self._key, starts.children)
            found |= await self._call(call, starts.children)
        if starts.transfers:
            call = self._shared.transfers.transfer(self._key, starts.transfers)
            found |= await self._call(call, starts.transfers)
        if starts.executions:
            answers = await self._call_nested(starts.executions)
            found.update(zip((it.task_id for it in starts.executions), answers, strict=True))
        return found

    async def _call_nested(self, starts: Sequence[StartExecution]) -> Sequence[Exception | None]:
        nesting = self._shared.nesting
        assert nesting is not None, "its definition is refused elsewhere"
        self._shared.counters.starts += len(starts)
        if self._key.owner is not None:
            return [ExecutionRefused(START_FAILED, _IN_EXPRESS)] * len(starts)
        refused = {it.task_id: why for it in starts if (why := refusal_of(it)) is not None}
        sound = [it for it in starts if it.task_id not in refused]
        try:
            answers = await nesting.start_executions(self._key, sound) if sound else ()
        except PlatformError as error:
            answers = [error] * len(sound)
        given = dict(zip((it.task_id for it in sound), answers, strict=True))
        for task_id, why in refused.items():
            given[task_id] = ExecutionRefused.of(why)
        return [given[it.task_id] for it in starts]

    async def _call_start(self, tasks: Sequence[StartTask]) -> Sequence[Exception | None]:
        self._shared.counters.starts += len(tasks)
        try:
            return await self._shared.platform.start(self._key, tasks)
        except PlatformError as error:
            return [error] * len(tasks)

    async def _call(
        self, call: Awaitable[None], started: Sequence[Child] | Sequence[Transfer]
    ) -> dict[TaskId, Exception | None]:
        """The results of a call that succeeds or fails for all at once."""
        self._shared.counters.starts += len(started)
        failure: PlatformError | None = None
        try:
            await call
        except PlatformError as error:
            failure = error
        return {it.task_id: failure for it in started}

    def _take(self, task_id: TaskId, error: Exception | None, now: datetime) -> None:
        match error:
            case None:
                pass
            case TaskRefused():
                self._deliveries.put(
                    TaskFailed(
                        task_id=task_id,
                        at=now,
                        error=error.error,
                        cause=error.cause,
                        started_at=now if isinstance(error, ExecutionRefused) else None,
                    )
                )
            case Gone():
                raise error
            case NoRoom() | NotYet():
                level = logging.DEBUG if isinstance(error, Busy) else logging.INFO
                log.log(level, "start of task %s waits: %s", task_id, error)
            case Refused():
                self._shared.counters.refused += 1
                log.warning("start of task %s refused: %s", task_id, error)
            case PlatformError():
                self._shared.counters.unavailable += 1
            case _:
                self._shared.counters.errors += 1
                log.error("start of task %s: %s", task_id, type(error).__name__)

    async def _cancel(self, cancels: Sequence[Cancel]) -> None:
        if not cancels:
            return
        self._shared.require_may_act(self._key)
        self._shared.counters.cancels += len(cancels)
        tasks = [it for it in cancels if isinstance(it, CancelTask)]
        children = [it for it in cancels if isinstance(it, CancelChild)]
        if tasks:
            await self._call_cancel(self._shared.platform.cancel(self._key, tasks), tasks)
        if children:
            call = self._shared.children.cancel_children(self._key, children)
            await self._call_cancel(call, children)

    async def _call_cancel(self, call: Awaitable[None], cancels: Sequence[Cancel]) -> None:
        failure: PlatformError | None = None
        try:
            await call
        except PlatformError as error:
            failure = error
        for it in cancels:
            self.cancels.note(it.task_id, failure, self._shared.platform.now())


def _starts(step: Step, view: Snapshot) -> list[_Start]:
    return [
        command
        for command in step.commands
        if not isinstance(command, CancelTask | CancelChild) and command.task_id not in view.known
    ]


def _tasks(
    commands: Sequence[_Start],
) -> list[StartTask]:
    return [it for it in commands if isinstance(it, StartTask)]


def _cancels(step: Step, view: Snapshot) -> list[Cancel]:
    return [
        command
        for command in step.commands
        if isinstance(command, CancelTask | CancelChild) and command.task_id not in view.ended
    ]
