"""Executions, their tasks, Workflows and functions as readers need them: whole rows, no memory.

Work on an execution uses other views (``ExecutionTable``, ``TaskBook``). Here nothing is held, and
looking changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from asw.asl.values import Json, JsonObject, from_text
from asw.engine.record import Record
from asw.engine.record_text import from_record_text
from asw.platforms.local.database import StoreConnection, instant
from asw.platforms.local.functions import LocalFunction
from asw.reconciler.platform import Redrive


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What started an execution, and the ordinal by which that knows it."""

    name: str
    uid: str
    ordinal: int
    map_state: str | None
    """The distributed Map, None if a Task started it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An execution with everything that is shown of it.

    ``record`` is set while it is not over. ``outcome`` holds AWS's status, and output or error
    and cause; ``waiting`` reason and message.
    """

    uid: str
    name: str
    execution_name: str
    workflow_name: str
    created_at: datetime
    started_at: datetime | None
    input: Json
    stop: Mapping[str, Json] | None
    is_suspended: bool
    redrive: Redrive | None
    revision: str | None
    record: Record | None
    waiting: tuple[str, str] | None
    parent: Parent | None
    outcome: Mapping[str, Json] | None
    redrive_count: int
    refusal: str | None
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTask:
    """A start of a task; ``asw.platforms.local.tasks.outcome_of`` reads its ``outcome``.

    ``child`` is the uid of the express child whose task it is; empty for the execution's own.
    """

    child: str
    ordinal: int
    function: str
    state: str
    attempt: int
    started_at: datetime | None
    outcome: str | None


Mark = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCall:
    """The newest task of a function; ``at`` is its end, or else its start."""

    function: str
    execution: str
    at: datetime
    outcome: str | None


class ShownTable:
    """Reads all tables; keeps nothing."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def executions(self, *, with_children: bool = False) -> list[Shown]:
        """Every execution, oldest first; children of distributed Maps only on request."""
        where = "" if with_children else " WHERE own.map_state IS NULL"
        query = f"{_EXECUTIONS}{where} ORDER BY own.created_at, own.name"
        rows = self._connection.execute(query, (True,))
        return [self._shown(row) for row in rows]

    def marks(self, *, with_children: bool = False) -> dict[str, Mark]:
        """By uid, values that differ whenever an execution must be shown differently; unparsed.

        Saves increment the fence; requests are written beside it.
        """
        where = "" if with_children else " WHERE map_state IS NULL"
        rows = self._connection.execute(f"{_MARKS}{where}")
        return {uid: tuple(mark) for uid, *mark in rows}

    def some(self, uids: Sequence[str]) -> list[Shown]:
        """The existing executions with these uids, oldest first."""
        found: list[Shown] = []
        for at in range(0, len(uids), _AT_ONCE):
            part = uids[at : at + _AT_ONCE]
            query = f"{_EXECUTIONS} WHERE own.uid IN ({','.join('?' * len(part))})"
            found += [self._shown(row) for row in self._connection.execute(query, (True, *part))]
        return sorted(found, key=lambda it: (it.created_at, it.name))

    def execution(self, name: str, *, with_record: bool = True) -> Shown | None:
        """The execution of that name, which may be a child; None if there is none.

        A caller that looks often and has the record in memory can skip reading it.
        """
        query = f"{_EXECUTIONS} WHERE own.name = ?"
        row = self._connection.execute(query, (with_record, name)).fetchone()
        return None if row is None else self._shown(row)

    def root(self, uid: str) -> str:
        """The uid of the top-level execution that this one descends from, or is."""
        row = self._connection.execute(_ROOT, (uid,)).fetchone()
        return uid if row is None else str(row[0])

    def names(self, *, with_children: bool = False) -> list[str]:
        """Names of executions, the newest first."""
        where = "" if with_children else " WHERE map_state IS NULL"
        query = f"{_NAMES}{where} ORDER BY created_at DESC, name"
        return [name for (name,) in self._connection.execute(query)]

    def tasks(self, uid: str) -> list[ShownTask]:
        """Every start of a task of the execution and of its express children, in order."""
        rows = self._connection.execute(
            "SELECT uid, ordinal, function, state, attempt, started_at, outcome FROM tasks"
            " WHERE owner_uid = ? ORDER BY recorded_at, ordinal",
            (uid,),
        )
        with self._connection.reading(uid):
            return [
                ShownTask(
                    child="" if of == uid else of,
                    ordinal=ordinal,
                    function=function,
                    state=state,
                    attempt=attempt,
                    started_at=None if started_at is None else instant(started_at),
                    outcome=outcome,
                )
                for of, ordinal, function, state, attempt, started_at, outcome in rows
            ]

    def last_calls(self) -> list[ShownCall]:
        """The newest task of each function. SQLite: beside max() stand the values of its row."""
        rows = self._connection.execute(
            "SELECT function, max(recorded_at), coalesce(finished_at, started_at, recorded_at),"
            " outcome, (SELECT name FROM executions WHERE executions.uid = owner_uid)"
            " FROM tasks GROUP BY function"
        )
        return [
            ShownCall(function=function, at=instant(at), outcome=outcome, execution=execution)
            for function, _, at, outcome, execution in rows
        ]

    def visits(self, uid: str) -> dict[str, tuple[int, int]]:
        """How often the execution's children, and their children, entered and left each state."""
        rows = self._connection.execute(_VISITS, (uid,))
        return {name: (entered, left) for name, entered, left in rows}

    def workflows(self) -> list[tuple[str, str]]:
        """Name and current revision of each Workflow."""
        query = "SELECT name, revision FROM workflows ORDER BY name"
        return [(name, revision) for name, revision in self._connection.execute(query)]

    def functions(self) -> list[LocalFunction]:
        """Every function."""
        query = "SELECT function FROM functions ORDER BY name"
        rows = self._connection.execute(query)
        return [LocalFunction.from_plain(from_text(text)) for (text,) in rows]

    def connections(self) -> list[JsonObject]:
        """Every Connection, as it was stored."""
        rows = self._connection.execute("SELECT connection FROM connections ORDER BY name")
        return [from_text(text) for (text,) in rows]

    def _shown(self, row: Sequence[str]) -> Shown:
        with self._connection.reading(row[0], row):
            return _shown(row)


