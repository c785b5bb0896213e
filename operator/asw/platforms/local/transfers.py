"""Reads and writes of distributed Maps: in threads, and stored before anybody is told.

A transfer that a killed ``asw`` leaves behind was never stored. So it is unknown and starts again:
reading and writing twice does no harm.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from asw.asl.errors import ITEM_READER_FAILED, RESULT_WRITER_FAILED, StatesError
from asw.engine.commands import ReadItems
from asw.engine.items import ObjectStore
from asw.engine.task_ids import TaskId
from asw.engine.transfers import transfer
from asw.platforms.local.database import StoreConnection, instant
from asw.platforms.local.tasks import (
    Failed,
    LocalTask,
    Outcome,
    Succeeded,
    outcome_of,
    outcome_text,
)
from asw.reconciler.distributed import Transfer


class TransferBook:
    """The table ``transfers``, and in memory those that somebody may still ask about."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._known: dict[TaskId, LocalTask] = {}

    def remember(self, wanted: Iterable[TaskId]) -> None:
        """Load what is stored of these into memory."""
        for task_id in wanted:
            row = self._connection.execute(
                "SELECT started_at, finished_at, outcome FROM transfers"
                " WHERE uid = ? AND ordinal = ?",
                (task_id.execution_uid, task_id.ordinal),
            ).fetchone()
            if row is not None:
                with self._connection.reading(task_id.execution_uid):
                    self._known[task_id] = LocalTask(
                        task_id=task_id,
                        started_at=instant(row[0]),
                        finished_at=instant(row[1]),
                        outcome=outcome_of(row[2]),
                    )

    def transfer(self, task_id: TaskId) -> LocalTask | None:
        """What memory holds of the transfer."""
        return self._known.get(task_id)

    def began(self, task_id: TaskId, at: datetime) -> None:
        """The transfer is under way. This stays in memory: a crash loses it anyway."""
        self._known[task_id] = LocalTask(task_id=task_id, started_at=at)

    def lost(self, task_id: TaskId) -> None:
        """The transfer has no outcome: it is unknown, so that it starts again if need be."""
        self._known.pop(task_id, None)

    def finish(
        self, task_id: TaskId, outcome: Outcome, at: datetime, *, owner_uid: str | None = None
    ) -> None:
        """Store the outcome, then show it; ``owner_uid`` is the execution around a child."""
        known = self._known[task_id]
        assert known.started_at is not None, "it began"
        self._connection.execute(
            "INSERT OR REPLACE INTO transfers VALUES (?, ?, ?, ?, ?, ?)",
            (
                task_id.execution_uid,
                task_id.ordinal,
                known.started_at.isoformat(),
                at.isoformat(),
                outcome_text(outcome),
                owner_uid or task_id.execution_uid,
            ),
        )
        self._known[task_id] = replace(known, finished_at=at, outcome=outcome)

    def keep_only(self, uid: str, wanted: Iterable[TaskId]) -> None:
        """Drop from memory what nobody will ask for again; SQLite keeps it."""
        for task_id in {id_ for id_ in self._known if id_.execution_uid == uid} - set(wanted):
            del self._known[task_id]


async def perform(command: Transfer, store: ObjectStore) -> Outcome:
    """Read or write in a thread; errors of the disk fail the Map with AWS's names."""
    return await asyncio.to_thread(_perform, command, store)


def _perform(command: Transfer, store: ObjectStore) -> Outcome:
    name = ITEM_READER_FAILED if isinstance(command, ReadItems) else RESULT_WRITER_FAILED
    try:
        return Succeeded(output=transfer(command, store))
    except StatesError as error:
        return Failed(error=error.failure.error or name, cause=error.failure.cause)
    except OSError as error:
        return Failed(error=name, cause=str(error))
