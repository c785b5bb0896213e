"""What distributed Maps need of the fake platform: children, and objects in memory."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from asw.engine.children import child_finished
from asw.engine.commands import CancelChild
from asw.engine.facts import (
    StopRequested,
    TaskFact,
    TaskStarted,
)
from asw.engine.items import Listed, NoSuchObject
from asw.engine.record import Record
from asw.engine.record_text import to_record_text
from asw.engine.task_ids import TaskId
from asw.engine.transfers import transferred
from asw.reconciler.distributed import Child, Transfer
from asw.reconciler.platform import ExecutionKey
from tests.support.faults import Faults
from tests.support.virtual_time import virtual_now


@dataclass(frozen=True)
class Birth:
    """Where a child comes from, and the record it was born with."""

    parent: ExecutionKey
    task_id: TaskId
    map_state: str
    revision: str
    record_text: str


class MemoryObjects:
    """Objects by bucket and key; buckets come with their first object."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    @property
    def most_bytes(self) -> int:
        """See ObjectStore."""
        return 1024**3

    def get(self, bucket: str, key: str) -> bytes:
        """See ObjectStore."""
        if (bucket, key) not in self.objects:
            raise NoSuchObject(f"no {key} in {bucket}")
        return self.objects[bucket, key]

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """See ObjectStore."""
        raise NoSuchObject(f"{bucket} has no list")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """See ObjectStore."""
        self.objects[bucket, key] = body


@dataclass
class FakeMaps:
    """See the module. ``create`` makes an execution of a birth, once.

    Transfers take ``takes`` seconds; ``transferred`` counts how often each was begun.
    """

    faults: Faults
    create: Callable[[ExecutionKey, Birth, Record], None]
    record_of: Callable[[ExecutionKey], Record | None]
    stop: Callable[[ExecutionKey, StopRequested], None]
    wake: Callable[[ExecutionKey], None]
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    takes: float = 0.5
    children: dict[TaskId, ExecutionKey] = field(default_factory=dict)
    transferred: list[TaskId] = field(default_factory=list)
    forgotten: list[ExecutionKey] = field(default_factory=list)
    _outcomes: dict[TaskId, TaskFact] = field(default_factory=dict)
    _running: dict[TaskId, asyncio.Task[None]] = field(default_factory=dict)

    async def start_children(self, key: ExecutionKey, children: Sequence[Child]) -> None:
        """See ChildExecutions."""
        number = await self.faults.before("start_children")
        for child in children:
            header = child.record.header
            child_key = ExecutionKey(key.namespace, header.name, header.uid)
            if child.task_id not in self.children:
                self.children[child.task_id] = child_key
                text = to_record_text(child.record)
                birth = Birth(key, child.task_id, child.map_state, child.revision, text)
                self.create(child_key, birth, child.record)
        await self.faults.after("start_children", number)

    async def cancel_children(self, key: ExecutionKey, children: Sequence[CancelChild]) -> None:
        """See ChildExecutions."""
        number = await self.faults.before("cancel_children")
        for command in children:
            if command.task_id in self.children:
                self.stop(self.children[command.task_id], StopRequested())
        await self.faults.after("cancel_children", number)

    def forget_child(self, key: ExecutionKey) -> None:
        """See ChildExecutions."""
        self.forgotten.append(key)

    async def transfer(self, key: ExecutionKey, transfers: Sequence[Transfer]) -> None:
        """See Transfers."""
        number = await self.faults.before("transfer")
        for command in transfers:
            if not self.facts_of(command.task_id):
                self.transferred.append(command.task_id)
                running = asyncio.get_running_loop().create_task(self._transfer(key, command))
                self._running[command.task_id] = running
        await self.faults.after("transfer", number)

    def facts_of(self, task_id: TaskId) -> tuple[TaskFact, ...]:
        """What a child or a transfer shows; nothing where there is none."""
        if task_id in self._outcomes:
            return (self._outcomes[task_id],)
        if task_id in self._running:
            return (TaskStarted(task_id=task_id, at=virtual_now()),)
        key = self.children.get(task_id)
        record = None if key is None else self.record_of(key)
        if record is None:
            return ()
        outcome = record.outcome
        if outcome is None:
            return (TaskStarted(task_id=task_id, at=record.header.started_at),)
        return (child_finished(task_id, outcome),)

    def crash(self) -> None:
        """The process dies: what it was reading or writing is forgotten."""
        for running in self._running.values():
            running.cancel()
        self._running.clear()

    async def _transfer(self, key: ExecutionKey, command: Transfer) -> None:
        task_id = command.task_id
        await asyncio.sleep(self.takes)
        self._outcomes[task_id] = transferred(command, self.objects, virtual_now())
        del self._running[task_id]
        self.wake(key)
