"""Measure the operator on the local cluster and print one table: `make bench`."""

import asyncio
import statistics
import sys
import time

from rich.console import Console
from rich.table import Table

from asw.platforms.kubernetes.client.connection import connect
from bench.cluster_bench import (
    BARE_STREAM,
    OUR_STREAM,
    memory_mib,
    prepared,
    writes_of_one_execution,
)

# case, the bare Jobs it is compared with, the ratio that it must reach, the one it aims at
COMPARISONS = (
    ("one Task", "bare Job", 0.30, 0.17),
    ("chain of 5", "5 bare Jobs in a row", 0.30, 0.15),
    ("Parallel of 10", "10 bare Jobs at once", 1.0, 0.55),
    ("200 KiB input", "bare Job", 0.40, 0.25),
    (OUR_STREAM, BARE_STREAM, 1.05, 0.83),
)
IDLE_SECONDS = 10


async def measure() -> tuple[dict[str, list[float]], float, float]:
    """Durations by case in seconds, API writes of a one-Task execution, idle memory in MiB."""
    async with prepared(connect()) as bench:
        await bench.rounds()
        writes = await writes_of_one_execution(bench)
        await asyncio.to_thread(time.sleep, IDLE_SECONDS)
        return dict(bench.seconds), writes, memory_mib()


def table_of(seconds: dict[str, list[float]], writes: float, memory: float) -> Table:
    """One line a figure: median with range, the bare Jobs beside it, ratio, must and aim."""
    table = Table(title="asw beside bare Jobs of the same image (seconds)")
    for column in ("what", "median", "min - max", "bare Jobs", "ratio", "must", "aim"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for case, bare, must, aim in COMPARISONS:
        ours, theirs = seconds[case], seconds[bare]
        median, beside = statistics.median(ours), statistics.median(theirs)
        table.add_row(
            case,
            f"{median:.2f}",
            f"{min(ours):.2f} - {max(ours):.2f}",
            f"{beside:.2f}",
            f"{median / beside:.2f}",
            f"<= {must:.2f}",
            f"<= {aim:.2f}",
        )
    table.add_row("operator memory, idle (MiB)", f"{memory:.0f}", "", "", "", "<= 120", "<= 90")
    table.add_row("API writes, one Task", f"{writes:g}", "", "", "", "<= 6", "4")
    return table


def main() -> int:
    """Measure and print."""
    Console(width=110).print(table_of(*asyncio.run(measure())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
