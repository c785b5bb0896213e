"""Executions and their history in SQLite: created, loaded, saved under a fence, listed."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from asw.asl.values import Json, from_text
from asw.engine.facts import StopRequested
from asw.engine.history import Event
from asw.engine.record import Outcome
from asw.engine.record_text import from_record_text, to_plain
from asw.platforms.local.database import StoreConnection, StoreCursor, dump, instant, transaction
from asw.reconciler.platform import Conflict, ExecutionKey, Gone, Redrive, Save, Stored

NAMESPACE = "default"
"""One machine has one namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExecution:
    """An execution about to be created; ``execution_name`` is the name that its users know.

    ``objects`` is the folder whose subfolders are the buckets of distributed Maps.
    """

    uid: str
    name: str
    execution_name: str
    workflow_name: str
    input: Json
    created_at: datetime
    objects: Path = Path("objects")
    labels: Mapping[str, str] = field(default_factory=dict)
    ttl_seconds: int | None = None
    """How long it is kept after its end; None: as its Workflow says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """An execution with something left to do."""

    key: ExecutionKey
    is_child: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One line of the list of executions; ``status`` is AWS's, RUNNING until it ended.

    ``map_state`` names the distributed Map that a child belongs to. ``refusal`` says why the last
    requested redrive was not carried out.
    """

    key: ExecutionKey
    workflow_name: str
    created_at: datetime
    revision: str | None
    map_state: str | None = None
    status: str = "RUNNING"
    ended_at: datetime | None = None
    output: Json = None
    error: str | None = None
    cause: str | None = None
    waiting: tuple[str, str] | None = None
    redrive_count: int = 0
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of one execution: to stop, to be suspended, to be redriven."""

    key: ExecutionKey
    stop: str | None
    is_suspended: bool
    redrive_number: int


class ExecutionTable:
    """The tables ``executions`` and ``history``."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def create(self, new: NewExecution) -> ExecutionKey:
        """Add an execution. Raises ValueError if its name is taken."""
        try:
            self._connection.execute(
                "INSERT INTO executions"
                " (uid, name, execution_name, workflow_name, created_at, input, objects, labels,"
                " ttl_seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    new.uid,
                    new.name,
                    new.execution_name,
                    new.workflow_name,
                    new.created_at.isoformat(),
                    dump(new.input),
                    str(new.objects),
                    dump(dict(new.labels)),
                    new.ttl_seconds,
                ),
            )
        except sqlite3.IntegrityError as error:
            raise ValueError(f"execution {new.name!r} exists") from error
        return ExecutionKey(NAMESPACE, new.name, new.uid)

    def names(self) -> set[str]:
        """Every name that somebody chose; children of Maps get theirs by rule."""
        query = "SELECT name FROM executions WHERE map_state IS NULL"
        return {name for (name,) in self._connection.execute(query)}

    def load(self, uid: str) -> Stored | None:
        """The execution with its record, None if there is none with that uid."""
        return self._load(uid, is_glance=False)

    def glance(self, uid: str) -> Stored | None:
        """The execution without input and record, which are not read."""
        return self._load(uid, is_glance=True)

    def _load(self, uid: str, *, is_glance: bool) -> Stored | None:
        row = self._connection.execute(
            "SELECT name, execution_name, workflow_name, created_at, input, stop,"
            " revision, record, map_state, fence, outcome, waiting, is_suspended,"
            " redrive_number, redrive_revision, refusal FROM executions WHERE uid = ?",
            (uid,),
        ).fetchone()
        if row is None:
            return None
        name, execution_name, workflow_name, created_at, *rest = row
        input_text, stop, revision, record, map_state, fence, outcome, *rest = rest
        waiting, is_suspended, redrive_number, redrive_revision, refusal = rest
        redrive = Redrive(number=redrive_number, revision=redrive_revision)
        with self._connection.reading(uid, row):
            return Stored(
                key=ExecutionKey(NAMESPACE, name, uid),
                execution_name=execution_name,
                workflow_name=workflow_name,
                created_at=instant(created_at),
                fence=str(fence),
                input=None if is_glance else from_text(input_text),
                stop=None if stop is None else StopRequested(**from_text(stop)),
                revision=revision,
                record=None if record is None or is_glance else from_record_text(record),
                map_state=map_state,
                is_finished=outcome is not None,
                said=None if waiting is None else tuple(from_text(waiting)),
                is_suspended=bool(is_suspended),
                redrive=redrive if redrive_number else None,
                is_redrive_refused=refusal is not None,
            )

    def save(self, uid: str, save: Save, fence: str) -> str:
        """Write record and events in one transaction; the new fence. Raises Conflict, Gone."""
        with transaction(self._connection):
            if save.refusal is not None:
                cursor = self._connection.execute(
                    "UPDATE executions SET fence = fence + 1, refusal = ?"
                    " WHERE uid = ? AND fence = ?",
                    (save.refusal, uid, int(fence)),
                )
            else:
                cursor = self._write(uid, save, fence)
            if cursor.rowcount == 0:
                self._explain(uid, fence)
            self._connection.executemany(
                "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)",
                [_event_row(uid, event) for event in save.history],
            )
        return str(int(fence) + 1)

    def _write(self, uid: str, save: Save, fence: str) -> StoreCursor:
        record = save.record
        return self._connection.execute(
            "UPDATE executions SET fence = fence + 1, record = coalesce(?, record),"
            " revision = coalesce(?, revision), waiting = ?, outcome = ?,"
            " redrive_count = coalesce(?, redrive_count) WHERE uid = ? AND fence = ?",
            (
                None if record is None else dump(to_plain(record)),
                save.revision,
                None if save.waiting is None else dump(save.waiting),
                _outcome_text(save),
                None if record is None else record.redrive_count,
                uid,
                int(fence),
            ),
        )

    def request_stop(self, uid: str, stop: StopRequested) -> None:
        """Note that somebody asked to abort the execution."""
        self._connection.execute(
            "UPDATE executions SET stop = ? WHERE uid = ?",
            (dump({"error": stop.error, "cause": stop.cause}), uid),
        )

    def request_suspend(self, uid: str, *, is_suspended: bool) -> list[ExecutionKey]:
        """Note that the execution must start nothing new, or may again; returns whom that concerns.

        That is the execution, its children, and their children.
        """
        family = self.family(uid)
        self._connection.executemany(
            "UPDATE executions SET is_suspended = ? WHERE uid = ?",
            [(is_suspended, each.uid) for each in family],
        )
        return family

    def family(self, uid: str) -> list[ExecutionKey]:
        """The execution, its children, and their children, as far as parents wait for them."""
        rows = self._connection.execute(_FAMILY, (uid,))
        return [ExecutionKey(NAMESPACE, name, each) for name, each in rows]

    def request_redrive(self, uid: str, redrive: Redrive) -> None:
        """Note that somebody wants the execution redriven, and no longer stopped."""
        self._connection.execute(
            "UPDATE executions SET redrive_number = ?, redrive_revision = ?, refusal = NULL,"
            " stop = NULL WHERE uid = ?",
            (redrive.number, redrive.revision, uid),
        )

    def requests(self, roots: Iterable[str]) -> dict[str, Request]:
        """What is asked of these executions and their children, by uid.

        The process that works on them looks here when ``Store.version`` tells, at no cost, that
        another process wrote.
        """
        rows = [row for uid in roots for row in self._connection.execute(_REQUESTS, (uid,))]
        return {
            uid: Request(ExecutionKey(NAMESPACE, name, uid), stop, bool(is_suspended), number)
            for name, uid, stop, is_suspended, number in rows
        }

    def exited_states(self, uid: str) -> frozenset[str]:
        """Names of the states that the execution has left."""
        rows = self._connection.execute(
            "SELECT DISTINCT json_extract(details, '$.name') FROM history"
            " WHERE uid = ? AND type LIKE '%StateExited'",
            (uid,),
        )
        return frozenset(name for (name,) in rows)

    def history(self, uid: str, *, after: int = 0) -> list[Event]:
        """The events with ids above ``after``, in order."""
        rows = self._connection.execute(
            "SELECT id, previous_event_id, type, at, details FROM history"
            " WHERE uid = ? AND id > ? ORDER BY id",
            (uid, after),
        )
        with self._connection.reading(uid):
            return [
                Event(
                    id=id_,
                    previous_event_id=previous,
                    type=type_,
                    at=instant(at),
                    details=from_text(details),
                )
                for id_, previous, type_, at, details in rows
            ]

    def objects(self, uid: str) -> Path:
        """The folder of the execution's buckets."""
        query = "SELECT objects FROM executions WHERE uid = ?"
        return Path(self._connection.execute(query, (uid,)).fetchone()[0])

    def unfinished(self) -> list[Unfinished]:
        """Every execution that is not over, and the ancestors of such a child.

        A parent that is over may still owe its children their end. One that will be redriven is
        not over.
        """
        rows = self._connection.execute(
            "WITH RECURSIVE line (uid) AS (SELECT uid FROM executions WHERE outcome IS NULL"
            " OR (redrive_number > redrive_count AND refusal IS NULL)"
            " UNION SELECT parent_uid FROM executions JOIN line USING (uid)"
            " WHERE parent_uid IS NOT NULL)"
            " SELECT name, uid, parent_uid IS NOT NULL FROM executions JOIN line USING (uid)"
            " ORDER BY created_at, name"
        )
        return [
            Unfinished(key=ExecutionKey(NAMESPACE, name, uid), is_child=bool(is_child))
            for name, uid, is_child in rows
        ]

    def summary(self, name: str) -> Summary | None:
        """The execution of that name, which may be a child; None if there is none."""
        row = self._connection.execute(f"{_SUMMARIES} WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        with self._connection.reading(row[0], row):
            return _summary(row)

    def _explain(self, uid: str, fence: str) -> None:
        row = self._connection.execute(
            "SELECT fence FROM executions WHERE uid = ?", (uid,)
        ).fetchone()
        if row is None:
            raise Gone(f"execution {uid} was deleted")
        raise Conflict(f"execution {uid} is at {row[0]}, the save named {fence}")


_SUMMARIES = (
    "SELECT uid, name, workflow_name, created_at, revision, map_state, waiting, outcome,"
    " redrive_count, refusal FROM executions"
)
_FAMILY = (
    "WITH RECURSIVE family (uid) AS (VALUES (?) UNION SELECT executions.uid FROM executions"
    " JOIN family ON executions.parent_uid = family.uid AND NOT executions.is_detached)"
    " SELECT name, uid FROM executions JOIN family USING (uid)"
)
_REQUESTS = (
    "WITH RECURSIVE family (uid) AS (VALUES (?) UNION SELECT executions.uid FROM executions"
    " JOIN family ON executions.parent_uid = family.uid)"
    " SELECT name, uid, stop, is_suspended, redrive_number"
    " FROM executions JOIN family USING (uid)"
    " WHERE stop IS NOT NULL OR is_suspended OR redrive_number > redrive_count"
)


def _outcome_text(save: Save) -> str | None:
    """What the list shows of an ended execution; None while it runs."""
    if save.failed_before_start is not None:
        error, cause = save.failed_before_start
        return dump({"status": "FAILED", "at": save.at.isoformat(), "error": error, "cause": cause})
    if save.record is None or save.record.outcome is None:
        return None
    return dump(_outcome_plain(save.record.outcome))


def _outcome_plain(outcome: Outcome) -> Json:
    plain = {"status": outcome.status, "at": outcome.at.isoformat(), "output": outcome.output}
    if outcome.failure is not None:
        plain |= {"error": outcome.failure.error, "cause": outcome.failure.cause}
    return plain


def _event_row(uid: str, event: Event) -> Sequence[object]:
    at = event.at.isoformat()
    return (uid, event.id, event.previous_event_id, event.type, at, dump(event.details))


def _summary(row: Sequence[str]) -> Summary:
    uid, name, workflow_name, created_at, revision, map_state, waiting, outcome, *redrive = row
    redrive_count, refusal = redrive
    ended = {} if outcome is None else from_text(outcome)
    at = ended.pop("at", None)
    return Summary(
        key=ExecutionKey(NAMESPACE, name, uid),
        workflow_name=workflow_name,
        created_at=instant(created_at),
        revision=revision,
        map_state=map_state,
        waiting=None if waiting is None else tuple(from_text(waiting)),
        redrive_count=int(redrive_count),
        refusal=refusal,
        ended_at=None if at is None else instant(at),
        **ended,
    )
