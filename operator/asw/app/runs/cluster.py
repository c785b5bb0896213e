"""Executions of a cluster, through the port: thin calls, every refusal a Failure with a remedy."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from asw.api.execution import Execution
from asw.api.names import LABEL_PARENT_UID
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow
from asw.app.exits import NOT_FOUND
from asw.app.failures import Failure
from asw.app.messages import t
from asw.app.runs import cluster_plans
from asw.app.runs.access import Access
from asw.app.runs.cluster_failures import cluster_failure, missing_crds
from asw.app.runs.cluster_logs import LogWish, follow_logs, read_logs, task_selector
from asw.app.runs.orders import execution_manifest
from asw.app.runs.port import (
    DELETED,
    Definition,
    LogLine,
    Query,
    RedriveWish,
    Run,
    Sight,
    StartOrder,
    TaskSight,
    deleted,
)
from asw.app.runs.selectors import is_meant
from asw.app.runs.sights import (
    defined,
    has_distributed_map,
    machine_of,
    map_runs,
    visits,
    waits,
)
from asw.asl.model import StateMachine
from asw.asl.values import Json, JsonObject
from asw.engine.children import child_machine
from asw.engine.history import Event
from asw.engine.record import Record
from asw.kubernetes.errors import AlreadyExists, Forbidden, NotFound
from asw.kubernetes.inputs import read_input
from asw.kubernetes.objects import controller_uid
from asw.kubernetes.reading import read_history, read_output, read_record
from asw.kubernetes.resources import (
    EVENTS,
    EXECUTIONS,
    FUNCTIONS,
    JOBS,
    NAMESPACES,
    PODS,
    REVISIONS,
    WORKFLOWS,
)
from asw.kubernetes.revisions import definition_text, read_revision
from asw.kubernetes.storage import Storage
from asw.kubernetes.task_sights import FoundTask, found_tasks
from asw.kubernetes.watching import watch
from asw.reconciler.platform import ExecutionKey, PlatformError, Revision

COUNTED_CHILDREN = 1000
"""Of more children than that nobody wants to wait for the histories."""
_NAMED = {it.kind: it for it in (EXECUTIONS, WORKFLOWS, FUNCTIONS, NAMESPACES)}
READERS = 20
"""Histories that are read at the same time."""


class ClusterRuns:
    """See the module."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._storage = Storage(access.client)
        self._revisions: dict[tuple[str, str], Revision] = {}  # they never change

    @property
    def namespace(self) -> str:
        """See Runs."""
        return self._access.place.namespace

    async def list(self, query: Query) -> Sequence[Run]:
        """See Runs."""
        namespace = None if query.all_namespaces else self.namespace
        fields = []
        if len(query.phases) == 1:
            fields.append(f"status.phase={query.phases[0]}")
        if query.workflow is not None:
            fields.append(f"spec.workflowRef.name={query.workflow}")
        items = await self._access.list(
            EXECUTIONS, namespace, labels=_labels(query), fields=",".join(fields)
        )
        runs = [run for run in map(Run, items) if is_meant(run, query, None)]
        if not items and namespace is not None:
            await self._access.require_namespace()
        return sorted(runs, key=lambda run: (run.created_at, run.namespace, run.name))

    async def names(self, kind: str) -> Sequence[str]:
        """See Runs."""
        return await self._access.names(_NAMED[kind])

    async def get(self, name: str) -> Run:
        """See Runs."""
        return Run(await self._access.get(EXECUTIONS, name))

    async def history(self, run: Run, *, after: int = 0) -> tuple[Event, ...]:
        """See Runs."""
        with self._access.asking():
            return await read_history(self._storage, _key(run), run.status, after=after)

    async def output(self, run: Run) -> Json:
        """See Runs."""
        with self._access.asking():
            return await read_output(self._storage, _key(run), run.status)

    async def definition(self, run: Run) -> Definition | None:
        """See Runs."""
        name = run.status.get("revision")
        revision = None if name is None else await self._revision(run, name)
        if revision is None:
            return None
        machine = machine_of(revision, run.map_state)
        return Definition(text=revision.text, dialect=revision.dialect, machine=machine)

    async def record(self, run: Run) -> Record | None:
        """See Runs."""
        if run.status.get("record") is None:
            return None
        try:
            execution = Execution.parse(run.manifest)
        except InvalidObject as error:
            raise Failure(str(error), remedy=t("a newer asw may be able to read it")) from error
        with self._access.asking():
            source = await read_input(self._access.client, execution, None)
            text = run.status["record"]
            record, _ = await read_record(self._storage, _key(run), text, source.value)
            return record

    async def sight(self, run: Run, *, after: int = 0, with_children: bool = True) -> Sight:
        """See Runs."""
        definition = await self.definition(run)
        record = None if run.is_over else await self.record(run)
        events = await self.history(run, after=after)
        machine = None if definition is None else definition.machine
        return Sight(
            run=run,
            events=events,
            machine=machine,
            map_runs={} if record is None else dict(map_runs(record)),
            visits=await self._visits(run, machine) if machine and with_children else {},
            waits=() if record is None else tuple(waits(record)),
        )

    async def tasks(self, run: Run) -> Sequence[TaskSight]:
        """See Runs."""
        labels = task_selector(run)
        jobs = await self._access.list(JOBS, run.namespace, labels=labels)
        pods = await self._access.list(PODS, run.namespace, labels=labels)
        podless = {job["metadata"]["uid"] for job in jobs if not job["status"].get("ready")}
        podless -= {controller_uid(pod) for pod in pods}
        troubles = await self._troubles(run, podless)
        found = found_tasks(jobs, pods, troubles, datetime.now(UTC))
        return [_task_sight(task) for task in found]

    def logs(
        self, run: Run, *, state: str | None, follow: bool, tail: int | None = None
    ) -> AsyncGenerator[LogLine]:
        """See Runs."""
        read = follow_logs if follow else read_logs
        return read(self._access, run, LogWish(state=state, tail=tail))

    async def watch(self, query: Query, *, name: str | None = None) -> AsyncGenerator[Run]:
        """See Runs."""
        if name is not None:
            yield await self.get(name)  # says what is wrong with a name
        namespace = None if query.all_namespaces else self.namespace
        selectors = {
            "labelSelector": _labels(query),
            "fieldSelector": None if name is None else f"metadata.name={name}",
        }
        with self._access.translating():
            async with aclosing(
                watch(self._access.client, EXECUTIONS, namespace, selectors)
            ) as changes:
                async for change in changes:
                    run = Run(change.item)
                    if change.kind == "gone":
                        run = deleted(run)
                    if name is not None or is_meant(run, query, None):
                        yield run

    async def start(self, order: StartOrder) -> Run:
        """See Runs."""
        await self._require_ready(order.workflow)
        manifest = execution_manifest(order)
        name = manifest["metadata"].get("name", "")
        try:
            with self._access.asking():
                made = await self._access.client.create(EXECUTIONS, self.namespace, manifest)
        except AlreadyExists as error:
            raise Failure(
                t("there is an execution {name!r} already", name=name),
                remedy=t("give it another --name, or none"),
            ) from error
        except NotFound:
            await self._access.require_namespace()
            raise missing_crds(self._access.place) from None
        return Run({**manifest, "metadata": made["metadata"], "status": {"phase": "Pending"}})

    async def finish(self, run: Run) -> Run:
        """See Runs."""
        async with aclosing(self.watch(Query(), name=run.name)) as changes:
            async for each in changes:
                if each.phase == DELETED:
                    raise Failure(
                        t("execution {name} was deleted meanwhile", name=run.name), code=NOT_FOUND
                    )
                if each.is_settled:
                    return each
        raise AssertionError("watches have no end")

    async def stop(self, run: Run, *, error: str | None, cause: str | None) -> None:
        """See Runs."""
        given = {"error": error, "cause": cause}
        stop = {name: text for name, text in given.items() if text is not None}
        await self._change(run, {"stop": stop})

    async def suspend(self, run: Run, *, is_suspended: bool) -> None:
        """See Runs."""
        await self._change(run, {"suspend": is_suspended})

    async def redrive(self, run: Run, wish: RedriveWish) -> None:
        """See Runs."""
        asked = (run.spec.get("redrive") or {}).get("number", 0)
        number = max(run.redrive_count, asked) + 1
        redrive = {"number": number, "revision": wish.revision}
        await self._change(run, {"stop": None, "redrive": redrive})

    async def _change(self, run: Run, spec: JsonObject) -> None:
        """Set fields of the spec; None removes one."""
        try:
            with self._access.asking():
                await self._access.client.merge(EXECUTIONS, run.namespace, run.name, {"spec": spec})
        except NotFound:
            raise await self._access.not_found(EXECUTIONS, run.name) from None

    async def _require_ready(self, name: str) -> None:
        """Raises Failure where no execution of the Workflow could begin."""
        try:
            workflow = await self._access.get(WORKFLOWS, name)
        except Failure as failure:
            if isinstance(failure.__cause__, Forbidden):
                return  # who may start may not need to look
            raise
        status = workflow.get("status") or {}
        is_current = status.get("observedGeneration") == workflow["metadata"].get("generation")
        for condition in status.get("conditions", ()):
            if is_current and condition["type"] == "Ready" and condition["status"] == "False":
                raise Failure(
                    t(
                        "Workflow {name} cannot run: {problem}",
                        name=name,
                        problem=condition.get("message", ""),
                    ),
                    remedy=t("mend its definition; asw validate shows all that is wrong with it"),
                )

    async def _troubles(self, run: Run, podless: Iterable[str]) -> dict[str, str]:
        """What Kubernetes warns of about Jobs that have no pod: by the Job's uid."""
        found = {}
        for uid in podless:
            fields = f"involvedObject.uid={uid},type=Warning"
            events = await self._access.list(EVENTS, run.namespace, fields=fields)
            if events:
                found[uid] = str(events[-1].get("message", ""))
        return found

    async def revision(self, run: Run, name: str) -> Definition:
        """See Runs."""
        return defined(await self._revision(run, name), run, name)

    async def workflow(self, name: str) -> JsonObject:
        """See Runs."""
        return await self._access.get(WORKFLOWS, name)

    async def workflows(self) -> Sequence[JsonObject]:
        """See Runs."""
        return await self._access.list(WORKFLOWS, self.namespace)

    async def config_map(self, name: str) -> Mapping[str, str] | None:
        """See Runs."""
        return await cluster_plans.config_map(self._access, name)

    async def rehearse(self, manifest: JsonObject) -> str | None:
        """See Runs."""
        return await cluster_plans.rehearse(self._access, manifest)

    async def functions(self) -> Sequence[JsonObject]:
        """See Runs."""
        return await self._access.list(FUNCTIONS, self.namespace)

    async def _revision(self, run: Run, name: str) -> Revision | None:
        """A pinned definition. Who may not read those gets the Workflow's, if it is the same."""
        known = self._revisions.get((run.namespace, name))
        if known is not None:
            return known
        try:
            with self._access.patience.asking():
                item = await self._access.client.get(REVISIONS, run.namespace, name)
        except NotFound:
            return None
        except Forbidden as error:
            workflow = await self._access.get(WORKFLOWS, run.workflow)
            if (workflow.get("status") or {}).get("revision") != name:
                raise cluster_failure(error, self._access.place) from error
            return _as_revision(workflow, name)
        except PlatformError as error:
            raise cluster_failure(error, self._access.place) from error
        found = read_revision(item)
        if found is None:
            return None
        self._revisions[run.namespace, name] = found.revision
        return found.revision

    async def _visits(self, run: Run, machine: StateMachine) -> Mapping[str, tuple[int, int]]:
        """Those of its children of distributed Maps, and of theirs; none of too many."""
        families = [(run, machine)]
        histories: list[tuple[Event, ...]] = []
        while families:
            parent, block = families.pop()
            if not has_distributed_map(block.block):
                continue
            labels = f"{LABEL_PARENT_UID}={parent.uid}"
            items = await self._access.list(EXECUTIONS, run.namespace, labels=labels)
            if len(histories) + len(items) > COUNTED_CHILDREN:
                return {}
            for some in _in_batches([Run(item) for item in items], READERS):
                histories += await asyncio.gather(*map(self.history, some))
                families += [
                    (child, child_machine(block, child.map_state))
                    for child in some
                    if child.map_state is not None
                ]
        return visits(histories)


def _labels(query: Query) -> str:
    labels = [] if query.selector is None else [query.selector]
    if not query.with_children:
        labels.append(f"!{LABEL_PARENT_UID}")
    return ",".join(labels)


def _task_sight(task: FoundTask) -> TaskSight:
    return TaskSight(
        state=task.state,
        number=task.ordinal,
        attempt=task.attempt,
        function=task.function,
        job=task.job,
        pod=None if task.pod is None else task.pod.name,
        node=(task.pod.node or None) if task.pod is not None else None,
        trouble=task.trouble,
    )


def _key(run: Run) -> ExecutionKey:
    return ExecutionKey(run.namespace, run.name, run.uid)


def _as_revision(workflow: JsonObject, name: str) -> Revision:
    parsed = Workflow.parse(workflow)
    return Revision(
        name=name,
        workflow_name=parsed.public_name,
        text=definition_text(parsed),
        dialect=parsed.spec.dialect,
    )


def _in_batches(runs: Sequence[Run], size: int) -> Iterable[Sequence[Run]]:
    return (runs[at : at + size] for at in range(0, len(runs), size))
