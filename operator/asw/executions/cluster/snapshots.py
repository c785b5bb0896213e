"""Reads everything that pictures and explanations of a cluster's execution need."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from asw.api.execution import Execution
from asw.api.names import LABEL_PARENT_UID
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow
from asw.asl.model import StateMachine
from asw.asl.values import Json, JsonObject
from asw.engine.children import NoSuchMap, child_machine
from asw.engine.history import Event
from asw.engine.record import Record
from asw.executions.cluster.access import Access
from asw.executions.cluster.failures import cluster_failure
from asw.executions.cluster.logs import task_selector
from asw.executions.port import Definition, RunSnapshot, TaskSnapshot
from asw.executions.run import Run
from asw.executions.snapshots import (
    defined,
    has_distributed_map,
    machine_of,
    remembers_more,
    snapshot_of,
    visits,
)
from asw.failures import Failure
from asw.messages import t
from asw.platforms.kubernetes.client.errors import Forbidden, NotFound
from asw.platforms.kubernetes.client.objects import controller_uid
from asw.platforms.kubernetes.client.resources import (
    EVENTS,
    EXECUTIONS,
    JOBS,
    PODS,
    REVISIONS,
    WORKFLOWS,
)
from asw.platforms.kubernetes.storage.inputs import is_input_changed, read_input
from asw.platforms.kubernetes.storage.reading import read_history, read_output, read_record
from asw.platforms.kubernetes.storage.storage import Storage
from asw.platforms.kubernetes.tasks.task_snapshots import FoundTask, found_tasks
from asw.platforms.kubernetes.workflows.revisions import definition_text, read_revision
from asw.reconciler.platform import ExecutionKey, PlatformError, Revision

COUNTED_CHILDREN = 1000
"""Of more children than that, the histories take too long to read."""
READERS = 20
"""How many histories are read at the same time."""


class ClusterSnapshots:
    """Those methods of ``Runs`` that need the language and the engine."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._storage = Storage(access.client)
        self._revisions: dict[tuple[str, str], Revision] = {}  # they never change

    async def history(self, run: Run, *, after: int = 0) -> tuple[Event, ...]:
        """Its events after an id."""
        with self._access.asking():
            return await read_history(self._storage, _key(run), run.status, after=after)

    async def output(self, run: Run) -> Json:
        """Its output, wherever stored."""
        with self._access.asking():
            return await read_output(self._storage, _key(run), run.status)

    async def definition(self, run: Run) -> Definition | None:
        """What it runs, parsed."""
        name = run.status.get("revision")
        revision = None if name is None else await self._revision(run, name)
        if revision is None:
            return None
        machine = machine_of(revision, run.map_state)
        return Definition(text=revision.text, dialect=revision.dialect, machine=machine)

    async def record(self, run: Run) -> Record | None:
        """The engine's whole memory."""
        if run.status.get("record") is None:
            return None
        try:
            execution = Execution.parse(run.manifest)
        except InvalidObject as error:
            raise Failure(str(error), remedy=t("a newer asw may be able to read it")) from error
        with self._access.asking():
            source = await read_input(self._access.client, execution, None)
            text = run.status["record"]
            is_lost = is_input_changed(execution.status, source)
            record, _ = await read_record(
                self._storage, _key(run), text, source.value, is_input_lost=is_lost
            )
            return record

    async def snapshot(
        self, run: Run, *, after: int = 0, with_children: bool = True
    ) -> RunSnapshot:
        """Everything for pictures of it."""
        definition = await (self.definition(run) if with_children else self._readable(run))
        machine = None if definition is None else definition.machine
        record = await self.record(run) if remembers_more(run, machine) else None
        events = await self.history(run, after=after)
        visits = await self._visits(run, machine) if machine and with_children else None
        return snapshot_of(run, events, machine, record, visits)

    async def _readable(self, run: Run) -> Definition | None:
        """The definition; None without the right to read it."""
        try:
            return await self.definition(run)
        except Failure as failure:
            if isinstance(failure.__cause__, Forbidden):
                return None
            raise

    async def revision(self, run: Run, name: str) -> Definition:
        """Another pinned definition."""
        return defined(await self._revision(run, name), run, name)

    async def _revision(self, run: Run, name: str) -> Revision | None:
        """A pinned definition; without the right to read it the Workflow's, if that is the same."""
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
            return revision_of(workflow, name)
        except PlatformError as error:
            raise cluster_failure(error, self._access.place) from error
        found = read_revision(item)
        if found is None:
            return None
        self._revisions[run.namespace, name] = found.revision
        return found.revision

    async def _visits(self, run: Run, machine: StateMachine) -> Mapping[str, tuple[int, int]]:
        """Visits of its children of distributed Maps, and of theirs; none if they are too many."""
        families = [(run, machine)]
        histories: list[tuple[Event, ...]] = []
        while families:
            parent, block = families.pop()
            if not has_distributed_map(block.block):
                continue
            labels = f"{LABEL_PARENT_UID}={parent.uid}"
            room = COUNTED_CHILDREN - len(histories)
            if await self._access.is_more_than(room, EXECUTIONS, run.namespace, labels=labels):
                return {}
            items = await self._access.list(EXECUTIONS, run.namespace, labels=labels)
            for some in _in_batches([Run(item) for item in items], READERS):
                histories += await asyncio.gather(*map(self.history, some))
                for child in some:
                    if child.map_state is not None:
                        with suppress(NoSuchMap):
                            families.append((child, child_machine(block, child.map_state)))
        return visits(histories)

    async def tasks(self, run: Run) -> Sequence[TaskSnapshot]:
        """Its Jobs and Pods, and what ails them."""
        labels = task_selector(run)
        jobs = await self._access.list(JOBS, run.namespace, labels=labels)
        pods = await self._access.list(PODS, run.namespace, labels=labels)
        open_jobs = {
            job["metadata"]["uid"] for job in jobs if not job.get("status", {}).get("conditions")
        }
        podless = open_jobs - {controller_uid(pod) for pod in pods}
        troubles = await _troubles(self._access, run, podless)
        found = found_tasks(jobs, pods, troubles, datetime.now(UTC))
        return [_task_snapshot(task) for task in found]


def _key(run: Run) -> ExecutionKey:
    return ExecutionKey(run.namespace, run.name, run.uid)


def _in_batches(runs: Sequence[Run], size: int) -> Iterable[Sequence[Run]]:
    return (runs[at : at + size] for at in range(0, len(runs), size))


def revision_of(workflow: JsonObject, name: str) -> Revision:
    """What the manifest defines, under this name."""
    parsed = Workflow.parse(workflow)
    return Revision(
        name=name,
        workflow_name=parsed.public_name,
        text=definition_text(parsed),
        dialect=parsed.spec.dialect,
    )


async def _troubles(access: Access, run: Run, podless: Iterable[str]) -> dict[str, str]:
    """Kubernetes' warnings about Jobs that have no pod, by the Job's uid."""
    found = {}
    for uid in podless:
        fields = f"involvedObject.uid={uid},type=Warning"
        events = await access.list(EVENTS, run.namespace, fields=fields)
        if events:
            found[uid] = str(events[-1].get("message", ""))
    return found


def _task_snapshot(task: FoundTask) -> TaskSnapshot:
    return TaskSnapshot(
        state=task.state,
        number=task.ordinal,
        attempt=task.attempt,
        function=task.function,
        job=task.job,
        pod=None if task.pod is None else task.pod.name,
        node=(task.pod.node or None) if task.pod is not None else None,
        trouble=task.trouble,
    )
