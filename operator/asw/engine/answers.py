"""What the tasks of a play (``asw.engine.simulation``) do, and the facts that follow. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from asw.asl.model import StateMachine
from asw.asl.values import ABSENT, Json
from asw.engine.facts import (
    CallbackFailed,
    CallbackSucceeded,
    TaskFact,
    TaskFailed,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.task_ids import TaskId


class SimulationError(Exception):
    """The play cannot go on: the machine waits forever, or needs what the play lacks."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The task succeeds with this output."""

    output: Json


@dataclass(frozen=True, slots=True)
class Raised:
    """The task fails with AWS's two texts; a callback may leave both out."""

    error: str | None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The task vanishes; ``reason`` is a sentence for people.

    ``may_repeat`` is the policy of its function: whether it has free retries.
    """

    reason: str
    may_repeat: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """The task cannot be started at all."""

    error: str
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """A task that starts an execution starts one of this machine, which is played as well."""

    machine: StateMachine


End: TypeAlias = Returned | Raised | Lost | Refused | Ran


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one started task does.

    ``end`` comes ``seconds`` after the start, or never if it is None. ``heartbeats`` are the
    seconds after the start at which the task sends one. A task that asks for work is answered by
    ``submission`` at its start, and ``end`` is what becomes of the work; ABSENT if the call itself
    ends so. ``worker`` has taken the task of an activity.
    """

    end: End | None
    seconds: float = 0
    heartbeats: tuple[float, ...] = ()
    submission: Json = ABSENT
    worker: str | None = None


def fact_of(task_id: TaskId, end: End, started_at: datetime, at: datetime) -> TaskFact:
    """What becomes known of a task that ends so."""
    match end:
        case Returned(output=output):
            return TaskSucceeded(task_id=task_id, at=at, output=output, started_at=started_at)
        case Raised(error=error, cause=cause):
            if error is None:
                return CallbackFailed(task_id=task_id, at=at, cause=cause)
            return TaskFailed(
                task_id=task_id, at=at, error=error, cause=cause, started_at=started_at
            )
        case Refused(error=error, cause=cause):
            return TaskFailed(task_id=task_id, at=at, error=error, cause=cause)
        case Lost(reason=reason, may_repeat=may_repeat):
            return TaskVanished(task_id=task_id, at=at, reason=reason, may_repeat=may_repeat)
        case Ran():
            raise SimulationError("only a task that starts an execution has one played")


def report_of(task_id: TaskId, end: End, started_at: datetime, at: datetime) -> TaskFact:
    """What is reported of work that was asked for; nobody reports that it is lost."""
    match end:
        case Returned(output=output):
            return CallbackSucceeded(task_id=task_id, at=at, output=output)
        case Raised(error=error, cause=cause):
            return CallbackFailed(task_id=task_id, at=at, error=error, cause=cause)
        case _:
            return fact_of(task_id, end, started_at, at)
