"""Lists, watches and starts in a terminal: colours, a picture that moves, Ctrl-C."""

import os

import pytest

from tests.support.terminal import CTRL_C, asw_in_terminal
from tests.support.typed import shell_environment, typed

FLOW = """
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: pause}
spec:
  runtime: python3
  code:
    inline:
      index.py: |
        import os, time

        def main_handler(event, context):
            while not os.path.exists(event):
                time.sleep(0.01)
            return event
---
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: flow}
spec:
  definition:
    StartAt: Pause
    States:
      Pause: {Type: Task, Resource: "asw:function:pause", Next: End}
      End: {Type: Succeed}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder in whose store the Workflow ``flow`` ran once: it waits for a file, its input."""
    (tmp_path / "flow.yaml").write_text(FLOW)
    environment = shell_environment(tmp_path / "bin")
    line = """asw run flow.yaml --input '"."' -q"""
    assert typed(line, tmp_path, environment).returncode == 0
    return tmp_path


START = ("start", "flow", "--local", "--input", '"go"')
"""It runs until the file ``go`` is there."""


def test_a_start_shows_a_picture_and_its_output_last(folder):
    """While it runs there is a line for the state that it is in; then only what stays."""
    with asw_in_terminal(*START, folder=folder) as terminal:
        terminal.wait_for("Pause")
        (folder / "go").touch()
        assert terminal.wait() == 0
        lines = terminal.screen.splitlines()
        assert lines[-1] == '"go"'
        assert not any("Pause" in line for line in lines)


def test_a_watch_follows_what_another_process_runs(folder):
    """The picture moves until the end; a table with the outcome stays."""
    with asw_in_terminal(*START, "--name", "one", "-q", folder=folder) as started:
        environment = shell_environment(folder / "bin")
        while "Running" not in typed("asw get one --local", folder, environment).stdout:
            assert started.process.poll() is None
        with asw_in_terminal("watch", "one", "--local", folder=folder) as terminal:
            terminal.wait_for("Pause")
            (folder / "go").touch()
            assert terminal.wait() == 0
            head, row = terminal.screen.splitlines()[-2:]
            assert head.split()[:3] == ["NAME", "WORKFLOW", "PHASE"]
            assert row.split()[:3] == ["one", "flow", "Succeeded"]
        assert started.wait() == 0


def test_a_history_is_followed_to_the_end(folder):
    """Events come as they happen, each once, in columns that stay."""
    with asw_in_terminal(*START, "--name", "one", "-q", folder=folder) as started:
        environment = shell_environment(folder / "bin")
        while "Running" not in typed("asw get one --local", folder, environment).stdout:
            assert started.process.poll() is None
        with asw_in_terminal("history", "one", "--local", "-f", folder=folder) as terminal:
            terminal.wait_for("TaskStateEntered")
            assert started.process.poll() is None
            (folder / "go").touch()
            assert terminal.wait() == 0
            head, *rows = terminal.screen.splitlines()
        assert started.wait() == 0
    whole = typed("asw history one --local --no-headers", folder, environment).stdout.splitlines()
    assert [row.split() for row in rows] == [row.split() for row in whole]
    assert {row.index(" Task") + 1 for row in rows if " TaskState" in row} == {head.index("EVENT")}


def test_a_watch_of_all_ends_by_ctrl_c(folder):
    """Somebody ended it: no traceback, and the exit code of shells."""
    with asw_in_terminal("watch", "--local", folder=folder) as terminal:
        terminal.wait_for("Succeeded")
        terminal.send(CTRL_C)
        assert terminal.wait() == 130
        assert "Traceback" not in terminal.transcript


@pytest.mark.parametrize("variable", [None, "NO_COLOR"])
def test_phases_have_colours_where_they_are_wanted(folder, variable):
    """On a terminal alone, and not where NO_COLOR is set."""
    more = {} if variable is None else {variable: "1"}
    with asw_in_terminal("list", "--local", folder=folder, environment=more) as terminal:
        assert terminal.wait() == 0
        assert "Succeeded" in terminal.screen
        assert (b"\x1b[32m" in terminal.raw) is (variable is None)
    assert os.environ.get("NO_COLOR") is None
