"""Commands: what the engine asks the outside for. Imperative, frozen, all in this file.

Commands are a level: each step repeats what the record calls for and the facts do not show yet,
so performing one twice must be harmless (names come from the TaskId).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from asw.asl.resources import Invocation
from asw.asl.values import Json
from asw.engine.task_ids import TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTask:
    """Start one attempt of a Task state.

    ``payload`` is the event the task gets. ``state``, ``frame`` and ``attempt`` (from 0) are
    labels for people. ``timeout`` is the state's TimeoutSeconds, None where it has none; the
    engine's own timer is authoritative, the platform may use it as a backstop.
    """

    task_id: TaskId
    invocation: Invocation
    payload: Json
    state: str
    frame: int
    attempt: int
    timeout: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTask:
    """End a task whose outcome nobody waits for any more."""

    task_id: TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChild:
    """Start a child execution of the named workflow with this input."""

    task_id: TaskId
    workflow: str
    input: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelChild:
    """Abort a child execution."""

    task_id: TaskId


Command: TypeAlias = StartTask | CancelTask | StartChild | CancelChild