_AT_ONCE = 500
"""SQLite limits how many values a statement may name."""
_MARKS = (
    "SELECT uid, fence, stop, is_suspended, redrive_number, redrive_revision, redrive_count,"
    " refusal, waiting, labels FROM executions"
)
_ROOT = (
    "WITH RECURSIVE line (uid, parent_uid) AS"
    " (SELECT uid, parent_uid FROM executions WHERE uid = ?"
    " UNION SELECT above.uid, above.parent_uid FROM executions AS above"
    " JOIN line ON above.uid = line.parent_uid)"
    " SELECT uid FROM line WHERE parent_uid IS NULL"
)
_VISITS = (
    "WITH RECURSIVE family (uid) AS (SELECT uid FROM executions WHERE parent_uid = ?"
    " UNION ALL SELECT executions.uid FROM executions JOIN family"
    " ON executions.parent_uid = family.uid)"
    " SELECT json_extract(details, '$.name'), sum(type LIKE '%StateEntered'),"
    " sum(type LIKE '%StateExited') FROM family JOIN history USING (uid)"
    " WHERE type LIKE '%StateEntered' OR type LIKE '%StateExited' GROUP BY 1"
)
_NAMES = "SELECT name FROM executions"
_EXECUTIONS = (
    "SELECT own.uid, own.name, own.execution_name, own.workflow_name, own.created_at,"
    " (SELECT at FROM history WHERE history.uid = own.uid AND id = 1), own.input, own.stop,"
    " own.is_suspended, own.redrive_number, own.redrive_revision, own.revision,"
    " CASE WHEN own.outcome IS NULL AND ? THEN own.record END, own.waiting,"
    " parent.name, parent.uid, own.parent_ordinal, own.map_state, own.outcome,"
    " own.redrive_count, own.refusal, own.labels"
    " FROM executions AS own LEFT JOIN executions AS parent ON own.parent_uid = parent.uid"
)


def _shown(row: Sequence[str]) -> Shown:
    uid, name, execution_name, workflow_name, created_at, started_at, *rest = row
    input_text, stop, is_suspended, number, number_revision, revision, record, *rest = rest
    waiting, parent_name, parent_uid, ordinal, map_state, outcome, redrive_count, *rest = rest
    refusal, labels = rest
    redrive = Redrive(number=int(number), revision=number_revision)
    parent = Parent(
        name=parent_name, uid=parent_uid, ordinal=int(ordinal or 0), map_state=map_state
    )
    return Shown(
        uid=uid,
        name=name,
        execution_name=execution_name,
        workflow_name=workflow_name,
        created_at=instant(created_at),
        started_at=None if started_at is None else instant(started_at),
        input=from_text(input_text),
        stop=None if stop is None else from_text(stop),
        is_suspended=bool(is_suspended),
        redrive=redrive if redrive.number else None,
        revision=revision,
        record=None if record is None else from_record_text(record),
        waiting=None if waiting is None else tuple(from_text(waiting)),
        parent=parent if parent_uid is not None else None,
        outcome=None if outcome is None else from_text(outcome),
        redrive_count=int(redrive_count),
        refusal=refusal,
        labels=from_text(labels),
    )
