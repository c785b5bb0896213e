"""What a call costs by way of a connector's pod: `python -m bench.connector_pod`.

The pod is the real process; the operator is an aiohttp server over TLS that saves nothing, in this
process, and the service answers at once, in one of its own. So all three share the cores.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from asw.connector.calls import Call, to_event
from bench.connector import ALONE, IN_FLIGHT, SLOW_SECONDS, TOGETHER, bare_seconds, call_of
from tests.functions.result_server import make_certificates
from tests.support.busy_operator import BusyOperator, busy_operator
from tests.support.connector_pods import connection, connector_pod, usual_keys

SLOTS = 512


class PodBench:
    """One pod and its operator."""

    def __init__(self, operator: BusyOperator) -> None:
        self._operator = operator
        self._made = 0

    async def call(self, call: Call) -> float:
        """Seconds from the moment that the operator has the task until it has the outcome."""
        self._made += 1
        began = time.perf_counter()
        outcome = await self._operator.run(f"uid-{self._made}", to_event(call))
        assert "output" in outcome, outcome
        return time.perf_counter() - began

    async def many(self, call: Call, count: int, at_a_time: int) -> Sequence[float]:
        """So many calls, so many of them under way."""
        room = asyncio.Semaphore(at_a_time)

        async def one() -> float:
            async with room:
                return await self.call(call)

        return await asyncio.gather(*(one() for _ in range(count)))


def memory(pid: int, kind: str) -> float:
    """MiB of a process: ``Pss``, its part of what is shared, or ``Private_Dirty``."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(kind)


def cpu(pid: int) -> float:
    """Seconds of the processor that it has used."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


async def measure(endpoint: str, folder: Path) -> None:
    """Print the figures."""
    quick, slow = call_of("quick"), call_of("slow")
    ca, certificate = make_certificates(folder)
    usual_keys(folder / "connection")
    bare = await bare_seconds(endpoint)
    async with busy_operator(ca, certificate) as operator:
        variables = {**operator.variables(), "ASW_CONCURRENCY": str(SLOTS)}
        with connector_pod(folder, variables, connection(endpoint)) as pod:
            bench, pid = PodBench(operator), pod.process.pid
            began = time.perf_counter()
            await bench.call(quick)
            first, idle = time.perf_counter() - began, memory(pid, "Pss")
            alone = [await bench.call(quick) for _ in range(ALONE)]
            await bench.many(quick, 500, 64)
            began, busy = time.perf_counter(), cpu(pid)
            await bench.many(quick, TOGETHER, 64)
            rate, used = TOGETHER / (time.perf_counter() - began), (cpu(pid) - busy) / TOGETHER
            began = time.perf_counter()
            waiting = asyncio.create_task(_gathered(bench, slow))
            await asyncio.sleep(SLOW_SECONDS * 0.8)
            at_once = memory(pid, "Pss")
            await waiting
            waited, after = time.perf_counter() - began, memory(pid, "Pss")
    print(f"bare POST, p50                            {bare * 1000:7.2f} ms")
    print(f"first call, from the start of the process {first * 1000:7.0f} ms")
    print(f"call by the pod, p50                      {median(alone) * 1000:7.2f} ms")
    print(f"call by the pod, p99                      {quantiles(alone, n=100)[98] * 1000:7.2f} ms")
    print(f"over the server's own answer, p50         {(median(alone) - bare) * 1000:7.2f} ms")
    print(f"calls a second, 64 in flight              {rate:7.0f}")
    print(f"CPU of the pod a call                     {used * 1000:7.2f} ms")
    print(f"{IN_FLIGHT} calls of {SLOW_SECONDS} s at once                   {waited:7.2f} s")
    print(f"memory (PSS) after the first call         {idle:7.0f} MiB")
    print(f"memory (PSS) with {IN_FLIGHT} in flight           {at_once:7.0f} MiB")
    print(f"memory (PSS) after them                   {after:7.0f} MiB")


async def _gathered(bench: PodBench, call: Call) -> Any:
    return await bench.many(call, IN_FLIGHT, IN_FLIGHT)


def main() -> None:
    """Measure against a service of its own."""
    command = (sys.executable, "-m", "bench.connector", "--serve")
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            endpoint = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            asyncio.run(measure(endpoint, Path(folder)))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
