"""Executions of this machine's store, through the port."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from asw.app.exits import NOT_FOUND
from asw.app.failures import Failure, nearest
from asw.app.messages import t
from asw.app.runs.local_manifests import (
    execution_manifest,
    function_manifest,
    workflow_manifest,
)
from asw.app.runs.port import Definition, Query, Run, Sight, TaskSight
from asw.app.runs.selectors import is_meant, selector_condition
from asw.app.runs.sights import machine_of, map_runs, waits
from asw.asl.values import Json, JsonObject
from asw.engine.history import Event
from asw.engine.record import Record
from asw.local.executions import NAMESPACE
from asw.local.shown import Shown
from asw.local.store import Store
from asw.local.tasks import Failed, Vanished, outcome_of
from asw.reconciler.platform import WorkflowReady


class LocalRuns:
    """See the module. ``folder`` is the data folder that the store is of."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder

    @property
    def namespace(self) -> str:
        """See Runs."""
        return NAMESPACE

    async def list(self, query: Query) -> Sequence[Run]:
        """See Runs."""
        selects = None if query.selector is None else selector_condition(query.selector)
        shown = self._store.shown.executions(with_children=query.with_children)
        return [run for run in map(_run, shown) if is_meant(run, query, selects)]

    async def get(self, name: str) -> Run:
        """See Runs."""
        shown = self._store.shown.execution(name)
        if shown is None:
            known = self._store.shown.names()
            message = t("no execution {name!r} in {place}", name=name, place=self._folder)
            raise _missing(message, name, known)
        return _run(shown)

    async def history(self, run: Run, *, after: int = 0) -> tuple[Event, ...]:
        """See Runs."""
        return tuple(self._store.executions.history(run.uid, after=after))

    async def output(self, run: Run) -> Json:
        """See Runs."""
        return run.status.get("output")

    async def definition(self, run: Run) -> Definition | None:
        """See Runs."""
        revision = self._store.catalogue.revision(run.status.get("revision") or "")
        if revision is None:
            return None
        machine = machine_of(revision, run.map_state)
        return Definition(text=revision.text, dialect=revision.dialect, machine=machine)

    async def record(self, run: Run) -> Record | None:
        """See Runs."""
        stored = self._store.executions.load(run.uid)
        return None if stored is None else stored.record

    async def sight(self, run: Run, *, after: int = 0) -> Sight:
        """See Runs."""
        definition = await self.definition(run)
        record = None if run.is_over else await self.record(run)
        return Sight(
            run=run,
            events=await self.history(run, after=after),
            machine=None if definition is None else definition.machine,
            map_runs={} if record is None else dict(map_runs(record)),
            visits=self._store.children.visits(run.uid),
            waits=() if record is None else tuple(waits(record)),
        )

    async def tasks(self, run: Run) -> Sequence[TaskSight]:
        """See Runs."""
        return [
            TaskSight(
                state=task.state,
                number=task.ordinal,
                attempt=task.attempt,
                function=task.function,
                trouble=_trouble(task.outcome),
            )
            for task in self._store.shown.tasks(run.uid)
        ]

    async def workflow(self, name: str) -> JsonObject:
        """See Runs."""
        found = self._store.catalogue.workflow(name)
        if not isinstance(found, WorkflowReady):
            known = [known for known, _ in self._store.shown.workflows()]
            message = t("no Workflow {name!r} in {place}", name=name, place=self._folder)
            raise _missing(message, name, known)
        return workflow_manifest(name, found.revision)

    async def workflows(self) -> Sequence[JsonObject]:
        """See Runs."""
        return [await self.workflow(name) for name, _ in self._store.shown.workflows()]

    async def functions(self) -> Sequence[JsonObject]:
        """See Runs."""
        return [function_manifest(function) for function in self._store.shown.functions()]


def _run(shown: Shown) -> Run:
    return Run(execution_manifest(shown))


def _missing(message: str, name: str, known: Iterable[str]) -> Failure:
    """What is said of a name that the store does not have."""
    names = list(known)
    otherwise = t("there is: {names}", names=", ".join(names[:5])) if names else ""
    empty = t("nothing was run there so far: asw run PATH")
    return Failure(message, remedy=nearest(name, names) or otherwise or empty, code=NOT_FOUND)


def _trouble(text: str | None) -> str:
    """Why a task of this outcome did not succeed."""
    if text is None:
        return ""
    match outcome_of(text):
        case Failed(error=error, cause=cause):
            return ": ".join(filter(None, (error, cause)))
        case Vanished(reason=reason):
            return reason
    return ""
