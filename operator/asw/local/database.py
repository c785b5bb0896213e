"""The SQLite file of a data folder: its tables, how it is opened, how JSON lies in it.

WAL with synchronous=NORMAL: a commit is in the kernel before it returns, so it survives a killed
process, and costs no fsync. Power loss may undo the newest commits, never tear one.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path

from asw.asl.values import Json

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
"""What distributed Maps need: the children of an execution, where its objects lie, what it read."""

_VERBS = """
ALTER TABLE executions ADD COLUMN is_suspended INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN redrive_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN redrive_revision TEXT;
ALTER TABLE executions ADD COLUMN redrive_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN refusal TEXT
"""
"""Suspended or not; which redrive was asked for, which was carried out, why the last was not."""

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
"""Express children have tasks and no row: their tasks belong to the execution around them."""

_STARTS = """
ALTER TABLE workflows ADD COLUMN default_input TEXT;
ALTER TABLE executions ADD COLUMN labels TEXT NOT NULL DEFAULT '{}'
"""
"""What an execution is started from that has no manifest: its Workflow's input, its own labels."""

CHANGES = (_SCHEMA, _CHILDREN, _VERBS, _OWNERS, _STARTS)
"""What made each version of the one before it."""


class FolderFault(Enum):
    """Why a data folder cannot be used."""

    BROKEN = "{folder}: {detail}"
    """It cannot be made, read or written, or what is in it is no database of ours."""
    FOREIGN = "{folder} was written by another version of asw"
    BUSY = "another asw works in {folder}"
    RESUMED = "asw resume works in {folder}"


class UnusableFolder(Exception):
    """The data folder cannot be used; ``detail`` is what the system says, where it says so."""

    def __init__(self, fault: FolderFault, folder: Path, error: Exception | None = None) -> None:
        said = error.strerror if isinstance(error, OSError) else None
        self.fault = fault
        self.folder = folder
        self.detail = said or str(error or "")
        super().__init__(fault.value.format(folder=folder, detail=self.detail))


def make_folder(folder: Path) -> None:
    """Make the data folder where there is none, so that git passes over it: nobody commits runs.

    A folder that is there already is somebody's, and is left as it is.
    """
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")


def connect(folder: Path) -> sqlite3.Connection:
    """Open the folder's database, made anew where there is none. Raises UnusableFolder."""
    try:
        make_folder(folder)
        connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise UnusableFolder(FolderFault.BROKEN, folder, error) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")
        _prepare(connection, folder)
    except sqlite3.Error as error:
        connection.close()
        raise UnusableFolder(FolderFault.BROKEN, folder / FILE_NAME, error) from error
    except UnusableFolder:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements inside are one write; an exception undoes them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def dump(value: Json) -> str:
    """JSON text that SQLite can hold: ASCII, so that lone surrogates survive too."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def instant(text: str) -> datetime:
    """The instant that ``isoformat`` wrote."""
    return datetime.fromisoformat(text)


def _prepare(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring the tables up to date, however many processes open a folder at the same time."""
    with transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(CHANGES):
            raise UnusableFolder(FolderFault.FOREIGN, folder)
        for number, change in enumerate(CHANGES[version:], start=version + 1):
            for statement in change.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
