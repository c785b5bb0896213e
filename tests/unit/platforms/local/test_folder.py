"""A data folder is opened by many, resumed by one, and says so when it cannot be used."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.local.database import CHANGES, FILE_NAME, connect
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.presence import alone, sharing
from asw.platforms.local.store import open_store
from asw.platforms.local.tasks import Succeeded

NOW = datetime(2026, 1, 1, 13, tzinfo=UTC)


def test_folder_of_another_version_is_refused(tmp_path):
    """A file that this version cannot read is left alone."""
    connection = connect(tmp_path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UnusableFolder, match="another version"):
        connect(tmp_path)


def test_folder_of_the_version_before_is_brought_up_to_date(tmp_path):
    """What was run before distributed Maps came can still be looked at, and gone on with."""
    old = sqlite3.connect(tmp_path / FILE_NAME)
    for statement in CHANGES[0].split(";"):
        old.execute(statement)
    old.execute(
        "INSERT INTO executions (uid, name, execution_name, workflow_name, created_at, input)"
        " VALUES ('u', 'run-1', 'run-1', 'flow', '2026-01-01T12:00:00+00:00', '{}')"
    )
    old.execute(
        "INSERT INTO tasks (uid, ordinal, function, state, attempt, recorded_at, started_at,"
        " finished_at, outcome) VALUES ('u', 1, 'f', 'S', 0, '2026-01-01T12:00:00+00:00',"
        " '2026-01-01T12:00:00+00:00', '2026-01-01T12:00:01+00:00', '{\"output\":1}')"
    )
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    store = open_store(tmp_path)
    assert store.shown.names() == ["run-1"]
    assert [it.is_child for it in store.executions.unfinished()] == [False]
    store.tasks.remember("u", NOW)
    task = store.tasks.task(TaskId("u", 1))
    assert task is not None
    assert task.outcome == Succeeded(output=1)
    store.close()
    open_store(tmp_path).close()


def test_folder_that_cannot_be_made_is_refused(tmp_path):
    """A path that is a file is named."""
    (tmp_path / "file").touch()
    with pytest.raises(UnusableFolder, match="file: File exists"):
        connect(tmp_path / "file")
    with pytest.raises(UnusableFolder, match="file: File exists"), alone(tmp_path / "file"):
        pass


@pytest.mark.parametrize("use", [connect, alone, sharing], ids=lambda use: use.__name__)
def test_git_passes_over_a_folder_that_was_made(tmp_path, use):
    """Who commits a workflow does not commit its runs, whatever used the folder first."""
    folder = tmp_path / "deep" / ".asw"
    with closing(use(folder)) if use is connect else use(folder):
        assert (folder / ".gitignore").read_text() == "*\n"


def test_a_folder_that_was_there_is_left_as_it_is(tmp_path):
    """Somebody's own folder may be under version control."""
    connect(tmp_path).close()
    assert not (tmp_path / ".gitignore").exists()


def test_folder_whose_file_is_no_database_is_refused(tmp_path):
    """A file that something else wrote, or a disk tore, is named and left alone."""
    text = b"this is no database, whatever its name says, and it is longer than a header" * 9
    (tmp_path / FILE_NAME).write_bytes(text)
    with pytest.raises(UnusableFolder, match=rf"{FILE_NAME} is damaged: file is not a database"):
        connect(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == text


def test_runs_share_a_folder(tmp_path):
    """Several asw run work side by side."""
    with sharing(tmp_path), sharing(tmp_path):
        pass


def test_resume_wants_the_folder_for_itself(tmp_path):
    """Nobody resumes executions that a living asw works on, nor starts some meanwhile."""
    with sharing(tmp_path), pytest.raises(UnusableFolder, match="another asw"), alone(tmp_path):
        pass
    with alone(tmp_path), pytest.raises(UnusableFolder, match="asw resume"), sharing(tmp_path):
        pass


def test_lock_ends_with_its_block(tmp_path):
    """A folder is free again afterwards."""
    with alone(tmp_path):
        pass
    with alone(tmp_path):
        pass
