"""Many one-Task Executions at once: `make bench-burst`, or ``python -m bench.burst 60 300``.

What the node of the local cluster goes through, which is this machine, and how long it takes until
the last one has succeeded.
"""

import asyncio
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from asw.kubernetes.connection import connect
from bench.cluster_bench import SETTLE_SECONDS, Bench, prepared

COUNTS = (60, 300)
QUIET = 3.0
"""Load beneath which the next burst begins, or after ``PATIENCE_SECONDS``."""
PATIENCE_SECONDS = 120.0
SAMPLE_SECONDS = 0.25


@dataclass(slots=True)
class Strain:
    """Processes that wanted a processor, by samples; ``load`` is the highest of one minute."""

    samples: int = 0
    running: float = 0.0
    most: int = 0
    load: float = 0.0

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            running = _running()
            self.samples, self.running = self.samples + 1, self.running + running
            self.most, self.load = max(self.most, running), max(self.load, _load())
            await asyncio.sleep(SAMPLE_SECONDS)


def _running() -> int:
    lines = Path("/proc/stat").read_text().splitlines()
    return next(int(it.split()[1]) for it in lines if it.startswith("procs_running"))


def _load() -> float:
    return float(Path("/proc/loadavg").read_text().split()[0])


async def _quiet() -> None:
    """Wait until the node has forgotten the last burst."""
    until = time.monotonic() + PATIENCE_SECONDS
    while _load() > QUIET and time.monotonic() < until:  # noqa: ASYNC110  the kernel tells nobody
        await asyncio.sleep(SETTLE_SECONDS)


async def burst(bench: Bench, count: int) -> tuple[float, Strain]:
    """So many at once; seconds until the last has succeeded, and what the node went through."""
    await _quiet()
    strain, case = Strain(), f"{count} at once"
    watching = asyncio.create_task(strain.watch())
    began = time.monotonic()
    await asyncio.gather(*(bench.execution(case, "one") for _ in range(count)))
    took = time.monotonic() - began
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return took, strain


async def measure(counts: tuple[int, ...]) -> Table:
    """One line a burst."""
    table = Table(title="one-Task Executions at once")
    for column in ("how many", "seconds", "wanted a processor: mean", "most", "load, 1 min"):
        table.add_column(column, justify="right")
    async with prepared(connect()) as bench:
        await bench.execution("to warm up", "one")
        for count in counts:
            took, strain = await burst(bench, count)
            mean = strain.running / max(strain.samples, 1)
            row = (f"{took:.1f}", f"{mean:.1f}", f"{strain.most}", f"{strain.load:.1f}")
            table.add_row(str(count), *row)
    return table


def main() -> int:
    """Measure and print."""
    counts = tuple(int(word) for word in sys.argv[1:]) or COUNTS
    Console(width=110).print(asyncio.run(measure(counts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
