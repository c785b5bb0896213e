"""A page's ``console`` blocks as a reader types them: commands, and what the page says they print.

In a block a line that begins with ``$ `` is a command, those with ``>`` go on with it, and all
others are its output. A line ``...`` stands for any lines, ``...`` in a line for any text; runs
of spaces count as one. A command without output below it may print anything.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.typed import without_patience

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANY_LINES = "..."
_MARK = "\x1ewalked "


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and the lines that the page shows of its output."""

    command: str
    shown: tuple[str, ...]


def steps_of(page: str) -> Iterator[Step]:
    """All commands of the page, in order."""
    for block in _BLOCK.findall(page):
        command, shown = "", []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield Step(command, tuple(shown))
                command, shown = line[2:], []
            elif line.startswith(">") and command and not shown:
                command += f"\n{line[2:]}"
            else:
                shown.append(line)
        if command:
            yield Step(command, tuple(shown))


def matches(shown: tuple[str, ...], printed: str) -> bool:
    """Whether the output is what the page shows; blank lines at the ends do not count."""
    wanted = _squeeze(shown)
    if not wanted:
        return True
    pattern = "".join(
        r"(?:.*\n)*?" if line == _ANY_LINES else f"{_line_pattern(line)}\n" for line in wanted
    )
    text = "".join(f"{line}\n" for line in _squeeze(printed.splitlines()))
    return re.fullmatch(pattern, text) is not None


def _squeeze(lines: "tuple[str, ...] | list[str]") -> list[str]:
    """The lines without needless spaces, and without blank ones."""
    return [squeezed for line in lines if (squeezed := " ".join(line.split()))]


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split(_ANY_LINES))


@dataclass(slots=True)
class Walker:
    """A shell that keeps its folder from one command to the next."""

    folder: Path
    environment: Mapping[str, str]
    limit: float = 600

    def type(self, command: str) -> tuple[int, str]:
        """The exit code, and everything that was printed."""
        script = f'{command}\necho "{_MARK}$?:$PWD"'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=self.limit,
            check=False,
        )
        printed, _, rest = done.stdout.rpartition(_MARK)
        code, _, folder = rest.strip().partition(":")
        self.folder = Path(folder)
        return int(code), without_patience(printed)
