"""Load and save: an Execution's spec and status to ``Stored`` and back, one fenced write a save.

Between load and last save, memory holds what matters only here: conditions, the tail of the
history, the pages that the stored status refers to. The record itself belongs to the reconciler;
the last saved one is kept for the result server, which serves large events from it.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from asw.asl.values import from_text
from asw.engine.record import Outcome, Record
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.notices.notice import Tell, tell_nobody
from asw.platforms.kubernetes.notices.occasions import Standing, of_save
from asw.platforms.kubernetes.storage.finding import Finder, LoadedExecution, as_stored
from asw.platforms.kubernetes.storage.history import History, mergeable, merged
from asw.platforms.kubernetes.storage.inputs import input_digest
from asw.platforms.kubernetes.storage.paging import Texts
from asw.platforms.kubernetes.storage.reading import references_of
from asw.platforms.kubernetes.storage.status import (
    Before,
    Written,
    after_the_end,
    conditions_patch,
    written,
)
from asw.platforms.kubernetes.storage.storage import Garbage, Storage
from asw.platforms.kubernetes.storage.stored_names import (
    Naming,
    ReferencedNames,
    by_digest,
    is_of_history,
    is_of_record_alone,
)
from asw.reconciler.platform import ExecutionKey, Gone, Refused, Save, Stored


@dataclass(slots=True, kw_only=True)
class CachedExecution:
    """What memory holds of an execution, as its status is stored.

    ``pages`` are those that the record refers to. ``events`` are those of the history by digest,
    if they were seen here.
    """

    spec: Mapping[str, Any]
    before: Before
    record: Record | None
    revision: str | None = None
    is_private: bool = False
    pages: frozenset[str] = frozenset()
    events: dict[str, str] = field(default_factory=dict)
    texts: Texts = field(default_factory=Texts)
    trouble: str | None = None
    """What keeps its tasks from starting, as of the last save here."""

    def standing(self) -> Standing:
        """How it stands, for people."""
        return Standing(conditions=self.before.conditions, trouble=self.trouble)

    def known(self) -> ReferencedNames:
        """Names that the next save may refer to without writing the objects."""
        return ReferencedNames(record=by_digest(self.pages), events=self.events)


class Executions:
    """Loads and saves, and holds what that needs in between."""

    def __init__(self, client: KubeClient, cache: Cache, storage: Storage) -> None:
        self._client = client
        self._cache = cache
        self._storage = storage
        self.finder = Finder(client, cache, storage)
        self._held: dict[str, CachedExecution] = {}
        self._dropped: set[str] = set()
        self.garbage = Garbage()
        self.tell: Tell = tell_nobody
        """Takes notices about what was saved."""

    def record(self, uid: str) -> Record | None:
        """The last record that was loaded or saved, if it is in memory."""
        held = self._held.get(uid)
        return held.record if held else None

    def holds(self, uid: str) -> bool:
        """Whether memory knows what is stored of the execution: its record, or that it has none."""
        return uid in self._held

    def may_await(self, task_id: TaskId) -> bool:
        """Whether the execution may have the task open; True for one that is not loaded."""
        held = self._held.get(task_id.execution_uid)
        if held is None or held.record is None:
            return task_id.execution_uid not in self._dropped
        return task_id in set(held.record.open_tasks())

    def drop(self, uid: str) -> None:
        """Release an execution that has no task open, until it is loaded again."""
        self._held.pop(uid, None)
        self._dropped.add(uid)

    def forget(self, uid: str) -> None:
        """Hold nothing of the execution any more."""
        self._held.pop(uid, None)
        self._dropped.discard(uid)

    async def load(self, key: ExecutionKey, *, is_glance: bool = False) -> Stored | None:
        """The execution with its record; at a glance, without input and record."""
        whole = self._cache.take_whole(key.uid)
        found = await self.finder.find(key, whole, is_glance=is_glance)
        if found is None:
            return None
        self._held[key.uid] = _held(found)
        self._dropped.discard(key.uid)
        stored = as_stored(key, found)
        is_suspended = stored.is_suspended or self._cache.is_suspended(key.uid)
        return replace(stored, is_suspended=is_suspended)

    async def _hold(self, key: ExecutionKey) -> CachedExecution:
        """What memory holds of the execution, loaded if need be. Raises Gone."""
        if key.uid not in self._held and await self.load(key) is None:
            raise Gone(f"execution {key.namespace}/{key.name} is gone")
        return self._held[key.uid]

    async def stored_record(self, key: ExecutionKey) -> Record | None:
        """The stored record, for a reader; memory stays as it is."""
        found = await self.finder.find(key)
        return found.record if found else None

    async def stored_outcome(self, key: ExecutionKey) -> Outcome | None:
        """How a finished execution ended, for a reader; None if it is gone, or not over."""
        found = await self.finder.find(key)
        return found.outcome if found else None

    async def save(
        self, key: ExecutionKey, save: Save, fence: str, *, is_private: bool | None = None
    ) -> str:
        """Write in one fenced write. ``is_private`` is given if the revision changed."""
        held = await self._hold(key)
        held.is_private |= bool(is_private)
        is_over = held.record is not None and held.record.outcome is not None
        if save.refusal is not None or save.observed or (is_over and save.record is None):
            return await self._tell_after_the_end(key, held, save, fence)
        naming = self.naming(key.uid, fence, held)
        made = written(held.before, save, naming, held.texts)
        made, superseded = await self._with_few_chunks(key, naming, made)
        await asyncio.gather(
            self._storage.write_pages(key, made.pages),
            self._storage.write_chunks(key, made.chunks),
        )
        metadata = await self._write(
            key,
            self._client.replace_status(
                EXECUTIONS, key.namespace, key.name, version=fence, status=made.status
            ),
        )
        standing = held.standing()
        self.garbage.add(key, [*self._note(held, save, made), *superseded])
        self._show(held, made, metadata)
        self._announce(key, held, standing, save)
        return str(metadata["resourceVersion"])

    def naming(self, uid: str, fence: str, held: CachedExecution) -> Naming:
        """The names that a save gives to the objects it needs."""
        return Naming(uid, fence, held.known(), is_private=held.is_private)

    async def runs_another(self, key: ExecutionKey, revision: str | None) -> bool:
        """Whether the execution has run another revision so far, or none. Raises Gone."""
        return revision is not None and (await self._hold(key)).revision != revision

    async def exited_states(self, key: ExecutionKey) -> frozenset[str]:
        """Names of the states that were left. Raises Refused if part of the history is lost."""
        history = (await self._hold(key)).before.history
        texts = await self._storage.read_chunks(key, [chunk["name"] for chunk in history.chunks])
        lines = chain(map(from_text, history.tail), *map(from_text, texts.values()))
        return frozenset(line["name"] for line in lines if line["type"].endswith("StateExited"))

    async def _tell_after_the_end(
        self, key: ExecutionKey, held: CachedExecution, save: Save, fence: str
    ) -> str:
        """Report the result of an edit, and leave the rest of the status as it is."""
        conditions = after_the_end(held.before, save)
        observed = held.before.generation if save.waiting is None else None
        patch = conditions_patch(fence, conditions, observed)
        metadata = await self._write(
            key, self._client.patch_status(EXECUTIONS, key.namespace, key.name, patch)
        )
        standing = held.standing()
        held.before = replace(held.before, conditions=conditions)
        self._announce(key, held, standing, save)
        seen = self._cache.executions.get(key.uid)
        if seen is not None and not save.observed:
            seen.is_to_redrive = save.refusal is None
        return str(metadata["resourceVersion"])

    async def _write(
        self, key: ExecutionKey, writing: Awaitable[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """The metadata that the write leaves. Raises Gone."""
        self._cache.being_written.add(key.uid)
        try:
            item = await writing
        except NotFound as error:
            raise Gone(str(error)) from error
        finally:
            self._cache.being_written.discard(key.uid)
        metadata: Mapping[str, Any] = item["metadata"]
        return metadata

    async def _with_few_chunks(
        self, key: ExecutionKey, naming: Naming, made: Written
    ) -> tuple[Written, tuple[str, ...]]:
        """The status with small chunks of history merged, and the names of those chunks."""
        names = mergeable(made.history)
        if not names:
            return made, ()
        stored = [name for name in names if name not in made.chunks]
        try:
            texts = await self._storage.read_chunks(key, stored) | dict(made.chunks)
        except Refused:
            return made, ()  # somebody deleted one: a gap in the past is no reason to stop
        few = merged(naming, made.history, names, texts)
        status = {**made.status, "historyChunks": list(few.history.chunks)}
        merge = replace(made, status=status, history=few.history, chunks=few.chunks)
        return merge, tuple(name for name in few.superseded if name in stored)

    def _note(self, held: CachedExecution, save: Save, made: Written) -> list[str]:
        """Remember what was just written; returns the pages that it no longer refers to."""
        held.before = replace(held.before, conditions=made.conditions, history=made.history)
        held.events |= by_digest(filter(is_of_history, made.pages))
        if save.record is not None:
            held.record, held.revision = save.record, save.revision
            held.trouble = save.trouble
            held.texts.keep()
        before, held.pages = held.pages, made.record_pages
        return [name for name in before - made.record_pages if is_of_record_alone(name)]

    def _announce(
        self, key: ExecutionKey, held: CachedExecution, before: Standing, save: Save
    ) -> None:
        """Tell people what was saved, where there are any."""
        seen = self._cache.executions.get(key.uid)
        is_child = seen is not None and seen.parent is not None
        for notice in of_save(key, before, held.standing(), save, is_child=is_child):
            self.tell(notice)

    def _show(self, held: CachedExecution, made: Written, metadata: Mapping[str, Any]) -> None:
        """Tell the cache of our write, so that its echo can be ignored.

        A watch may have been faster, and shown a spec that was edited after the write.
        """
        seen = self._cache.executions.get(metadata["uid"])
        if seen is None or seen.generation > metadata["generation"]:
            return
        item = {"metadata": metadata, "spec": held.spec, "status": made.status}
        self._cache.put_execution(item)


def _held(found: LoadedExecution) -> CachedExecution:
    status = found.status
    history = History(
        tail=tuple(status.get("history", ())), chunks=tuple(status.get("historyChunks", ()))
    )
    shared = filter(is_of_history, found.pages)
    return CachedExecution(
        spec=found.spec,
        before=Before(
            generation=found.execution.metadata.generation,
            conditions=tuple(found.execution.status.conditions),
            history=history,
            input_text=found.source.text if found.source.is_kept else None,
            input_digest=input_digest(found.source),
        ),
        record=found.record,
        revision=found.execution.status.revision,
        is_private=found.execution.status.payloads == "Private",
        pages=found.pages,
        events=by_digest([*shared, *references_of([status, *map(from_text, history.tail)])]),
    )
