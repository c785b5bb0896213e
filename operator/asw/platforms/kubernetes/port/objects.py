"""Objects of distributed Maps (ItemReader, ResultWriter): read and written by connectors.

The Workflow's Connection for ``s3`` says where they are and as whom. Nothing is stored on the way:
what was read becomes part of the record with the next save, and what was under way when an operator
died is done again by its successor.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from asw.asl.errors import ITEM_READER_FAILED, NO_CONNECTION, RESULT_WRITER_FAILED, StatesError
from asw.asl.values import Json, to_text
from asw.connector.calls import Failed, Outcome
from asw.connector.jobs import Patience, may_ask_again
from asw.connector.objects import (
    CHANGED,
    FILE_BYTES,
    MOST_ITEM_BYTES,
    S3,
    ReadPage,
    Work,
    to_work_event,
)
from asw.engine.commands import ReadItems, WriteResults
from asw.engine.facts import TaskFact, TaskFailed, TaskStarted, TaskSucceeded
from asw.engine.items import Reading, Writing, result_files, written
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.pools.line import Handover
from asw.platforms.kubernetes.pools.questions import Questions
from asw.platforms.kubernetes.port.calls import Calls
from asw.platforms.kubernetes.workflows.functions import Functions
from asw.reconciler.distributed import Transfer
from asw.reconciler.platform import ExecutionKey, Listener, TaskRefused

AT_A_TIME: Final = 2
"""Maps of a namespace that read or write at a time: each holds megabytes meanwhile."""
LONGEST_SILENCE: Final = 600.0
"""Seconds without any answer of a connector after which the Map fails."""
MOST_PAGES: Final = 1000
"""Far more than honest pods need: each page has some items, but a large one alone."""
MOST_ATTEMPTS: Final = 3
"""How often items are read that change meanwhile."""
_SOON_SECONDS: Final = 1.0
"""After a question that nobody was there to answer, and while a Connection is missing."""

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class _Move:
    """A read or write that is under way, or whose ``end`` is not saved yet."""

    started_at: datetime
    work: asyncio.Task[None]
    end: TaskSucceeded | TaskFailed | None = None

    def facts(self, task_id: TaskId) -> tuple[TaskFact, ...]:
        if self.end is not None:
            return (self.end,)
        return (TaskStarted(task_id=task_id, at=self.started_at),)


class _WentWrong(Exception):
    """The Map fails; ``failure`` is as the service or the connector words it."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.error)
        self.failure = failure


