"""Measures warm functions on the local cluster, beside bare Jobs: ``python -m bench.warm``.

Times are from the creation of an object to its end as a watch shows it.
"""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from asw.asl.values import to_text
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection, connect
from asw.platforms.kubernetes.client.resources import FUNCTIONS, WORKFLOWS
from bench.cases import NAMESPACE, SUM, chain
from bench.cluster_bench import Bench, prepared

ROUNDS = 30
CHAIN = 20
IN_FLIGHT = 50
RUNS = 150
CONCURRENCY = 16
PODS_WANTED = 4
"""64 slots, more than executions in flight."""
COLD_ROUNDS = 7


def function(name: str, warm: Mapping[str, Any] | None) -> dict[str, Any]:
    """A Function of the quick start's code; warm if that says how."""
    spec: dict[str, Any] = {"runtime": "python3", "code": {"inline": {"index.py": SUM}}}
    if warm is not None:
        spec |= {"mode": "Warm", "warm": dict(warm)}
    metadata = {"name": name}
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Function",
        "metadata": metadata,
        "spec": spec,
    }


def workflow(name: str, function_name: str, length: int) -> dict[str, Any]:
    """A Workflow that calls the Function so often in a row."""
    text = to_text(chain(length)).replace("function:sum", f"function:{function_name}")
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"definitionText": text},
    }


class WarmBench:
    """The cases; ``seconds`` gathers durations."""

    def __init__(self, client: KubeClient, bench: Bench) -> None:
        self._client = client
        self._bench = bench

    async def prepare(self) -> None:
        """Warm Functions with their pods up, and Workflows that call them."""
        warm = {"min": PODS_WANTED, "max": PODS_WANTED, "concurrency": CONCURRENCY}
        await self._client.create(FUNCTIONS, NAMESPACE, function("warm", warm))
        for name, length in (("warm-one", 1), ("warm-chain", CHAIN)):
            await self._client.create(WORKFLOWS, NAMESPACE, workflow(name, "warm", length))
        await self.until_ready("warm", PODS_WANTED)

    async def until_ready(self, name: str, pods: int) -> None:
        """Until so many pods of the Function ask for calls."""
        async with asyncio.timeout(300):
            while True:
                found = await self._client.get(FUNCTIONS, NAMESPACE, name)
                if found.get("status", {}).get("warm", {}).get("ready", 0) >= pods:
                    return
                await asyncio.sleep(0.2)

    async def one_at_a_time(self) -> None:
        """One execution after the other, the bare Jobs between them."""
        for number in range(ROUNDS):
            await self._bench.execution("one warm Task", "warm-one")
            await self._bench.execution(f"chain of {CHAIN} warm Tasks", "warm-chain")
            if number % 6 == 0:
                await self._bench.bare("bare Job", 1)
                await self._bench.execution("one Task in a Job", "one")

    async def stream(self) -> float:
        """Tasks a second with so many executions in flight."""
        places = asyncio.Semaphore(IN_FLIGHT)

        async def one() -> None:
            async with places:
                await self._bench.execution("in flight", "warm-chain")

        began = time.monotonic()
        await asyncio.gather(*(one() for _ in range(RUNS)))
        return RUNS * CHAIN / (time.monotonic() - began)

    async def from_zero(self) -> None:
        """The first call of a Function without pods, and of one that has none by its mode."""
        for number in range(COLD_ROUNDS):
            for kind, warm in (("warm", {}), ("job", None)):
                name = f"zero-{kind}-{number}"
                await self._client.create(FUNCTIONS, NAMESPACE, function(name, warm))
                await self._client.create(WORKFLOWS, NAMESPACE, workflow(name, name, 1))
                await asyncio.sleep(2)
                await self._bench.execution(f"first call, mode {kind}", name)


def told(name: str, values: Sequence[float], unit: str = "ms") -> str:
    """One line: median, least and most."""
    median, least, most = (
        it * 1000 for it in (statistics.median(values), min(values), max(values))
    )
    return f"{name:34} {median:9.1f} {least:9.1f} {most:9.1f}  {unit}  ({len(values)})"


async def measure(connection: Connection) -> None:
    """All cases, and a table of them."""
    async with prepared(connection) as bench, KubeClient(connection) as client:
        warm = WarmBench(client, bench)
        await warm.prepare()
        await bench.execution("to begin with", "warm-chain")
        bench.seconds.clear()
        await warm.one_at_a_time()
        await warm.from_zero()
        rate = await warm.stream()
        per_task = [it / CHAIN for it in bench.seconds[f"chain of {CHAIN} warm Tasks"]]
        print(f"{'':34} {'median':>9} {'min':>9} {'max':>9}")
        for name, values in bench.seconds.items():
            print(told(name, values))
        print(told("a warm Task within a chain", per_task))
        print(f"{IN_FLIGHT} executions in flight: {rate:.0f} warm Tasks a second")


if __name__ == "__main__":
    asyncio.run(measure(connect()))
