"""Executions of a cluster, through the port. Every refusal is a Failure with a remedy."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from asw.api.names import REASONS_UNRESOLVED
from asw.asl.values import Json, JsonObject
from asw.engine.history import Event
from asw.engine.record import Record
from asw.executions.cluster.access import Access, open_access
from asw.executions.cluster.failures import cluster_failure, missing_crds, older_crds, read_denial
from asw.executions.cluster.rows import fields_of, form_of, labels_of
from asw.executions.orders import execution_manifest, taken
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
from asw.executions.run import DELETED, Run, deleted
from asw.executions.selectors import is_meant
from asw.executions.target import Target
from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.messages import t
from asw.platforms.kubernetes.client.errors import UNKNOWN_FIELD, AlreadyExists, Forbidden, NotFound
from asw.platforms.kubernetes.client.forms import Form, OlderColumns
from asw.platforms.kubernetes.client.resources import (
    CONFIG_MAPS,
    CONNECTIONS,
    EXECUTIONS,
    FUNCTIONS,
    NAMESPACES,
    SCHEDULES,
    WORKFLOWS,
)
from asw.platforms.kubernetes.client.watching import watch
from asw.reconciler.platform import Conflict, PlatformError, Refused, TooLarge

if TYPE_CHECKING:
    from asw.executions.cluster.snapshots import ClusterSnapshots

_NAMED = {
    it.kind: it for it in (EXECUTIONS, WORKFLOWS, FUNCTIONS, CONNECTIONS, SCHEDULES, NAMESPACES)
}


@asynccontextmanager
async def open_cluster(target: Target) -> "AsyncIterator[ClusterRuns]":
    """The port on the target's cluster. Raises Failure."""
    async with open_access(target) as access:
        yield ClusterRuns(access)


