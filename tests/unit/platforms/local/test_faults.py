"""What a store says of its folder, through the statements that production makes."""

import sqlite3
from contextlib import closing

import pytest

from asw.platforms.local.database import connect
from asw.platforms.local.executions import ExecutionTable
from asw.platforms.local.faults import FolderFault, UnusableFolder
from asw.reconciler.platform import Unavailable
from tests.unit.platforms.local.conftest import new_execution


def big(number):
    return new_execution(name=f"run-{number}", uid=f"u-{number}", input="x" * 50_000)


def fill(connection, table):
    """Add executions until it cannot be; how many there are, and what was said."""
    connection.execute("PRAGMA max_page_count = 60")
    for number in range(100):
        try:
            table.create(big(number))
        except UnusableFolder as error:
            return number, error
    raise AssertionError("it is never full")


def test_a_full_disk_is_told_and_what_was_saved_is_kept(tmp_path):
    """The write that did not fit is undone whole; the same store takes it once there is room."""
    with closing(connect(tmp_path)) as connection:
        told = []
        connection.on_fault = told.append
        table = ExecutionTable(connection)
        count, error = fill(connection, table)
        assert error.fault is FolderFault.FULL
        assert str(tmp_path) in str(error)
        assert isinstance(error, Unavailable)
        assert told == [error]
        assert len(table.names()) == count
        connection.execute("PRAGMA max_page_count = 6000")
        table.create(big(count))
        assert len(table.names()) == count + 1


def test_a_store_that_cannot_be_written_is_told(tmp_path):
    """SQLite's word for it is translated, whichever statement it is."""
    with closing(connect(tmp_path)) as connection:
        connection.execute("PRAGMA query_only = ON")
        with pytest.raises(UnusableFolder) as caught:
            ExecutionTable(connection).create(big(1))
        assert caught.value.fault is FolderFault.READ_ONLY


def test_a_store_that_somebody_keeps_locked_is_told(tmp_path):
    """Another program that writes and writes is named as the cause."""
    with closing(connect(tmp_path)) as one, closing(connect(tmp_path)) as two:
        one.execute("BEGIN IMMEDIATE")
        two.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(UnusableFolder) as caught:
            ExecutionTable(two).create(big(1))
        assert caught.value.fault is FolderFault.LOCKED


def test_what_is_our_own_mistake_is_not_the_folders(tmp_path):
    """A statement that makes no sense blames asw, and nobody's disk."""
    with closing(connect(tmp_path)) as connection:
        connection.on_fault = None
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("SELECT nothing FROM nowhere")
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT ?", ())
