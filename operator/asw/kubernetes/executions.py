"""Load and save: an Execution's spec and status to ``Stored`` and back, one fenced write a save.

Between load and last save the pieces that only matter here are held in memory: conditions, the
tail of the history, which pages exist. The record itself is the reconciler's; the last saved one
is kept for the result server, which serves large events from it.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from asw.api.execution import Execution, ExecutionStatus
from asw.api.names import CONDITION_READY, CONDITION_REDRIVEN, REASON_RUNNING
from asw.api.objects import InvalidObject
from asw.api.phases import FINAL_PHASES
from asw.asl.errors import Failure
from asw.asl.values import from_text
from asw.engine.facts import StopRequested
from asw.engine.record import Outcome, Record
from asw.engine.task_ids import TaskId
from asw.kubernetes.cache import Cache
from asw.kubernetes.client import KubeClient
from asw.kubernetes.errors import Damaged, NotFound
from asw.kubernetes.garbage import Garbage
from asw.kubernetes.history import History, mergeable, merged
from asw.kubernetes.inputs import Input, read_input
from asw.kubernetes.lineage import NOT_OURS, born, lineage
from asw.kubernetes.paging import Texts
from asw.kubernetes.reading import read_record, references_of
from asw.kubernetes.resources import EXECUTIONS
from asw.kubernetes.status import (
    Before,
    Written,
    conditions_patch,
    is_redrive_refused,
    status_patch,
    with_redrive,
    written,
)
from asw.kubernetes.storage import Storage
from asw.reconciler.platform import ExecutionKey, Gone, Redrive, Refused, Save, Stored

EMPTIED = "retention removed what it needs to go on; start a new execution"


@dataclass(slots=True, kw_only=True)
class Held:
    """What is in memory of an execution. ``pages`` are those that exist, as far as known."""

    spec: Mapping[str, Any]
    before: Before
    record: Record | None
    pages: set[str] = field(default_factory=set)
    record_pages: frozenset[str] = frozenset()
    history_pages: set[str] = field(default_factory=set)
    texts: Texts = field(default_factory=Texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An execution as it was read; ``pages`` are those that its record needs."""

    execution: Execution
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    source: Input
    record: Record | None
    record_problem: str | None
    pages: frozenset[str]


