"""``asw test`` as a user types it: a process of its own, real Functions, a terminal or none."""

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.support.playground import run_asw, write_playground
from tests.support.terminal import CTRL_C, asw_in_terminal
from tests.support.testing import HEAD, case

SLOW = """
import os, time

def main_handler(event, context):
    print("asleep", os.getpid(), "for ever")
    time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The playground, and a test file of which one case fails."""
    write_playground(tmp_path)
    cases = [
        case(name="greets", input={"name": "李雷"}, expect={"output": {"greeting": "Hi"}}),
        case(name="fails", input={}, expect={"error": "KeyError"}),
    ]
    content = {**HEAD, "workflow": "workflow.yaml", "functions": "real", "cases": cases}
    (tmp_path / "more.test.json").write_text(json.dumps(content, indent=2))
    return tmp_path


def test_a_terminal_shows_colours(folder: Path) -> None:
    """Marks and differences are coloured where somebody looks, with what the function gave."""
    with asw_in_terminal("test", "more.test.json", folder=folder) as terminal:
        assert terminal.wait() == 1
        assert "✗ greets  0s" in terminal.screen
        assert 'output.greeting: expected "Hi", got "Hello, 李雷!"' in terminal.screen
        assert "✓ fails" in terminal.screen
        assert "1 passed, 1 failed" in terminal.screen
        assert {"green", "red"} <= terminal.colours


def test_a_pipe_gets_plain_lines(folder: Path) -> None:
    """What CI keeps has no codes of colours, and results alone are on standard output."""
    done = run_asw(folder, "test", "more.test.json", "--logs")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed  virtual time 0s"
    assert "Greet | " in done.stderr


def test_ctrl_c_ends_a_function_that_hangs(tmp_path: Path) -> None:
    """A real function that never ends can be interrupted, and leaves no process behind."""
    write_playground(tmp_path)
    functions = yaml.safe_load((tmp_path / "functions.yaml").read_text())
    functions["spec"]["code"]["inline"]["index.py"] = SLOW
    (tmp_path / "functions.yaml").write_text(yaml.safe_dump(functions))
    content = {**HEAD, "workflow": "workflow.yaml", "functions": "real", "cases": [case()]}
    (tmp_path / "slow.test.json").write_text(json.dumps(content))
    with asw_in_terminal("test", "slow.test.json", "--logs", folder=tmp_path) as terminal:
        pid = int(terminal.wait_for("for ever").rpartition("asleep ")[2].split()[0])
        terminal.send(CTRL_C)
        assert terminal.wait() == 130
        assert terminal.screen.splitlines()[-1].endswith("interrupted")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
