"""Runs every case some times, the bare Jobs between the Executions, and gathers the figures."""

import asyncio
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from asw import __version__
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.client.errors import AlreadyExists
from asw.platforms.kubernetes.client.resources import (
    CONFIG_MAPS,
    EXECUTIONS,
    FUNCTIONS,
    JOBS,
    WORKFLOWS,
    Resource,
)
from bench.cases import NAMESPACE, bare_job, execution, setup_manifests
from bench.watching import Arrivals

IMAGE = f"docker.io/asw/python3:{__version__}"
OPERATOR_NAMESPACE = "asw-system"
ROUNDS = 7
STREAM_ROUNDS = 3
STREAM, AT_A_TIME = 60, 20
BARE_STREAM = f"{STREAM} bare Jobs, {AT_A_TIME} at a time"
OUR_STREAM = f"{STREAM} one-Task runs, {AT_A_TIME} at a time"
SETTLE_SECONDS = 1.0
NAMESPACES = Resource("", "v1", "namespaces", "Namespace")

_RESOURCES = {
    "Function": FUNCTIONS,
    "Workflow": WORKFLOWS,
    "ConfigMap": CONFIG_MAPS,
}


class Bench:
    """The cluster with two watches on it; ``seconds`` gathers durations by case."""

    def __init__(self, client: KubeClient, pods: Arrivals, executions: Arrivals) -> None:
        self._client = client
        self._pods = pods
        self._executions = executions
        self._number = 0
        self._stamp = f"{int(time.time()):x}"
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def _name(self, what: str) -> str:
        self._number += 1
        return f"{what}-{self._stamp}-{self._number}"

    async def bare(self, case: str, count: int) -> None:
        """So many bare Jobs at once, until the last pod is seen as Succeeded."""
        names = [self._name("bare") for _ in range(count)]
        began = time.monotonic()
        await asyncio.gather(
            *(self._client.create(JOBS, NAMESPACE, bare_job(name, IMAGE)) for name in names)
        )
        ends = [await self._pods.wait(name) for name in names]
        self.seconds[case].append(max(ends) - began)
        for name in names:
            await self._client.delete(JOBS, NAMESPACE, name)

    async def bare_stream(self) -> None:
        """Many bare Jobs: whenever a pod is seen as Succeeded, the next Job is created."""
        names = [self._name("bare") for _ in range(STREAM)]

        async def one(name: str) -> None:
            await self._client.create(JOBS, NAMESPACE, bare_job(name, IMAGE))
            await self._pods.wait(name)

        await self._streamed(BARE_STREAM, [one(name) for name in names])
        for name in names:
            await self._client.delete(JOBS, NAMESPACE, name)

    async def stream(self) -> None:
        """As many Executions: whenever one is seen as Succeeded, the next one is created."""

        async def one(name: str) -> None:
            await self._client.create(EXECUTIONS, NAMESPACE, execution(name, "one"))
            await self._executions.wait(name)

        await self._streamed(OUR_STREAM, [one(self._name("run")) for _ in range(STREAM)])

    async def _streamed(self, case: str, runs: Sequence[Coroutine[Any, Any, None]]) -> None:
        places = asyncio.Semaphore(AT_A_TIME)

        async def in_place(run: Coroutine[Any, Any, None]) -> None:
            async with places:
                await run

        began = time.monotonic()
        await asyncio.gather(*(in_place(run) for run in runs))
        self.seconds[case].append(time.monotonic() - began)

    async def bare_chain(self, case: str, length: int) -> None:
        """So many bare Jobs, each created when the one before is seen as Succeeded."""
        began = time.monotonic()
        for _ in range(length):
            await self.bare("one of a chain", 1)
        self.seconds[case].append(time.monotonic() - began)

    async def execution(self, case: str, workflow: str, *, is_large: bool = False) -> None:
        """One Execution, from its creation until its phase is seen as Succeeded."""
        name = self._name("run")
        body = execution(name, workflow, is_large=is_large)
        began = time.monotonic()
        await self._client.create(EXECUTIONS, NAMESPACE, body)
        self.seconds[case].append(await self._executions.wait(name) - began)

    async def rounds(self) -> None:
        """All cases, one after the other, so often; the first round only warms up."""
        for number in range(ROUNDS + 1):
            if number == 1:
                self.seconds.clear()
            await self.bare("bare Job", 1)
            await self.execution("one Task", "one")
            await self.execution("200 KiB input", "one", is_large=True)
            if number % 2 == 0:
                await self.bare("10 bare Jobs at once", 10)
                await self.execution("Parallel of 10", "parallel")
                await self.bare_chain("5 bare Jobs in a row", 5)
                await self.execution("chain of 5", "chain")
        for _ in range(STREAM_ROUNDS):
            await self.bare_stream()
            await self.stream()


@asynccontextmanager
async def prepared(connection: Connection) -> AsyncIterator[Bench]:
    """A namespace with Function, Workflows and input in it; deleted at the end."""
    async with KubeClient(connection) as client:
        await _create_all(client)
        base = f"/namespaces/{NAMESPACE}"
        pods = Arrivals(
            connection,
            f"/api/v1{base}/pods",
            is_there=lambda pod: pod["status"].get("phase") == "Succeeded",
            name_of=lambda pod: pod["metadata"].get("labels", {}).get("job-name", ""),
        )
        executions = Arrivals(
            connection,
            f"/apis/asw.dev/v1alpha1{base}/executions",
            is_there=lambda run: run.get("status", {}).get("phase") == "Succeeded",
            name_of=lambda run: run["metadata"]["name"],
        )
        async with pods, executions:
            yield Bench(client, pods, executions)
        await client.delete(NAMESPACES, None, NAMESPACE)  # type: ignore[arg-type]


async def _create_all(client: KubeClient) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    objects: list[tuple[Resource, Any, dict[str, Any]]] = [(NAMESPACES, None, namespace)]
    objects += [(_RESOURCES[item["kind"]], NAMESPACE, item) for item in setup_manifests()]
    for resource, where, body in objects:
        try:
            await client.create(resource, where, body)
        except AlreadyExists:
            continue


def operator_says(program: str) -> str:
    """What a line of Python prints in the operator's container."""
    words = ["kubectl", "--namespace", OPERATOR_NAMESPACE, "exec", "deployment/asw", "--"]
    done = subprocess.run(
        [*words, "python3", "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


def memory_mib() -> float:
    """Resident memory of the operator's process."""
    text = operator_says("print(open('/proc/1/status').read())")
    kib = next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS"))
    return int(kib) / 1024


async def writes_of_one_execution(bench: Bench) -> float:
    """API writes that the operator makes for a one-Task execution: the median of some."""
    counts = []
    for _ in range(ROUNDS):
        before = await asyncio.to_thread(api_writes)
        await bench.execution("for its writes", "one")
        await asyncio.sleep(SETTLE_SECONDS)
        counts.append(await asyncio.to_thread(api_writes) - before)
    return statistics.median(counts)


def api_writes() -> float:
    """API writes that the operator has made so far."""
    url = "http://127.0.0.1:8080/metrics"
    lines = operator_says(
        f"import urllib.request as u; print(u.urlopen({url!r}).read().decode())"
    ).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("asw_api_writes_total"))
