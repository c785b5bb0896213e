"""Executions of this machine's store, through the port."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from asw.asl.values import Json, JsonObject
from asw.engine.facts import StopRequested
from asw.engine.history import Event
from asw.executions.local.folders import unusable
from asw.executions.local.logs import LocalLogs
from asw.executions.local.manifests import (
    connection_manifest,
    execution_manifest,
    function_manifest,
    last_call,
    workflow_manifest,
)
from asw.executions.local.work import LOOK_SECONDS, busy, work
from asw.executions.orders import checked_input, checked_name, taken
from asw.executions.port import (
    Definition,
    Detail,
    DryRun,
    LastCall,
    LogLine,
    LogOptions,
    Query,
    RedriveOptions,
    RunSnapshot,
    StartOrder,
    TaskSnapshot,
)
from asw.executions.run import Run, deleted
from asw.executions.selectors import is_meant, selector_condition
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure, nearest
from asw.messages import t
from asw.platforms.local.database import FILE_NAME
from asw.platforms.local.executions import NAMESPACE, NewExecution
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.presence import worked_on
from asw.platforms.local.reports import (
    NO_TOKEN,
    TASK_DOES_NOT_EXIST,
    TASK_TIMED_OUT,
    Report,
    ReportRefused,
)
from asw.platforms.local.shown import Mark, Shown
from asw.platforms.local.store import Store, open_store
from asw.platforms.local.tasks import Failed, Vanished, outcome_of
from asw.reconciler.platform import Redrive, WorkflowReady

if TYPE_CHECKING:
    from asw.engine.record import Record

FOLLOW_SECONDS = 0.1
STOP_SECONDS = 5.0
"""Seconds that a stop may take; a process that works on the execution hears of it in 0.1 s."""


@contextmanager
def open_local(target: Target) -> "Iterator[LocalRuns]":
    """The port on the store of the target's folder. Raises Failure."""
    if not (target.data / FILE_NAME).exists():
        raise Failure(
            t("{folder} has no executions", folder=target.data),
            remedy=t("name another folder with --data, or run something: asw run PATH"),
        )
    try:
        with closing(open_store(target.data)) as store:
            yield LocalRuns(store, target.data)
    except UnusableFolder as error:
        raise unusable(error, target.options) from error


