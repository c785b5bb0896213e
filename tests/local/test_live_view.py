"""``asw run`` in a terminal: what a person sees while it goes on, and in the end."""

import json
import os
import sys
import time

import pytest

from tests.support.terminal import CTRL_C, Terminal, asw_in_terminal

WAIT = {"Type": "Wait", "Seconds": 60, "End": True}
SEEN_SECONDS = 10
"""A Wait that a busy machine draws too before it is over."""
HOLD = """
import os, time

def main_handler(event, context):
    while not os.path.exists(event):
        time.sleep(0.01)
    return event
"""


@pytest.fixture
def machine(tmp_path):
    """Write a definition of these states; its file."""

    def write(states, start_at):
        (tmp_path / "flow.json").write_text(json.dumps({"StartAt": start_at, "States": states}))
        return "flow.json"

    return write


def long(seconds=60):
    """A Pass, then a Wait of so many seconds."""
    return {"A": {"Type": "Pass", "Next": "B"}, "B": {**WAIT, "Seconds": seconds}}


def test_what_is_at_work_is_shown_and_gone_at_the_end(machine, tmp_path):
    """While it waits the view says for how long and until when; in the end the whole is shown."""
    file = machine(long(SEEN_SECONDS), "A")
    with asw_in_terminal("run", file, "--input", "7", folder=tmp_path) as terminal:
        screen = terminal.wait_for("until ")
        assert "flow-1  Running" in screen
        assert "1 state done" in screen
        assert "⋯ B  Wait" in screen
        assert "cyan" in terminal.colours
        assert terminal.wait() == 0
        assert "until" not in terminal.screen
        assert "flow-1  Succeeded" in terminal.transcript
        assert "ExecutionSucceeded" in terminal.transcript
        assert terminal.screen.endswith("\n7")


def test_a_view_follows_the_size_of_its_terminal(machine, tmp_path):
    """In few lines the graph gives way to the states at work, in more it comes back."""
    with asw_in_terminal("run", machine(long(), "A"), folder=tmp_path) as terminal:
        terminal.wait_for("⋯ B  Wait")
        terminal.resize(60, 6)
        until_gone(terminal, "⋯ B  Wait")
        assert "until" in terminal.wait_for("flow-1  Running")
        terminal.resize(100, 30)
        terminal.wait_for("⋯ B  Wait")


def until_gone(terminal, text):
    """Wait until the screen shows the text no more."""
    for _ in range(6000):
        if text not in terminal.screen:
            return
        time.sleep(0.05)
    raise AssertionError(f"{text!r} stays:\n{terminal.screen}")


def test_ctrl_c_leaves_a_clean_screen_and_says_how_to_go_on(machine, tmp_path):
    """Interrupted, the picture is gone, the cursor is back, and the way to go on is said."""
    with asw_in_terminal("run", machine(long(), "A"), folder=tmp_path) as terminal:
        terminal.wait_for("⋯ B  Wait")
        terminal.send(CTRL_C)
        assert terminal.wait() == 130
        assert "asw resume" in terminal.screen
        assert "Traceback" not in terminal.transcript
        assert "Wait" not in terminal.screen
        assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")


def test_a_map_has_a_bar_that_grows(machine, tmp_path):
    """Iterations are counted while they run, those at work as one line."""
    code = {"runtime": "python3", "code": {"inline": {"index.py": HOLD}}}
    head = {"apiVersion": "asw.dev/v1alpha1", "kind": "Function", "metadata": {"name": "hold"}}
    (tmp_path / "hold.json").write_text(json.dumps({**head, "spec": code}))
    item = {"Type": "Task", "Resource": "asw:function:hold", "End": True}
    each = {"StartAt": "I", "States": {"I": item}}
    states = {"M": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": each, "End": True}}
    arguments = ("run", machine(states, "M"), "hold.json", "--input", '["1","2","3","4","5","6"]')
    with asw_in_terminal(*arguments, folder=tmp_path) as terminal:
        for number in (1, 2):
            (tmp_path / str(number)).touch()
        terminal.wait_for("2/6")
        assert "━" in terminal.wait_for("I x 2")
        for number in (3, 4, 5, 6):
            (tmp_path / str(number)).touch()
        assert terminal.wait() == 0


@pytest.mark.parametrize(
    ("environment", "moves"), [({"NO_COLOR": "1"}, True), ({"TERM": "dumb"}, False)]
)
def test_terminals_without_colours(machine, tmp_path, environment, moves):
    """NO_COLOR takes the colours alone; on a dumb terminal nothing moves, lines are printed."""
    file = machine(long(SEEN_SECONDS), "A")
    with asw_in_terminal("run", file, folder=tmp_path, environment=environment) as terminal:
        assert terminal.wait() == 0
        assert terminal.colours == set()
        assert (b"\x1b[?25l" in terminal.raw) == moves
        assert ("B: entered" in terminal.transcript) == (not moves)


def test_output_to_a_file_is_the_output_alone(machine, tmp_path):
    """With standard output redirected the view is still there, and the file is JSON."""
    command = (
        sys.executable,
        "-m",
        "asw",
        "run",
        machine(long(SEEN_SECONDS), "A"),
        "--input",
        '{"a": "中"}',
    )
    with (tmp_path / "out.json").open("wb") as out:
        terminal = Terminal(command, folder=tmp_path, stdout=out)
    with terminal:
        terminal.wait_for("⋯ B  Wait")
        assert terminal.wait() == 0
    assert json.loads((tmp_path / "out.json").read_bytes()) == {"a": "中"}


def test_quiet_shows_nothing_that_moves(machine, tmp_path):
    """-q prints the output, on a terminal as well."""
    with asw_in_terminal("run", machine(long(1), "A"), "-q", folder=tmp_path) as terminal:
        assert terminal.wait() == 0
        assert terminal.transcript.strip() == "{}"


def test_history_and_graph_fit_the_terminal(machine, tmp_path):
    """Afterwards both are drawn in colour, and no line is wider than the terminal."""
    file = machine({"A": {"Type": "Fail", "Error": "E", "Cause": "long " * 100}}, "A")
    with asw_in_terminal("run", file, "-q", folder=tmp_path) as terminal:
        assert terminal.wait() == 1
    for arguments in (("history", "flow-1"), ("graph", "flow-1")):
        with asw_in_terminal(*arguments, "--local", folder=tmp_path, columns=70) as terminal:
            assert terminal.wait() == 0
            assert "red" in terminal.colours
            lines = terminal.transcript.splitlines()
            assert terminal.raw.decode().count("\n") == len(lines), os.linesep.join(lines)
