"""Commands: what the engine asks of the outside. Imperative, frozen, all in this file.

Commands are levels, not edges: each step repeats what the record calls for and the facts do not
show yet, so performing one twice must be harmless (names come from the TaskId).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from asw.asl.resources import ActivityInvocation, FunctionInvocation, Invocation
from asw.asl.values import Json
from asw.engine.task_ids import TaskId

if TYPE_CHECKING:  # what reads and writes items is costly, and most machines have no such Map
    from asw.engine.items import Reading, Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTask:
    """Start one attempt of a Task state.

    ``payload`` is the event the task gets. ``state``, ``frame`` and ``attempt`` (from 0) are labels
    for people. ``timeout`` is the state's TimeoutSeconds, or None; the engine's own timer decides,
    and the platform may use it as a backstop. ``held_at`` is when the task was first refused for
    lack of room, None if no record says so. ``bound_to`` names the warm process that the record
    binds it to, None if it gets a process of its own. ``is_request`` says that the task only asks
    for work: a callback or the end of a job decides about the state. ``ordinal`` and
    ``redrive_count`` are those of the execution, also where the platform knows the task by another
    id: a trace names the attempt by them.
    """

    task_id: TaskId
    invocation: Invocation
    payload: Json
    state: str
    frame: int
    attempt: int
    timeout: timedelta | None = None
    held_at: datetime | None = None
    bound_to: str | None = None
    is_request: bool = False
    ordinal: int = 0
    redrive_count: int = 0

    @property
    def is_offer(self) -> bool:
        """Whether the task only is offered to the workers of an activity."""
        return isinstance(self.invocation, ActivityInvocation)

    @property
    def function(self) -> FunctionInvocation:
        """The function that it calls, where calls of services are refused before anything runs."""
        assert isinstance(self.invocation, FunctionInvocation)
        return self.invocation


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTask:
    """End a task whose outcome is no longer awaited."""

    task_id: TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChild:
    """Start a child execution: the ItemProcessor of the distributed Map ``state`` with an input.

    ``engine.children`` knows its machine and its name. ``label`` names the Map in ARNs (ASL:
    Label), ``index`` is the child's number in the Map.
    """

    task_id: TaskId
    state: str
    label: str
    index: int
    input: Json
    execution_type: Literal["STANDARD", "EXPRESS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartExecution:
    """Start an execution of another Workflow, for a Task (``engine.nested``).

    It has a definition and a role of its own. ``call`` is the task with its request.
    ``workflow_arn`` is as the request has it; ``is_awaited`` tells whether the task ends with the
    execution, or with its start.
    """

    call: StartTask
    workflow_arn: str
    name: str
    input: Json
    is_awaited: bool

    @property
    def task_id(self) -> TaskId:
        """The task's, which is the child's to its parent."""
        return self.call.task_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelChild:
    """Abort a child execution."""

    task_id: TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItems:
    """Read the items of a distributed Map; TaskSucceeded brings the array."""

    task_id: TaskId
    reading: "Reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResults:
    """Write the results of a distributed Map; TaskSucceeded brings the state's result."""

    task_id: TaskId
    writing: "Writing"


Command: TypeAlias = (
    StartTask | CancelTask | StartChild | StartExecution | CancelChild | ReadItems | WriteResults
)
