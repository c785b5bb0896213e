"""Commands become calls of the platform, each at most as often as the ledgers allow."""

import logging
from collections.abc import Sequence
from datetime import datetime

from asw.engine.commands import CancelTask, StartTask
from asw.engine.facts import TaskFailed
from asw.engine.step import Step
from asw.reconciler.deliveries import Deliveries
from asw.reconciler.ledger import Ledger
from asw.reconciler.platform import ExecutionKey, Gone, PlatformError, Refused, TaskRefused
from asw.reconciler.shared import Shared
from asw.reconciler.view import View

log = logging.getLogger(__name__)


class Effects:
    """See the module; one per execution. ``step`` commands, ``view`` shows what is there."""

    def __init__(self, key: ExecutionKey, shared: Shared, deliveries: Deliveries) -> None:
        self._key = key
        self._shared = shared
        self._deliveries = deliveries
        self.starts = Ledger(shared.settings, shared.chance)
        self.cancels = Ledger(shared.settings, shared.chance)

    def due_starts(self, step: Step, view: View, now: datetime) -> list[StartTask]:
        """The starts to be performed now."""
        return [it for it in _starts(step, view) if self.starts.is_due(it.task_id, now)]

    def due_cancels(self, step: Step, view: View, now: datetime) -> list[CancelTask]:
        """The cancels to be performed now."""
        return [it for it in _cancels(step, view) if self.cancels.is_due(it.task_id, now)]

    def is_done(self, step: Step, view: View) -> bool:
        """Whether the platform took every command."""
        return all(self.starts.is_done(it.task_id) for it in _starts(step, view)) and all(
            self.cancels.is_done(it.task_id) for it in _cancels(step, view)
        )

    def next_at(self, step: Step, view: View) -> datetime | None:
        """When the next command is to be performed, or performed again."""
        instants = (
            self.starts.next_at(it.task_id for it in _starts(step, view)),
            self.cancels.next_at(it.task_id for it in _cancels(step, view)),
        )
        return min((at for at in instants if at is not None), default=None)

    def forget_closed(self, step: Step) -> None:
        """Keep no line about a task that the record does not hold open any more."""
        open_tasks = frozenset(step.record.open_tasks())
        self.starts.keep_only(open_tasks)
        self.cancels.keep_only(open_tasks)

    async def prepare(self, starts: Sequence[StartTask]) -> PlatformError | None:
        """Make ready for the starts; the error that keeps them from being performed."""
        if not starts:
            return None
        self._shared.require_may_act()
        try:
            await self._shared.platform.prepare(self._key, starts)
        except PlatformError as error:
            return error
        return None

    async def perform(
        self,
        starts: Sequence[StartTask],
        cancels: Sequence[CancelTask],
        unprepared: PlatformError | None,
    ) -> bool:
        """Call the platform; whether a start was refused, so that the next step is due at once."""
        failed = [unprepared] * len(starts) if unprepared else None
        is_refused = await self._start(starts, failed)
        await self._cancel(cancels)
        return is_refused

    async def _start(
        self, tasks: Sequence[StartTask], failed: Sequence[Exception | None] | None
    ) -> bool:
        if not tasks:
            return False
        errors = failed or await self._call_start(tasks)
        now = self._shared.platform.now()
        for task, error in zip(tasks, errors, strict=True):
            self.starts.note(task.task_id, error, now)
            self._take(task, error, now)
        return any(isinstance(error, TaskRefused) for error in errors)

    async def _call_start(self, tasks: Sequence[StartTask]) -> Sequence[Exception | None]:
        async with self._shared.starting:
            self._shared.require_may_act()
            self._shared.counters.starts += len(tasks)
            try:
                return await self._shared.platform.start(self._key, tasks)
            except PlatformError as error:
                return [error] * len(tasks)

    def _take(self, task: StartTask, error: Exception | None, now: datetime) -> None:
        match error:
            case None:
                pass
            case TaskRefused():
                self._deliveries.put(
                    TaskFailed(task_id=task.task_id, at=now, error=error.error, cause=error.cause)
                )
            case Gone():
                raise error
            case Refused():
                self._shared.counters.refused += 1
                log.warning("start of task %s refused: %s", task.task_id, error)
            case PlatformError():
                self._shared.counters.unavailable += 1
            case _:
                self._shared.counters.errors += 1
                log.error("start of task %s: %s", task.task_id, type(error).__name__)

    async def _cancel(self, tasks: Sequence[CancelTask]) -> None:
        if not tasks:
            return
        self._shared.require_may_act()
        self._shared.counters.cancels += len(tasks)
        failure: PlatformError | None = None
        try:
            await self._shared.platform.cancel(self._key, tasks)
        except PlatformError as error:
            failure = error
        for task in tasks:
            self.cancels.note(task.task_id, failure, self._shared.platform.now())


def _starts(step: Step, view: View) -> list[StartTask]:
    return [
        command
        for command in step.commands
        if isinstance(command, StartTask) and command.task_id not in view.known
    ]


def _cancels(step: Step, view: View) -> list[CancelTask]:
    return [
        command
        for command in step.commands
        if isinstance(command, CancelTask) and command.task_id not in view.ended
    ]