class LocalRuns:
    """The port on a ``store``; ``folder`` is its data folder."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self._started: set[str] = set()

    @property
    def namespace(self) -> str:
        """Where names are looked up."""
        return NAMESPACE

    async def list(self, query: Query, detail: Detail = "whole") -> Sequence[Run]:  # noqa: ARG002
        """Executions of the query."""
        selects = None if query.selector is None else selector_condition(query.selector)
        shown = self.store.shown.executions(with_children=query.with_children)
        return [run for run in self.as_runs(shown) if is_meant(run, query, selects)]

    async def names(self, kind: str) -> Sequence[str]:
        """Names of one kind."""
        match kind:
            case "Execution":
                return self.store.shown.names()
            case "Workflow":
                return [name for name, _ in self.store.shown.workflows()]
            case "Function":
                return [function.name for function in self.store.shown.functions()]
            case "Connection":
                return [str(it["name"]) for it in self.store.shown.connections()]
        return [NAMESPACE]

    async def get(self, name: str) -> Run:
        """The execution of that name."""
        shown = self.store.shown.execution(name)
        if shown is None:
            known = self.store.shown.names()
            message = t("no execution {name!r} in {place}", name=name, place=self.folder)
            raise _missing(message, name, known)
        (run,) = self.as_runs([shown])
        return run

    async def history(self, run: Run, *, after: int = 0) -> tuple[Event, ...]:
        """Its events after an id."""
        return tuple(self.store.executions.history(run.uid, after=after))

    async def output(self, run: Run) -> Json:
        """Its output, wherever stored."""
        return run.status.get("output")

    async def definition(self, run: Run) -> Definition | None:
        """What it runs, parsed."""
        from asw.executions.snapshots import machine_of  # noqa: PLC0415 -- a list needs no language

        revision = self.store.catalogue.revision(run.status.get("revision") or "")
        if revision is None:
            return None
        machine = machine_of(revision, run.map_state)
        return Definition(text=revision.text, dialect=revision.dialect, machine=machine)

    async def record(self, run: Run) -> "Record | None":
        """The engine's whole memory."""
        stored = self.store.executions.load(run.uid)
        return None if stored is None else stored.record

    async def snapshot(
        self, run: Run, *, after: int = 0, with_children: bool = True
    ) -> RunSnapshot:
        """Everything for pictures of it."""
        from asw.executions.snapshots import remembers_more, snapshot_of  # noqa: PLC0415 -- as above

        definition = await self.definition(run)
        machine = None if definition is None else definition.machine
        record = await self.record(run) if remembers_more(run, machine) else None
        events = await self.history(run, after=after)
        visits = self.store.shown.visits(run.uid) if with_children else None
        return snapshot_of(run, events, machine, record, visits)

    async def tasks(self, run: Run) -> Sequence[TaskSnapshot]:
        """Tasks the place still knows."""
        with self.store.reading(run.uid):
            return [
                TaskSnapshot(
                    state=task.state,
                    number=task.ordinal,
                    attempt=task.attempt,
                    function=task.function,
                    trouble=_trouble(task.outcome),
                )
                for task in self.store.shown.tasks(run.uid)
            ]

    async def logs(self, run: Run, options: LogOptions) -> AsyncGenerator[LogLine]:
        """What its tasks printed."""
        logs, tail = LocalLogs(self.folder, self.store, run, options), options.tail
        while True:
            is_last = not options.follow or (await self.get(run.name)).is_over
            for line in logs.read(tail, is_last=is_last):
                yield line
            if is_last:
                return
            tail = None
            await asyncio.sleep(FOLLOW_SECONDS)

    async def watch(
        self,
        query: Query,
        *,
        name: str | None = None,
        detail: Detail = "whole",  # noqa: ARG002 -- all is at hand
    ) -> AsyncGenerator[Run]:
        """Executions as they change."""
        selects = None if query.selector is None else selector_condition(query.selector)
        seen: dict[str, Run] = {}
        marks: Mapping[str, Mark] = {}
        version, at_work = None, worked_on(self.folder)
        while True:
            before_at_work, at_work = at_work, worked_on(self.folder)
            if version == self.store.version and at_work == before_at_work:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            version = self.store.version
            if name is not None:
                there, gone = [await self.get(name)], set()
            else:
                before, marks = marks, self.store.shown.marks(with_children=query.with_children)
                changed = [uid for uid, mark in marks.items() if before.get(uid) != mark]
                if at_work != before_at_work:
                    changed += [uid for uid, run in seen.items() if not run.is_over]
                found = self.as_runs(self.store.shown.some(list(dict.fromkeys(changed))))
                there = [run for run in found if is_meant(run, query, selects)]
                for uid in {*changed} - {run.uid for run in there}:
                    seen.pop(uid, None)  # the query no longer means it, but may again
                gone = seen.keys() - marks.keys()
            for run in there:
                if seen.get(run.uid) != run:
                    seen[run.uid] = run
                    yield run
            for uid in gone:
                yield deleted(seen.pop(uid))

    async def start(self, order: StartOrder) -> Run:
        """Make an Execution."""
        workflow = await self.workflow(order.workflow)
        if order.revision not in (None, workflow["status"]["revision"]):
            raise Failure(
                t("on this machine, only the current definition of a Workflow can be started"),
                remedy=t("omit the revision, or asw run the files of that time"),
            )
        value = order.input
        if not order.has_input:
            value = self.store.catalogue.default_input(order.workflow)
        checked_input(value)
        executions = self.store.executions
        name = checked_name(order.name or self._free_name(order.workflow))
        new = NewExecution(
            uid=str(uuid4()),
            name=name,
            execution_name=name,
            workflow_name=order.workflow,
            input=value,
            created_at=datetime.now(UTC),
            objects=self.store.catalogue.objects(order.workflow),
            labels=order.labels,
        )
        try:
            key = executions.create(new)
        except ValueError as error:
            raise taken(name) from error
        self._started.add(key.uid)
        return await self.get(name)

    async def finish(self, run: Run) -> Run:
        """Work on it to its end."""
        is_ours = run.uid in self._started
        return await work(self.folder, self.store, self._reread(run), is_ours=is_ours)

    async def stop(self, run: Run, *, error: str | None, cause: str | None) -> None:
        """Abort it; that is done when this returns."""
        self.store.executions.request_stop(run.uid, StopRequested(error=error, cause=cause))
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.finish(run)
        except TimeoutError:
            raise busy(self.folder, run.name) from None

    def report(self, token: str, report: Report) -> Run:
        """Tell the execution that waits by this token; the execution. Raises Failure."""
        from asw.platforms.local.reporting import take_report  # noqa: PLC0415 -- as above

        try:
            key = take_report(self.store, token, report, datetime.now(UTC))
        except ReportRefused as refused:
            raise _refused(refused.code) from refused
        shown = self.store.shown.execution(key.name)
        (run,) = self.as_runs([] if shown is None else [shown])
        return run

    async def suspend(self, run: Run, *, is_suspended: bool) -> None:
        """Hold it, or go on; ``finish`` continues one that nobody works on."""
        self.store.executions.request_suspend(run.uid, is_suspended=is_suspended)

    async def redrive(self, run: Run, options: RedriveOptions) -> None:
        """Ask for it; ``finish`` does it."""
        order = Redrive(number=run.next_redrive, revision=options.revision)
        self.store.executions.request_redrive(run.uid, order)

    def as_runs(self, shown: Iterable[Shown]) -> Iterator[Run]:
        """As they stand; those that are not over say whether a process works on them."""
        at_work = worked_on(self.folder)
        place = Target(is_local=True, data=self.folder).options
        left = f"no process works on it; go on with: asw resume {place}"
        for each in shown:
            is_left = each.outcome is None and self.store.shown.root(each.uid) not in at_work
            yield Run(execution_manifest(each, left if is_left else ""))

    def _free_name(self, workflow: str) -> str:
        taken = self.store.executions.names()
        return next(name for n in count(1) if (name := f"{workflow}-{n}") not in taken)

    def _reread(self, run: Run) -> Callable[[], Run]:
        def reread() -> Run:
            shown = self.store.shown.execution(run.name)
            return run if shown is None else Run(execution_manifest(shown))

        return reread

    async def revision(self, run: Run, name: str) -> Definition:
        """Another pinned definition."""
        from asw.executions.snapshots import defined  # noqa: PLC0415 -- as above

        return defined(self.store.catalogue.revision(name), run, name)

    async def workflow(self, name: str) -> JsonObject:
        """The Workflow's manifest."""
        found = self.store.catalogue.workflow(name)
        if not isinstance(found, WorkflowReady):
            known = [known for known, _ in self.store.shown.workflows()]
            message = t("no Workflow {name!r} in {place}", name=name, place=self.folder)
            raise _missing(message, name, known)
        return workflow_manifest(name, found.revision)

    async def workflows(self) -> Sequence[JsonObject]:
        """All Workflows."""
        return [await self.workflow(name) for name, _ in self.store.shown.workflows()]

    async def config_map(self, name: str) -> Mapping[str, str] | None:  # noqa: ARG002
        """None: Functions hold their files here."""
        return None

    async def dry_run(self, manifest: JsonObject) -> DryRun:  # noqa: ARG002
        """A store refuses nothing."""
        return DryRun()

    async def functions(self) -> Sequence[JsonObject]:
        """All Functions."""
        return [function_manifest(function) for function in self.store.shown.functions()]

    async def connections(self) -> Sequence[JsonObject]:
        """All Connections."""
        return [connection_manifest(it) for it in self.store.shown.connections()]

    async def last_calls(self, functions: Sequence[str]) -> Mapping[str, LastCall]:
        """Newest tasks, from the store."""
        calls = {call.function: call for call in self.store.shown.last_calls()}
        return {name: last_call(calls[name]) for name in functions if name in calls}


