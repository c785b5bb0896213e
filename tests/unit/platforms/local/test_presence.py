"""Whether a living process works on an execution is known from the kernel alone."""

import os
import signal
import subprocess
import sys

import pytest

from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.presence import present, worked_on

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
    with present(tmp_path) as presence:
        presence.add(["ours", "too"])
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
