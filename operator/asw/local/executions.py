"""Executions and their history in SQLite: born, loaded, saved under a fence, listed."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asw.asl.values import Json, from_text
from asw.engine.facts import StopRequested
from asw.engine.history import Event
from asw.engine.record import Outcome
from asw.engine.record_text import from_plain, to_plain
from asw.local.database import dump, instant, transaction
from asw.reconciler.platform import Conflict, ExecutionKey, Gone, Save, Stored

NAMESPACE = "default"
"""One machine has one namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExecution:
    """An execution about to be made; ``execution_name`` is the name that its users know."""

    uid: str
    name: str
    execution_name: str
    workflow_name: str
    input: Json
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One line of the list of executions; ``status`` is AWS's, RUNNING until it ended."""

    key: ExecutionKey
    workflow_name: str
    created_at: datetime
    revision: str | None
    status: str = "RUNNING"
    ended_at: datetime | None = None
    output: Json = None
    error: str | None = None
    cause: str | None = None
    waiting: tuple[str, str] | None = None


class ExecutionTable:
    """The tables ``executions`` and ``history``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def create(self, new: NewExecution) -> ExecutionKey:
        """Add an execution. Raises ValueError when its name is taken."""
        try:
            self._connection.execute(
                "INSERT INTO executions"
                " (uid, name, execution_name, workflow_name, created_at, input)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    new.uid,
                    new.name,
                    new.execution_name,
                    new.workflow_name,
                    new.created_at.isoformat(),
                    dump(new.input),
                ),
            )
        except sqlite3.IntegrityError as error:
            raise ValueError(f"execution {new.name!r} exists") from error
        return ExecutionKey(NAMESPACE, new.name, new.uid)

    def names(self) -> set[str]:
        """Every name that is taken."""
        return {name for (name,) in self._connection.execute("SELECT name FROM executions")}

    def load(self, uid: str) -> Stored | None:
        """The execution with its record, None when there is none of that uid."""
        row = self._connection.execute(
            "SELECT name, execution_name, workflow_name, created_at, input, stop,"
            " revision, record, fence, outcome FROM executions WHERE uid = ?",
            (uid,),
        ).fetchone()
        if row is None:
            return None
        name, execution_name, workflow_name, created_at, *rest = row
        input_text, stop, revision, record, fence, outcome = rest
        return Stored(
            key=ExecutionKey(NAMESPACE, name, uid),
            execution_name=execution_name,
            workflow_name=workflow_name,
            created_at=instant(created_at),
            fence=str(fence),
            input=from_text(input_text),
            stop=None if stop is None else StopRequested(**from_text(stop)),
            revision=revision,
            record=None if record is None else from_plain(from_text(record)),
            is_finished=outcome is not None,
        )

    def save(self, uid: str, save: Save, fence: str) -> str:
        """Write record and events in one transaction; the new fence. Raises Conflict, Gone."""
        with transaction(self._connection):
            cursor = self._connection.execute(
                "UPDATE executions SET fence = fence + 1, record = coalesce(?, record),"
                " revision = coalesce(?, revision), waiting = ?, outcome = ?"
                " WHERE uid = ? AND fence = ?",
                (
                    None if save.record is None else dump(to_plain(save.record)),
                    save.revision,
                    None if save.waiting is None else dump(save.waiting),
                    _outcome_text(save),
                    uid,
                    int(fence),
                ),
            )
            if cursor.rowcount == 0:
                self._explain(uid, fence)
            self._connection.executemany(
                "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)",
                [_event_row(uid, event) for event in save.history],
            )
        return str(int(fence) + 1)

    def request_stop(self, uid: str, stop: StopRequested) -> None:
        """Note that somebody asked to abort the execution."""
        self._connection.execute(
            "UPDATE executions SET stop = ? WHERE uid = ?",
            (dump({"error": stop.error, "cause": stop.cause}), uid),
        )

    def history(self, uid: str) -> list[Event]:
        """The whole history, in order."""
        rows = self._connection.execute(
            "SELECT id, previous_event_id, type, at, details FROM history"
            " WHERE uid = ? ORDER BY id",
            (uid,),
        )
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

    def summaries(self, name: str | None = None) -> list[Summary]:
        """Every execution, or the one of that name, oldest first."""
        rows = self._connection.execute(
            "SELECT uid, name, workflow_name, created_at, revision, waiting, outcome"
            " FROM executions WHERE ?1 IS NULL OR name = ?1 ORDER BY created_at, name",
            (name,),
        )
        return [_summary(row) for row in rows]

    def _explain(self, uid: str, fence: str) -> None:
        row = self._connection.execute(
            "SELECT fence FROM executions WHERE uid = ?", (uid,)
        ).fetchone()
        if row is None:
            raise Gone(f"execution {uid} was deleted")
        raise Conflict(f"execution {uid} is at {row[0]}, the save named {fence}")


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
    uid, name, workflow_name, created_at, revision, waiting, outcome = row
    ended = {} if outcome is None else from_text(outcome)
    at = ended.pop("at", None)
    return Summary(
        key=ExecutionKey(NAMESPACE, name, uid),
        workflow_name=workflow_name,
        created_at=instant(created_at),
        revision=revision,
        waiting=None if waiting is None else tuple(from_text(waiting)),
        ended_at=None if at is None else instant(at),
        **ended,
    )