def _refused(refusal: str) -> Failure:
    """AWS's error for a report, in words."""
    told, remedy, code = {
        NO_TOKEN: (
            t("InvalidToken: this is no token of a callback"),
            t("give the whole text of $$.Task.Token"),
            BAD_INPUT,
        ),
        TASK_DOES_NOT_EXIST: (
            t("TaskDoesNotExist: no execution here has made this token"),
            t("name the folder of the execution with --data"),
            NOT_FOUND,
        ),
        TASK_TIMED_OUT: (
            t("TaskTimedOut: the Task waits no more"),
            t("it was answered, timed out or stopped; asw history shows which"),
            NOT_SUCCEEDED,
        ),
    }[refusal]
    return Failure(told, remedy=remedy, code=code)


def _missing(message: str, name: str, known: Iterable[str]) -> Failure:
    """The failure for a name that the store does not have."""
    names = list(known)
    otherwise = t("available: {names}", names=", ".join(names[:5])) if names else ""
    empty = t("nothing was run there yet: asw run PATH")
    return Failure(message, remedy=nearest(name, names) or otherwise or empty, code=NOT_FOUND)


def _trouble(text: str | None) -> str:
    """Why a task with this outcome did not succeed."""
    if text is None:
        return ""
    match outcome_of(text):
        case Failed(error=error, cause=cause):
            return ": ".join(filter(None, (error, cause)))
        case Vanished(reason=reason):
            return reason
    return ""
