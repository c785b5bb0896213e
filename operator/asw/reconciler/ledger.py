"""When a command may be performed again: what was just done is not repeated before its echo.

Commands are level-triggered: each step repeats them until facts show their effect. The ledger keeps
one line per TaskId, in memory only: losing it costs a repeated call, which is harmless.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from asw.engine.task_ids import TaskId
from asw.reconciler.platform import NoRoom, NotYet, Refused
from asw.reconciler.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What happened to one command: ``is_done`` once the platform accepted it."""

    next_at: datetime
    is_done: bool = False
    failures: int = 0


class Ledger:
    """The commands of one kind of one execution."""

    def __init__(self, settings: Settings, chance: Callable[[], float]) -> None:
        self._settings = settings
        self._chance = chance
        self._lines: dict[TaskId, Line] = {}

    def is_due(self, task_id: TaskId, now: datetime) -> bool:
        """Whether the command may be performed now."""
        line = self._lines.get(task_id)
        return line is None or line.next_at <= now

    def is_done(self, task_id: TaskId) -> bool:
        """Whether the platform accepted the command the last time it was performed."""
        line = self._lines.get(task_id)
        return line is not None and line.is_done

    def note(self, task_id: TaskId, error: Exception | None, now: datetime) -> None:
        """Note the result; ``error`` is None if the platform accepted the command."""
        line = self._lines.get(task_id, Line(next_at=now))
        if error is None:
            self._lines[task_id] = Line(next_at=now + self._settings.repeat_after, is_done=True)
        elif isinstance(error, Refused):
            self._lines[task_id] = replace(line, next_at=now + self._settings.refused_pause)
        elif isinstance(error, NoRoom) and error.again_in is not None:
            self._lines[task_id] = replace(line, next_at=now + error.again_in)
        else:
            failures = line.failures + 1
            next_at = now + self._settings.pause(failures, self._chance)
            if isinstance(error, NotYet):
                next_at = min(next_at, max(error.until, now))
            self._lines[task_id] = replace(line, next_at=next_at, failures=failures)

    def hasten(self, now: datetime) -> None:
        """Commands that the platform has not accepted yet may be performed now."""
        for task_id, line in self._lines.items():
            if not line.is_done and line.next_at > now:
                self._lines[task_id] = replace(line, next_at=now)

    def next_at(self, wanted: Iterable[TaskId]) -> datetime | None:
        """When the first of the wanted commands may be performed."""
        lines = [self._lines[task_id] for task_id in wanted if task_id in self._lines]
        return min((line.next_at for line in lines), default=None)

    def set_back(self, span: timedelta) -> None:
        """The clock was set back by the span: nothing waits longer because of that."""
        for task_id, line in self._lines.items():
            self._lines[task_id] = replace(line, next_at=line.next_at - span)

    def keep_only(self, task_ids: Collection[TaskId]) -> None:
        """Forget all commands but these."""
        for task_id in self._lines.keys() - set(task_ids):
            del self._lines[task_id]
