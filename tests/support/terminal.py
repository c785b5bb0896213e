"""A command in a terminal of its own: what it draws is read back from the screen.

The terminal is a real pseudo-terminal, so that the command finds one on standard input, output and
error, gets keys, Ctrl-C and changes of size as from a person; pyte renders what it prints.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

import pyte

ROOT = Path(__file__).parents[2]
CTRL_C = "\x03"
CTRL_D = "\x04"
ENTER = "\r"
_PATIENCE_SECONDS = 300.0
_LINES_KEPT = 20_000


class Terminal:
    """See the module. As a context it ends the command, if that still runs, at its end.

    ``stdout`` takes standard output away from the terminal, as ``>`` of a shell does.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        columns: int = 100,
        rows: int = 30,
        environment: Mapping[str, str] | None = None,
        stdout: IO[bytes] | None = None,
    ) -> None:
        self.raw = b""
        self._screen = pyte.HistoryScreen(columns, rows, history=_LINES_KEPT)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        self.process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**_environment(), **(environment or {})},
            stdin=slave,
            stdout=stdout or slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 -- tests that draw start no threads
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    @property
    def screen(self) -> str:
        """What a person sees now, without the empty rows below and the spaces at the right."""
        self._read(0)
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def transcript(self) -> str:
        """What scrolled off the top, and then the screen."""
        self._read(0)
        gone = ["".join(row[at].data for at in sorted(row)) for row in self._screen.history.top]
        return "\n".join([*(line.rstrip() for line in gone), self.screen])

    @property
    def colours(self) -> set[str]:
        """Colours of the characters on the screen, as pyte names them, the terminal's own aside."""
        self._read(0)
        buffer = self._screen.buffer
        cells = (cell for row in list(buffer.values()) for cell in list(row.values()))
        return {cell.fg for cell in cells} - {"default"}

    def send(self, keys: str) -> None:
        """Type these keys; ``CTRL_C`` and ``ENTER`` are two."""
        os.write(self._master, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command alone."""
        self.process.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, which the command is told by SIGWINCH."""
        self._read(0)
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    def wait_for(self, text: str, seconds: float = _PATIENCE_SECONDS) -> str:
        """The screen, once it shows the text. Raises AssertionError with the screen otherwise."""
        until = time.monotonic() + seconds
        while text not in self.screen:
            is_open = self._read(0.05)
            if (not is_open and text not in self.screen) or time.monotonic() > until:
                raise AssertionError(f"{text!r} is not on the screen:\n{self.screen}")
        return self.screen

    def wait_for_question(self, text: str) -> str:
        """The screen, once it shows the text and the command sleeps until somebody types.

        Python forgets a Ctrl-C that comes after its last look and before it reads a line.
        """
        screen = self.wait_for(text)
        stat = Path(f"/proc/{self.process.pid}/stat")
        until = time.monotonic() + _PATIENCE_SECONDS
        while stat.read_text().rpartition(")")[2].split()[0] != "S":
            assert time.monotonic() < until, f"it does not ask:\n{self.screen}"
            time.sleep(0.01)
        return screen

    def wait(self, seconds: float = _PATIENCE_SECONDS) -> int:
        """The exit code, once the command has ended; all that it printed is read by then."""
        until = time.monotonic() + seconds
        while self.process.poll() is None:
            self._read(0.05)
            if time.monotonic() > until:
                raise AssertionError(f"it does not end:\n{self.screen}")
        while self._read(0):
            pass
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        """Take what the command printed; whether there may be more."""
        got = False
        while select.select([self._master], [], [], 0 if got else seconds)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # Linux: the command closed its end
                return False
            if not data:
                return False
            self.raw += data
            self._stream.feed(data)
            got = True
        return got or self.process.poll() is None

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def asw_in_terminal(
    *arguments: str | Path,
    folder: Path,
    columns: int = 100,
    rows: int = 30,
    environment: Mapping[str, str] | None = None,
) -> Terminal:
    """``asw`` with these arguments in a terminal, in the folder."""
    command = (sys.executable, "-m", "asw", *arguments)
    return Terminal(command, folder=folder, columns=columns, rows=rows, environment=environment)


def _environment() -> dict[str, str]:
    """This process's, as it is in a terminal of somebody who reads English."""
    unwanted = ("NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS", "LINES", "ASW_LOCAL")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    packages = {"PYTHONPATH": os.pathsep.join([str(ROOT / "operator"), *sys.path])}
    return {**kept, **packages, "TERM": "xterm-256color", "ASW_LANG": "en", "LC_ALL": "C.UTF-8"}


def _take_terminal() -> None:
    """Make standard input the terminal that controls the new session: Ctrl-C becomes SIGINT."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
