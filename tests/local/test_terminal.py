"""The terminal that tests look at (tests/support/terminal.py) shows what a person would see."""

import signal
import sys

from tests.support.terminal import CTRL_C, ENTER, Terminal, asw_in_terminal

ASK = "import sys; print('name?', sys.stdout.isatty()); print('hello', input())"
SIZES = (
    "import os, signal, time\n"
    "signal.signal(signal.SIGWINCH, lambda *_: print(os.get_terminal_size()))\n"
    "print(os.get_terminal_size())\n"
    "while True: time.sleep(1)"
)


def test_keys_reach_the_command_and_its_answer_the_screen(tmp_path):
    """What is typed is read, what is printed is seen, and the exit code is the command's."""
    with Terminal([sys.executable, "-c", ASK], folder=tmp_path) as terminal:
        terminal.wait_for("name? True")
        terminal.send("李雷" + ENTER)
        assert terminal.wait() == 0
        assert "hello 李雷" in terminal.screen


def test_size_and_interruption_are_told(tmp_path):
    """A change of size comes as SIGWINCH, Ctrl-C as SIGINT."""
    command = [sys.executable, "-u", "-c", SIZES]
    with Terminal(command, folder=tmp_path, columns=70, rows=20) as terminal:
        terminal.wait_for("columns=70, lines=20")
        terminal.resize(50, 10)
        terminal.wait_for("columns=50, lines=10")
        terminal.send(CTRL_C)
        assert terminal.wait() == -signal.SIGINT


def test_redirected_output_is_not_on_the_screen(tmp_path):
    """What goes to a file is in the file alone."""
    code = "import sys; print('result'); print('said', file=sys.stderr)"
    with (tmp_path / "out").open("wb") as file:
        terminal = Terminal([sys.executable, "-c", code], folder=tmp_path, stdout=file)
    with terminal:
        assert terminal.wait() == 0
        assert terminal.screen == "said"
    assert (tmp_path / "out").read_text() == "result\n"


def test_long_output_is_kept(tmp_path):
    """What scrolled off is in the transcript; asw itself is found."""
    with asw_in_terminal("--help", folder=tmp_path, rows=5) as terminal:
        assert terminal.wait() == 0
        assert "Usage:" in terminal.transcript
        assert "Usage:" not in terminal.screen
