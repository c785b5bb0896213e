"""What the watches showed, in memory: custom resources, and each task's Job and Pods.

Fed by events in any order and with gaps; a sweep compares it with lists now and then, since
nobody reports what vanished while a watch was broken. Holds no client. All of it is only ever
used on the event loop.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from asw.api.function import Function
from asw.api.instants import parse_instant
from asw.api.objects import InvalidObject
from asw.api.workflow import Retention, Workflow
from asw.asl.errors import TASK_DELETED
from asw.engine.facts import TaskFact, TaskVanished
from asw.engine.task_ids import TaskId
from asw.kubernetes import epochs
from asw.kubernetes.lineage import lineage
from asw.kubernetes.outcomes import facts_of
from asw.kubernetes.plights import plight_of
from asw.kubernetes.retention import Graveyard
from asw.kubernetes.seen import SeenExecution, SeenTask
from asw.kubernetes.settings import FOR_EVER, Spans
from asw.kubernetes.sightings import JobSighting, PodSighting
from asw.reconciler.platform import ExecutionKey

Object = Mapping[str, Any]


class Cache:
    """See the module."""

    def __init__(
        self,
        spans: Spans,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        retention: Retention = FOR_EVER,
    ) -> None:
        self._spans = spans
        self.now = now
        self.clock = clock
        self.executions: dict[str, SeenExecution] = {}
        self.being_written: set[str] = set()
        """Uids of Executions of which a status is on its way to the server."""
        self.phases: Counter[str] = Counter()
        """How many Executions are in which phase."""
        self.workflows: dict[tuple[str, str], Workflow] = {}
        self.functions: dict[tuple[str, str], Function] = {}
        self.tasks: dict[TaskId, SeenTask] = {}
        self.retention = retention
        self.graveyard = Graveyard(retention, self.retention_of)
        self._vanished: dict[str, dict[TaskId, tuple[TaskFact, ...]]] = {}
        self._children: dict[TaskId, str] = {}

    # Executions

    def put_execution(self, item: Object) -> tuple[SeenExecution, bool]:
        """Take an Execution as it is now; whether its spec is news."""
        metadata, status = item["metadata"], item.get("status", {})
        uid, old = metadata["uid"], self.executions.get(metadata["uid"])
        generation = metadata.get("generation", 0)
        is_finished, redrive_count = epochs.end(status, old)
        is_news = old is None or old.generation != generation
        has_begun = "record" in status
        seen = SeenExecution(
            key=ExecutionKey(metadata["namespace"], metadata["name"], uid),
            workflow_name=item["spec"]["workflowRef"]["name"],
            generation=generation,
            revision=status.get("revision") or item["spec"]["workflowRef"].get("revision"),
            phase=sys.intern(status.get("phase") or "Pending"),
            is_finished=is_finished,
            is_suspended=bool(item["spec"].get("suspend")),
            redrive_count=redrive_count,
            is_to_redrive=is_finished and epochs.is_redrive_due(item, redrive_count),
            may_run=status.get("phase") != "Succeeded" and not status.get("emptied"),
            has_begun=has_begun or (old is not None and old.has_begun),
            created_at=parse_instant(metadata["creationTimestamp"]),
            seen_at=self.clock(),
            parent=lineage(item),
            grave=self.graveyard.renewed(None if old is None else old.grave, item),
            version=metadata.get("resourceVersion", ""),
            whole=item if is_news and not has_begun and not is_finished else None,
        )
        self.executions[uid] = seen
        self._count_phase(old, seen)
        if seen.parent is not None:
            self._children[seen.parent] = uid
        return seen, is_news

    def drop_execution(self, uid: str) -> SeenExecution | None:
        """Forget an Execution that is gone; its tasks go as their own objects do."""
        self.forget_vanished(uid)
        self.drop_grave(uid)
        seen = self.executions.pop(uid, None)
        self._count_phase(seen, None)
        if seen is not None and seen.parent is not None:
            self._children.pop(seen.parent, None)
        return seen

    def child(self, task_id: TaskId) -> SeenExecution | None:
        """The child Execution that its parent knows by this id."""
        uid = self._children.get(task_id)
        return None if uid is None else self.executions.get(uid)

    def is_suspended(self, uid: str) -> bool:
        """Whether the Execution, or one that it descends from, is to start nothing new."""
        seen = self.executions.get(uid)
        while seen is not None and not seen.is_suspended:
            seen = None if seen.parent is None else self.executions.get(seen.parent.execution_uid)
        return seen is not None

    def descendants(self, uid: str) -> list[ExecutionKey]:
        """Children of the Execution, and theirs: looked for, once, among all that are known."""
        families: dict[str, list[str]] = {}
        for task_id, child in self._children.items():
            families.setdefault(task_id.execution_uid, []).append(child)
        found, line = [], families.get(uid, [])
        while line:
            found += [self.executions[child].key for child in line]
            line = [inner for child in line for inner in families.get(child, [])]
        return found

    def _count_phase(self, old: SeenExecution | None, new: SeenExecution | None) -> None:
        """Counted as they change: nobody walks a hundred thousand of them to tell."""
        if old is not None:
            self.phases[old.phase] -= 1
        if new is not None:
            self.phases[new.phase] += 1

    def drop_grave(self, uid: str) -> None:
        """Nothing of this Execution is to be deleted any more, until an event says otherwise."""
        seen = self.executions.get(uid)
        if seen is not None:
            self.graveyard.remove(seen.grave)
            seen.grave = None

    def forget_vanished(self, uid: str) -> None:
        """Nobody asks any more for tasks of this Execution that are gone."""
        self._vanished.pop(uid, None)

    def knows(self, item: Object) -> bool:
        """Whether exactly this state of the Execution was seen, or written by us."""
        seen = self.executions.get(item["metadata"]["uid"])
        return seen is not None and seen.version == item["metadata"]["resourceVersion"]

    def offer(self, item: Object) -> ExecutionKey | None:
        """Hold an object that was just listed for its first load; None where that is no use."""
        seen = self.executions.get(item["metadata"]["uid"])
        if seen is None or "deletionTimestamp" in item["metadata"]:
            return None
        if seen.is_finished and not seen.is_to_redrive:
            return None
        if seen.generation <= item["metadata"].get("generation", 0):
            seen.whole = item
        return seen.key

    def is_offered(self, uids: Iterable[str]) -> bool:
        """Whether any of them still waits for its first load."""
        found = (self.executions.get(uid) for uid in uids)
        return any(seen is not None and seen.whole is not None for seen in found)

    def take_whole(self, uid: str) -> Object | None:
        """The object of an Execution that nobody loaded yet, once."""
        seen = self.executions.get(uid)
        if seen is None:
            return None
        item, seen.whole = seen.whole, None
        return item

    def waiting_for(self, namespace: str, workflow_name: str) -> Iterator[ExecutionKey]:
        """Executions of a Workflow that have not begun."""
        for seen in self.executions.values():
            if seen.has_begun or seen.is_finished or seen.workflow_name != workflow_name:
                continue
            if seen.key.namespace == namespace:
                yield seen.key

    def unfinished(self) -> list[ExecutionKey]:
        """Every Execution that is not over, and those that may owe their children an end.

        One that is to be redriven is not over.
        """
        found: dict[str, ExecutionKey] = {}
        for uid, seen in self.executions.items():
            if not seen.is_finished or seen.is_to_redrive:
                found[uid] = seen.key
                parent = seen.parent and self.executions.get(seen.parent.execution_uid)
                if parent:
                    found[parent.key.uid] = parent.key
        return list(found.values())

    # Workflows and Functions

    def put_workflow(self, item: Object) -> Workflow | InvalidObject:
        """Take a Workflow; one that went round its schema is forgotten and its problems told."""
        place = _place(item)
        try:
            workflow = Workflow.parse(item)
        except InvalidObject as error:
            self.workflows.pop(place, None)
            return error
        self.workflows[place] = workflow
        return workflow

    def retention_of(self, namespace: str, workflow_name: str) -> Retention | None:
        """What a Workflow says on how long its Executions are kept."""
        workflow = self.workflows.get((namespace, workflow_name))
        return None if workflow is None else workflow.spec.retention

    def put_function(self, item: Object) -> Function | InvalidObject:
        """Take a Function; one that went round its schema is forgotten and its problems told."""
        self.drop_function(item)
        try:
            function = Function.parse(item)
        except InvalidObject as error:
            return error
        self.functions[function.metadata.namespace, function.public_name] = function
        return function

    def drop_workflow(self, item: Object) -> None:
        """Forget a Workflow that is gone."""
        self.workflows.pop(_place(item), None)

    def drop_function(self, item: Object) -> None:
        """Forget a Function that is gone, whatever name it went by."""
        namespace, name = _place(item)
        public = item.get("spec", {}).get("name") or name
        held = self.functions.get((namespace, public))
        if held is not None and held.metadata.name == name:
            del self.functions[namespace, public]

    # Tasks

    def put_job(self, job: JobSighting) -> bool:
        """Take a Job; whether that changes what is known of its task."""
        seen = self._seen_task(job.task_id)
        if seen.job is not None and seen.job.owner_uid != job.owner_uid:
            return False
        seen.job = job
        return self._refresh(seen)

    def add_job(self, job: JobSighting) -> None:
        """Take a Job that we just created, unless a watch was faster.

        What its pod may show by now is told with the next event: here nobody would be woken.
        """
        seen = self._seen_task(job.task_id)
        if seen.job is None:
            seen.job, seen.seen_at = job, self.clock()

    def drop_job(self, task_id: TaskId, uid: str, *, is_awaited: bool = False) -> bool:
        """Forget a Job that is gone; whether it was the one that we knew.

        That it was there is remembered: a task is not started twice. So is the end that it had
        shown, where it ``is_awaited``: it may not be recorded yet.
        """
        seen = self.tasks.get(task_id)
        if seen is None or seen.job is None or seen.job.uid != uid:
            return False
        if not seen.has_ended():
            vanished = TaskVanished(
                task_id=task_id, at=self.now(), reason="its Job was deleted", error=TASK_DELETED
            )
            self._vanished.setdefault(task_id.execution_uid, {})[task_id] = (vanished,)
        elif is_awaited:
            self._vanished.setdefault(task_id.execution_uid, {})[task_id] = seen.facts
        seen.job, seen.facts = None, ()
        self._forget_if_empty(task_id, seen)
        return True

    def put_pod(self, pod: PodSighting) -> bool:
        """Take a Pod; whether that changes what is known of its task."""
        seen = self._seen_task(pod.task_id)
        seen.pods[pod.uid] = pod
        return self._refresh(seen)

    def drop_pod(self, task_id: TaskId, uid: str) -> bool:
        """Forget a Pod that is gone; whether that changes what is known of its task."""
        seen = self.tasks.get(task_id)
        if seen is None or seen.pods.pop(uid, None) is None:
            return False
        changed = self._refresh(seen)
        self._forget_if_empty(task_id, seen)
        return changed

    def set_trouble(self, task_id: TaskId, trouble: str) -> bool:
        """Note why a Job has no pod; whether that is news."""
        seen = self.tasks.get(task_id)
        if seen is None:
            return False
        seen.trouble = trouble
        return self._refresh(seen, is_heard=False)

    def take_look(self, task_id: TaskId, job: JobSighting, pods: Iterable[PodSighting]) -> bool:
        """Take all that there is of a task by now; whether that changes what is known of it.

        This alone may find that time is over, or that a pod is missing: see ``outcomes``.
        """
        seen = self._seen_task(task_id)
        seen.job, seen.pods = job, {pod.uid: pod for pod in pods}
        return self._refresh(seen, is_fresh=True)

    def refresh(self) -> list[TaskId]:
        """Tasks of which more is known than anybody was told: see ``add_job``."""
        return [
            task_id
            for task_id, seen in self.tasks.items()
            if not seen.has_ended() and self._refresh(seen, is_heard=False)
        ]

    def doubtful(self) -> list[TaskId]:
        """Tasks that would be at an end if they still are as they were last seen.

        So would be whatever a broken watch does not tell of: they are to be looked at.
        """
        return [
            task_id
            for task_id, seen in self.tasks.items()
            if seen.is_doubtful(self._spans, self.now())
        ]

    def owner(self, task_id: TaskId) -> str | None:
        """Uid of the Execution that owns the task's Job, None where none is seen."""
        seen = self.tasks.get(task_id)
        return None if seen is None or seen.job is None else seen.job.owner_uid

    def facts(self, task_id: TaskId) -> tuple[TaskFact, ...] | None:
        """What a task shows; None where there is no Job of it and was none."""
        seen = self.tasks.get(task_id)
        if seen is not None and seen.job is not None:
            return seen.facts
        return self._vanished.get(task_id.execution_uid, {}).get(task_id)

    def plight(self, task_id: TaskId) -> str | None:
        """What keeps a task that is there from running."""
        seen = self.tasks.get(task_id)
        return None if seen is None else seen.plight

    def active_tasks(self) -> Iterator[tuple[ExecutionKey, TaskId]]:
        """Tasks whose Jobs show no end, of Executions that are known."""
        for task_id, seen in self.tasks.items():
            if seen.job is None or seen.job.finished_at is not None or seen.has_ended():
                continue
            execution = self.executions.get(task_id.execution_uid)
            if execution is not None:
                yield execution.key, task_id

    def task_limit(self, namespace: str, workflow_name: str) -> int:
        """How many tasks of the Workflow may be active, 0 for any number."""
        workflow = self.workflows.get((namespace, workflow_name))
        return 0 if workflow is None else workflow.spec.max_active_tasks or 0

    def _seen_task(self, task_id: TaskId) -> SeenTask:
        seen = self.tasks.get(task_id)
        if seen is None:
            seen = self.tasks[task_id] = SeenTask(seen_at=self.clock())
        return seen

    def _refresh(self, seen: SeenTask, *, is_heard: bool = True, is_fresh: bool = False) -> bool:
        if is_heard:
            seen.seen_at = self.clock()
        before = seen.own
        sighting = seen.sighting(is_fresh=is_fresh)
        is_other_pod = before is not None and seen.own is not None and before.uid != seen.own.uid
        if seen.has_ended() and not is_other_pod:
            return False
        facts = () if sighting is None else facts_of(sighting, self._spans, self.now())
        changed = [type(fact) for fact in facts] != [type(fact) for fact in seen.facts]
        if changed or is_other_pod:
            seen.facts = facts
        plight = None if sighting is None or seen.has_ended() else plight_of(sighting)
        changed |= (plight is None) != (seen.plight is None)
        seen.plight = plight
        return changed or is_other_pod

    def _forget_if_empty(self, task_id: TaskId, seen: SeenTask) -> None:
        if seen.job is not None or seen.pods:
            return
        del self.tasks[task_id]


def _place(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]