class Executions:
    """See the module."""

    def __init__(self, client: KubeClient, cache: Cache, storage: Storage) -> None:
        self._client = client
        self._cache = cache
        self._storage = storage
        self._held: dict[str, Held] = {}
        self._dropped: set[str] = set()
        self._writing: set[str] = set()
        self.garbage = Garbage()

    def record(self, uid: str) -> Record | None:
        """The last record that was loaded or saved, where it is in memory."""
        held = self._held.get(uid)
        return held.record if held else None

    def may_await(self, task_id: TaskId) -> bool:
        """Whether the execution may have the task open: not known of one that is not loaded."""
        held = self._held.get(task_id.execution_uid)
        if held is None or held.record is None:
            return task_id.execution_uid not in self._dropped
        return task_id in set(held.record.open_tasks())

    def drop(self, uid: str) -> None:
        """Hold nothing of an execution that has no task open, until it is loaded again."""
        self._held.pop(uid, None)
        self._dropped.add(uid)

    def forget(self, uid: str) -> None:
        """Hold nothing of the execution any more."""
        self._held.pop(uid, None)
        self._dropped.discard(uid)

    async def load(self, key: ExecutionKey) -> Stored | None:
        """See ``Platform.load``."""
        found = await self._read(key, self._cache.take_whole(key.uid))
        if found is None:
            return None
        self._held[key.uid] = _held(found)
        self._dropped.discard(key.uid)
        stored = _stored(key, found)
        is_suspended = stored.is_suspended or self._cache.is_suspended(key.uid)
        return replace(stored, is_suspended=is_suspended)

    async def _hold(self, key: ExecutionKey) -> Held:
        """What is in memory, loaded if need be. Raises Gone."""
        if key.uid not in self._held and await self.load(key) is None:
            raise Gone(f"execution {key.namespace}/{key.name} is gone")
        return self._held[key.uid]

    async def stored_record(self, key: ExecutionKey) -> Record | None:
        """The record as it is stored, for a reader: what is held in memory stays as it is."""
        found = await self._read(key, None)
        return found.record if found else None

    async def stored_outcome(self, key: ExecutionKey) -> Outcome | None:
        """How an execution that is over ended, for a reader; None where it is gone, or not over."""
        found = await self._read(key, None)
        if found is None:
            return None
        if found.record is not None and found.record.outcome is not None:
            return found.record.outcome
        status = found.execution.status
        if status.phase != "Failed" or status.completion_time is None:
            return None
        failure = Failure(status.error, status.cause)
        return Outcome(status="FAILED", at=status.completion_time, failure=failure)

    async def _read(self, key: ExecutionKey, whole: Mapping[str, Any] | None) -> _Found | None:
        item = whole or await self._get(key)
        if item is None:
            return None
        try:
            execution = Execution.parse(item)
        except InvalidObject as error:
            raise Refused(str(error)) from error
        workflow = self._cache.workflows.get((key.namespace, execution.spec.workflow_ref.name))
        source = await read_input(self._client, execution, workflow)
        is_child = lineage(item) is not None
        if execution.spec.parent is not None and not is_child:
            source = Input(problem=NOT_OURS)
        problem = EMPTIED if execution.status.emptied else None
        try:
            record, pages = await self._record(key, execution, source)
        except Damaged as error:
            record, pages, problem = None, set(), str(error)
        is_unborn = execution.status.record is None and execution.status.phase not in FINAL_PHASES
        if is_child and is_unborn and source.problem is None:
            record = born(execution, key.uid, source.value)
        return _Found(
            execution=execution,
            spec=item["spec"],
            status=item.get("status", {}),
            source=source,
            record=record,
            record_problem=problem,
            pages=frozenset(pages),
        )

    async def save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        """See ``Platform.save``."""
        held = await self._hold(key)
        is_over = held.record is not None and held.record.outcome is not None
        if save.refusal is not None or (is_over and save.record is None):
            return await self._tell_of_redrive(key, held, save, fence)
        made, superseded = await self._with_few_chunks(key, written(held.before, save, held.texts))
        new_pages = {name: text for name, text in made.pages.items() if name not in held.pages}
        names = new_pages.keys() | made.chunks.keys()
        self._writing |= names
        try:
            if names:
                await self.garbage.keep(names)
                await asyncio.gather(
                    self._storage.write_pages(key, new_pages),
                    self._storage.write_chunks(key, made.chunks),
                )
                held.pages |= new_pages.keys()
            metadata = await self._patch(key, status_patch(fence, made.status))
        finally:
            self._writing -= names
        self._note(key, held, save, made)
        self._show(held, made, metadata)
        self.garbage.add(key, superseded)
        return str(metadata["resourceVersion"])

    async def exited_states(self, key: ExecutionKey) -> frozenset[str]:
        """See ``Platform.exited_states``."""
        history = (await self._hold(key)).before.history
        texts = await self._storage.read_chunks(key, [chunk["name"] for chunk in history.chunks])
        lines = chain(history.tail, *map(from_text, texts.values()))
        return frozenset(line["name"] for line in lines if line["type"].endswith("StateExited"))

    async def _tell_of_redrive(self, key: ExecutionKey, held: Held, save: Save, fence: str) -> str:
        """Say why a redrive is refused, or what it waits for, and leave the rest as it is."""
        conditions = with_redrive(held.before, save)
        metadata = await self._patch(key, conditions_patch(fence, conditions))
        held.before = replace(held.before, conditions=conditions)
        seen = self._cache.executions.get(key.uid)
        if seen is not None:
            seen.is_to_redrive = save.refusal is None
        return str(metadata["resourceVersion"])

    async def _patch(
        self, key: ExecutionKey, patch: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        self._cache.being_written.add(key.uid)
        try:
            item = await self._client.patch_status(EXECUTIONS, key.namespace, key.name, patch)
        except NotFound as error:
            raise Gone(str(error)) from error
        finally:
            self._cache.being_written.discard(key.uid)
        metadata: Mapping[str, Any] = item["metadata"]
        return metadata

    async def _with_few_chunks(
        self, key: ExecutionKey, made: Written
    ) -> tuple[Written, tuple[str, ...]]:
        """The status with small chunks of history merged, and the names of those."""
        names = mergeable(made.history)
        if not names:
            return made, ()
        stored = [name for name in names if name not in made.chunks]
        try:
            texts = await self._storage.read_chunks(key, stored) | dict(made.chunks)
        except Refused:
            return made, ()  # somebody deleted one: a gap in the past is no reason to stop
        few = merged(key.uid, made.history, names, texts)
        status = {**made.status, "historyChunks": list(few.history.chunks)}
        merge = replace(made, status=status, history=few.history, chunks=few.chunks)
        return merge, tuple(name for name in few.superseded if name in stored)

    def _note(self, key: ExecutionKey, held: Held, save: Save, made: Written) -> None:
        """Remember what was written, now that it is."""
        held.before = replace(held.before, conditions=made.conditions, history=made.history)
        if save.record is not None:
            held.record = save.record
        needed = frozenset(made.record_pages)
        held.history_pages |= made.pages.keys() - needed
        unused = held.record_pages - needed - held.history_pages
        held.record_pages = needed
        held.pages -= unused
        self.garbage.add(key, unused)

    def _show(self, held: Held, made: Written, metadata: Mapping[str, Any]) -> None:
        """The cache learns of a write from us, so that its echo need not be looked at.

        A watch may have been faster, and have shown a spec that was edited after the write.
        """
        seen = self._cache.executions.get(metadata["uid"])
        if seen is None or seen.generation > metadata["generation"]:
            return
        item = {"metadata": metadata, "spec": held.spec, "status": made.status}
        self._cache.put_execution(item)

    async def collect_unreferenced(self, key: ExecutionKey, names: Collection[str]) -> int:
        """Make garbage of those of the objects that the execution does not refer to; how many.

        Where its own objects cannot be read, nothing is.
        """
        found = await self._read(key, None)
        if found is None or found.record_problem is not None:
            return 0
        chunks = [chunk["name"] for chunk in found.status.get("historyChunks", ())]
        texts = await self._storage.read_chunks(key, chunks)
        lines = chain(found.status.get("history", ()), *map(from_text, texts.values()))
        referred = {*chunks, *found.pages, *references_of([found.status, *lines])}
        held = self._held.get(key.uid)
        referred |= held.pages if held is not None else set()
        orphans = [it for it in names if it not in referred and it not in self._writing]
        self.garbage.add(key, orphans)
        return len(orphans)

    async def _get(self, key: ExecutionKey) -> Mapping[str, Any] | None:
        try:
            item = await self._client.get(EXECUTIONS, key.namespace, key.name)
        except NotFound:
            return None
        metadata = item["metadata"]
        is_it = metadata["uid"] == key.uid and "deletionTimestamp" not in metadata
        return item if is_it else None

    async def _record(
        self, key: ExecutionKey, execution: Execution, source: Input
    ) -> tuple[Record | None, set[str]]:
        """The record in the status, its pages read back, and their names."""
        if execution.status.record is None:
            return None, set()
        return await read_record(self._storage, key, execution.status.record, source.value)


def _held(found: _Found) -> Held:
    status = found.status
    history = History(
        tail=tuple(status.get("history", ())), chunks=tuple(status.get("historyChunks", ()))
    )
    pages = found.pages | set(references_of(history.tail))
    stored = set(pages)
    return Held(
        spec=found.spec,
        before=Before(
            uid=found.execution.metadata.uid,
            generation=found.execution.metadata.generation,
            conditions=tuple(found.execution.status.conditions),
            history=history,
            input_text=found.source.text if found.source.is_kept else None,
        ),
        record=found.record,
        pages=stored,
        texts=Texts(stored),
        history_pages=set(pages),
    )


def _stored(key: ExecutionKey, found: _Found) -> Stored:
    execution, source = found.execution, found.source
    metadata, spec, status = execution.metadata, execution.spec, execution.status
    assert metadata.creation_timestamp is not None
    stop, order = spec.stop, spec.redrive
    return Stored(
        key=key,
        execution_name=execution.public_name,
        workflow_name=spec.workflow_ref.name,
        created_at=metadata.creation_timestamp,
        fence=metadata.resource_version,
        input=source.value,
        input_problem=source.problem,
        stop=None if stop is None else StopRequested(error=stop.error, cause=stop.cause),
        is_suspended=spec.suspend,
        redrive=None if order is None else Redrive(number=order.number, revision=order.revision),
        is_redrive_refused=is_redrive_refused(status.conditions, metadata.generation),
        revision=status.revision or spec.workflow_ref.revision,
        record=found.record,
        record_problem=found.record_problem,
        said=_said(status),
        map_state=None if spec.parent is None or found.record is None else spec.parent.state,
        is_finished=status.phase in FINAL_PHASES,
    )


def _said(status: ExecutionStatus) -> tuple[str, str] | None:
    """Why it waits, as its status says."""
    shown_by = {each.type: each for each in status.conditions}
    if status.phase in FINAL_PHASES:
        redrive = shown_by.get(CONDITION_REDRIVEN)
        is_waiting = redrive is not None and redrive.status == "Unknown"
        return (redrive.reason, redrive.message) if redrive and is_waiting else None
    shown = shown_by.get(CONDITION_READY)
    if shown is None or shown.reason == REASON_RUNNING:
        return None
    return shown.reason, shown.message
