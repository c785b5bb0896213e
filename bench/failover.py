"""Measure how fast a standby goes on when the holder of the Lease ends: `make bench-failover`.

A real API server and two operator processes of this machine; executions that have a timer due
every second. A fail-over lasts from the signal until the Lease is another's, and until the first
status is written after that. ``--rounds 3`` measures less.
"""

import argparse
import asyncio
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from rich.console import Console
from rich.table import Table

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection, connect
from asw.platforms.kubernetes.client.resources import EXECUTIONS, LEASES, WORKFLOWS
from bench.scale_operator import NAMESPACES, ScaleOperator, no_other_operator

EXECUTIONS_AT_ONCE = 20
POLL_SECONDS = 0.02
STEADY_SECONDS = 4.0
"""Between two measurements: at least one renewal, at no fixed phase of the standby's looks."""
LEASE = "asw-bench"
PULSE = {
    "StartAt": "Rest",
    "States": {
        "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Again"},
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "Done"}],
            "Default": "Rest",
        },
        "Done": {"Type": "Succeed"},
    },
}

# name, signal, must
CASES = (
    ("clean stop (SIGTERM)", signal.SIGTERM, 3.0),
    ("killed (SIGKILL)", signal.SIGKILL, 17.0),
)


class Pulse:
    """When statuses were last written, as a watch shows it."""

    def __init__(self, connection: Connection, namespace: str) -> None:
        self._session = connection.session(limit=1, timeout=None)
        self._url = connection.server + EXECUTIONS.path(namespace)
        self.beats: list[float] = []
        self.has_ended = False

    async def follow(self) -> None:
        """Note each change; ends with the watch."""
        try:
            await self._follow()
        finally:
            self.has_ended = True

    async def _follow(self) -> None:
        async with self._session:
            timeout = aiohttp.ClientTimeout(total=None)
            async with self._session.get(
                self._url, params={"watch": "1"}, timeout=timeout, read_bufsize=2**22
            ) as response:
                response.raise_for_status()
                async for line in response.content:
                    if orjson.loads(line)["type"] == "MODIFIED":
                        self.beats.append(time.monotonic())

    async def next_after(self, instant: float) -> float:
        """The first beat after the instant. Raises RuntimeError where the watch has ended."""
        while not self.has_ended:
            if self.beats and self.beats[-1] > instant:
                return next(beat for beat in self.beats if beat > instant)
            await asyncio.sleep(POLL_SECONDS)
        raise RuntimeError("the watch of executions ended")


class Failover:
    """Two replicas in a namespace."""

    def __init__(self, client: KubeClient, namespace: str, folder: Path) -> None:
        self._client = client
        self._namespace = namespace
        names = ("first", "second")
        self._replicas = {
            name: ScaleOperator(namespace, folder / f"{name}.log", identity=name) for name in names
        }

    async def holder(self, *, other_than: str = "") -> str:
        """Who holds the Lease, once that is another one."""
        while True:
            found = await self._client.get(LEASES, self._namespace, LEASE)
            name: str = found["spec"].get("holderIdentity", "")
            if name not in ("", other_than):
                return name
            await asyncio.sleep(POLL_SECONDS)

    async def start(self) -> None:
        """Both; the second one is warm."""
        for replica in self._replicas.values():
            replica.start()
            await _warm(replica)

    def stop(self) -> None:
        """Both."""
        for replica in self._replicas.values():
            replica.stop()

    async def measure(self, number: int, pulse: Pulse) -> tuple[float, float]:
        """End the holder by the signal: seconds until the Lease is taken and work goes on."""
        name = await self.holder()
        began = time.monotonic()
        self._replicas[name].send(number)
        await self.holder(other_than=name)
        taken = time.monotonic()
        beat = await pulse.next_after(taken)
        await asyncio.to_thread(self._replicas[name].stop)
        self._replicas[name].start()
        await _warm(self._replicas[name])
        return taken - began, beat - began


async def _warm(replica: ScaleOperator) -> None:
    """It watches, and has looked at the Lease; then some renewals go by."""
    watched = 'asw_watch_age_seconds{resource="executions"}'
    while watched not in await asyncio.to_thread(replica.metrics):  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)
    await asyncio.sleep(STEADY_SECONDS)


@asynccontextmanager
async def prepared(folder: Path) -> AsyncIterator[tuple[Failover, Pulse]]:
    """Two replicas with executions at work; all gone at the end."""
    connection = connect()
    namespace = f"asw-failover-{int(time.time()):x}"
    async with KubeClient(connection) as client:
        await client.create(NAMESPACES, None, _object("v1", "Namespace", namespace))  # type: ignore[arg-type]
        failover = Failover(client, namespace, folder)
        pulse = Pulse(connection, namespace)
        following = asyncio.create_task(pulse.follow())
        try:
            await _apply(client, namespace)
            await failover.start()
            yield failover, pulse
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            await asyncio.to_thread(failover.stop)
            await client.delete(NAMESPACES, None, namespace)  # type: ignore[arg-type]


async def _apply(client: KubeClient, namespace: str) -> None:
    kind = ("asw.dev/v1alpha1", "Workflow", "pulse")
    await client.create(WORKFLOWS, namespace, _object(*kind, spec={"definition": PULSE}))
    for number in range(EXECUTIONS_AT_ONCE):
        run = ("asw.dev/v1alpha1", "Execution", f"run-{number}")
        spec = {"workflowRef": {"name": "pulse"}}
        await client.create(EXECUTIONS, namespace, _object(*run, spec=spec))


def _object(api_version: str, kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


async def measure(rounds: int) -> Table:
    """The table: both spans by case."""
    table = Table(title="Fail-over between two replicas (seconds from the signal)")
    columns = ("what", "n", "Lease taken: median", "max", "first write: median", "max", "must")
    for column in columns:
        table.add_column(column, justify="left" if column == "what" else "right")
    with tempfile.TemporaryDirectory() as folder, no_other_operator():
        async with prepared(Path(folder)) as (failover, pulse):
            for name, number, must in CASES:
                spans = [await failover.measure(number, pulse) for _ in range(rounds)]
                taken, written = zip(*spans, strict=True)
                figures = [each(span) for span in (taken, written) for each in (_median, max)]
                cells = (f"{figure:.2f}" for figure in figures)
                table.add_row(name, str(rounds), *cells, f"<= {must:g}")
    return table


def _median(seconds: Sequence[float]) -> float:
    return statistics.median(seconds)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    Console(width=110).print(asyncio.run(measure(parser.parse_args().rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
