"""The executions of an exported file, through the port. They can be read, not changed."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from asw.api.instants import parse_instant
from asw.asl.values import Json, JsonObject
from asw.engine.history import Event
from asw.engine.record import Record
from asw.executions.bundles.contents import LARGEST, Bundle, Exported, from_bytes
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
from asw.executions.run import Run
from asw.executions.selectors import is_meant, selector_condition
from asw.executions.snapshots import defined, machine_of, snapshot_of
from asw.exits import BAD_INPUT
from asw.failures import Failure, not_found
from asw.messages import t
from asw.reconciler.platform import Revision


def open_bundle(path: Path, name: str) -> "BundleRuns":
    """The port on the file; ``name`` is what its user calls it. Raises Failure."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)  # one more shows that it is too large
    except OSError as error:
        raise Failure(
            t("cannot read {path}: {reason}", path=path, reason=error.strerror),
            remedy=t("asw export NAME -o FILE writes one"),
        ) from error
    return BundleRuns(from_bytes(content, name), str(path))


class BundleRuns:
    """The port on a bundle; ``place`` is where that is, in words."""

    def __init__(self, bundle: Bundle, place: str) -> None:
        self.bundle = bundle
        self._place = place
        self._all = {each.run.name: each for each in (bundle.main, *bundle.children)}

    @property
    def namespace(self) -> str:
        """Where names are looked up."""
        return self.bundle.main.run.namespace

    async def list(self, query: Query, detail: Detail = "whole") -> Sequence[Run]:  # noqa: ARG002
        """Executions of the query."""
        selects = None if query.selector is None else selector_condition(query.selector)
        runs = (each.run for each in self._all.values())
        return [run for run in runs if is_meant(run, query, selects)]

    async def get(self, name: str) -> Run:
        """The execution of that name."""
        if name not in self._all:
            message = t("no execution {name!r} in {place}", name=name, place=self._place)
            raise not_found(message, name, self._all, self.bundle.main.run.name)
        return self._all[name].run

    def _of(self, run: Run) -> Exported:
        return self._all[run.name]

    async def history(self, run: Run, *, after: int = 0) -> tuple[Event, ...]:
        """Its events after an id."""
        return tuple(event for event in self._of(run).events if event.id > after)

    async def output(self, run: Run) -> Json:
        """Its output, wherever stored."""
        record = self._of(run).record
        if record is not None and record.outcome is not None:
            return record.outcome.output
        return run.status.get("output")

    async def definition(self, run: Run) -> Definition | None:
        """What it runs, parsed."""
        text = self.bundle.definition_text
        if text is None:
            return None
        dialect = self.bundle.dialect
        revision = Revision(name="", workflow_name=run.workflow, text=text, dialect=dialect)
        return Definition(text=text, dialect=dialect, machine=machine_of(revision, run.map_state))

    async def record(self, run: Run) -> Record | None:
        """The engine's whole memory."""
        return self._of(run).record

    async def snapshot(
        self,
        run: Run,
        *,
        after: int = 0,
        with_children: bool = True,  # noqa: ARG002 -- a file has no children at work
    ) -> RunSnapshot:
        """Everything for pictures of it."""
        definition, events = await self.definition(run), await self.history(run, after=after)
        machine = None if definition is None else definition.machine
        return snapshot_of(run, events, machine, self._of(run).record)

    async def tasks(self, run: Run) -> Sequence[TaskSnapshot]:
        """Tasks the place still knows."""
        return self._of(run).tasks

    async def logs(self, run: Run, options: LogOptions) -> AsyncGenerator[LogLine]:
        """What its tasks printed."""
        if not self.bundle.has_logs:
            raise Failure(
                t("{file} has no log lines", file=self._place),
                remedy=t("asw export --logs includes them"),
                code=BAD_INPUT,
            )
        lines = self._of(run).lines
        _require_times(lines, options, self._place)
        for line in _chosen(lines, options):
            yield line

    async def watch(
        self,
        query: Query,
        *,
        name: str | None = None,
        detail: Detail = "whole",  # noqa: ARG002 -- all is at hand
    ) -> AsyncGenerator[Run]:
        """Each once: a file never changes."""
        for run in await self.list(query):
            if name in (None, run.name):
                yield run
        self._refuse()

    async def start(self, order: StartOrder) -> Run:  # noqa: ARG002 -- of the port
        """Refused: a file only shows."""
        self._refuse()

    async def finish(self, run: Run) -> Run:
        """Refused while it is not over."""
        if not run.is_over:
            self._refuse()
        return run

    async def stop(self, run: Run, *, error: str | None, cause: str | None) -> None:  # noqa: ARG002
        """Refused: a file only shows."""
        self._refuse()

    async def suspend(self, run: Run, *, is_suspended: bool) -> None:  # noqa: ARG002
        """Refused: a file only shows."""
        self._refuse()

    async def redrive(self, run: Run, options: RedriveOptions) -> None:  # noqa: ARG002
        """Refused: a file only shows."""
        self._refuse()

    async def names(self, kind: str) -> Sequence[str]:
        """Names of one kind."""
        return [self.bundle.main.run.name] if kind == "Execution" else []

    async def revision(self, run: Run, name: str) -> Definition:
        """The definition that the Workflow had at the export; the file has no other."""
        workflow = self.bundle.workflow
        if workflow is None or (workflow.get("status") or {}).get("revision") != name:
            return defined(None, run, name)
        from asw.executions.cluster.snapshots import revision_of  # noqa: PLC0415 -- the one use of models

        return defined(revision_of(workflow, name), run, name)

    async def workflow(self, name: str) -> JsonObject:
        """The Workflow's manifest."""
        found = self.bundle.workflow
        if found is None or found["metadata"]["name"] != name:
            known = [] if found is None else [str(found["metadata"]["name"])]
            message = t("no Workflow {name!r} in {place}", name=name, place=self._place)
            raise not_found(message, name, known)
        return found

    async def workflows(self) -> Sequence[JsonObject]:
        """All Workflows."""
        return [] if self.bundle.workflow is None else [self.bundle.workflow]

    async def config_map(self, name: str) -> Mapping[str, str] | None:  # noqa: ARG002
        """A file holds none."""
        return None

    async def dry_run(self, manifest: JsonObject) -> DryRun:  # noqa: ARG002
        """A file refuses nothing."""
        return DryRun()

    async def functions(self) -> Sequence[JsonObject]:
        """All Functions."""
        return list(self.bundle.functions)

    async def connections(self) -> Sequence[JsonObject]:
        """None: an execution's file holds no Connections."""
        return []

    async def last_calls(self, functions: Sequence[str]) -> Mapping[str, LastCall]:  # noqa: ARG002
        """None: one execution says nothing of others."""
        return {}

    def _refuse(self) -> NoReturn:
        raise Failure(
            t("{file} is a file: its executions can be read, not changed", file=self._place),
            remedy=t("name the execution where it is: on the cluster, or with --local"),
            code=BAD_INPUT,
        )


