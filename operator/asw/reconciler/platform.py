"""The port: what the reconciler needs from the place where tasks run and state lives.

Implemented by ``asw.platforms.kubernetes``, ``asw.platforms.local`` and a fault-injecting fake for
tests; one suite of reconciler tests holds all three to the sentences here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from asw.asl.values import Json

if TYPE_CHECKING:  # readers of stored values must not pay for importing the engine
    from asw.asl.model import Dialect
    from asw.engine.commands import CancelTask, StartTask
    from asw.engine.facts import StopRequested, TaskFact
    from asw.engine.history import Event
    from asw.engine.record import Record
    from asw.engine.task_ids import TaskId
    from asw.reconciler.answers import Answer


@dataclass(frozen=True, slots=True)
class ExecutionKey:
    """How the platform finds an execution: namespace, object name and uid.

    ``owner`` is set for an express child of a distributed Map: the platform holds only its tasks,
    and what is created for these belongs to the owner and is deleted with it.
    """

    namespace: str
    name: str
    uid: str
    owner: "ExecutionKey | None" = None

    @property
    def root(self) -> "ExecutionKey":
        """The execution that the platform holds: this one, or the one around it."""
        return self.owner or self


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A pinned definition. ``name`` identifies it forever; ``text`` is the definition's JSON."""

    name: str
    workflow_name: str
    text: str
    dialect: "Dialect" = "ASL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """The request for the n-th redrive, by the named revision; None: the one it ran."""

    number: int
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An execution as the platform holds it.

    ``record`` is None before the first save. ``fence`` is the version that the next save must
    name. If ``input`` cannot be read (not JSON, too large, its source missing) it is None, and
    ``input_problem`` is a sentence with the remedy. ``map_state`` is set only for a child of a
    distributed Map: it runs that Map's ItemProcessor, and has a record from the start.
    ``record_problem`` says why a saved record is lost forever. ``said`` is the last
    ``Save.waiting``, while that is still shown.

    ``is_suspended``, ``redrive`` and ``stop`` are requests, ``answers`` what people said to
    approvals; ``is_redrive_refused`` if a save refused this very redrive. ``is_unobserved`` if it
    is over and was edited since, and people and tools do not know yet that the edit was read.
    """

    key: ExecutionKey
    execution_name: str
    workflow_name: str
    created_at: datetime
    fence: str
    input: Json = None
    input_problem: str | None = None
    stop: "StopRequested | None" = None
    is_suspended: bool = False
    redrive: Redrive | None = None
    answers: "tuple[Answer, ...]" = ()
    is_redrive_refused: bool = False
    revision: str | None = None
    record: "Record | None" = None
    record_problem: str | None = None
    map_state: str | None = None
    said: tuple[str, str] | None = None
    is_finished: bool = False
    is_unobserved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One write: the whole record, the new events only, and why the execution waits, if it does.

    ``revision`` is named in every save with a record; the first one pins it.

    ``note`` tells people what a running execution waits for besides its states; ``trouble`` is the
    part of it that does not pass by itself: what keeps tasks from starting though it is their turn.

    ``waiting`` is a (reason, message) for people while the execution cannot start (its Workflow
    is missing or not ready), continue (it is suspended), or be redriven (then there is no record
    beside it, and the stored one stays). The reason is a name of ``asw.api.names``.
    ``failed_before_start`` ends an execution that never had a record, with error and cause.

    ``refusal`` is a sentence that says why a redrive is refused. It comes alone, and changes
    nothing else that was saved before. So does ``observed``, which says that an edit of a
    finished execution was read.

    ``is_certain`` if nothing that was reported led to it: whoever takes over before it is written
    decides the same, by what is stored and the time.
    """

    record: "Record | None" = None
    revision: str | None = None
    history: "Sequence[Event]" = ()
    note: str | None = None
    trouble: str | None = None
    waiting: tuple[str, str] | None = None
    failed_before_start: tuple[str, str] | None = None
    refusal: str | None = None
    observed: bool = False
    is_certain: bool = False
    at: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """The platform knows of no such task: it was never started here."""


@dataclass(frozen=True, slots=True)
class KnownTask:
    """The platform knows the task; ``facts`` say what it shows (none: created, not running).

    ``pending_reason`` tells people what keeps it from running, if anything.
    """

    facts: "tuple[TaskFact, ...]" = ()
    pending_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """The task is bound to a warm process that has never got it: it is started as if unknown."""


Observation: TypeAlias = Unknown | KnownTask | Unsent


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowMissing:
    """There is no Workflow of that name yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowInvalid:
    """The Workflow exists but cannot run; ``problems`` are sentences with place and remedy.

    ``more`` is how many further problems there are.
    """

    problems: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowReady:
    """The Workflow's current revision."""

    revision: Revision


WorkflowState: TypeAlias = WorkflowMissing | WorkflowInvalid | WorkflowReady


class PlatformError(Exception):
    """The platform could not do something; subclasses say when to try again."""


class Conflict(PlatformError):
    """The fence was stale: somebody else wrote. Reload and step again, now."""


class Unavailable(PlatformError):
    """The platform does not answer (network, 429, 5xx). Try again with back-off."""


class Refused(PlatformError):
    """The platform will not do it as things stand (403, 422): a human must act. Long back-off."""


class TooLarge(Refused):
    """The platform refuses a write for its size: the same write never succeeds."""


class Reserved(NamedTuple):
    """A warm process that is set aside; ``may_repeat``: the task may start again if it is lost."""

    process: str
    may_repeat: bool = True


