"""What is reported of tasks by their tokens (AWS: SendTaskSuccess, -Failure, -Heartbeat).

Stored by whoever has the token, and read by the process that works on the execution. A token that
names nothing, or whose task waits no more, gets AWS's errors.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from asw.asl.values import Json, from_text
from asw.engine.facts import CallbackFailed, CallbackSucceeded, TaskFact, TaskHeartbeat
from asw.engine.task_ids import TaskId
from asw.platforms.local.database import dump

if TYPE_CHECKING:
    from asw.engine.record import Record

NO_TOKEN: Final = "InvalidToken"  # noqa: S105  the name of an error
TASK_DOES_NOT_EXIST: Final = "TaskDoesNotExist"
TASK_TIMED_OUT: Final = "TaskTimedOut"
"""AWS's codes: no token at all, a start that never was, a task that waits no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """The work is done, with this output."""

    output: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """The work failed; both texts may be missing."""

    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """The work goes on."""


Report: TypeAlias = Success | Failing | Beat


class ReportRefused(Exception):
    """The report changes nothing; ``code`` is AWS's name for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def require_awaited(record: "Record | None", task_id: TaskId) -> None:
    """Raise ReportRefused unless the record waits for a report on this start."""
    from asw.engine.calls import ACTIVITY, is_request  # noqa: PLC0415 -- whoever only looks needs no language
    from asw.engine.record import OnTask  # noqa: PLC0415

    if record is None or task_id.ordinal >= record.next_ordinal:
        raise ReportRefused(TASK_DOES_NOT_EXIST)
    waits = (frame.waiting for frame in record.frames.values())
    ours = (it for it in waits if isinstance(it, OnTask) and it.ordinal == task_id.ordinal)
    awaits = any(is_request(it.call) or it.call == ACTIVITY for it in ours)
    if record.outcome is not None or not awaits:
        raise ReportRefused(TASK_TIMED_OUT)


def fact_of(report: Report, task_id: TaskId, at: datetime) -> TaskFact:
    """The report as the engine hears it."""
    match report:
        case Success(output=output):
            return CallbackSucceeded(task_id=task_id, at=at, output=output)
        case Failing(error=error, cause=cause):
            return CallbackFailed(task_id=task_id, at=at, error=error, cause=cause)
        case Beat():
            return TaskHeartbeat(task_id=task_id, at=at)


def report_text(report: Report) -> str:
    """The report as SQLite stores it."""
    match report:
        case Success(output=output):
            return dump({"output": output})
        case Failing(error=error, cause=cause):
            return dump({"error": error, "cause": cause})
        case Beat():
            return dump({})


def report_of(text: str) -> Report:
    """The inverse of ``report_text``."""
    plain = from_text(text)
    if not plain:
        return Beat()
    return Success(output=plain["output"]) if "output" in plain else Failing(**plain)
