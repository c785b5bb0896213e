"""Executions of a cluster, through the port: thin calls, every refusal a Failure with a remedy."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from asw.api.execution import Execution
from asw.api.names import LABEL_PARENT_UID
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow
from asw.app.exits import NOT_FOUND
from asw.app.failures import Failure, nearest
from asw.app.messages import t
from asw.app.runs.cluster_failures import cluster_failure, missing_crds, missing_namespace
from asw.app.runs.connecting import Place
from asw.app.runs.patience import Patience
from asw.app.runs.port import Definition, Query, Run, Sight
from asw.app.runs.selectors import is_meant
from asw.app.runs.sights import has_distributed_map, machine_of, map_runs, visits, waits
from asw.asl.model import StateMachine
from asw.asl.values import Json, JsonObject
from asw.engine.children import child_machine
from asw.engine.history import Event
from asw.engine.record import Record
from asw.kubernetes.client import KubeClient, Object
from asw.kubernetes.errors import Forbidden, NotFound
from asw.kubernetes.inputs import read_input
from asw.kubernetes.reading import read_history, read_output, read_record
from asw.kubernetes.resources import (
    EXECUTIONS,
    FUNCTIONS,
    NAMESPACES,
    REVISIONS,
    WORKFLOWS,
    Resource,
)
from asw.kubernetes.revisions import definition_text, read_revision
from asw.kubernetes.storage import Storage
from asw.reconciler.platform import ExecutionKey, PlatformError, Revision

COUNTED_CHILDREN = 1000
"""Of more children than that nobody wants to wait for the histories."""
READERS = 20
"""Histories that are read at the same time."""


class ClusterRuns:
    """See the module."""

    def __init__(self, client: KubeClient, place: Place, patience: Patience) -> None:
        self._client = client
        self._place = place
        self._patience = patience
        self._storage = Storage(client)

    @property
    def namespace(self) -> str:
        """See Runs."""
        return self._place.namespace

    async def list(self, query: Query) -> Sequence[Run]:
        """See Runs."""
        namespace = None if query.all_namespaces else self.namespace
        labels = [] if query.selector is None else [query.selector]
        if not query.with_children:
            labels.append(f"!{LABEL_PARENT_UID}")
        fields = []
        if len(query.phases) == 1:
            fields.append(f"status.phase={query.phases[0]}")
        if query.workflow is not None:
            fields.append(f"spec.workflowRef.name={query.workflow}")
        items = await self._list(
            EXECUTIONS, namespace, labels=",".join(labels), fields=",".join(fields)
        )
        runs = [run for run in map(Run, items) if is_meant(run, query, None)]
        if not items and namespace is not None:
            await self._require_namespace()
        return sorted(runs, key=lambda run: (run.created_at, run.namespace, run.name))

    async def get(self, name: str) -> Run:
        """See Runs."""
        return Run(await self._get(EXECUTIONS, name))

    async def history(self, run: Run, *, after: int = 0) -> tuple[Event, ...]:
        """See Runs."""
        with self._asking():
            return await read_history(self._storage, _key(run), run.status, after=after)

    async def output(self, run: Run) -> Json:
        """See Runs."""
        with self._asking():
            return await read_output(self._storage, _key(run), run.status)

    async def definition(self, run: Run) -> Definition | None:
        """See Runs."""
        revision = await self._revision(run)
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
        with self._asking():
            source = await read_input(self._client, execution, None)
            text = run.status["record"]
            record, _ = await read_record(self._storage, _key(run), text, source.value)
            return record

    async def sight(self, run: Run, *, after: int = 0) -> Sight:
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
            visits={} if machine is None else await self._visits(run, machine),
            waits=() if record is None else tuple(waits(record)),
        )

    async def workflow(self, name: str) -> JsonObject:
        """See Runs."""
        return await self._get(WORKFLOWS, name)

    async def workflows(self) -> Sequence[JsonObject]:
        """See Runs."""
        return await self._list(WORKFLOWS, self.namespace)

    async def functions(self) -> Sequence[JsonObject]:
        """See Runs."""
        return await self._list(FUNCTIONS, self.namespace)

    async def _revision(self, run: Run) -> Revision | None:
        """The pinned definition. Who may not read those gets the Workflow's, if it is the same."""
        name = run.status.get("revision")
        if name is None:
            return None
        try:
            with self._patience.asking():
                item = await self._client.get(REVISIONS, run.namespace, name)
        except NotFound:
            return None
        except Forbidden as error:
            workflow = await self._get(WORKFLOWS, run.workflow)
            if (workflow.get("status") or {}).get("revision") != name:
                raise cluster_failure(error, self._place) from error
            return _as_revision(workflow, name)
        except PlatformError as error:
            raise cluster_failure(error, self._place) from error
        found = read_revision(item)
        return None if found is None else found.revision

    async def _visits(self, run: Run, machine: StateMachine) -> Mapping[str, tuple[int, int]]:
        """Those of its children of distributed Maps, and of theirs; none of too many."""
        families = [(run, machine)]
        histories: list[tuple[Event, ...]] = []
        while families:
            parent, block = families.pop()
            if not has_distributed_map(block.block):
                continue
            labels = f"{LABEL_PARENT_UID}={parent.uid}"
            items = await self._list(EXECUTIONS, run.namespace, labels=labels)
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

    async def _get(self, resource: Resource, name: str) -> Object:
        try:
            with self._patience.asking():
                return await self._client.get(resource, self.namespace, quote(name, safe=""))
        except NotFound:
            raise await self._not_found(resource, name) from None
        except PlatformError as error:
            raise cluster_failure(error, self._place) from error

    async def _not_found(self, resource: Resource, name: str) -> Failure:
        """What is said of a name that is not there; the nearest where names may be read."""
        try:
            known = await self.names(resource)
        except Failure as failure:
            if failure.code == NOT_FOUND or not isinstance(failure.__cause__, Forbidden):
                return failure
            known = []
        message = t(
            "no {kind} {name!r} in namespace {namespace}",
            kind=resource.kind,
            name=name,
            namespace=self.namespace,
        )
        if known:
            otherwise = t("there is: {names}", names=", ".join(known[:5]))
        else:
            otherwise = t("there is none at all; -n names another namespace")
        return Failure(message, remedy=nearest(name, known) or otherwise, code=NOT_FOUND)

    async def names(self, resource: Resource) -> Sequence[str]:
        """Names of the objects of this kind that nobody's Map made, the newest first."""
        labels = f"!{LABEL_PARENT_UID}"
        items = await self._list(resource, self.namespace, labels=labels, is_metadata_enough=True)
        if not items:
            await self._require_namespace()
        found = [item["metadata"] for item in items]
        found.sort(key=lambda it: it["creationTimestamp"], reverse=True)
        return [it["name"] for it in found]

    async def _list(
        self,
        resource: Resource,
        namespace: str | None,
        *,
        labels: str = "",
        fields: str = "",
        is_metadata_enough: bool = False,
    ) -> Sequence[Object]:
        items = self._client.list(
            resource,
            None if namespace is None else quote(namespace, safe=""),
            labels=labels,
            fields=fields,
            is_metadata_enough=is_metadata_enough,
        )
        try:
            with self._patience.asking():
                return [
                    {"apiVersion": resource.api_version, "kind": resource.kind, **item}
                    async for item in items
                ]
        except NotFound:
            raise missing_crds(self._place) from None
        except PlatformError as error:
            raise cluster_failure(error, self._place) from error

    async def _require_namespace(self) -> None:
        """Raises Failure where the namespace is not there, as far as we may know."""
        try:
            with self._patience.asking():
                await self._client.get(NAMESPACES, None, quote(self.namespace, safe=""))
        except NotFound:
            raise missing_namespace(self.namespace, self._place) from None
        except PlatformError:
            return  # who may not read namespaces is told of an empty one

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """The cluster is asked inside: what it refuses is a Failure, what takes long is said."""
        try:
            with self._patience.asking():
                yield
        except PlatformError as error:
            raise cluster_failure(error, self._place) from error


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
