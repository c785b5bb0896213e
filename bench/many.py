"""Measure verbs in a namespace full of finished executions: `make bench-many`.

Their statuses are made up, and their Workflow is not there: no operator works on them. What a verb
reads shows in its memory; the wall is what its user waits for, the API server's work included.
``--count 500`` measures fewer.
"""

import argparse
import asyncio
import os
import random
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import connect
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from bench.cluster_bench import NAMESPACES

COUNT = 2_000
RUNNING = 20
"""So many of them are not over, and those that verbs would act on."""
NAMESPACE = "asw-bench-many"
WRITERS = 8
EXAMPLE = Path(__file__).parents[1] / "examples/01-sum"
# What each verb is asked in the namespace. None of them changes anything: stop asks, and nobody is
# there to answer.
COMMANDS: Mapping[str, Sequence[str]] = {
    "asw list": ("list",),
    "asw list -o wide": ("list", "-o", "wide"),
    "asw list --phase Running": ("list", "--phase", "Running"),
    "asw stop -l (20 of them)": ("stop", "-l", "bench=many"),
    "asw suspend -l (none)": ("suspend", "-l", "bench=none"),
    "asw plan": ("plan", str(EXAMPLE)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took: the wall, a processor, memory at its highest."""

    seconds: float
    processor: float
    mib: float


def _letters(count: int) -> str:
    """What no compression makes small, the same each time."""
    return "".join(random.Random(count).choices(string.ascii_letters, k=count))


def _execution(number: int) -> dict[str, Any]:
    metadata = {"name": f"many-{number:05}", "labels": {"bench": "many"}}
    spec = {"workflowRef": {"name": "sum"}, "input": _letters(70_000)}
    return {
        "apiVersion": EXECUTIONS.api_version,
        "kind": EXECUTIONS.kind,
        "metadata": metadata,
        "spec": spec,
    }


def _status(number: int) -> dict[str, Any]:
    """Of 30 KB, what a run may leave that was not small."""
    phase = "Running" if number < RUNNING else "Succeeded"
    ended = {"completionTime": "2026-01-01T12:00:09.250Z", "output": number}
    return {
        "phase": phase,
        "startTime": "2026-01-01T12:00:01.250Z",
        "cause": _letters(30_000),
        **(ended if phase == "Succeeded" else {"states": "Add"}),
    }


@asynccontextmanager
async def _filled(count: int) -> AsyncIterator[None]:
    """The namespace with so many executions; it goes at the end."""
    async with KubeClient(connect()) as client:
        await client.create(NAMESPACES, None, {"metadata": {"name": NAMESPACE}})  # type: ignore[arg-type]
        room = asyncio.Semaphore(WRITERS)

        async def make(number: int) -> None:
            async with room:
                made = await client.create(EXECUTIONS, NAMESPACE, _execution(number))
                name = made["metadata"]["name"]
                status = {"op": "add", "path": "/status", "value": _status(number)}
                await client.patch_status(EXECUTIONS, NAMESPACE, name, [status])

        try:
            await asyncio.gather(*map(make, range(count)))
            yield
        finally:
            await client.delete(NAMESPACES, None, NAMESPACE)  # type: ignore[arg-type]


def _measured(words: Sequence[str]) -> Cost:
    began = time.perf_counter()
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "asw", *words, "-n", NAMESPACE],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
        )
        _, _, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    return Cost(
        seconds=seconds,
        processor=usage.ru_utime + usage.ru_stime,
        mib=usage.ru_maxrss / 1024,
    )


async def _costs(count: int) -> Mapping[str, Cost]:
    async with _filled(count):
        return {name: await asyncio.to_thread(_measured, it) for name, it in COMMANDS.items()}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(prog="python -m bench.many")
    parser.add_argument("--count", type=int, default=COUNT)
    count = parser.parse_args().count
    table = Table("command", "wall", "processor", "memory", title=f"{count} of 100 KB")
    for name, cost in asyncio.run(_costs(count)).items():
        table.add_row(
            name, f"{cost.seconds:.2f} s", f"{cost.processor:.2f} s", f"{cost.mib:.0f} MiB"
        )
    Console().print(table)


if __name__ == "__main__":
    main()
