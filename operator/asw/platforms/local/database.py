"""The SQLite file of a data folder: its tables, how it is opened, how JSON is stored in it.

WAL with synchronous=NORMAL: a commit reaches the kernel before it returns, so it survives a killed
process and costs no fsync. Power loss may undo the newest commits, but never tears one.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from asw.asl.values import Json
from asw.engine.record_text import UnreadableRecord
from asw.platforms.local.faults import (
    FolderFault,
    OnFault,
    UnusableFolder,
    fault_of_sqlite,
    fault_of_system,
)
from asw.platforms.local.rights import FILE_MODE, make_folder, tighten

FILE_NAME = "asw.sqlite3"

_SCHEMA = """
CREATE TABLE executions (
    uid TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    execution_name TEXT NOT NULL,
    workflow_name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    input TEXT NOT NULL,
    stop TEXT,
    revision TEXT,
    record TEXT,
    fence INTEGER NOT NULL DEFAULT 1,
    waiting TEXT,
    outcome TEXT
) WITHOUT ROWID;
CREATE INDEX unfinished ON executions (created_at) WHERE outcome IS NULL;

CREATE TABLE history (
    uid TEXT NOT NULL REFERENCES executions ON DELETE CASCADE,
    id INTEGER NOT NULL,
    previous_event_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    at TEXT NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (uid, id)
) WITHOUT ROWID;

CREATE TABLE tasks (
    uid TEXT NOT NULL REFERENCES executions ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    function TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    outcome TEXT,
    PRIMARY KEY (uid, ordinal)
) WITHOUT ROWID;

