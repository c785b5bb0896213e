"""The stages of `make test`, one after another, with the time that each took.

`python3 -m dev.stages NAME...`. Each is a verb `stage-NAME` of the Makefile. What is cheap comes
first: lint and the quick tests give their verdict while programs and images of the cluster are
built behind them, with a lower priority, where they are not in the cache.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dev.cluster.commands import say
from dev.images import ROOT

LOWER = 10
"""Of the priority of what is done behind: it gets what the verdicts leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A command, and what it usually takes on 2 cores.

    `is_needed`: where it fails, those after it do not run. `waits` for what is done behind.
    """

    name: str
    usual: str
    command: Sequence[str]
    is_needed: bool = True
    waits: bool = False


class Background:
    """A command that runs beside the stages until it is waited for; `log` has its output."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["nice", "-n", str(LOWER), *command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Show what it did, and does, until it ends; whether well the stage after it tells."""
        with suppress(PermissionError):  # who is not root cannot take a lower priority back
            os.setpriority(os.PRIO_PGRP, self._process.pid, 0)
        with self._log.open() as output:
            has_ended = False
            while not has_ended:
                has_ended = self._process.poll() is not None
                sys.stderr.write(output.read())
                sys.stderr.flush()
                time.sleep(0.1)

    def __enter__(self) -> Self:
        """It runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it with all that it started; what was built so far is used again."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()


def _verb(name: str, usual: str, *, is_needed: bool = True, waits: bool = False) -> Stage:
    command = ("make", "--no-print-directory", f"stage-{name}")
    return Stage(name=name, usual=usual, command=command, is_needed=is_needed, waits=waits)


STAGES = {
    stage.name: stage
    for stage in (
        _verb("lint", "1 minute"),
        _verb("quick", "6 minutes"),
        _verb("cluster", "1 minute; 10 to 14 where programs and images are built", waits=True),
        _verb("beside", "10 minutes", is_needed=False),
        _verb("alone", "22 minutes", is_needed=False),
        _verb("rest", "15 minutes", is_needed=False),
    )
}


def run(stages: Sequence[Stage], behind: Background | None = None) -> int:
    """Run them; 1 where one failed, however many did."""
    began, took, failed = time.monotonic(), {}, False
    for stage in stages:
        say(f"== {stage.name} (usually {stage.usual})")
        at = time.monotonic()
        if stage.waits and behind is not None:
            behind.wait()
        code = subprocess.run(stage.command, cwd=ROOT, check=False).returncode
        took[stage.name] = f"{time.monotonic() - at:.0f} s"
        say(f"== {stage.name} {'failed after' if code else 'passed in'} {took[stage.name]}")
        failed = failed or code != 0
        if code and stage.is_needed:
            break
    for name, seconds in took.items():
        say(f"{name:10} {seconds:>8}")
    say(f"== {'failed after' if failed else 'passed in'} {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def main(words: Sequence[str]) -> int:
    """Run the named stages."""
    if not words or not STAGES.keys() >= set(words):
        raise SystemExit(f"stages: {' '.join(STAGES)}")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "prepare.log"
        with Background((sys.executable, "-m", "dev.prepare"), log) as behind:
            return run([STAGES[word] for word in words], behind)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