class ClusterRuns:
    """The port on a cluster."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @cached_property
    def _snapshots(self) -> "ClusterSnapshots":
        """Imported late: a list of executions needs neither language nor engine."""
        from asw.executions.cluster.snapshots import ClusterSnapshots  # noqa: PLC0415

        return ClusterSnapshots(self._access)

    @property
    def namespace(self) -> str:
        """Where names are looked up."""
        return self._access.place.namespace

    async def list(self, query: Query, detail: Detail = "whole") -> Sequence[Run]:
        """Executions of the query."""
        namespace = None if query.all_namespaces else self.namespace
        try:
            found = await self._listed(query, namespace, detail)
        except OlderColumns:
            found = await self._listed(query, namespace, "wide")
        if not found and namespace is not None:
            await self._access.require_namespace()
        runs = [run for run in found if is_meant(run, query, None)]
        return sorted(runs, key=lambda run: (run.created_at, run.namespace, run.name))

    async def _listed(self, query: Query, namespace: str | None, detail: Detail) -> Sequence[Run]:
        labels, fields = labels_of(query), fields_of(query)
        items = await self._access.list(
            EXECUTIONS, namespace, labels=labels, fields=fields, form=form_of(detail)
        )
        return [Run(item) for item in items]

    async def names(self, kind: str) -> Sequence[str]:
        """Names of one kind."""
        return await self._access.names(_NAMED[kind])

    async def get(self, name: str) -> Run:
        """The execution of that name."""
        return Run(await self._access.get(EXECUTIONS, name))

    async def history(self, run: Run, *, after: int = 0) -> tuple[Event, ...]:
        """Its events after an id."""
        return await self._snapshots.history(run, after=after)

    async def output(self, run: Run) -> Json:
        """Its output, wherever stored."""
        return await self._snapshots.output(run)

    async def definition(self, run: Run) -> Definition | None:
        """What it runs, parsed."""
        return await self._snapshots.definition(run)

    async def revision(self, run: Run, name: str) -> Definition:
        """Another pinned definition."""
        return await self._snapshots.revision(run, name)

    async def record(self, run: Run) -> Record | None:
        """The engine's whole memory."""
        return await self._snapshots.record(run)

    async def snapshot(
        self, run: Run, *, after: int = 0, with_children: bool = True
    ) -> RunSnapshot:
        """Everything for pictures of it."""
        return await self._snapshots.snapshot(run, after=after, with_children=with_children)

    async def tasks(self, run: Run) -> Sequence[TaskSnapshot]:
        """Tasks the place still knows."""
        return await self._snapshots.tasks(run)

    def logs(self, run: Run, options: LogOptions) -> AsyncGenerator[LogLine]:
        """What its tasks printed."""
        from asw.executions.cluster import logs as cluster_logs  # noqa: PLC0415 -- as _snapshots

        read = cluster_logs.follow_logs if options.follow else cluster_logs.read_logs
        return read(self._access, run, options)

    async def watch(
        self, query: Query, *, name: str | None = None, detail: Detail = "whole"
    ) -> AsyncGenerator[Run]:
        """Executions as they change."""
        if name is not None:
            yield await self.get(name)  # raises Failure for a wrong name
        for form in (form_of(detail), form_of("wide")):
            with suppress(OlderColumns):
                async with aclosing(self._changes(query, name, form)) as changes:
                    async for run in changes:
                        yield run

    async def _changes(self, query: Query, name: str | None, form: Form) -> AsyncGenerator[Run]:
        namespace = None if query.all_namespaces else self.namespace
        by_name = None if name is None else f"metadata.name={name}"
        selectors = {
            "labelSelector": labels_of(query),
            "fieldSelector": by_name or fields_of(query, has_phases=False),
        }
        kind = {"apiVersion": EXECUTIONS.api_version, "kind": EXECUTIONS.kind}
        changes = watch(self._access.client, EXECUTIONS, namespace, selectors, form)
        try:
            with self._access.translating():
                async with aclosing(changes):
                    async for change in changes:
                        run = Run({**kind, **change.item})
                        if change.kind == "gone":
                            run = deleted(run)
                        if name is not None or is_meant(run, query, None):
                            yield run
        except NotFound:
            raise missing_crds(self._access.place) from None

    async def start(self, order: StartOrder) -> Run:
        """Make an Execution."""
        await self._require_ready(order.workflow)
        manifest = execution_manifest(order)
        name = manifest["metadata"].get("name", "")
        try:
            with self._access.asking():
                made = await self._access.client.create(EXECUTIONS, self.namespace, manifest)
        except AlreadyExists as error:
            raise taken(name) from error
        except NotFound:
            await self._access.require_namespace()
            raise missing_crds(self._access.place) from None
        return Run({**manifest, "metadata": made["metadata"], "status": {"phase": "Pending"}})

    async def finish(self, run: Run) -> Run:
        """Wait for its end."""
        async with aclosing(self.watch(Query(with_children=True), name=run.name)) as changes:
            async for each in changes:
                if each.phase == DELETED:
                    raise Failure(
                        t("execution {name} was deleted meanwhile", name=run.name), code=NOT_FOUND
                    )
                if each.is_settled:
                    return each
        raise AssertionError("watches have no end")

    async def stop(self, run: Run, *, error: str | None, cause: str | None) -> None:
        """Abort it."""
        given = {"error": error, "cause": cause}
        stop = {name: text for name, text in given.items() if text is not None}
        await self._change(run, {"stop": stop})

    async def suspend(self, run: Run, *, is_suspended: bool) -> None:
        """Hold it, or go on."""
        await self._change(run, {"suspend": is_suspended})

    async def redrive(self, run: Run, options: RedriveOptions) -> None:
        """Resume it where it failed."""
        redrive = {"number": run.next_redrive, "revision": options.revision}
        await self._change(run, {"stop": None, "redrive": redrive})

    async def answer(self, run: Run, change: Mapping[str, Json]) -> None:
        """Add an answer to one of its approvals."""
        await self._change(run, dict(change))

    async def _change(self, run: Run, spec: JsonObject) -> None:
        """Set fields of the spec; None removes one."""
        try:
            with self._access.asking():
                await self._access.client.merge(EXECUTIONS, run.namespace, run.name, {"spec": spec})
        except NotFound:
            raise await self._access.not_found(EXECUTIONS, run.name) from None

    async def _require_ready(self, name: str) -> None:
        """Raises Failure if no execution of the Workflow could start.

        One that only lacks Functions can: its tasks wait for them.
        """
        try:
            workflow = await self._access.get(WORKFLOWS, name)
        except Failure as failure:
            if isinstance(failure.__cause__, Forbidden):
                return  # the right to start does not need the right to read
            raise
        status = workflow.get("status") or {}
        is_current = status.get("observedGeneration") == workflow["metadata"].get("generation")
        for condition in status.get("conditions", ()):
            is_amiss = condition["type"] == "Ready" and condition["status"] == "False"
            if is_current and is_amiss and condition.get("reason") not in REASONS_UNRESOLVED:
                raise Failure(
                    t(
                        "Workflow {name} cannot run: {problem}",
                        name=name,
                        problem=condition.get("message", ""),
                    ),
                    remedy=t(
                        "fix its definition; asw validate shows everything that is wrong with it"
                    ),
                )

    async def workflow(self, name: str) -> JsonObject:
        """The Workflow's manifest."""
        return await self._access.get(WORKFLOWS, name)

    async def workflows(self) -> Sequence[JsonObject]:
        """All Workflows."""
        return await self._access.list(WORKFLOWS, self.namespace)

    async def config_map(self, name: str) -> Mapping[str, str] | None:
        """Data of a ConfigMap."""
        try:
            with self._access.patience.asking():
                found = await self._access.client.get(
                    CONFIG_MAPS, self.namespace, quote(name, safe="")
                )
        except (NotFound, Forbidden):
            return None
        except PlatformError as error:
            raise cluster_failure(error, self._access.place) from error
        return found.get("data") or {}

    async def dry_run(self, manifest: JsonObject) -> DryRun:
        """What admission says. A missing namespace, or who wins a conflict, is not its business."""
        resource, place = _NAMED[manifest["kind"]], self._access.place
        try:
            with self._access.patience.asking():
                client, manager = self._access.client, "asw-plan"
                await client.apply(resource, place.namespace, manifest, manager=manager)
        except (NotFound, Conflict):
            return DryRun()
        except Forbidden as error:
            if read_denial(str(error)) is None:
                return DryRun(refusal=str(error))
            return DryRun(denial=cluster_failure(error, place).message)
        except (Refused, TooLarge) as error:
            # A field that is not known here was checked before: the cluster's CRDs lack it.
            is_unknown = UNKNOWN_FIELD in str(error)
            return DryRun(refusal=f"{error}; {older_crds()}" if is_unknown else str(error))
        except PlatformError as error:
            raise cluster_failure(error, place) from error
        return DryRun()

    async def functions(self) -> Sequence[JsonObject]:
        """All Functions."""
        return await self._access.list(FUNCTIONS, self.namespace)

    async def connections(self) -> Sequence[JsonObject]:
        """All Connections."""
        return await self._access.list(CONNECTIONS, self.namespace)

    async def last_calls(self, functions: Sequence[str]) -> Mapping[str, LastCall]:
        """Newest tasks, from Jobs."""
        from asw.executions.cluster.last_calls import last_calls  # noqa: PLC0415 -- as _snapshots

        return await last_calls(self._access, functions)
