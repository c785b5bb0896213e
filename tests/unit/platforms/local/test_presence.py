"""Whether a living process works on an execution is known from the kernel alone."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest

from asw.platforms.local import presence
from asw.platforms.local.faults import FolderFault, UnusableFolder
from asw.platforms.local.presence import alone, present, sharing, worked_on

HOLD = """
import sys
from pathlib import Path
from asw.platforms.local.presence import present
with present(Path(sys.argv[1])) as presence:
    presence.add(["theirs"])
    print("there", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process at work in the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout.readline()
        yield process
        process.kill()


def test_what_somebody_works_on_is_seen(tmp_path, other):
    """Every process tells of its own, side by side."""
    with present(tmp_path) as shown:
        shown.add(["ours", "too"])
        assert worked_on(tmp_path) == {"ours", "too", "theirs"}
    assert worked_on(tmp_path) == {"theirs"}


def test_a_process_that_was_killed_works_on_nothing(tmp_path, other):
    """However it died; and what it left is swept by the next one."""
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert worked_on(tmp_path) == frozenset()
    with present(tmp_path):
        assert len(list((tmp_path / "working").iterdir())) == 1


def test_a_folder_where_nobody_ever_worked(tmp_path):
    """One of an older asw, say."""
    assert worked_on(tmp_path) == frozenset()
    assert worked_on(tmp_path / "none") == frozenset()


def test_a_folder_that_cannot_be_used_is_refused(tmp_path):
    """A path that is a file is named."""
    (tmp_path / "file").touch()
    with pytest.raises(UnusableFolder, match="file: File exists"), present(tmp_path / "file"):
        pass


def test_a_lock_that_is_about_to_go_is_waited_for(tmp_path, monkeypatch):
    """What a killed process had just begun to start holds it for a moment more."""
    monkeypatch.setattr(presence, "PATIENCE_SECONDS", 60.0)
    held = ExitStack()
    held.enter_context(sharing(tmp_path))
    asked = Event()
    monkeypatch.setattr(presence, "sleep", lambda _seconds: asked.set())
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(lambda: held.enter_context(alone(tmp_path)))
        assert asked.wait(60)
        held.close()
        other.result(60)
    held.close()


def test_a_folder_that_stays_busy_is_refused(tmp_path, monkeypatch):
    """Another process works there, and whoever wants it alone is told."""
    monkeypatch.setattr(presence, "PATIENCE_SECONDS", 0.0)
    with sharing(tmp_path), pytest.raises(UnusableFolder) as refused, alone(tmp_path):
        pass
    assert refused.value.fault is FolderFault.BUSY