def _require_times(lines: Sequence[LogLine], options: LogOptions, place: str) -> None:
    """Raises Failure if the options need times of lines, and the file has none."""
    if not lines or any(line.at for line in lines):
        return
    asked = {"--timestamps": options.has_times, "--since": options.since is not None}
    for option in (name for name, is_asked in asked.items() if is_asked):
        raise Failure(
            t(
                "{option}: {place} does not say when lines were printed",
                option=option,
                place=place,
            ),
            remedy=t("asw history shows when tasks started and ended"),
        )


def _chosen(lines: Sequence[LogLine], options: LogOptions) -> list[LogLine]:
    """The lines that the options select, in their order."""
    by_task: dict[tuple[str, str, int, int], list[LogLine]] = defaultdict(list)
    for line in lines:
        is_meant = options.state in (None, line.state) and options.child in (None, line.child)
        if is_meant and not _is_old(line, options):
            by_task[line.child, line.state, line.number, line.attempt].append(line)
    found: list[LogLine] = []
    for of_task in by_task.values():
        skipped = 0 if options.tail is None else max(len(of_task) - options.tail, 0)
        found += of_task[skipped:]
    return found if options.has_times else [replace(line, at="") for line in found]


def _is_old(line: LogLine, options: LogOptions) -> bool:
    """Whether it is known to have been printed before ``since``."""
    return options.since is not None and bool(line.at) and parse_instant(line.at) < options.since