class NoRoom(PlatformError):
    """A limit leaves no room for the task now: others must end first.

    ``again_in`` is set if room is being made: a start may succeed then. Otherwise back off.
    """

    def __init__(self, message: str, *, again_in: timedelta | None = None) -> None:
        super().__init__(message)
        self.again_in = again_in


class Busy(NoRoom):
    """All warm processes for the task are busy: it waits for one, for a fraction of a second."""


class NotYet(PlatformError):
    """What the task calls is missing or not ready, but may still come. Back off, up to ``until``.

    ``Reconciler.retry`` is called when it has come.
    """

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class Gone(PlatformError):
    """The execution itself was deleted: forget it."""


class NotActingError(Exception):
    """Effects are not allowed here any more: another replica may hold the execution."""


class TaskRefused(PlatformError):
    """A task cannot be started: becomes the task's failure, with this error and cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Whose tasks count together: a Workflow's, and how many may be active; 0 for any number."""

    workflow_name: str
    limit: int = 0


class Listener(Protocol):
    """Whom a platform tells of changes: the ``Reconciler``."""

    def wake(self, key: ExecutionKey) -> None:
        """What is observed of the execution's tasks and children changed."""

    def reload(self, key: ExecutionKey) -> None:
        """Somebody else created, changed or deleted the execution."""

    def retry(self, key: ExecutionKey) -> None:
        """What starts of the execution waited for may exist now."""


class Platform(Protocol):
    """The place where tasks run and state lives. Async methods do I/O.

    A platform calls ``Reconciler.wake(key)`` when ``observe`` would answer differently,
    ``Reconciler.reload(key)`` when somebody else created, changed (``spec.stop``) or deleted the
    execution itself or the Workflow that it waits for, and ``Reconciler.deliver(key, fact)`` with
    what a task itself reported. More calls than needed do no harm.
    """

    def now(self) -> datetime:
        """The time, in UTC, milliseconds at least."""
        ...

    async def load(self, key: ExecutionKey) -> Stored | None:
        """The execution with its record, None if it is gone (or another has its name).

        As fresh as a save would find it: after a Conflict, load shows what the save ran into.
        """
        ...

    async def glance(self, key: ExecutionKey) -> Stored | None:
        """As ``load``, but without reading input or record: for an execution that must end unread.

        Saving it as ``failed_before_start`` does not read them either.
        """
        ...

    def drop(self, key: ExecutionKey) -> None:
        """The execution waits for time alone and has no open task: release it."""
        ...

    async def workflow(self, key: ExecutionKey, workflow_name: str) -> WorkflowState:
        """The Workflow that the execution names, as it is now."""
        ...

    async def is_workflow_seen(self, key: ExecutionKey, workflow_name: str) -> bool:
        """Whether what ``workflow`` shows is current: asked before an execution fails for it."""
        ...

    async def revision(self, key: ExecutionKey, name: str) -> Revision | None:
        """A pinned revision; it outlives its Workflow. None if somebody removed it."""
        ...

    async def exited_states(self, key: ExecutionKey) -> Collection[str]:
        """Names of the states that were left, from the whole history; for redrives, which are rare.

        Raises Refused if part of the history is lost.
        """
        ...

    def observe(self, key: ExecutionKey, task_id: "TaskId") -> Observation:
        """What is known of the task, from memory.

        A task that is gone without an outcome is KnownTask with TaskVanished if the platform can
        tell, and only once nothing of it runs or can come to run, as far as anybody can know.
        Unknown means the same once the task was seen, or recorded as started. So a platform
        answers only after its memory is filled.
        """
        ...

    def active_tasks(self) -> "Iterable[tuple[ExecutionKey, TaskId]]":
        """Every task that was started and shows no end, from memory."""
        ...

    def task_group(self, key: ExecutionKey) -> TaskGroup:
        """Which Workflow the execution's tasks count for, as its spec is now, from memory.

        A platform calls ``Reconciler.put_task_limit`` when a limit changes.
        """
        ...

    async def save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        """Write record and history in one fenced write; the new fence. Raises Conflict, Gone."""
        ...

    async def start(
        self, key: ExecutionKey, tasks: "Sequence[StartTask]"
    ) -> Sequence[Exception | None]:
        """Start tasks; each slot holds None, TaskRefused, or another PlatformError.

        Starting an existing task, with our owner and id, is success. NoRoom and NotYet are answers
        for a bounded time only, then TaskRefused follows. Called only after
        ``prepare`` for the same tasks and the save of their record succeeded.
        """
        ...

    def reserve(
        self, key: ExecutionKey, tasks: "Sequence[StartTask]"
    ) -> "Mapping[TaskId, Reserved | None]":
        """Set warm processes aside for tasks that are about to start, from memory.

        The processes, for those tasks that got one: they are saved with the record
        that starts the tasks, and no other process may run these. None for a task that waits in
        line for one: ``start`` answers Busy. What is not in the answer gets a process of its own,
        as every task does on a platform without warm processes.
        """
        ...

    def release(self, key: ExecutionKey, tasks: "Iterable[TaskId]") -> None:
        """The reservations of these tasks were not saved: others may have the processes."""
        ...

    async def prepare(self, key: ExecutionKey, tasks: "Sequence[StartTask]") -> None:
        """Make ready what the tasks need (tokens) while their start is being saved.

        Runs beside ``save``, and again, without a save, for a start that is made up for later.
        """
        ...

    async def cancel(self, key: ExecutionKey, tasks: "Sequence[CancelTask]") -> None:
        """End tasks; ending one that does not exist is success."""
        ...
