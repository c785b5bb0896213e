"""Tasks of activities on this machine: offered by executions, taken by workers, each once.

A worker is any process that may write the data folder (AWS: GetActivityTask). It reports by the
task's token as whoever holds that of a callback does (``asw.platforms.local.reports``).
"""

from dataclasses import dataclass
from datetime import datetime

from asw.asl.values import Json, from_text
from asw.engine.task_ids import TaskId
from asw.platforms.local.database import StoreConnection, dump, transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A task that waits for a worker of its activity."""

    task_id: TaskId
    activity: str
    input: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A task that a worker has; ``execution`` and ``state`` are for people."""

    task_id: TaskId
    input: Json
    execution: str
    state: str


class ActivityBook:
    """The tasks of activities in the table ``tasks``."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def offer(self, offer: Offer) -> None:
        """Have workers find a recorded task."""
        uid, ordinal = offer.task_id.execution_uid, offer.task_id.ordinal
        self._connection.execute(
            "UPDATE tasks SET activity = ?, input = ? WHERE uid = ? AND ordinal = ?",
            (offer.activity, dump(offer.input), uid, ordinal),
        )

    def take(self, activity: str, worker: str | None, at: datetime) -> Taken | None:
        """The oldest task that waits, which is this worker's from now on; None if none does.

        Tasks of suspended executions wait on.
        """
        with transaction(self._connection):
            row = self._connection.execute(
                "SELECT uid, ordinal, tasks.input, state, name FROM tasks"
                " JOIN executions USING (uid)"
                " WHERE activity = ? AND started_at IS NULL AND tasks.outcome IS NULL"
                " AND executions.outcome IS NULL AND NOT is_suspended"
                " ORDER BY recorded_at, ordinal LIMIT 1",
                (activity,),
            ).fetchone()
            if row is None:
                return None
            uid, ordinal, text, state, name = row
            self._connection.execute(
                "UPDATE tasks SET started_at = ?, worker = ? WHERE uid = ? AND ordinal = ?",
                (at.isoformat(), worker, uid, ordinal),
            )
        with self._connection.reading(uid):
            value = from_text(text)
        return Taken(task_id=TaskId(uid, ordinal), input=value, execution=name, state=state)

    def waiting(self, activity: str) -> int:
        """How many tasks wait for a worker; those of suspended executions are not counted."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM tasks JOIN executions USING (uid)"
            " WHERE activity = ? AND started_at IS NULL AND tasks.outcome IS NULL"
            " AND executions.outcome IS NULL AND NOT is_suspended",
            (activity,),
        ).fetchone()
        return int(count)

    def is_over(self, task_id: TaskId) -> bool:
        """Whether nobody waits for the end of a task that was taken."""
        row = self._connection.execute(
            "SELECT tasks.outcome, executions.outcome FROM tasks JOIN executions USING (uid)"
            " WHERE uid = ? AND ordinal = ?",
            (task_id.execution_uid, task_id.ordinal),
        ).fetchone()
        return row is None or any(outcome is not None for outcome in row)
