"""Facts: what the outside tells the engine. Past tense, frozen, the whole vocabulary in this file.

Each step gets all facts about what the record holds open (level, not edge): the same fact may come
again, in any order and together with others. Facts about closed tasks are dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from asw.asl.errors import TASK_LOST
from asw.asl.values import Json
from asw.engine.task_ids import TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHeld:
    """The task could not be started for lack of room, since ``at``; the engine asks again.

    Recorded, so that the wait is counted across restarts of the platform.
    """

    task_id: TaskId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    """Since ``at``, the task's code is running or its container is starting.

    ``may_repeat`` says whether the task may be started again if it is lost. ``worker`` is the name
    of the worker that has taken an activity's task, if it gave one.
    """

    task_id: TaskId
    at: datetime
    may_repeat: bool = True
    worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSucceeded:
    """The task's outcome is a value.

    Of a Task that waits for a callback or a job, this only is the answer to the call that asks for
    the work; a ``CallbackSucceeded`` or ``CallbackFailed`` ends it.
    """

    task_id: TaskId
    at: datetime
    output: Json
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed:
    """The task's outcome is an error with AWS's two texts; ``cause`` may be None."""

    task_id: TaskId
    at: datetime
    error: str
    cause: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskVanished:
    """The task was started and is gone without an outcome: a fault of machinery, not of code.

    ``reason`` is a sentence for people ("the node was drained"); ``error`` is the kind of loss,
    which has its own budget (``asw.engine.retry``). The task may be started again only if both
    ``may_repeat`` and that of ``TaskStarted`` allow it, or if it certainly ``never_ran``.
    """

    task_id: TaskId
    at: datetime
    reason: str
    error: str = TASK_LOST
    may_repeat: bool = True
    never_ran: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHeartbeat:
    """The task's last sign of life (ASL: HeartbeatSeconds)."""

    task_id: TaskId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSucceeded:
    """Who holds the Task's token, or follows the job that it asked for, reports its result."""

    task_id: TaskId
    at: datetime
    output: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFailed:
    """The same for a failure. AWS: both texts may be missing."""

    task_id: TaskId
    at: datetime
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildFinished:
    """A child execution ended; ``status`` is AWS's (SUCCEEDED, FAILED, TIMED_OUT, ABORTED).

    ``started_at`` is given for an execution that a Task started.
    """

    task_id: TaskId
    at: datetime
    status: str
    output: Json = None
    error: str | None = None
    cause: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested:
    """Somebody asked to abort the execution (AWS: StopExecution)."""

    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveRequested:
    """Somebody asked to resume an unsuccessful execution where it failed; ``number`` counts from 1.

    A number above the count of redrives is carried out once and becomes the count.
    """

    number: int


@dataclass(frozen=True, slots=True)
class Suspended:
    """While this is so, nothing new is started; what runs goes on, and so does time."""


TaskFact: TypeAlias = (
    TaskHeld
    | TaskStarted
    | TaskSucceeded
    | TaskFailed
    | TaskVanished
    | TaskHeartbeat
    | CallbackSucceeded
    | CallbackFailed
    | ChildFinished
)
Order: TypeAlias = StopRequested | RedriveRequested | Suspended
"""Requests of users."""
Fact: TypeAlias = TaskFact | Order

TASK_ENDS = (TaskSucceeded, TaskFailed, TaskVanished)
"""The facts that end a task."""
CALLBACKS = (CallbackSucceeded, CallbackFailed)
"""The facts that end a Task's wait for a callback or a job, whether its own call is over or not."""
_ENDS = (*TASK_ENDS, ChildFinished)


def has_ended(facts: Iterable[TaskFact]) -> bool:
    """Whether these facts about one task or child execution show its end."""
    return any(isinstance(fact, _ENDS) for fact in facts)