@dataclass(slots=True, eq=False, kw_only=True)
class Objects:
    """Reads and writes of all executions. ``listener`` is told when one has ended."""

    cache: Cache
    calls: Calls
    functions: Functions
    questions: Questions
    listener: Listener | None = None
    patience: Patience = field(default_factory=Patience)
    _known: dict[str, dict[TaskId, _Move]] = field(default_factory=dict)
    """By uid of the execution."""
    _rooms: defaultdict[str, "_Room"] = field(default_factory=lambda: defaultdict(_Room))
    """By namespace."""

    def transfer(self, key: ExecutionKey, transfers: Sequence[Transfer]) -> None:
        """Begin those that are not known yet, in the background."""
        known = self._known.setdefault(key.uid, {})
        for command in transfers:
            if command.task_id not in known:
                work = asyncio.create_task(self._run(key, command), name=f"{command.task_id}")
                known[command.task_id] = _Move(started_at=self.cache.now(), work=work)

    def facts(self, task_id: TaskId) -> tuple[TaskFact, ...] | None:
        """What is known of the read or write; None if it is none, or unknown here."""
        move = self._known.get(task_id.execution_uid, {}).get(task_id)
        return None if move is None else move.facts(task_id)

    def drop(self, task_ids: Iterable[TaskId]) -> None:
        """Nobody waits for these any more."""
        for task_id in task_ids:
            known = self._known.get(task_id.execution_uid, {})
            move = known.pop(task_id, None)
            if move is not None:
                move.work.cancel()
            if not known:
                self._known.pop(task_id.execution_uid, None)

    def keep_only(self, uid: str, awaited: Iterable[TaskId]) -> None:
        """Drop what the saved record does not await."""
        known = self._known.get(uid)
        if known:
            self.drop(known.keys() - set(awaited))

    def forget(self, uid: str) -> None:
        """Nobody waits for anything of the execution."""
        self.drop(tuple(self._known.get(uid, ())))

    def stand_down(self) -> None:
        """Another replica acts: it reads and writes anew."""
        for uid in tuple(self._known):
            self.forget(uid)

    async def _run(self, key: ExecutionKey, command: Transfer) -> None:
        task_id = command.task_id
        name = ITEM_READER_FAILED if isinstance(command, ReadItems) else RESULT_WRITER_FAILED
        try:
            async with self._room(key.namespace):
                output = await self._moved(key, command)
            end: TaskSucceeded | TaskFailed = TaskSucceeded(
                task_id=task_id, at=self.cache.now(), output=output
            )
        except TaskRefused as error:
            end = self._failed(task_id, error.error, error.cause)
        except _WentWrong as error:
            end = self._failed(task_id, name, error.failure.cause)
        except StatesError as error:
            end = self._failed(task_id, name, error.failure.cause or "")
        except Exception as error:
            log.exception("moving objects of a Map has failed")
            end = self._failed(task_id, name, f"asw has failed: {type(error).__name__}")
        move = self._known.get(task_id.execution_uid, {}).get(task_id)
        if move is not None:
            move.end = replace(end, started_at=move.started_at)
            if self.listener is not None:
                self.listener.wake(key)

    async def _moved(self, key: ExecutionKey, command: Transfer) -> Json:
        if isinstance(command, WriteResults):
            return await self._write(key, command.task_id, command.writing)
        for _ in range(MOST_ATTEMPTS):
            items = await self._read(key, command.task_id, command.reading)
            if items is not None:
                return items
        cause = f"The objects changed {MOST_ATTEMPTS} times while they were read."
        raise _WentWrong(Failed(error=ITEM_READER_FAILED, cause=cause))

    async def _read(
        self, key: ExecutionKey, task_id: TaskId, reading: Reading
    ) -> list[Json] | None:
        """The items, page by page; None if they changed between two pages."""
        items: list[Json] = []
        page, size, version = 0, 0, ""
        while page < MOST_PAGES:
            work = ReadPage(reading=reading, page=page, version=version)
            told = await self._told(key, task_id, work)
            if isinstance(told, Failed):
                if told.error == CHANGED:
                    return None
                raise _WentWrong(told)
            found, following, version = _page(told.output)
            size += len(to_text(found))
            if size > MOST_ITEM_BYTES:
                cause = f"The connector gave items of more than {MOST_ITEM_BYTES} bytes."
                raise _WentWrong(Failed(error=ITEM_READER_FAILED, cause=cause))
            items += found
            if following is None:
                return items
            page += 1
        raise _WentWrong(Failed(error=ITEM_READER_FAILED, cause="The connector gives no end."))

    async def _write(self, key: ExecutionKey, task_id: TaskId, writing: Writing) -> Json:
        """Write the files one by one; none is made before the one before is written."""
        files = result_files(writing, FILE_BYTES)
        while (file := await asyncio.to_thread(next, files, None)) is not None:
            told = await self._told(key, task_id, file)
            if isinstance(told, Failed):
                raise _WentWrong(told)
        return written(writing)

    async def _told(self, key: ExecutionKey, task_id: TaskId, work: Work) -> Outcome:
        """What the connector says, asked again while the service is busy or nobody answers."""
        delays, failures, event = self.patience.delays(), 0, to_text(to_work_event(work))
        silent_until = self.cache.clock() + LONGEST_SILENCE
        while True:
            told = await self._asked(key, task_id, event)
            if told is None:
                if self.cache.clock() >= silent_until:
                    cause = f"No connector answered within {LONGEST_SILENCE:g} s."
                    return Failed(error=NO_CONNECTION, cause=cause)
                await asyncio.sleep(_SOON_SECONDS)
            elif may_ask_again(told) and failures < self.patience.most_failures:
                failures += 1
                silent_until = self.cache.clock() + LONGEST_SILENCE
                await asyncio.sleep(next(delays))
            else:
                return told

    async def _asked(self, key: ExecutionKey, task_id: TaskId, event: str) -> Outcome | None:
        """What the connector says; None if there is no answer this time."""
        seen = self.cache.executions.get(key.root.uid)
        workflow = "" if seen is None else seen.workflow_name
        try:
            place = self.calls.where(key.namespace, workflow, S3)
        except TaskRefused as error:
            if error.error == NO_CONNECTION and self.functions.grace_ends_at(key) is not None:
                return None  # what is applied together may come in any order
            raise
        environment = {"ASW_EXECUTION": key.root.name, "ASW_STATE": ""}
        handover = Handover(task_id=task_id, event=event, environment=environment)
        return await self.questions.ask(place, key, workflow, handover)

    def _failed(self, task_id: TaskId, error: str, cause: str) -> TaskFailed:
        return TaskFailed(task_id=task_id, at=self.cache.now(), error=error, cause=cause)

    @asynccontextmanager
    async def _room(self, namespace: str) -> AsyncIterator[None]:
        """One of the places of the namespace."""
        room = self._rooms[namespace]
        room.used_by += 1
        try:
            async with room.places:
                yield
        finally:
            room.used_by -= 1
            if not room.used_by:
                self._rooms.pop(namespace, None)


@dataclass(slots=True, eq=False)
class _Room:
    """The places of a namespace, and how many have or want one."""

    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_A_TIME))
    used_by: int = 0


def _page(output: Json) -> tuple[list[Json], int | None, str]:
    """The page, if it is one: pods are of whoever runs pods in the namespace."""
    match output:
        case {"items": list(items), "next": int() | None as following, "version": str(version)}:
            return items, following, version
    raise _WentWrong(Failed(error=ITEM_READER_FAILED, cause="The connector gave no items."))
