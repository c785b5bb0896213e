"""Children of distributed Maps and of Tasks: Executions of their own, the open ones also in memory.

Their ends are known from the save that ended them. After a restart the ends are read once, when
the parent is loaded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from asw.api.instants import parse_instant
from asw.api.names import LABEL_CHILD, LABEL_STARTED_BY, child_name
from asw.api.phases import FINAL_PHASES
from asw.engine.children import child_finished
from asw.engine.commands import CancelChild
from asw.engine.facts import ChildFinished, TaskFact, TaskStarted
from asw.engine.record import Outcome, Record
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.ensure import ensure
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, EXECUTIONS, PAYLOADS
from asw.platforms.kubernetes.port.parents import Parents, awaited_children
from asw.platforms.kubernetes.storage.executions import Executions
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.reconciler.distributed import Child
from asw.reconciler.platform import ExecutionKey, Gone, Listener, Refused
from asw.reconciler.tasks import awaited_tasks, cancelled

AT_ONCE = 32
"""Concurrent requests about the children of one execution."""
DELETED = "the Execution of this child was deleted"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChild:
    """What a parent sees of one child; ``end`` once it is over, ``key`` None if it is gone."""

    key: ExecutionKey | None
    started: TaskStarted
    end: ChildFinished | None = None

    def facts(self) -> tuple[TaskFact, ...]:
        """What the child shows."""
        if self.end is None:
            return (self.started,)
        return (replace(self.end, started_at=self.started.at),)


class Children:
    """The open children, by parent. Set ``listener`` before the first child is started."""

    listener: Listener

    def __init__(self, client: KubeClient, cache: Cache, executions: Executions) -> None:
        self._client = client
        self._cache = cache
        self._executions = executions
        self._parents = Parents(cache, executions)
        self._families: dict[str, dict[TaskKey, OpenChild]] = {}
        self._expected: set[TaskKey] = set()
        """Those whose creation is under way."""

    def facts(self, key: ExecutionKey, task_id: TaskId) -> tuple[TaskFact, ...] | None:
        """What a child of the execution shows; None if it is not known."""
        child = self._child(TaskKey.of(key, task_id))
        return None if child is None else child.facts()

    async def is_wanted(self, key: ExecutionKey) -> bool:
        """Whether nobody started the execution, or whoever did may still wait for it."""
        seen = self._cache.executions.get(key.uid)
        place = None if seen is None else seen.known_as
        if seen is None or place is None or place in self._expected:
            return True
        return self._child(place) is not None or await self._parents.want(seen)

    @contextmanager
    def expecting(self, place: TaskKey) -> Iterator[None]:
        """While the block creates a child: a watch may show it before the server's answer does."""
        self._expected.add(place)
        try:
            yield
        finally:
            self._expected.discard(place)

    async def remember(self, key: ExecutionKey, record: Record) -> None:
        """Load the children that the record holds open into memory, ends included.

        An execution that a Task has started and that the server does not have was deleted.
        """
        tasks = awaited_tasks(record)
        calls: list[Callable[[], Awaitable[None]]] = []
        for task_id in _wanted(record):
            place, task = TaskKey.of(key, task_id), tasks.get(task_id)
            seen, at = self._cache.child(place), None if task is None else task.started_at
            if seen is not None:
                calls.append(partial(self._remember, place, seen, at or seen.created_at))
            elif at is not None and self._child(place) is None:
                calls.append(partial(self._find, place, at))
        await _side_by_side(calls)

    async def start(
        self, key: ExecutionKey, children: Sequence[Child], *, is_private: bool = False
    ) -> None:
        """Create the children and have them run; private inputs are not put into the spec."""
        seen = self._cache.executions.get(key.uid)
        if seen is None:
            raise Gone(f"execution {key.namespace}/{key.name} is gone")
        new = [it for it in children if self._child(TaskKey.of(key, it.task_id)) is None]
        make = partial(
            self._cache.lineage.child_objects, is_private=is_private, propagated=seen.propagated
        )
        made = (make(key, seen.workflow_name, child) for child in new)
        await _side_by_side(
            partial(self._start, key, child.task_id, *objects)
            for child, objects in zip(new, made, strict=True)
        )

    async def cancel(self, key: ExecutionKey, children: Sequence[CancelChild]) -> None:
        """Ask to abort the children, but for those that people redrove since."""
        running = [it.task_id for it in children if self._may_run(TaskKey.of(key, it.task_id))]
        await _side_by_side(partial(self._stop, key, task_id) for task_id in running)

    def _may_run(self, place: TaskKey) -> bool:
        child, seen = self._child(place), self._cache.child(place)
        return (child is None or child.end is None) and (seen is None or not seen.redrive_count)

    def finish(self, uid: str, outcome: Outcome) -> None:
        """An Execution is over: tell its parent, if it is a child that is awaited here."""
        seen = self._cache.executions.get(uid)
        if seen is not None and seen.known_as is not None:
            self._end(seen, child_finished(seen.known_as.task_id, outcome))

    def look(self, seen: SeenExecution) -> None:
        """An Execution ended that was not saved here: its parent must read the end."""
        if seen.known_as is not None and self._open(seen) is not None:
            self._tell(seen.known_as, self.listener.reload)

    def lose(self, seen: SeenExecution) -> None:
        """An Execution was deleted; a child that was not over counts as aborted."""
        if seen.known_as is not None:
            self._end(seen, self._deleted(seen.known_as))

    def keep_only(self, uid: str, record: Record) -> None:
        """Hold only those children that the parent may ask about again."""
        family = self._families.get(uid)
        if family is None:
            return
        wanted = _wanted(record)
        for place in [it for it in family if it.task_id not in wanted]:
            del family[place]
        if not family:
            del self._families[uid]

    def forget(self, uid: str) -> None:
        """Hold nothing of the children of an execution that is over or gone."""
        self._families.pop(uid, None)

    def _child(self, place: TaskKey) -> OpenChild | None:
        return self._families.get(place.task_id.execution_uid, {}).get(place)

    def _open(self, seen: SeenExecution) -> OpenChild | None:
        """The Execution as an open child; one that took its place later is none."""
        child = None if seen.known_as is None else self._child(seen.known_as)
        is_open = child is not None and child.end is None and child.key == seen.key
        return child if is_open else None

    def _put(self, place: TaskKey, child: OpenChild) -> None:
        self._families.setdefault(place.task_id.execution_uid, {})[place] = child

    def _end(self, seen: SeenExecution, end: ChildFinished) -> None:
        child = self._open(seen)
        if child is not None and seen.known_as is not None:
            self._put(seen.known_as, replace(child, end=end))
            self._tell(seen.known_as, self.listener.wake)

    def _tell(self, place: TaskKey, how: Callable[[ExecutionKey], None]) -> None:
        parent = self._cache.execution(place.namespace, place.task_id.execution_uid)
        if parent is not None:
            how(parent.key)

    async def _remember(self, place: TaskKey, seen: SeenExecution, at: datetime) -> None:
        known = self._child(place)
        if known is not None and (known.end is not None or not seen.is_finished):
            return
        started = TaskStarted(task_id=place.task_id, at=at)
        child = known or OpenChild(key=seen.key, started=started)
        if seen.is_finished:
            child = replace(child, end=await self._read_end(place, seen.key))
        self._put(place, child)

    async def _find(self, place: TaskKey, at: datetime) -> None:
        item = await self._look_for(place)
        if item is not None:
            await self.adopt(place, item, at)
            return
        started = TaskStarted(task_id=place.task_id, at=at)
        self._put(place, OpenChild(key=None, started=started, end=self._deleted(place)))

    async def _look_for(self, place: TaskKey) -> Mapping[str, Any] | None:
        """The execution that a Task started, as the server has it: watches may be slow to tell."""
        uid, ordinal = place.task_id
        labels = f"{LABEL_STARTED_BY}={uid},{LABEL_CHILD}={ordinal}"
        async for item in self._client.list(EXECUTIONS, place.namespace, labels=labels):
            starter = self._cache.starter_of(item)
            if starter is not None and starter.place == place:
                return item
        return None

    async def _read_end(self, place: TaskKey, key: ExecutionKey) -> ChildFinished:
        outcome = await self._executions.stored_outcome(key)
        return self._deleted(place) if outcome is None else child_finished(place.task_id, outcome)

    def _deleted(self, place: TaskKey) -> ChildFinished:
        at = self._cache.now()
        return ChildFinished(task_id=place.task_id, at=at, status="ABORTED", cause=DELETED)

    async def _start(
        self,
        key: ExecutionKey,
        task_id: TaskId,
        manifest: Mapping[str, Any],
        holder: Mapping[str, Any] | None,
    ) -> None:
        if holder is not None:
            resource = PAYLOADS if holder["kind"] == PAYLOADS.kind else CONFIG_MAPS
            await ensure(self._client, resource, key.namespace, holder)
        place = TaskKey.of(key, task_id)
        with self.expecting(place):
            try:
                made = await self._client.create(EXECUTIONS, key.namespace, manifest)
                item: Mapping[str, Any] = {**manifest, "metadata": made["metadata"], "status": {}}
            except AlreadyExists:
                item = await self._there(key, manifest["metadata"]["name"], task_id)
            await self.adopt(place, item)

    async def _there(self, key: ExecutionKey, name: str, task_id: TaskId) -> Mapping[str, Any]:
        item = await self._client.get(EXECUTIONS, key.namespace, name)
        if self._cache.parent_of(item) != TaskKey.of(key, task_id):
            raise Refused(f"Execution {key.namespace}/{name} was made by somebody else; delete it")
        return item

    async def adopt(
        self, place: TaskKey, item: Mapping[str, Any], at: datetime | None = None
    ) -> None:
        """Have it run now: the watch may be slow to report it. ``at`` is when it was created."""
        key = key_of(item)
        at = at or parse_instant(item["metadata"]["creationTimestamp"])
        child = OpenChild(key=key, started=TaskStarted(task_id=place.task_id, at=at))
        if item.get("status", {}).get("phase") in FINAL_PHASES:
            child = replace(child, end=await self._read_end(place, key))
        self._put(place, child)
        if child.end is not None:
            self._tell(place, self.listener.wake)
            return
        if key.uid not in self._cache.executions:
            self._cache.put_execution(item)
        self.listener.reload(key)

    async def _stop(self, key: ExecutionKey, task_id: TaskId) -> None:
        """Ask for the stop of this very object if it is known, else of what the server has."""
        place = TaskKey.of(key, task_id)
        known = self._child(place) or self._cache.child(place)
        child = None if known is None else known.key
        change: dict[str, Any] = {"spec": {"stop": {}}}
        if child is None:
            with suppress(NotFound):
                name = child_name(*task_id)
                await self._client.merge(EXECUTIONS, key.namespace, name, change)
                return
            item = await self._look_for(place)
            if item is None:
                return
            child = key_of(item)
        with suppress(NotFound):
            change = {"metadata": {"uid": child.uid}, **change}
            await self._client.merge(EXECUTIONS, key.namespace, child.name, change)


def key_of(item: Mapping[str, Any]) -> ExecutionKey:
    """The key of an Execution as an object."""
    metadata = item["metadata"]
    return ExecutionKey(metadata["namespace"], metadata["name"], metadata["uid"])


def _wanted(record: Record) -> frozenset[TaskId]:
    """The children whose end its parent will ask about."""
    return awaited_children(record) | cancelled(record)


async def _side_by_side(calls: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Make all the calls, several at a time; then raise what one of them raised."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def passed(call: Callable[[], Awaitable[None]]) -> None:
        async with gate:
            await call()

    results = await asyncio.gather(*map(passed, calls), return_exceptions=True)
    for result in results:
        if result is not None:
            raise result
