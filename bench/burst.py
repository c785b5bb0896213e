"""Many one-Task Executions at once: `make bench-burst`, or ``python -m bench.burst 60 300``.

What the node of the local cluster goes through, which is this machine, and how long it takes until
the last one has ended.
"""

import asyncio
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from asw.kubernetes.client import KubeClient
from asw.kubernetes.connection import connect
from asw.kubernetes.resources import EXECUTIONS
from bench.cases import NAMESPACE, execution
from bench.cluster_bench import SETTLE_SECONDS, prepared
from bench.watching import Arrivals, Object

COUNTS = (60, 300)
QUIET = 3.0
"""Load beneath which the next burst begins, or after ``PATIENCE_SECONDS``."""
PATIENCE_SECONDS = 120.0
LONGEST_SECONDS = 600.0
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


async def burst(client: KubeClient, ends: Arrivals, count: int) -> tuple[float, Strain]:
    """So many at once; seconds until the last has ended, and what the node went through."""
    await _quiet()
    strain, stamp = Strain(), f"{int(time.time()):x}"
    names = [f"run-{stamp}-{number}" for number in range(count)]
    watching = asyncio.create_task(strain.watch())
    began = time.monotonic()
    await asyncio.gather(
        *(client.create(EXECUTIONS, NAMESPACE, execution(name, "one")) for name in names)
    )
    took = max([await ends.wait(name, limit=LONGEST_SECONDS) for name in names]) - began
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return took, strain


async def measure(counts: tuple[int, ...], console: Console) -> None:
    """Print one line a burst, as each ends."""
    console.print(
        "one-Task Executions at once; processes that wanted a processor; load of a minute"
    )
    connection, phases = connect(), dict[str, str]()

    def has_ended(run: Object) -> bool:
        status = run.get("status", {})
        phases[run["metadata"]["name"]] = status.get("phase", "")
        return "completionTime" in status

    path = f"/apis/asw.dev/v1alpha1/namespaces/{NAMESPACE}/executions"
    ends = Arrivals(connection, path, is_there=has_ended, name_of=lambda it: it["metadata"]["name"])
    async with prepared(connection) as bench, KubeClient(connection) as client, ends:
        await bench.execution("to warm up", "one")
        for count in counts:
            phases.clear()
            took, strain = await burst(client, ends, count)
            mean = strain.running / max(strain.samples, 1)
            failed = sum(phase != "Succeeded" for phase in phases.values())
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
