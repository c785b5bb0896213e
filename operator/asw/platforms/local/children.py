"""Children of distributed Maps and of Tasks: rows beside all other executions, open ones in memory.

A child is created once, however often it is requested: its uid follows from its parent and its
ordinal there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from asw.asl.values import from_text
from asw.engine.children import child_finished, derived_uuid
from asw.engine.commands import StartExecution
from asw.engine.facts import ChildFinished, TaskFact, TaskStarted
from asw.engine.record import Outcome
from asw.engine.record_text import to_plain
from asw.engine.task_ids import TaskId
from asw.platforms.local.database import StoreConnection, dump, instant, transaction
from asw.platforms.local.executions import NAMESPACE
from asw.platforms.local.tasks import Succeeded, outcome_text
from asw.reconciler.distributed import Child
from asw.reconciler.platform import ExecutionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalChild:
    """What a parent sees of one child; ``end`` once it is over."""

    key: ExecutionKey
    task_id: TaskId
    started_at: datetime
    end: ChildFinished | None = None

    def facts(self) -> tuple[TaskFact, ...]:
        """What the child shows."""
        if self.end is not None:
            return (self.end,)
        return (TaskStarted(task_id=self.task_id, at=self.started_at),)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedExecution:
    """An execution about to be created for a Task, by its Workflow's name in the store."""

    start: StartExecution
    workflow_name: str
    created_at: datetime
    objects: Path

    @property
    def is_reported(self) -> bool:
        """Whether somebody reports on the task by its token, whatever the execution does."""
        return self.start.call.is_request and not self.start.is_awaited

    def row(self) -> Sequence[object]:
        """Its columns, as ``_INSERT_STARTED`` has them."""
        start = self.start
        return (
            start.name,
            self.workflow_name,
            self.created_at.isoformat(),
            dump(start.input),
            str(self.objects),
            start.task_id.ordinal,
            not start.is_awaited,
        )

    def task_row(self) -> Sequence[object]:
        """The columns of its task, as ``_INSERT_ANSWERED`` has them: one that has its answer."""
        call, at = self.start.call, self.created_at.isoformat()
        return (
            *call.task_id,
            call.invocation.name,
            call.state,
            call.attempt,
            *(at, at, at),
            outcome_text(Succeeded(output=None)),
            call.task_id.execution_uid,
        )


