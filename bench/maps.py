"""Measure distributed Maps of 100, 1,000 and 10,000 children: `make bench-maps`.

A real API server, an operator process of this machine, children of control flow only. Prints one
table with the growth per step. ``--express 100,1000`` and ``--standard 100`` measure less.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, EXECUTIONS
from bench.scale_operator import ScaleOperator, no_other_operator, own_operator

EXPRESS = (100, 1_000, 10_000)
STANDARD = (100, 1_000, 10_000)
ROUNDS = 5
"""Runs of a size whose median counts; what takes long is run once."""
ROUNDS_UP_TO = {"EXPRESS": 1_000, "STANDARD": 100}
POLL_SECONDS = 0.05
LIMIT_SECONDS = 600.0
SETTLE_SECONDS = 3.0
WARM_UP = 10

# figure, unit, must for express children
ROWS = (
    ("time per child", "ms", "x <= 1.3"),
    ("processor time of the operator per child", "ms", ""),
    ("API writes per child", "", ""),
    ("largest status of the parent", "KiB", "<= 32"),
    ("memory, highest over idle", "MiB", "<= 100"),
)


def definition(kind: str) -> dict[str, Any]:
    """A Map of children that choose and pass three times."""
    rule = {"Variable": "$.n", "NumericGreaterThanEquals": 0, "Next": "Keep"}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": "First",
        "States": {
            "First": {"Type": "Pass", "Next": "Choose"},
            "Choose": {"Type": "Choice", "Choices": [rule], "Default": "Keep"},
            "Keep": {"Type": "Pass", "End": True},
        },
    }
    return {
        "StartAt": "All",
        "States": {"All": {"Type": "Map", "ItemProcessor": processor, "End": True}},
    }


@dataclass(frozen=True, slots=True)
class Run:
    """One Execution: how long it took, the largest status seen, and the operator's memory."""

    seconds: float
    largest: int
    memory: float


@dataclass(slots=True)
class Bench:
    """The namespace with an operator on it."""

    client: KubeClient
    operator: ScaleOperator
    namespace: str
    number: int = 0

    async def measure(self, kind: str, size: int) -> list[float]:
        """The figures of ``ROWS`` for Maps of so many children, in a fresh operator."""
        await asyncio.to_thread(self.operator.stop)
        self.operator.start()
        await self._run(kind, WARM_UP)
        await asyncio.sleep(SETTLE_SECONDS)
        idle, writes = self.operator.cost(), await self._writes()
        rounds = ROUNDS if size <= ROUNDS_UP_TO[kind] else 1
        runs = [await self._run(kind, size) for _ in range(rounds)]
        spent = self.operator.cost().seconds - idle.seconds
        made = await self._writes() - writes
        children = rounds * size
        return [
            statistics.median(run.seconds for run in runs) / size * 1000,
            spent / children * 1000,
            made / children,
            max(run.largest for run in runs) / 1024,
            max(run.memory for run in runs) - idle.memory,
        ]

    async def _run(self, kind: str, size: int) -> Run:
        """Start an Execution and look at it until it is over."""
        self.number += 1
        name = f"{kind.lower()}-{size}-{self.number}"
        await self.client.create(CONFIG_MAPS, self.namespace, _items(name, size))
        await self.client.create(EXECUTIONS, self.namespace, _execution(name, kind.lower()))
        largest, memory = 0, 0.0
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            found = await self.client.get(EXECUTIONS, self.namespace, name)
            status = found.get("status", {})
            largest = max(largest, len(json.dumps(status, separators=(",", ":")).encode()))
            memory = max(memory, self.operator.cost().memory)
            if "completionTime" in status:
                await self._require_complete(name, status, size)
                return Run(_span(status), largest, memory)
            await asyncio.sleep(POLL_SECONDS)
        raise TimeoutError(f"Execution {name} did not end in {LIMIT_SECONDS:g} s")

    async def _require_complete(self, name: str, status: dict[str, Any], size: int) -> None:
        """The Map gave what every child gave, in their order."""
        output = status.get("output")
        if (place := status.get("outputRef")) is not None:
            stored = await self.client.get(CONFIG_MAPS, self.namespace, place["name"])
            output = json.loads(stored["data"]["value"])
        if status["phase"] != "Succeeded" or output != [{"n": n} for n in range(size)]:
            raise RuntimeError(f"Execution {name} ended as {status['phase']}, with another output")

    async def _writes(self) -> float:
        return await asyncio.to_thread(self.operator.writes)


def _span(status: dict[str, Any]) -> float:
    began, ended = (datetime.fromisoformat(status[it]) for it in ("startTime", "completionTime"))
    return (ended - began).total_seconds()


@asynccontextmanager
async def prepared(log: Path) -> AsyncIterator[Bench]:
    """A namespace with two Workflows and an operator of its own; it goes at the end."""
    definitions = {kind.lower(): definition(kind) for kind in ("EXPRESS", "STANDARD")}
    async with own_operator("asw-maps", log, definitions) as (client, operator):
        yield Bench(client, operator, operator.namespace)


def _items(name: str, size: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "immutable": True,
        "data": {"items": json.dumps([{"n": n} for n in range(size)])},
    }


def _execution(name: str, workflow: str) -> dict[str, Any]:
    return {
        "apiVersion": EXECUTIONS.api_version,
        "kind": "Execution",
        "metadata": {"name": name},
        "spec": {
            "workflowRef": {"name": workflow},
            "inputFrom": {"configMapRef": {"name": name, "key": "items"}},
        },
    }


Figures = dict[tuple[str, int], list[float]]


async def measure(express: Sequence[int], standard: Sequence[int], log: Path) -> Figures:
    """The figures by kind and size."""
    wanted = [("EXPRESS", it) for it in sorted(express)]
    wanted += [("STANDARD", it) for it in sorted(standard)]
    async with prepared(log) as bench:
        return {(kind, size): await bench.measure(kind, size) for kind, size in wanted}


def table_of(figures: Figures, kind: str) -> Table:
    """One line a figure, one column a size, and the growth from each size to the next."""
    columns = {size: found for (of, size), found in figures.items() if of == kind}
    table = Table(title=f"A distributed Map by the number of its {kind} children")
    table.add_column("what")
    for index, size in enumerate(columns):
        table.add_column(f"{size:,}", justify="right")
        if index:
            table.add_column("x", justify="right")
    table.add_column("must", justify="right")
    for line, (what, unit, must) in enumerate(ROWS):
        values = [found[line] for found in columns.values()]
        cells = [f"{values[0]:.4g}"]
        for before, after in pairwise(values):
            cells += [f"{after:.4g}", f"{after / before:.2f}" if before else ""]
        table.add_row(
            f"{what} ({unit})" if unit else what, *cells, must if kind == "EXPRESS" else ""
        )
    return table


def _sizes(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--express", type=_sizes, default=list(EXPRESS))
    parser.add_argument("--standard", type=_sizes, default=list(STANDARD))
    wanted = parser.parse_args()
    log = Path(tempfile.gettempdir()) / "asw-bench-maps.log"
    with no_other_operator():
        figures = asyncio.run(measure(wanted.express, wanted.standard, log))
    for kind in ("EXPRESS", "STANDARD"):
        Console(width=130).print(table_of(figures, kind))
    return 0


if __name__ == "__main__":
    sys.exit(main())
