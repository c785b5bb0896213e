"""Measure how fast ended executions are deleted, beside others: `make bench-retention`.

A real API server, an operator process of this machine. First executions that only pass, of which
nothing is left but themselves: alone, then beside others that run. Then executions that own what
tasks leave, until Kubernetes' garbage collector has taken that too. ``--count 500`` deletes
fewer, ``--per-second 100`` bounds it.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import connect
from asw.platforms.kubernetes.client.objects import Owner, owned_metadata
from asw.platforms.kubernetes.client.resources import (
    CONFIG_MAPS,
    EXECUTIONS,
    JOBS,
    SECRETS,
    WORKFLOWS,
    Resource,
)
from asw.reconciler.platform import ExecutionKey
from bench.cases import ALL_STAY
from bench.scale_operator import TICKS, ScaleOperator, no_other_operator, own_operator
from bench.watching import Arrivals

COUNT = 3_000
OWNERS = 200
OWNED: Mapping[str, Resource] = {"job": JOBS, "configmap": CONFIG_MAPS, "secret": SECRETS}
"""What a Task leaves, its pod apart, which goes with its Job."""
IN_FLIGHT = 20
RUNS_PER_SECOND = 10.0
CONTROL_PLANE = ("kube-apiserver", "etcd", "kube-controller-manager")
COMM_LENGTH = 15
"""The kernel knows no more of the name of a process."""
BESIDE_SECONDS = 10.0
POLL_SECONDS = 0.2
LIMIT_SECONDS = 600.0
PASS = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
NAMES = ("first", "second", "owning", "beside")


@dataclass(slots=True, kw_only=True)
class Bench:
    """The namespace with an operator on it; ``figures`` has a sentence for each number."""

    client: KubeClient
    operator: ScaleOperator
    ends: Arrivals
    figures: list[tuple[str, str]] = field(default_factory=list)
    _number: int = 0

    @property
    def namespace(self) -> str:
        """Where all of it happens."""
        return self.operator.namespace

    async def run(self, count: int) -> None:
        """All measurements, one after the other."""
        await self._make("first", count)
        await self._make("second", count)
        before, began = self._spent(), time.monotonic()
        await self._delete("first")
        seconds, after = time.monotonic() - began, self._spent()
        self._tell("deletions of executions that only passed", f"{count / seconds:.0f}/s")
        for who in before:
            self._tell(f"processor time for each: {who}", _ms((after[who] - before[who]) / count))
        alone = await self._beside(asyncio.sleep(BESIDE_SECONDS))
        began = time.monotonic()
        beside = await self._beside(self._delete("second"))
        seconds = time.monotonic() - began
        self._tell(
            f"deletions beside {RUNS_PER_SECOND:g} runs a second", f"{count / seconds:.0f}/s"
        )
        self._tell("such a run, from created to seen as succeeded: alone", _spread(alone))
        self._tell("the same while others are deleted", _spread(beside))
        await self._measure_owned()

    def _spent(self) -> dict[str, float]:
        """Processor time so far, in seconds, of what works on this machine for deletions."""
        control_plane = {name: _processor_time(name) for name in CONTROL_PLANE}
        return {"operator": self.operator.cost().seconds, **control_plane}

    async def _measure_owned(self) -> None:
        """What tasks leave goes after its owner, at the pace of Kubernetes' garbage collector."""
        keys = await self._make("owning", OWNERS)
        made = [
            self.client.create(resource, self.namespace, _owned(key, kind))
            for key in keys
            for kind, resource in OWNED.items()
        ]
        await self._together(made)
        began = time.monotonic()
        await self._delete("owning")
        owners = time.monotonic() - began
        async with asyncio.timeout(LIMIT_SECONDS):
            while await self._owned_are_left():  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(POLL_SECONDS)
        owned = time.monotonic() - began
        what = f"{OWNERS} executions with {', '.join(OWNED)} each"
        self._tell(f"{what}: the executions", f"{OWNERS / owners:.0f}/s")
        self._tell("what they owned, until all of it was gone", f"{len(made) / owned:.0f}/s")

    def _tell(self, what: str, figure: str) -> None:
        self.figures.append((what, figure))

    async def _make(self, workflow: str, count: int) -> list[ExecutionKey]:
        """So many executions that have ended."""
        names = [self._name(workflow) for _ in range(count)]
        made: list[ExecutionKey] = []

        async def one(name: str) -> None:
            item = await self.client.create(EXECUTIONS, self.namespace, _execution(name, workflow))
            made.append(ExecutionKey(self.namespace, name, item["metadata"]["uid"]))

        await self._together(map(one, names))
        for name in names:
            await self.ends.wait(name)
        return made

    async def _delete(self, workflow: str) -> None:
        """Let the Workflow keep none of its executions, and wait until there are none."""
        rule = {"spec": {"retention": {"succeeded": {"limit": 0}}}}
        await self.client.merge(WORKFLOWS, self.namespace, workflow, rule)
        labels = f"bench={workflow}"
        async with asyncio.timeout(LIMIT_SECONDS):
            while await self._is_any(EXECUTIONS, labels):  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(POLL_SECONDS)

    async def _beside(self, other: Any) -> list[float]:
        """Seconds that runs took, so many a second, until the other thing was done."""
        doing, runs = asyncio.ensure_future(other), list[asyncio.Task[float]]()
        while not doing.done():
            runs.append(asyncio.create_task(self._run_one(self._name("beside"))))
            await asyncio.sleep(1 / RUNS_PER_SECOND)
        await doing
        return await asyncio.gather(*runs)

    async def _run_one(self, name: str) -> float:
        began = time.monotonic()
        await self.client.create(EXECUTIONS, self.namespace, _execution(name, "beside"))
        return await self.ends.wait(name) - began

    async def _owned_are_left(self) -> bool:
        found = [await self._is_any(it, "bench=owned") for it in OWNED.values()]
        return any(found)

    async def _is_any(self, resource: Resource, labels: str) -> bool:
        query = {"labelSelector": labels}
        async for page in self.client.pages(resource, self.namespace, query):
            if page["items"]:
                return True
        return False

    async def _together(self, calls: Iterable[Any]) -> None:
        """All calls, so many in flight."""
        waiting = iter(calls)

        async def work() -> None:
            for call in waiting:
                await call

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))

    def _name(self, what: str) -> str:
        self._number += 1
        return f"{what}-{self._number}"


