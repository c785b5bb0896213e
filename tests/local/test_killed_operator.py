"""A real process that one execution kills, again and again: SIGKILL in the middle of its step."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asw.asl.errors import STEP_KILLED_OPERATOR
from asw.platforms.local.store import open_store
from tests.support.killed_operator import POISON, WORKFLOWS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("where", "remedy"), [("first", "then start a new execution"), ("later", "then redrive it")]
)
def test_what_kills_twice_fails_alone(tmp_path: Path, where: str, remedy: str) -> None:
    """Two deaths, and the third start ends that execution by name; all others succeed."""
    command = [sys.executable, "-m", "tests.support.killed_operator", str(tmp_path), where]
    ends = [subprocess.run(command, cwd=ROOT, check=False).returncode for _ in range(3)]
    assert ends == [-signal.SIGKILL, -signal.SIGKILL, 0]
    store = open_store(tmp_path)
    for run, workflow in WORKFLOWS.items():
        found = store.executions.summary(run)
        assert found is not None
        assert found.status == ("FAILED" if workflow == POISON else "SUCCEEDED")
        if workflow == POISON:
            assert found.error == STEP_KILLED_OPERATOR
            assert remedy in (found.cause or "")
