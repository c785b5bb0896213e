"""Many warm Functions on the local cluster, idle to zero: ``python -m bench.idle [COUNT]``.

Each Function of one namespace has a pod of its own, is called once, and is left alone until no
pod is left. What the operator does with many more of them is measured by ``bench.pools``, without
pods.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection, connect
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import DEPLOYMENTS, FUNCTIONS, JOBS, PODS, WORKFLOWS
from bench.cases import NAMESPACE
from bench.cluster_bench import Bench, api_writes, memory_mib, prepared
from bench.warm import function, workflow
from tests.soak.harms import container_of

COUNT = 100
IDLE_SECONDS = 10
PATIENCE_SECONDS = 600
POOL = "asw.dev/kind=pool"


class Idle:
    """The Functions, and one line for each thing that becomes true of all of them."""

    def __init__(self, client: KubeClient, bench: Bench, count: int) -> None:
        self._client = client
        self._bench = bench
        self._names = [f"idle-{number}" for number in range(count)]

    async def create(self) -> None:
        """Functions with a pod each, and a Workflow of one Task for each."""
        for name in self._names:
            await self._client.create(FUNCTIONS, NAMESPACE, function(name, {"min": 1, "max": 1}))
            await self._client.create(WORKFLOWS, NAMESPACE, workflow(name, name, 1))
        await self._until(lambda found: found.get("ready", 0) == 1)

    async def call(self) -> None:
        """Call each once, all of them at the same time."""
        await asyncio.gather(*(self._bench.execution("call", name) for name in self._names))

    async def leave_alone(self) -> None:
        """Nobody wants a pod that nobody calls."""
        for name in self._names:
            spec = {"warm": {"min": 0, "max": 1, "idleSeconds": IDLE_SECONDS}}
            await self._client.merge(FUNCTIONS, NAMESPACE, name, {"spec": spec})
        async with asyncio.timeout(PATIENCE_SECONDS):
            while [it async for it in self._client.list(PODS, NAMESPACE, labels=POOL)]:  # noqa: ASYNC110  no watch: it would be a load of its own
                await asyncio.sleep(0.5)

    async def delete(self) -> None:
        """Delete the Functions, and wait for the end of their Deployments."""
        for name in self._names:
            with suppress(NotFound):
                await self._client.delete(FUNCTIONS, NAMESPACE, name)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while [it async for it in self._client.list(DEPLOYMENTS, NAMESPACE, labels=POOL)]:  # noqa: ASYNC110  as above
                await asyncio.sleep(0.5)

    async def jobs(self) -> int:
        """How many calls got a Job of their own."""
        return len([it async for it in self._client.list(JOBS, NAMESPACE)])

    async def pods_mib(self) -> float:
        """Memory of all pods on this machine: each process's own share of what it maps."""
        uids = [it["metadata"]["uid"] async for it in self._client.list(PODS, NAMESPACE)]
        return await asyncio.to_thread(lambda: sum(map(_mib_of_pod, uids)))

    async def _until(self, is_so: Callable[[dict[str, Any]], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for name in self._names:
                while True:
                    found = await self._client.get(FUNCTIONS, NAMESPACE, name)
                    if is_so(found.get("status", {}).get("warm", {})):
                        break
                    await asyncio.sleep(0.5)


def _mib_of_pod(uid: str) -> float:
    return sum(_kib(process) for process in container_of(uid)) / 1024


def _kib(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    return next(int(it.split()[1]) for it in text.splitlines() if it.startswith("Pss:"))


async def measure(connection: Connection, count: int) -> None:
    """All of it, a line each: seconds, the operator's writes, its memory, the memory of pods."""
    async with prepared(connection) as bench, KubeClient(connection) as client:
        idle = Idle(client, bench, count)
        print(
            f"{count} warm functions {'s':>22} {'writes':>8} {'operator MiB':>13} {'pods MiB':>9}"
        )
        print(f"{'before':37} {'':7} {'':8} {await asyncio.to_thread(memory_mib):13.0f}")
        for what, does in (
            ("created, until all pods are ready", idle.create),
            ("each called once, all at a time", idle.call),
            ("left alone, until no pod is left", idle.leave_alone),
            ("deleted, until nothing is left", idle.delete),
        ):
            writes, began = await asyncio.to_thread(api_writes), time.monotonic()
            await does()
            spent = time.monotonic() - began
            writes = await asyncio.to_thread(api_writes) - writes
            memory = await asyncio.to_thread(memory_mib)
            pods = await idle.pods_mib()
            print(f"{what:37} {spent:7.1f} {writes:8.0f} {memory:13.0f} {pods:9.0f}", flush=True)
        print(f"{await idle.jobs()} calls got a Job")


if __name__ == "__main__":
    asyncio.run(measure(connect(), int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
