"""``asw dev``: checks and tests again after each change, survives mistakes, ends with Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.examples import examples
from tests.support.playground import write_playground
from tests.support.terminal import CTRL_C, asw_in_terminal
from tests.support.typed import shell_environment

VALID = "valid: 2 Workflows, 1 Function"
PATIENCE_SECONDS = 120
PASSED = "4 passed  virtual time 3s"


@pytest.fixture
def project(tmp_path):
    """What asw init hello writes."""
    return write_playground(tmp_path / "hello")


@contextmanager
def developing(folder, *words) -> Iterator["subprocess.Popen[str]"]:
    """The command without a terminal; ended at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "asw", "dev", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ASW_LANG": "en"},
        text=True,
    )
    patience = threading.Timer(PATIENCE_SECONDS, process.kill)  # a line that never comes
    patience.start()
    try:
        yield process
    finally:
        patience.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def up_to(process, word):
    """The lines until one begins with this."""
    lines = []
    for line in iter(process.stdout.readline, ""):
        lines.append(line.rstrip("\n"))
        if line.startswith(word):
            return lines
    pytest.fail(f"{word!r} did not come: {lines}")


def ended(process, sign=signal.SIGINT):
    """Its exit code after Ctrl-C, and what it said last."""
    process.send_signal(sign)
    rest, _ = process.communicate(timeout=60)
    return process.returncode, rest


def test_mistakes_come_and_go(project):
    """Each change is named, with what is wrong with it; what is wrong ends nothing."""
    functions = project / "functions.yaml"
    text = functions.read_text()
    with developing(project) as process:
        first, *results = up_to(process, "4 passed")
        assert first[10:] == "watching .; Ctrl-C ends"
        assert results == [VALID, PASSED]
        functions.write_text(text.replace("def main_handler(", "def main_handler(("))
        changed, *results = up_to(process, "not valid")
        assert changed[10:] == "changed: functions.yaml"
        assert "not valid Python" in results[0]
        functions.write_text(text.replace("kind: Function", "kind: ["))
        assert any("functions.yaml" in line for line in up_to(process, "not valid")[1:])
        functions.write_text(text)
        assert up_to(process, "4 passed")[1:] == [VALID, PASSED]
        assert ended(process) == (0, "")


def test_only_failures_are_shown(project):
    """A case that fails shows where it differs; those that passed are counted."""
    tests = project / "hello.test.yaml"
    with developing(project, ".") as process:
        up_to(process, "4 passed")
        tests.write_text(tests.read_text().replace("Hello, World!", "Bye, World!"))
        shown = up_to(process, "3 passed, 1 failed")
        assert "Bye, World!" in "\n".join(shown)
        assert ended(process)[0] == 0


def test_files_of_tools_wake_nobody(project):
    """Hidden files, caches and what editors leave for a moment are no changes."""
    (project / ".git").mkdir()
    with developing(project) as process:
        up_to(process, "4 passed")
        for name in (".git/index", "functions.yaml~", ".functions.yaml.swp", "x.pyc", "4913"):
            (project / name).write_text("x")
        (project / "new.yaml").write_text("a: 1\n")
        assert up_to(process, "valid")[0][10:] == "changed: new.yaml"
        assert ended(process)[0] == 0


def test_a_project_without_tests_is_checked(project):
    """There is nothing to run, and that is said."""
    (project / "hello.test.yaml").unlink()
    with developing(project) as process:
        assert up_to(process, "no test file")[1] == VALID
        assert ended(process)[0] == 0


def test_a_missing_folder_is_an_error(project):
    """It cannot be watched."""
    with developing(project, "nowhere") as process:
        assert process.wait(timeout=60) == 4
        assert "nowhere: no such file or folder" in process.stdout.read()


@pytest.mark.parametrize(
    "example",
    [it for it in examples("endless") if it.command.startswith("asw dev")],
    ids=lambda example: example.command,
)
def test_an_example_does_what_its_help_says(example, project, tmp_path):
    """Each checks and tests at once, and ends with 0."""
    process = subprocess.Popen(
        ["bash", "-c", f"exec {example.command}"],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
        env=shell_environment(tmp_path / "bin"),
    )
    lines = iter(process.stdout.readline, "")
    assert any("passed" in line for line in lines)
    assert ended(process)[0] == 0


def test_a_terminal_shows_one_screen(project):
    """Each result replaces the one before; of a long one the first lines and the last stay."""
    with asw_in_terminal("dev", folder=project, rows=12, columns=100) as terminal:
        terminal.wait_for("4 passed")
        (project / "more.yaml").write_text("\n---\n".join(["kind: Function"] * 30))
        terminal.wait_for("not valid: 30 errors")
        shown = terminal.screen.splitlines()
        assert "changed: more.yaml" in shown[0]
        assert len(shown) <= 12
        assert "more lines" in shown[-2]
        (project / "more.yaml").unlink()
        terminal.wait_for("4 passed")
        assert "not valid" not in terminal.screen
        terminal.send(CTRL_C)
        assert terminal.wait() == 0
