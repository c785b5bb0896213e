"""Measure the operator at 100, 1,000 and 10,000 live executions: `make bench-scale`.

A real API server, an operator process of this machine, executions of control flow only. Prints
one table with the growth per step. ``--sizes 100,1000`` measures less.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from bench.scale_operator import ScaleOperator, no_other_operator, own_operator

SIZES = (100, 1_000, 10_000)
FLOWS = 1_000
IN_FLIGHT = 50
SETTLE_SECONDS = 6.0
POLL_SECONDS = 0.1
LIMIT_SECONDS = 300.0
TRANSITIONS = 20
SAVES = "asw_saves_total"

REST = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 86_400, "End": True}}}

# figure, unit, must, aim
ROWS = (
    ("memory, all waiting", "MiB", "<= 500", "<= 250"),
    ("memory, highest since the restart", "MiB", "<= 500", "<= 250"),
    ("restart until all are driven", "s", "<= 20", "<= 8"),
    ("processor time of the restart", "s", "", ""),
    ("control-flow executions, all on this machine", "1/s", "", ""),
    ("control-flow executions per core of the operator", "1/s", ">= 150", ">= 400"),
    ("API writes per control-flow execution", "", "1", "1"),
    ("API writes per execution that waits", "", "1", "1"),
)


def flow() -> dict[str, Any]:
    """Twenty transitions that wait for nothing: Pass and Choice by turns."""
    states: dict[str, Any] = {}
    for number in range(TRANSITIONS // 2):
        rule = {"Variable": "$.n", "NumericGreaterThanEquals": 0, "Next": f"Pass{number}"}
        states[f"Choice{number}"] = {"Type": "Choice", "Choices": [rule], "Default": "Lost"}
        following = {"Next": f"Choice{number + 1}"}
        if number == TRANSITIONS // 2 - 1:
            following = {"End": True}  # type: ignore[dict-item]
        states[f"Pass{number}"] = {"Type": "Pass", "Result": number, "ResultPath": "$.n"} | (
            following
        )
    states["Lost"] = {"Type": "Fail", "Error": "Lost"}
    return {"StartAt": "Choice0", "States": states}


@dataclass(slots=True)
class Bench:
    """The namespace with an operator on it; ``resting`` counts the executions that wait."""

    client: KubeClient
    operator: ScaleOperator
    namespace: str
    resting: int = 0

    async def measure(self, size: int) -> list[float]:
        """The figures of ``ROWS`` at so many live executions."""
        writes_to_wait = await self._rest(size)
        await asyncio.sleep(SETTLE_SECONDS)
        before = self.operator.cost()
        seconds, spent = await self._restart(size)
        await asyncio.sleep(SETTLE_SECONDS)
        after = self.operator.cost()
        rate, per_core, writes = await self._flows(size)
        memory = max(before.memory, after.memory)
        return [memory, after.peak, seconds, spent, rate, per_core, writes, writes_to_wait]

    async def _rest(self, size: int) -> float:
        """Let so many executions come to wait; the writes that each took."""
        count = size - self.resting
        before = await self._writes()
        await self._create((f"rest-{self.resting + n}", "rest") for n in range(count))
        self.resting = size
        await self._until("asw_driven_executions", size)
        return (await self._writes() - before) / count

    async def _restart(self, size: int) -> tuple[float, float]:
        """End the operator and start it anew: seconds until all are driven, and processor time."""
        await asyncio.to_thread(self.operator.stop)
        began = self.operator.start()
        await self._until("asw_driven_executions", size)
        return time.monotonic() - began, self.operator.cost().seconds

    async def _flows(self, size: int) -> tuple[float, float, float]:
        """Executions per second, per second of the operator's processor time, and their writes."""
        names = [f"flow-{size}-{number}" for number in range(FLOWS)]
        writes, saved = await self._writes(), (await self._metrics()).get(SAVES, 0)
        cost = self.operator.cost()
        began = time.monotonic()
        await self._create((name, "flow") for name in names)
        await self._until(SAVES, saved + FLOWS)
        seconds = time.monotonic() - began
        spent = self.operator.cost().seconds - cost.seconds
        made = await self._writes() - writes
        await self._require_succeeded(size)
        await self._together(self.client.delete(EXECUTIONS, self.namespace, it) for it in names)
        return FLOWS / seconds, FLOWS / spent, made / FLOWS

    async def _require_succeeded(self, size: int) -> None:
        ended = 0
        async for item in self.client.list(EXECUTIONS, self.namespace, labels=f"flow-{size}=1"):
            ended += item.get("status", {}).get("phase") == "Succeeded"
        if ended != FLOWS:
            raise RuntimeError(f"only {ended} of {FLOWS} executions succeeded")

    async def _create(self, pairs: Iterable[tuple[str, str]]) -> None:
        await self._together(
            self.client.create(EXECUTIONS, self.namespace, _execution(name, workflow))
            for name, workflow in pairs
        )

    async def _together(self, calls: Iterable[Any]) -> None:
        """All calls, so many in flight."""
        waiting = iter(calls)

        async def work() -> None:
            for call in waiting:
                await call

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))

    async def _metrics(self) -> dict[str, float]:
        return await asyncio.to_thread(self.operator.metrics)

    async def _writes(self) -> float:
        return await asyncio.to_thread(self.operator.writes)

    async def _until(self, metric: str, count: float) -> None:
        """Wait until the metric says so; an operator that is busy answers late."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while True:
            metrics = await self._metrics()
            if metrics.get(metric, 0) >= count:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{metric} is {metrics.get(metric)}, not {count}")
            await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def prepared(log: Path) -> AsyncIterator[Bench]:
    """A namespace with two Workflows and an operator of its own; it goes at the end."""
    async with own_operator("asw-bench", log, {"rest": REST, "flow": flow()}) as (client, operator):
        operator.start()
        yield Bench(client, operator, operator.namespace)


def _execution(name: str, workflow: str) -> dict[str, Any]:
    return {
        "apiVersion": EXECUTIONS.api_version,
        "kind": "Execution",
        "metadata": {"name": name, "labels": {name.rsplit("-", 1)[0]: "1"}},
        "spec": {"workflowRef": {"name": workflow}, "input": {"n": 1, "order": "A-17"}},
    }


async def measure(sizes: Iterable[int], log: Path) -> dict[int, list[float]]:
    """The figures by size, smallest first: executions stay from one to the next."""
    async with prepared(log) as bench:
        return {size: await bench.measure(size) for size in sorted(sizes)}


def table_of(figures: dict[int, list[float]]) -> Table:
    """One line a figure, one column a size, and the growth from each size to the next."""
    table = Table(title="asw by the number of live executions")
    table.add_column("what")
    for index, size in enumerate(figures):
        table.add_column(f"{size:,}", justify="right")
        if index:
            table.add_column("x", justify="right")
    table.add_column("must", justify="right")
    table.add_column("aim", justify="right")
    columns = list(figures.values())
    for line, (what, unit, must, aim) in enumerate(ROWS):
        cells = [f"{columns[0][line]:.4g}"]
        for before, after in pairwise(columns):
            ratio = after[line] / before[line] if before[line] else 0
            cells += [f"{after[line]:.4g}", f"{ratio:.2f}"]
        table.add_row(f"{what} ({unit})" if unit else what, *cells, must, aim)
    return table


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    sizes = [int(each) for each in parser.parse_args().sizes.split(",")]
    log = Path(tempfile.gettempdir()) / "asw-bench-scale.log"
    with no_other_operator():
        figures = asyncio.run(measure(sizes, log))
    Console(width=130).print(table_of(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
