"""What the watches showed, in memory: custom resources, and each task's Job and Pods.

Fed by events in any order and with gaps. A sweep compares it with lists now and then, because
nobody reports what vanished while a watch was broken. Holds no client, and is used on the event
loop only. What somebody may have forged is found only where it belongs (``places``).
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from asw.api import names
from asw.api.function import Function
from asw.api.instants import parse_instant
from asw.api.objects import InvalidObject
from asw.api.retention import FOR_EVER
from asw.api.workflow import Retention, Workflow
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache import epochs
from asw.platforms.kubernetes.cache.activities import Activities
from asw.platforms.kubernetes.cache.connected import Connected
from asw.platforms.kubernetes.cache.lineage import Lineage, Starter
from asw.platforms.kubernetes.cache.references import Named, References
from asw.platforms.kubernetes.cache.retention_index import RetentionEntry, RetentionIndex
from asw.platforms.kubernetes.cache.scheduled import Scheduled
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.cache.task_cache import TaskCache
from asw.platforms.kubernetes.cache.unarchived import Unarchived
from asw.platforms.kubernetes.cache.whole import Book, Offers
from asw.platforms.kubernetes.cache.work_queue import WorkQueue
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.tasks.propagation import propagated
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.reconciler.platform import ExecutionKey

Object = Mapping[str, Any]


class Cache(TaskCache):
    """All that was seen, by uid and place. ``lineage`` recognises children of distributed Maps."""

    def __init__(
        self,
        spans: Spans,
        now: Callable[[], datetime],
        *,
        lineage: Lineage,
        clock: Callable[[], float] = time.monotonic,
        retention: Retention = FOR_EVER,
    ) -> None:
        super().__init__(spans, now, clock)
        self.propagates: Sequence[str] = ()
        """Prefixes of labels and annotations that Jobs and pods take from their Execution."""
        self.lineage = lineage
        self.executions: dict[str, SeenExecution] = {}
        self._offers = Offers()
        self.being_written: set[str] = set()
        """Uids of Executions whose status is on its way to the server."""
        self.phases: Counter[str] = Counter()
        """Number of Executions in each phase."""
        self._namespaces: Counter[str] = Counter()
        self.workflows: Book[Workflow] = Book()
        self.functions: Book[Function] = Book()
        self.connections = Connected()
        self.activities = Activities()
        self.scheduled = Scheduled()
        self.references = References()
        self.again = WorkQueue(clock)
        """Workflows and Functions to look at again, for example when what they name changed."""
        self.retention = retention
        self.retention_index = RetentionIndex(retention, self.retention_of, now)
        self.unarchived: Unarchived | None = None
        """What the archive may lack, where there is an archive."""
        self._children: dict[TaskKey, str] = {}
        self.on_end: Callable[[SeenExecution], None] = lambda _seen: None
        """Told of each end of an Execution, or that one is over that was not known."""
        self.is_wanted: Callable[[SeenExecution], bool] = lambda _seen: False
        """Whether somebody has yet to read an Execution that is over."""

    # Executions

    def family_created_at(self, uid: str) -> datetime | None:
        """When the Execution, or the first one that it descends from, was created."""
        seen = self.executions.get(uid)
        while seen is not None and (parent := self._parent(seen)) is not None:
            seen = parent
        return None if seen is None else seen.created_at

    def put_execution(self, item: Object) -> tuple[SeenExecution, bool]:
        """Take an Execution as it is now; True if its spec is news."""
        metadata, status = item["metadata"], item.get("status", {})
        uid, old = metadata["uid"], self.executions.get(metadata["uid"])
        generation = metadata.get("generation", 0)
        is_finished, redrive_count = epochs.end(status, old)
        is_news = old is None or old.generation != generation
        has_begun, parent = "record" in status, self.parent_of(item)
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
            ended_at=epochs.ended_at(status, old) if is_finished else None,
            parent=parent,
            starter=self.starter_of(item),
            entry=self.retention_index.renewed(
                None if old is None else old.entry, item, is_child=parent is not None
            ),
            version=metadata.get("resourceVersion", ""),
            propagated=propagated(metadata, self.propagates),
        )
        if is_news and not has_begun and not is_finished:
            self._offers.put(uid, item)
        else:
            self._offers.take(uid)
        self.executions[uid] = seen
        self._tell_archive(item, None if old is None else old.entry, seen)
        self._count(old, seen)
        self.scheduled.see(item, seen.phase, is_finished=is_finished)
        if seen.known_as is not None:
            self._children.setdefault(seen.known_as, uid)
        if is_finished and not (old and old.is_finished and old.redrive_count == redrive_count):
            self.on_end(seen)
        return seen, is_news

    def parent_of(self, item: Object) -> TaskKey | None:
        """The id by which its parent knows the Execution, None if it is no child. It never changes.

        So the seal of a child counts only once: keys may change while it runs.
        """
        seen = self.executions.get(item["metadata"]["uid"])
        known = None if seen is None else seen.parent
        return known or self.lineage.parent_of(item)

    def starter_of(self, item: Object) -> Starter | None:
        """The task that started the Execution, None if none did. It never changes either."""
        seen = self.executions.get(item["metadata"]["uid"])
        known = None if seen is None else seen.starter
        return known or self.lineage.starter_of(item)

    def execution(self, namespace: str, uid: str) -> SeenExecution | None:
        """The Execution of this uid, None if it belongs to another namespace."""
        seen = self.executions.get(uid)
        return seen if seen is not None and seen.key.namespace == namespace else None

    def drop_execution(self, uid: str) -> SeenExecution | None:
        """Forget an Execution that is gone; its tasks are forgotten with their own objects."""
        self.forget_vanished(uid)
        self.drop_grave(uid)
        seen = self.executions.pop(uid, None)
        self.scheduled.lose(uid)
        self._offers.take(uid)
        self._count(seen, None)
        place = None if seen is None else seen.known_as
        if place is not None and self.child(place) is None:
            self._children.pop(place, None)
        return seen

    def child(self, place: TaskKey) -> SeenExecution | None:
        """The child Execution that its parent knows by this id, or that a Task started."""
        uid = self._children.get(place)
        return None if uid is None else self.executions.get(uid)

    def is_suspended(self, uid: str) -> bool:
        """Whether the Execution, or one that it descends from, must start nothing new."""
        seen = self.executions.get(uid)
        while seen is not None and not seen.is_suspended:
            seen = self._parent(seen)
        return seen is not None

    def descendants(self, key: ExecutionKey) -> list[ExecutionKey]:
        """Children of the Execution, and their children, found in one walk over all known ones."""
        families: dict[tuple[str, str], list[ExecutionKey]] = {}
        for (namespace, task_id), child in self._children.items():
            family = families.setdefault((namespace, task_id.execution_uid), [])
            family.append(self.executions[child].key)
        found, line = list[ExecutionKey](), families.get((key.namespace, key.uid), [])
        while line:
            found += line
            line = [it for child in line for it in families.get((child.namespace, child.uid), [])]
        return found

    def _parent(self, seen: SeenExecution) -> SeenExecution | None:
        """The Execution whose child it is, or that waits for it, if known."""
        place = seen.descends_from
        if place is None:
            return None
        return self.execution(place.namespace, place.task_id.execution_uid)

    def _count(self, old: SeenExecution | None, new: SeenExecution | None) -> None:
        """Count them as they change: walking a hundred thousand of them would take too long."""
        if old is not None:
            self.phases[old.phase] -= 1
            self._namespaces[old.key.namespace] -= 1
        if new is not None:
            self.phases[new.phase] += 1
            self._namespaces[new.key.namespace] += 1

    def drop_grave(self, uid: str) -> None:
        """Delete nothing of this Execution any more, until an event says otherwise."""
        seen = self.executions.get(uid)
        if seen is not None:
            self.retention_index.remove(seen.entry)
            seen.entry = None
        if self.unarchived is not None:
            self.unarchived.gone(uid)

    def _tell_archive(
        self, item: Object, before: RetentionEntry | None, seen: SeenExecution
    ) -> None:
        """What will be deleted some day must be archived before, once for each of its ends."""
        if self.unarchived is None or seen.entry is before:
            return
        if seen.entry is None:
            self.unarchived.gone(seen.key.uid)
        else:
            self.unarchived.ended(item)

    def knows(self, item: Object) -> bool:
        """Whether exactly this state of the Execution was seen, or written by us."""
        seen = self.executions.get(item["metadata"]["uid"])
        return seen is not None and seen.version == item["metadata"]["resourceVersion"]

    def offer(self, item: Object) -> ExecutionKey | None:
        """Hold an object that was just listed for its first load; None if that is no use."""
        seen = self.executions.get(item["metadata"]["uid"])
        if seen is None or "deletionTimestamp" in item["metadata"]:
            return None
        if seen.is_finished and not seen.is_to_redrive:
            return None
        if seen.generation <= item["metadata"].get("generation", 0):
            self._offers.put(item["metadata"]["uid"], item)
        return seen.key

    def is_offered(self, uids: Iterable[str]) -> bool:
        """Whether any of them still waits for its first load."""
        return any(uid in self._offers for uid in uids)

    def take_whole(self, uid: str) -> Object | None:
        """The object of an Execution that was not loaded yet; handed out once."""
        return self._offers.take(uid)

    def waiting_for(self, namespace: str, workflow_name: str) -> Iterator[ExecutionKey]:
        """Executions of a Workflow that have not begun."""
        for seen in self.executions.values():
            if seen.has_begun or seen.is_finished or seen.workflow_name != workflow_name:
                continue
            if seen.key.namespace == namespace:
                yield seen.key

    def unfinished(self) -> list[ExecutionKey]:
        """Every Execution that is not over, and those that may owe their children an end.

        One that will be redriven is not over.
        """
        found: dict[str, ExecutionKey] = {}
        for uid, seen in self.executions.items():
            if not seen.is_finished or seen.is_to_redrive:
                found[uid] = seen.key
                parent = self._parent(seen)
                if parent is not None:
                    found[parent.key.uid] = parent.key
        return list(found.values())

    # Workflows and Functions

    def put_workflow(self, item: Object) -> Workflow | InvalidObject:
        """Take a Workflow; if it bypassed its schema, forget it and return its problems."""
        place = _place(item)
        try:
            workflow = Workflow.parse(item)
        except InvalidObject as error:
            self.workflows.forget(place)
            return error
        else:
            self.workflows[place] = workflow
            return workflow
        finally:
            self.retention_index.rules_changed(*place)

    def retention_of(self, namespace: str, workflow_name: str) -> Retention | None:
        """How long the Workflow wants its Executions kept; None if it is not there."""
        workflow = self.workflows.get((namespace, workflow_name))
        return None if workflow is None else workflow.spec.retention or FOR_EVER

    def workflow_named(self, namespace: str, public_name: str) -> str | None:
        """The object name of the Workflow that definitions know by this name; None if none is."""
        known = self.workflows.get((namespace, public_name))
        if known is not None and known.public_name == public_name:
            return public_name
        names = (
            it.metadata.name
            for (where, _), it in self.workflows.items()
            if where == namespace and it.public_name == public_name
        )
        return min(names, default=None)

    def put_function(self, item: Object) -> Function | InvalidObject:
        """Take a Function; if it bypassed its schema, forget it and return its problems."""
        self._take_out(item)
        try:
            function = Function.parse(item)
        except InvalidObject as error:
            return error
        self.functions[function.metadata.namespace, function.public_name] = function
        return function

    def amiss(self, namespace: str, public_name: str) -> tuple[str, str] | None:
        """Why tasks cannot call the Function, as a reason and a sentence; None if they can."""
        function = self.functions.get((namespace, public_name))
        if function is None:
            sentence = f"Function {public_name!r} does not exist"
            return names.REASON_FUNCTION_NOT_FOUND, sentence
        ready = function.ready
        if ready is not None and ready.status == "True":
            return None
        why = "it has not been checked yet" if ready is None else ready.message
        sentence = f"Function {public_name!r} is not ready: {why}"
        return names.REASON_FUNCTION_NOT_READY, sentence

    def drop_workflow(self, item: Object) -> None:
        """Forget a Workflow that is gone."""
        self.workflows.forget(_place(item))
        self.retention_index.rules_changed(*_place(item))
        self._drop_definition(Named.workflow(*_place(item)))

    def drop_function(self, item: Object) -> None:
        """Forget a Function that is gone, whatever its public name was."""
        public = self._take_out(item)
        if public is not None:
            self._drop_definition(Named.function(_place(item)[0], public))

    def drop_connection(self, item: Object) -> None:
        """Forget a Connection that is gone."""
        self.connections.drop(item)
        self._drop_definition(Named.connection(*_place(item)))

    def _take_out(self, item: Object) -> str | None:
        """Remove the Function's public name, and return it if there was one."""
        namespace, name = _place(item)
        public: str = item.get("spec", {}).get("name") or name
        held = self.functions.get((namespace, public))
        if held is None or held.metadata.name != name:
            return None
        self.functions.forget((namespace, public))
        return public

    def _drop_definition(self, gone: Named) -> None:
        self.references.drop(gone)
        self.again.drop(gone)

    # Tasks and whose they are

    def owner(self, place: TaskKey) -> SeenExecution | None:
        """The Execution that owns the task's Job, None if either has not been seen."""
        seen = self.tasks.get(place)
        if seen is None or seen.job is None:
            return None
        return self.execution(place.namespace, seen.job.owner_uid)

    def owners(self, task_id: TaskId) -> Iterator[SeenExecution]:
        """Who owns a Job of this task, if no namespace is known; at most one is genuine."""
        places = (TaskKey(it, task_id) for it, count in self._namespaces.items() if count)
        return (owner for place in places if (owner := self.owner(place)) is not None)

    def active_tasks(self) -> Iterator[tuple[ExecutionKey, TaskId]]:
        """Tasks whose Jobs show no end, of Executions that are known."""
        for (namespace, task_id), seen in self.tasks.items():
            if seen.job is None or seen.job.finished_at is not None or seen.has_ended():
                continue
            execution = self.execution(namespace, task_id.execution_uid)
            if execution is not None:
                yield execution.key, task_id

    def task_limit(self, namespace: str, workflow_name: str) -> int:
        """How many tasks of the Workflow may be active, 0 for any number."""
        workflow = self.workflows.get((namespace, workflow_name))
        return 0 if workflow is None else workflow.spec.max_active_tasks or 0


def _place(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]
