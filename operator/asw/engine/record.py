"""The Record: the durable part of one execution's status, all that the engine remembers.

A tree of frames, one per line of control: the top level, each Parallel branch, each inline Map
iteration. Frames refer to states by name and hold what their state waits for. Everything is frozen;
a step returns a new Record that shares what did not change. ``record_text`` turns it into text.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Literal, TypeAlias

from asw.asl.errors import Failure
from asw.asl.resources import Invocation
from asw.asl.values import Json
from asw.engine.outputs import Outputs
from asw.engine.task_ids import TaskId

ROOT_FRAME = 1
"""Id of the top-level frame."""

Status: TypeAlias = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an execution starts with; the context object shows it (``$$.Execution`` ...)."""

    uid: str
    name: str
    arn: str
    workflow_name: str
    workflow_arn: str
    role_arn: str
    started_at: datetime

    @property
    def region(self) -> str:
        """The region that the workflow's ARN names."""
        return self.workflow_arn.split(":")[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """About to enter its state: waits for nothing, the next step goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTask:
    """Waiting for one attempt of a task.

    ``held_at`` is when it was first refused for lack of room. ``started_at`` is None until a fact
    shows the start; timeouts count from it. ``call`` is the history dialect of the Resource:
    ``function`` (LambdaFunction... events), or a service and its action: ``lambda:invoke``.
    ``bound_to`` names the one warm process that may run the attempt; None if it gets a process of
    its own. ``is_submitted`` once the call has only asked for the work: no process runs any more,
    and a callback or the end of a job or of an execution is awaited. ``answer`` is what the call
    that started a job was answered: it names the job.
    """

    ordinal: int
    invocation: Invocation
    payload: Json
    call: str
    scheduled_at: datetime
    held_at: datetime | None = None
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    timeout_seconds: int | None = None
    heartbeat_seconds: int | None = None
    may_repeat: bool = True
    bound_to: str | None = None
    is_submitted: bool = False
    answer: Json = None

    def deadlines(self) -> tuple[datetime | None, datetime | None]:
        """When TimeoutSeconds and HeartbeatSeconds expire, if known."""
        if self.started_at is None:
            return None, None
        deadline = beat = None
        if self.timeout_seconds is not None:
            deadline = self.started_at + timedelta(seconds=self.timeout_seconds)
        if self.heartbeat_seconds is not None:
            last = self.heartbeat_at or self.started_at
            beat = last + timedelta(seconds=self.heartbeat_seconds)
        return deadline, beat


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTimer:
    """A Wait state until the instant."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRetry:
    """Between two attempts of a state, until the instant."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBranches:
    """A Parallel at work: outputs of finished branches by index; open branches are child frames."""

    outputs: Outputs = field(default_factory=Outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnIterations:
    """A Map at work: iterations below ``next_index`` have been opened, the rest not yet.

    ``items`` is the array that the Map runs over. ``failures`` holds the error outputs of failed
    iterations that the ``tolerance`` allows; it is None if the first failure ends the Map.
    ``again`` lists those below ``next_index`` that a redrive has to open again.
    """

    items: Json
    max_concurrency: int
    tolerance: "Tolerance | None" = None
    next_index: int = 0
    again: tuple[int, ...] = ()
    outputs: Outputs = field(default_factory=Outputs)
    failures: Outputs = field(default_factory=Outputs)

    @property
    def places(self) -> int:
        """How many iterations may be opened now."""
        to_open = len(self.again) + len(self.items) - self.next_index
        ended = len(self.outputs) + len(self.failures)
        are_open = self.next_index - len(self.again) - ended
        return min(self.max_concurrency - are_open, to_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnReading:
    """A distributed Map whose ItemReader is reading, as the task ``ordinal``.

    ``parameters`` are evaluated; ``max_items`` is None for all items.
    """

    ordinal: int
    parameters: Json
    map_run: "MapRun"
    max_items: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnMapRun:
    """A distributed Map at work: each of the ``items`` is the input of a child execution.

    The child number ``index`` has the ordinal ``first_ordinal + index``. Those below ``next_index``
    have been started, ``open_children`` are running; ``failures`` holds the error outputs of those
    that failed. For children that a redrive runs again, ``moved`` holds ranges (first, until,
    ordinal of the first) with their new ordinals, and ``restarts`` ranges (first, until) of those
    not started yet.
    """

    items: Json
    map_run: "MapRun"
    first_ordinal: int
    next_index: int = 0
    open_children: tuple[int, ...] = ()
    restarts: "Ranges" = ()
    moved: "Ranges" = ()
    outputs: Outputs = field(default_factory=Outputs)
    failures: Outputs = field(default_factory=Outputs)

    def interrupted(self) -> "OnMapRun":
        """The same without running children; a redrive can go on from it."""
        return replace(self, open_children=())


@dataclass(frozen=True, slots=True, kw_only=True)
class OnWriting:
    """A distributed Map whose ResultWriter is writing, as the task ``ordinal``."""

    ordinal: int
    map_run: "MapRun"
    parameters: Json
    items: Json
    first_ordinal: int
    moved: "Ranges" = ()
    outputs: Outputs
    failures: Outputs

    def interrupted(self) -> OnMapRun:
        """A Map Run with nothing left to do but the writing."""
        return OnMapRun(
            items=self.items,
            map_run=self.map_run,
            first_ordinal=self.first_ordinal,
            next_index=len(self.items),
            moved=self.moved,
            outputs=self.outputs,
            failures=self.failures,
        )


Ranges: TypeAlias = tuple[tuple[int, ...], ...]
"""Numbers as ranges: each has its first number, the one after its last, and perhaps more."""


def ordinal_of(waiting: OnMapRun | OnWriting, index: int) -> int:
    """The ordinal of the child number ``index``."""
    at = bisect_right(waiting.moved, index, key=itemgetter(0)) - 1 if waiting.moved else -1
    if at >= 0:
        first, until, ordinal = waiting.moved[at]
        if index < until:
            return ordinal + index - first
    return waiting.first_ordinal + index


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How many items of a Map may fail: a count, a percentage of all (0 to 100), or both."""

    count: int | None = None
    percentage: float | None = None

    def is_exceeded(self, failed: int, total: int) -> bool:
        """Whether this many failures of all items exceed either bound."""
        if self.count is None and self.percentage is None:
            return failed > 0
        if self.count is not None and failed > self.count:
            return True
        return self.percentage is not None and failed * 100 > self.percentage * total


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRun:
    """A Map Run (AWS): its ordinal for ARNs, and how many children may run and fail."""

    ordinal: int
    max_concurrency: int
    tolerance: Tolerance = Tolerance()
    redrive_count: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The frame's state failed for good, and so did the execution; a redrive runs it again."""

    failure: Failure


Waiting: TypeAlias = (
    Entering
    | OnTask
    | OnTimer
    | OnRetry
    | OnBranches
    | OnIterations
    | OnReading
    | OnMapRun
    | OnWriting
    | Failed
)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One line of control.

    ``index`` is the branch or iteration it runs, 0 at the top. ``last_event`` is the
    previousEventId of its next event. ``input`` is the raw input of its current state, entered by
    the event ``state_event`` at ``entered_at``. ``attempts`` counts retries per Retrier,
    ``retry_count`` all of them, ``free_retries`` those for lost tasks, per kind of loss.
    ``variables`` are those that states of this line assigned (ASL: Assign), ``variables_size`` the
    bytes of their text.
    """

    id: int
    parent: int | None
    index: int
    last_event: int
    state: str
    state_event: int
    entered_at: datetime
    input: Json
    waiting: Waiting
    attempts: tuple[int, ...] = ()
    retry_count: int = 0
    free_retries: Mapping[str, int] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    variables_size: int = 0

    @property
    def attempt(self) -> int:
        """How many attempts of the state came before this one, for whatever reason."""
        return self.retry_count + sum(self.free_retries.values())


def changed(frame: Frame, **changes: Any) -> Frame:
    """The frame with these fields changed: ``dataclasses.replace`` at a tenth of the cost.

    Every transition does this several times, so it is the hottest line of the engine, and the
    reason why a frame has no slots: a dictionary is copied at once, slots are set one by one.
    """
    made = object.__new__(Frame)
    made.__dict__.update(frame.__dict__, **changes)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the execution ended. SUCCEEDED has an ``output``, any other status a ``failure``."""

    status: Status
    at: datetime
    output: Json = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is remembered. ``cancelling`` lists ordinals whose outcome is no longer awaited.

    ``cancelling_children`` does so for child executions.
    """

    header: Header
    input: Json
    frames: Mapping[int, Frame] = field(default_factory=dict)
    next_frame: int = ROOT_FRAME
    next_ordinal: int = 1
    next_event: int = 1
    cancelling: tuple[int, ...] = ()
    cancelling_children: tuple[int, ...] = ()
    timeout_at: datetime | None = None
    redrive_count: int = 0
    outcome: Outcome | None = None

    def task_id(self, ordinal: int) -> TaskId:
        """The id of the ordinal outside."""
        return TaskId(self.header.uid, ordinal)

    def open_tasks(self) -> Iterator[TaskId]:
        """Every task whose facts the next step needs: awaited tasks and those being cancelled."""
        if self.outcome is None:
            for frame in self.frames.values():
                for ordinal in awaited(frame.waiting):
                    yield self.task_id(ordinal)
        for ordinal in (*self.cancelling, *self.cancelling_children):
            yield self.task_id(ordinal)

    def bound(self, processes: Mapping[TaskId, str], once: Collection[TaskId] = ()) -> "Record":
        """The same with these awaited tasks bound to the warm processes named for them.

        Those of ``once`` may not be repeated if they are lost: whoever reads the record next cannot
        know whether they were handed over.
        """
        frames = dict(self.frames)
        for frame in self.frames.values():
            waiting = frame.waiting
            if isinstance(waiting, OnTask):
                task_id = self.task_id(waiting.ordinal)
                process = processes.get(task_id)
                if process is not None:
                    bound = replace(waiting, bound_to=process, may_repeat=task_id not in once)
                    frames[frame.id] = changed(frame, waiting=bound)
        return replace(self, frames=frames)

    def current_states(self) -> list[str]:
        """The states of frames without child frames, in frame order."""
        return [
            frame.state
            for frame in self.frames.values()
            if not isinstance(frame.waiting, OnBranches | OnIterations)
        ]


def awaited(waiting: Waiting) -> Sequence[int]:
    """The ordinals of what it waits for outside: a task, or child executions."""
    match waiting:
        case OnTask() | OnReading() | OnWriting():
            return (waiting.ordinal,)
        case OnMapRun():
            return [ordinal_of(waiting, index) for index in waiting.open_children]
    return ()
