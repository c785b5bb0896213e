"""Many one-Task Executions at once: `make bench-burst`, or ``python -m bench.burst 60 300``.

What the node of the local cluster goes through, which is this machine, and how long it takes until
the last one has ended.
"""

import asyncio
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from asw.api.instants import parse_instant
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import connect
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from bench.cases import NAMESPACE, execution
from bench.cluster_bench import SETTLE_SECONDS, prepared
from bench.watching import Object

COUNTS = (60, 300)
QUIET = 3.0
"""Load beneath which the next burst begins, or after ``PATIENCE_SECONDS``."""
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 3.0
"""Between two lists; the end itself is told to the millisecond."""
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


async def burst(client: KubeClient, count: int) -> tuple[float, int, Strain]:
    """So many at once; seconds until the last has ended, how many failed, and what it took."""
    await _quiet()
    strain, stamp = Strain(), f"run-{int(time.time()):x}-"
    watching = asyncio.create_task(strain.watch())
    began = datetime.now(UTC)
    runs = (execution(f"{stamp}{number}", "one") for number in range(count))
    await asyncio.gather(*(client.create(EXECUTIONS, NAMESPACE, run) for run in runs))
    ended: list[Object] = []
    while len(ended) < count:
        await asyncio.sleep(LOOK_SECONDS)
        statuses = [
            run.get("status", {})
            async for run in client.list(EXECUTIONS, NAMESPACE)
            if run["metadata"]["name"].startswith(stamp)
        ]
        ended = [status for status in statuses if "completionTime" in status]
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    last = max(parse_instant(status["completionTime"]) for status in ended)
    failed = sum(status["phase"] != "Succeeded" for status in ended)
    return (last - began).total_seconds(), failed, strain


async def measure(counts: tuple[int, ...], console: Console) -> None:
    """Print one line a burst, as each ends."""
    console.print(
        "one-Task Executions at once; processes that wanted a processor; load of a minute"
    )
    connection = connect()
    async with prepared(connection) as bench, KubeClient(connection) as client:
        await bench.execution("to warm up", "one")
        for count in counts:
            took, failed, strain = await burst(client, count)
            mean = strain.running / max(strain.samples, 1)
            console.print(
                f"{count:4} at once: {took:6.1f} s, {failed} failed; mean {mean:5.1f}, "
                f"most {strain.most:3}; load {strain.load:5.1f}"
            )


def main() -> int:
    """Measure and print."""
    counts = tuple(int(word) for word in sys.argv[1:]) or COUNTS
    asyncio.run(measure(counts, Console(width=110)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