_INSERT_STARTED: Final = (
    "INSERT INTO executions (uid, name, execution_name, workflow_name, created_at, input, objects,"
    " parent_ordinal, is_detached, parent_uid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_INSERT_ANSWERED: Final = (
    "INSERT INTO tasks (uid, ordinal, function, state, attempt, recorded_at, started_at,"
    " finished_at, outcome, owner_uid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_TWIN: Final = "SELECT 1 FROM executions WHERE workflow_name = ? AND execution_name = ?"


class ChildBook:
    """Children in the shared table ``executions``, and the open ones in memory."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._families: dict[str, dict[int, LocalChild]] = {}
        self._parents: dict[str, tuple[ExecutionKey, int]] = {}

    def remember(self, parent: ExecutionKey, wanted: Iterable[TaskId]) -> None:
        """Load the children that the parent's record holds open into memory."""
        for task_id in wanted:
            if self.child(task_id) is None:
                row = self._connection.execute(
                    "SELECT parent_ordinal, uid, name, created_at, outcome FROM executions"
                    " WHERE parent_uid = ? AND parent_ordinal = ?",
                    (parent.uid, task_id.ordinal),
                ).fetchone()
                if row is not None:
                    self._put(parent, row)

    def child(self, task_id: TaskId) -> LocalChild | None:
        """What memory holds of the child."""
        return self._families.get(task_id.execution_uid, {}).get(task_id.ordinal)

    def create(self, parent: ExecutionKey, children: Sequence[Child]) -> list[ExecutionKey]:
        """Create those that do not exist yet in one write; afterwards memory holds all of them."""
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT OR IGNORE INTO executions"
                " (uid, name, execution_name, workflow_name, created_at, input, revision, record,"
                "  parent_uid, parent_ordinal, map_state, objects, is_suspended)"
                " SELECT ?, ?, ?, ?, ?, ?, ?, ?, uid, ?, ?, objects, is_suspended FROM executions"
                " WHERE uid = ?",
                [(*_row(child), parent.uid) for child in children],
            )
        self.remember(parent, (child.task_id for child in children))
        known = (self.child(child.task_id) for child in children)
        return [child.key for child in known if child is not None]

    def start(self, parent: ExecutionKey, started: StartedExecution) -> ExecutionKey | None:
        """Create the execution that a Task starts, once; None if another has its name.

        A report on the task finds its row as soon as anybody can have its token from the child.
        """
        start = started.start
        task_id = start.task_id
        uid = derived_uuid(*task_id)
        with transaction(self._connection):
            if not self._has("SELECT 1 FROM executions WHERE uid = ?", uid):
                if self._has(_TWIN, started.workflow_name, start.name):
                    return None
                is_name_used = self._has("SELECT 1 FROM executions WHERE name = ?", start.name)
                name = uid if is_name_used else start.name
                self._connection.execute(_INSERT_STARTED, (uid, name, *started.row(), parent.uid))
                if started.is_reported:
                    self._connection.execute(_INSERT_ANSWERED, started.task_row())
        self.remember(parent, (task_id,))
        child = self.child(task_id)
        return None if child is None else child.key

    def _has(self, query: str, *values: str) -> bool:
        return self._connection.execute(query, values).fetchone() is not None

    def finish(self, uid: str, outcome: Outcome) -> ExecutionKey | None:
        """The execution is over; the key of its parent, if that waits for it here."""
        parent, ordinal = self._parents.pop(uid, (None, 0))
        child = None if parent is None else self.child(TaskId(parent.uid, ordinal))
        if parent is None or child is None:
            return None
        end = child_finished(child.task_id, outcome, child.started_at)
        self._families[parent.uid][ordinal] = replace(child, end=end)
        return parent

    def keep_only(self, uid: str, wanted: Iterable[TaskId]) -> None:
        """Drop from memory the children that their parent will not ask about again."""
        family = self._families.get(uid)
        if family is None:
            return
        for ordinal in family.keys() - {task_id.ordinal for task_id in wanted}:
            self._parents.pop(family.pop(ordinal).key.uid, None)
        if not family:
            del self._families[uid]

    def running(self, uid: str) -> list[ExecutionKey]:
        """The execution's children that are not over."""
        rows = self._connection.execute(
            "SELECT name, uid FROM executions WHERE parent_uid = ? AND outcome IS NULL", (uid,)
        )
        return [ExecutionKey(NAMESPACE, name, child) for name, child in rows]

    def _put(self, parent: ExecutionKey, row: Sequence[str]) -> None:
        ordinal, uid, name, created_at, outcome = row
        with self._connection.reading(uid, row):
            number, started_at = int(ordinal), instant(created_at)
            task_id = TaskId(parent.uid, number)
            end = None if outcome is None else _end(task_id, outcome, started_at)
        key = ExecutionKey(NAMESPACE, name, uid)
        child = LocalChild(key=key, task_id=task_id, started_at=started_at, end=end)
        self._families.setdefault(parent.uid, {})[number] = child
        if end is None:
            self._parents[uid] = (parent, number)


def _row(child: Child) -> Sequence[object]:
    header = child.record.header
    return (
        header.uid,
        header.name,
        header.name,
        header.workflow_name,
        header.started_at.isoformat(),
        dump(child.record.input),
        child.revision,
        dump(to_plain(child.record)),
        child.task_id.ordinal,
        child.map_state,
    )


def _end(task_id: TaskId, text: str, started_at: datetime) -> ChildFinished:
    """The end of a child that was over when its parent was loaded."""
    plain = from_text(text)
    return ChildFinished(
        task_id=task_id,
        at=instant(plain["at"]),
        status=plain["status"],
        output=plain.get("output"),
        error=plain.get("error"),
        cause=plain.get("cause"),
        started_at=started_at,
    )
