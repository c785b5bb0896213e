"""Facts: what the outside shows the engine. Past tense, frozen, the whole vocabulary in this file.

A step gets the facts about what the record holds open, each time anew (level, not edge): the same
fact may come again, in any order, together with others, and facts about closed tasks are dropped.
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
    """The task could not be started for want of room, since ``at``; it is asked for again.

    Recorded, so that the platform's patience outlives whoever was refused.
    """

    task_id: TaskId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    """The task's code is running, or its container is being started, since ``at``.

    ``may_repeat`` says whether the task may be started anew should it be lost.
    """

    task_id: TaskId
    at: datetime
    may_repeat: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSucceeded:
    """The task's outcome is a value."""

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
    """The task was started and is gone without an outcome: the fault of machinery, not of code.

    ``reason`` is a sentence for people ("the node was drained"); ``error`` is the kind of loss,
    which has a budget of its own (``asw.engine.retry``). ``may_repeat`` says whether the task may
    be started anew for that; so does what ``TaskStarted`` said.
    """

    task_id: TaskId
    at: datetime
    reason: str
    error: str = TASK_LOST
    may_repeat: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHeartbeat:
    """The task's last sign of life (ASL: HeartbeatSeconds)."""

    task_id: TaskId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildFinished:
    """A child execution ended; ``status`` is AWS's (SUCCEEDED, FAILED, TIMED_OUT, ABORTED)."""

    task_id: TaskId
    at: datetime
    status: str
    output: Json = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested:
    """Somebody asked to abort the execution (AWS: StopExecution)."""

    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveRequested:
    """Somebody asked to resume an unsuccessful execution where it failed; the n-th time, from 1.

    A number above the count of redrives is carried out once, and is the count from then on.
    """

    number: int


@dataclass(frozen=True, slots=True)
class Suspended:
    """Nothing new is to be started as long as this is so; what runs goes on, and so does time."""


TaskFact: TypeAlias = (
    TaskHeld
    | TaskStarted
    | TaskSucceeded
    | TaskFailed
    | TaskVanished
    | TaskHeartbeat
    | ChildFinished
)
Order: TypeAlias = StopRequested | RedriveRequested | Suspended
"""What somebody wants of the execution."""
Fact: TypeAlias = TaskFact | Order

TASK_ENDS = (TaskSucceeded, TaskFailed, TaskVanished)
"""The facts that end a task."""
_ENDS = (*TASK_ENDS, ChildFinished)


def has_ended(facts: Iterable[TaskFact]) -> bool:
    """Whether these facts about one task, or one child execution, show its end."""
    return any(isinstance(fact, _ENDS) for fact in facts)