def _execution(name: str, workflow: str) -> dict[str, Any]:
    return {
        "apiVersion": EXECUTIONS.api_version,
        "kind": EXECUTIONS.kind,
        "metadata": {"name": name, "labels": {"bench": workflow}},
        "spec": {"workflowRef": {"name": workflow}, "input": {"n": 1}},
    }


def _owned(key: ExecutionKey, kind: str) -> dict[str, Any]:
    """An object that goes with its Execution; a Job that never makes a pod."""
    metadata = owned_metadata(Owner.of(key), f"{key.name}-{kind}", kind="bench")
    body: dict[str, Any] = {"metadata": {**metadata, "labels": {"bench": "owned"}}}
    if kind == "job":
        container = {"name": "none", "image": "none"}
        pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
        body["spec"] = {"suspend": True, "template": pod}
    return body


def _processor_time(name: str) -> float:
    """Seconds of the processes of that name; none where the control plane is elsewhere."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            if path.read_text().strip() == name[:COMM_LENGTH]:
                fields = (path.parent / "stat").read_text().rsplit(") ", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _spread(seconds: list[float]) -> str:
    worst = statistics.quantiles(seconds, n=100)[-1]
    return f"median {_ms(statistics.median(seconds))}, p99 {_ms(worst)}, of {len(seconds)}"


@asynccontextmanager
async def prepared(log: Path) -> AsyncIterator[Bench]:
    """A namespace, Workflows that keep all, and an operator of its own; it goes at the end."""
    definitions = dict.fromkeys(NAMES, PASS)
    async with own_operator("asw-bench-retention", log, definitions) as (client, operator):
        for name in NAMES:
            rule = {"spec": {"retention": ALL_STAY}}
            await client.merge(WORKFLOWS, operator.namespace, name, rule)
        operator.start()
        ends = Arrivals(
            connect(),
            EXECUTIONS.path(operator.namespace),
            is_there=lambda run: run.get("status", {}).get("phase") == "Succeeded",
            name_of=lambda run: str(run["metadata"]["name"]),
        )
        async with ends:
            yield Bench(client=client, operator=operator, ends=ends)


async def measure(count: int, log: Path) -> list[tuple[str, str]]:
    """The figures."""
    async with prepared(log) as bench:
        await bench.run(count)
        return bench.figures


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--per-second", default="0")
    words = parser.parse_args()
    os.environ["ASW_RETENTION_DELETIONS_PER_SECOND"] = words.per_second
    log = Path(tempfile.gettempdir()) / "asw-bench-retention.log"
    with no_other_operator():
        figures = asyncio.run(measure(words.count, log))
    table = Table("what", "figure", title=f"{words.count} ended executions")
    for what, figure in figures:
        table.add_row(what, figure)
    Console(width=120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
