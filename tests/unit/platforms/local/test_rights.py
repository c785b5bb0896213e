"""What lies in a data folder is its user's alone."""

import os
from contextlib import closing

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.local.database import FILE_NAME, connect
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.logs import TaskLogs
from asw.platforms.local.presence import alone, present
from asw.platforms.local.runtime import Call


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request):
    """Rights that the shell takes from new files: none, those of writing, all of others."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def a_call():
    function = LocalFunction(name="f", runtime="python3", handler="index.h", files={}, variables={})
    return Call(
        task_id=TaskId("u", 1),
        function=function,
        variables={},
        event=None,
        execution="run-1",
        state="A",
    )


def test_nothing_can_be_read_by_others(tmp_path, umask):
    """Whatever the umask is: the folder keeps them out, and so do database, logs and lock."""
    folder = tmp_path / ".asw"
    with alone(folder), present(folder), closing(connect(folder)) as connection:
        connection.execute("CREATE TABLE more (it)")
        TaskLogs(folder / "logs").write(a_call(), b"secret")
        assert folder.stat().st_mode & 0o777 == 0o700
        files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".gitignore"]
        assert {path.name for path in files} >= {FILE_NAME, f"{FILE_NAME}-wal", "1.log", "lock"}
        for path in files:
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_store_of_an_older_asw_is_tightened(tmp_path):
    """Who opens a store of his own that others could read finds it closed to them."""
    folder = tmp_path / ".asw"
    connect(folder).close()
    (folder / "logs").mkdir()
    folder.chmod(0o755)
    (folder / "logs").chmod(0o755)
    (folder / FILE_NAME).chmod(0o644)
    connect(folder).close()
    modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "logs", folder / FILE_NAME)]
    assert modes == [0o700, 0o700, 0o600]


def test_a_folder_that_asw_did_not_make_keeps_its_rights(tmp_path):
    """A project that others work in too is not closed to them; the store in it is."""
    tmp_path.chmod(0o755)
    connect(tmp_path).close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