CREATE TABLE workflows (
    name TEXT PRIMARY KEY,
    revision TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE revisions (
    name TEXT PRIMARY KEY,
    workflow_name TEXT NOT NULL,
    dialect TEXT NOT NULL,
    text TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE functions (
    name TEXT PRIMARY KEY,
    function TEXT NOT NULL
) WITHOUT ROWID;
"""

_CHILDREN = """
ALTER TABLE executions ADD COLUMN objects TEXT NOT NULL DEFAULT 'objects';
ALTER TABLE executions ADD COLUMN parent_uid TEXT REFERENCES executions ON DELETE CASCADE;
ALTER TABLE executions ADD COLUMN parent_ordinal INTEGER;
ALTER TABLE executions ADD COLUMN map_state TEXT;
CREATE UNIQUE INDEX children ON executions (parent_uid, parent_ordinal)
    WHERE parent_uid IS NOT NULL;

CREATE TABLE transfers (
    uid TEXT NOT NULL REFERENCES executions ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (uid, ordinal)
) WITHOUT ROWID
"""
"""For distributed Maps: children of an execution, its folder of objects, what it read."""

_VERBS = """
ALTER TABLE executions ADD COLUMN is_suspended INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN redrive_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN redrive_revision TEXT;
ALTER TABLE executions ADD COLUMN redrive_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN refusal TEXT
"""
"""Suspension; the redrive requested, the redrives carried out, why the last was refused."""

_OWNERS = """
ALTER TABLE tasks RENAME TO former_tasks;
CREATE TABLE tasks (
    uid TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    function TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    outcome TEXT,
    owner_uid TEXT NOT NULL REFERENCES executions ON DELETE CASCADE,
    PRIMARY KEY (uid, ordinal)
) WITHOUT ROWID;
INSERT INTO tasks SELECT *, uid FROM former_tasks;
DROP TABLE former_tasks;

ALTER TABLE transfers RENAME TO former_transfers;
CREATE TABLE transfers (
    uid TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    owner_uid TEXT NOT NULL REFERENCES executions ON DELETE CASCADE,
    PRIMARY KEY (uid, ordinal)
) WITHOUT ROWID;
INSERT INTO transfers SELECT *, uid FROM former_transfers;
DROP TABLE former_transfers
"""
"""Express children have tasks but no row: the tasks belong to the execution around them."""

_STARTS = """
ALTER TABLE workflows ADD COLUMN default_input TEXT;
ALTER TABLE executions ADD COLUMN labels TEXT NOT NULL DEFAULT '{}'
"""
"""For executions without a manifest: their Workflow's default input, their own labels."""

_LOSSES = """
ALTER TABLE workflows ADD COLUMN on_lost TEXT NOT NULL DEFAULT 'Retry';
ALTER TABLE tasks ADD COLUMN may_repeat INTEGER NOT NULL DEFAULT 1
"""
"""What happens to lost tasks: by their Workflow, and for each of them."""

_BUCKETS = """
ALTER TABLE workflows ADD COLUMN objects TEXT;
UPDATE workflows SET objects = (SELECT objects FROM executions
    WHERE workflow_name = workflows.name AND parent_uid IS NULL
    ORDER BY created_at DESC LIMIT 1)
"""
"""The folder of buckets belongs to the Workflow, which may be applied before it runs."""

_CALLS = """
CREATE TABLE connections (
    name TEXT PRIMARY KEY,
    connection TEXT NOT NULL
) WITHOUT ROWID;
ALTER TABLE workflows ADD COLUMN connections TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tasks ADD COLUMN call TEXT
"""
"""Where services are, the Connections of a Workflow, and the call that a task makes."""

_REPORTS = """
ALTER TABLE tasks ADD COLUMN report TEXT;
ALTER TABLE tasks ADD COLUMN reported_at TEXT;
CREATE INDEX reports ON tasks (uid) WHERE report IS NOT NULL
"""
"""What somebody reported of a task by its token: a heartbeat, or the end of what it asked for."""
_NESTED = """
ALTER TABLE executions ADD COLUMN is_detached INTEGER NOT NULL DEFAULT 0
"""
"""For executions that a Task started: whether the parent went on without waiting for the end."""

_ACTIVITIES = """
ALTER TABLE tasks ADD COLUMN activity TEXT;
ALTER TABLE tasks ADD COLUMN input TEXT;
ALTER TABLE tasks ADD COLUMN worker TEXT;
CREATE INDEX offers ON tasks (activity, recorded_at)
    WHERE activity IS NOT NULL AND started_at IS NULL AND outcome IS NULL;
CREATE INDEX taken ON tasks (uid) WHERE activity IS NOT NULL AND started_at IS NOT NULL
"""
"""Tasks that workers take: of which activity, with which input, and who has it."""

_JOBS = """
ALTER TABLE tasks ADD COLUMN job TEXT;
CREATE INDEX jobs ON tasks (uid) WHERE job IS NOT NULL
"""
"""What names the job that a task has started and still follows."""

_KEPT = """
ALTER TABLE workflows ADD COLUMN retention TEXT;
ALTER TABLE executions ADD COLUMN ttl_seconds INTEGER;
CREATE INDEX owned_tasks ON tasks (owner_uid);
CREATE INDEX owned_transfers ON transfers (owner_uid)
"""
"""How long executions are kept, and what goes with one that is deleted."""

CHANGES = (
    *(_SCHEMA, _CHILDREN, _VERBS, _OWNERS, _STARTS),
    *(_LOSSES, _BUCKETS, _CALLS, _REPORTS, _NESTED),
    *(_ACTIVITIES, _JOBS, _KEPT),
)
"""The statements that turn each version of the schema into the next."""


_FOLDERS = ("logs", "code", "working")
"""Other entries of a data folder."""


class StoreCursor(sqlite3.Cursor):
    """Its errors are those of the folder, and reported to the connection's ``on_fault``."""

    connection: "StoreConnection"

    def execute(self, *given: Any) -> Self:
        """As in ``sqlite3``, but raises UnusableFolder."""
        with self.connection.telling():
            return super().execute(*given)

    def executemany(self, *given: Any) -> Self:
        """As in ``sqlite3``, but raises UnusableFolder."""
        with self.connection.telling():
            return super().executemany(*given)

    def fetchone(self) -> Any:
        """As in ``sqlite3``, but raises UnusableFolder."""
        with self.connection.telling():
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        """As in ``sqlite3``, but raises UnusableFolder."""
        with self.connection.telling():
            return super().fetchall()

    def __iter__(self) -> Self:
        return iter(self.fetchall())  # type: ignore[return-value]  # all that callers use


class StoreConnection(sqlite3.Connection):
    """A connection whose errors say what is wrong with the ``file``."""

    file: Path
    on_fault: OnFault = staticmethod(lambda _: None)

    def cursor(self, *_: Any) -> StoreCursor:  # type: ignore[override]  # nobody passes another
        """A cursor with our errors; sqlite3 makes one for each statement."""
        return super().cursor(StoreCursor)

    def execute(self, *given: Any) -> StoreCursor:
        """Execute by a cursor of ours; sqlite3 would use its own. Raises UnusableFolder."""
        return self.cursor().execute(*given)

    def executemany(self, *given: Any) -> StoreCursor:
        """As in ``sqlite3``, but raises UnusableFolder."""
        return self.cursor().executemany(*given)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Raises UnusableFolder for faults of the file or its disk."""
        try:
            yield
        except sqlite3.Error as error:
            fault = fault_of_sqlite(error, self.file)
            if fault is None:
                raise
            self.on_fault(fault)
            raise fault from error

    @contextmanager
    def reading(self, uid: str, row: Sequence[object] = ()) -> Iterator[None]:
        """Make values of what a row of the execution holds.

        Raises UnusableFolder where that is not what was written: a disk can lose the middle of a
        file whose pages are whole for SQLite. It names the execution.
        """
        try:
            _require_texts(row)
            yield
        except (ValueError, TypeError, LookupError, AttributeError, UnreadableRecord) as error:
            named = self.execute("SELECT name FROM executions WHERE uid = ?", (uid,)).fetchone()
            told = ValueError(f"execution {uid if named is None else named[0]}: {error}")
            fault = UnusableFolder(FolderFault.DAMAGED, self.file, told)
            self.on_fault(fault)
            raise fault from error


def _require_texts(row: Sequence[object]) -> None:
    if any(isinstance(value, bytes) for value in row):
        raise ValueError("bytes in place of a text")


def connect(folder: Path) -> StoreConnection:
    """Open the folder's database; create it if there is none. Raises UnusableFolder."""
    file = folder / FILE_NAME
    try:
        make_folder(folder)
        with suppress(FileExistsError):  # SQLite gives its other files the rights of this one
            os.close(os.open(file, os.O_CREAT | os.O_EXCL, FILE_MODE))
        files = (folder / f"{FILE_NAME}{suffix}" for suffix in ("", "-wal", "-shm"))
        tighten(folder, files, (folder / name for name in _FOLDERS))
    except OSError as error:
        raise fault_of_system(error, folder) from error
    connection: StoreConnection | None = None
    try:
        connection = sqlite3.connect(file, isolation_level=None, factory=StoreConnection)
        connection.file = file
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")
        _prepare(connection, folder)
    except (sqlite3.Error, UnusableFolder) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, UnusableFolder):
            raise
        fault = fault_of_sqlite(error, file)
        raise (fault or UnusableFolder(FolderFault.DAMAGED, file, error)) from error
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements inside are one write; an exception undoes them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk ends the transaction by itself
            connection.execute("ROLLBACK")
        raise


def dump(value: Json) -> str:
    """JSON text that SQLite can hold: ASCII, so that lone surrogates survive too."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def instant(text: str) -> datetime:
    """The instant that ``isoformat`` wrote."""
    return datetime.fromisoformat(text)


def _prepare(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring the tables up to date, even if several processes open the folder at once."""
    with transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(CHANGES):
            raise UnusableFolder(FolderFault.FOREIGN, folder)
        for number, change in enumerate(CHANGES[version:], start=version + 1):
            for statement in change.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
