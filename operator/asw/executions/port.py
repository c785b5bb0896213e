"""The port between the verbs and where executions are: a cluster, a store, an exported file.

Verbs say and draw these values alone, so that they do the same everywhere. Implementations raise
``Failure`` with a remedy for whatever users can fix: no such name, no cluster, no permission, no
CRDs, a verb that this place does not have.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

from asw.asl.values import Json, JsonObject
from asw.engine.history import Event
from asw.executions.run import Run

if TYPE_CHECKING:
    from asw.asl.model import Dialect, StateMachine
    from asw.engine.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which executions: all conditions hold together; children of Maps only if asked for.

    ``selector`` is Kubernetes'; ``since`` bounds the creation; ``phases`` are as shown.
    """

    all_namespaces: bool = False
    selector: str | None = None
    phases: tuple[str, ...] = ()
    workflow: str | None = None
    since: datetime | None = None
    with_children: bool = False


Detail: TypeAlias = Literal["row", "wide", "whole"]
"""How much of each execution is read: what a row of a table shows; everything except inputs and
what the engine keeps, for wide tables; all of it. Places may return more."""

Change: TypeAlias = Literal["created", "configured", "unchanged"]
"""What became of an applied object, in kubectl's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What an execution runs: its pinned definition, parsed, and the text as it was written."""

    text: str
    dialect: "Dialect"
    machine: "StateMachine"


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """Why the place would refuse an object; or a sentence on why it could not be asked."""

    refusal: str | None = None
    denial: str | None = None


class Children(NamedTuple):
    """Iterations or child executions of a Map: how many ended, of how many, how many failed."""

    ended: int
    total: int
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A line of control that waits in the state: for an instant, or for an answer.

    ``until`` is the instant of a timer or of the next try; None for a callback.
    """

    state: str
    kind: Literal["timer", "retry", "callback"]
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSnapshot:
    """Everything that pictures of an execution are made of.

    ``map_runs`` says of distributed Maps at work, or that it failed in, how far their children are;
    ``visits`` how often children entered and left each state. ``waits`` holds what the engine's
    record tells of lines of control that wait; empty where that is not at hand.
    """

    run: Run
    events: tuple[Event, ...]
    machine: "StateMachine | None"
    map_runs: Mapping[str, Children] = field(default_factory=dict)
    visits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    waits: tuple[Wait, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSnapshot:
    """A started task, as its place still knows it.

    ``number`` is its ordinal: which start of the execution it is. ``trouble`` says why it
    is not running or ended: the pod's and the Job's reasons on a cluster; empty if all is well.
    """

    state: str
    number: int
    attempt: int = 0
    function: str | None = None
    job: str | None = None
    pod: str | None = None
    node: str | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCall:
    """The newest task of a Function: when it ended, or else when it was started.

    ``code`` is the object with the code that it runs, where code is an object.
    """

    execution: str
    phase: Literal["Running", "Succeeded", "Failed"]
    at: datetime
    code: str | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a task printed; ``attempt`` counts the starts of that state's task from 0.

    ``number`` is the task's, as in ``TaskSnapshot``; 0 where it is unknown. ``at`` is when it was
    printed, in RFC 3339, if that was asked for. ``child`` is an express child's uid, or empty.
    """

    state: str
    attempt: int
    text: str
    number: int = 0
    at: str = ""
    child: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """Which lines: those of ``state`` alone if it is given; at most the last ``tail`` of each task.

    With ``child``, a uid, those of that express child; with ``follow``, as they come until the run
    is over. Places that do not record times of lines raise Failure for ``since``, ``has_times``.
    """

    state: str | None = None
    child: str | None = None
    follow: bool = False
    tail: int | None = None
    since: datetime | None = None
    has_times: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOrder:
    """An execution to start; ``input`` counts if ``has_input``.

    ``revision`` None stands for the Workflow's current one.
    """

    workflow: str
    name: str | None = None
    has_input: bool = False
    input: Json = None
    labels: Mapping[str, str] = field(default_factory=dict)
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveOptions:
    """How to redrive: with another revision of the Workflow, if one is named."""

    revision: str | None = None


class Runs(Protocol):
    """Where executions are. Made by ``asw.executions.opening.open_runs``."""

    @property
    def namespace(self) -> str:
        """The namespace that names are looked up in."""

    async def list(self, query: Query, detail: Detail = "whole") -> Sequence[Run]:
        """The executions that the query means, oldest first."""

    async def names(self, kind: str) -> Sequence[str]:
        """Names of all objects of a kind, or Namespaces; of Executions without Maps' children."""

    async def get(self, name: str) -> Run:
        """The execution of this name. Raises Failure with the nearest names."""

    async def history(self, run: Run, *, after: int = 0) -> tuple[Event, ...]:
        """Its events with ids above ``after``, including those that were stored apart.

        A follower asks again and again: nothing older is read for it.
        """

    async def output(self, run: Run) -> Json:
        """Its output, wherever it is stored; None where it did not succeed."""

    async def definition(self, run: Run) -> Definition | None:
        """What it runs; None before it was pinned, or where nothing of it is left."""

    async def record(self, run: Run) -> "Record | None":
        """The engine's memory of it, whole; None before its first step and where it was removed."""

    async def snapshot(
        self, run: Run, *, after: int = 0, with_children: bool = True
    ) -> RunSnapshot:
        """History as ``history`` has it, machine and counts of Map children together.

        Without ``with_children`` it has no ``visits``: reading the histories of all children many
        times a second costs too much. It has no ``machine`` if that may not be read.
        """

    async def tasks(self, run: Run) -> Sequence[TaskSnapshot]:
        """The tasks that the place still knows, in the order of their starts."""

    def logs(self, run: Run, options: LogOptions) -> AsyncGenerator[LogLine]:
        """What its tasks printed, task by task; as it comes if it is followed."""

    def watch(
        self, query: Query, *, name: str | None = None, detail: Detail = "whole"
    ) -> AsyncGenerator[Run]:
        """Every execution that the query means, or the one of this name, now and on every change.

        It has no end. A deleted one comes with phase ``Deleted``.
        """

    async def start(self, order: StartOrder) -> Run:
        """Make an Execution. A cluster runs it; on this machine ``finish`` does."""

    async def finish(self, run: Run) -> Run:
        """How it ended, once it is over. On this machine it is worked on meanwhile."""

    async def stop(self, run: Run, *, error: str | None, cause: str | None) -> None:
        """Abort it."""

    async def suspend(self, run: Run, *, is_suspended: bool) -> None:
        """Start nothing new, or go on."""

    async def redrive(self, run: Run, options: RedriveOptions) -> None:
        """Resume one that did not succeed from where it failed."""

    async def revision(self, run: Run, name: str) -> Definition:
        """Another pinned definition of its Workflow. Raises Failure if there is none."""

    async def workflow(self, name: str) -> JsonObject:
        """The Workflow as a manifest. Raises Failure with the nearest names."""

    async def workflows(self) -> Sequence[JsonObject]:
        """All Workflows of the namespace."""

    async def config_map(self, name: str) -> Mapping[str, str] | None:
        """Data of a ConfigMap; None if it does not exist or may not be read."""

    async def dry_run(self, manifest: JsonObject) -> DryRun:
        """What the place would say about the object; nothing is changed."""

    async def functions(self) -> Sequence[JsonObject]:
        """All Functions of the namespace."""

    async def connections(self) -> Sequence[JsonObject]:
        """All Connections of the namespace."""

    async def last_calls(self, functions: Sequence[str]) -> Mapping[str, LastCall]:
        """The newest task of each of these Functions, by name, as far as the place knows any."""
