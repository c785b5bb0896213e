"""Measure the archive, on SQLite and on a PostgreSQL of its own: `make bench-archive`.

First how many finished runs a second are written, from their objects to committed rows; then how
long pages take, and other questions, among a million rows. ``--count``, ``--rows`` take fewer.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from asw.archive.reading import Ended
from asw.archive.rows import ArchivedRun
from asw.archive.store import ArchiveStore, Position, Search
from asw.archive.writer import ArchiveWriter
from asw.archive.writing import MOST_AT_ONCE
from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.operator.archiving import KnownToCache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from asw.reconciler.platform import ExecutionKey
from tests.support.kube_objects import (
    KEY,
    UID,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import KubeWorld, kube_world
from tests.support.postgres import postgres_server

COUNT = 10_000
ROWS = 1_000_000
PAGES = 200
NAMESPACES, WORKFLOWS, ERRORS, CUSTOMERS = 50, 20, 30, 10_000
START = 1_700_000_000_000
"""When the first of all runs ended, in milliseconds; one follows the other by 30 s."""
APART = 30_000
TASK = {"Type": "Task", "Resource": "asw:function:sum", "Next": "Large"}
DEFINITION = {
    "StartAt": "Add",
    "States": {
        "Add": TASK,
        "Large": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.total", "NumericGreaterThan": 5, "Next": "Done"}],
            "Default": "Done",
        },
        "Done": {"Type": "Pass", "End": True},
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Runs a second, bytes of a bundle, and milliseconds of a processor for each."""

    per_second: float
    size: float
    processor: float


def main() -> None:
    """Print one table a database and question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--rows", type=int, default=ROWS)
    asked = parser.parse_args()
    console, writes, reads = Console(), Table("database"), Table("question", "database")
    for column in ("runs a second", "bytes a bundle", "ms of a processor a run"):
        writes.add_column(column, justify="right")
    for column in ("p50 ms", "p99 ms"):
        reads.add_column(column, justify="right")
    for name, url in databases():
        console.print(f"{name}: writing {asked.count} runs")
        made = asyncio.run(written(url, asked.count))
        figures = (made.per_second, made.size, made.processor)
        writes.add_row(name, *(f"{it:,.0f}" if it > 20 else f"{it:.2f}" for it in figures))
        console.print(f"{name}: filling it with {asked.rows} rows")
        for question, times in looked_at(url, asked.rows):
            cuts = statistics.quantiles(times, n=100)
            reads.add_row(question, name, f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}")
    console.print(writes)
    console.print(reads)


def databases() -> Iterator[tuple[str, str]]:
    """Each with its URL; empty, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="asw-archive-") as folder:
        yield "SQLite", f"sqlite:///{Path(folder) / 'archive.db'}"
    with postgres_server(is_in_haste=False) as server:
        yield "PostgreSQL", server.url


# Writing


async def written(url: str, count: int) -> Written:
    """Write so many copies of a run that a Task, a Choice and a Pass were part of."""
    async with kube_world() as world:
        item = await _ended(world)
        connection = Connection(server=world.api.url, tls=None, authorization=lambda: None)
        known = KnownToCache(world.feed.cache)
        writer = ArchiveWriter(url, partial(KubeClient, connection), known)
        writer.start()
        try:
            text = json.dumps(item)
            await writer.archive([_copy(text) for _ in range(10)])
            before = writer.bytes
            copies = [_copy(text) for _ in range(count)]
            began, used = time.perf_counter(), time.process_time()
            for at in range(0, count, MOST_AT_ONCE):
                done = await writer.archive(copies[at : at + MOST_AT_ONCE])
                assert not done.away
                assert not done.refused
            took, used = time.perf_counter() - began, time.process_time() - used
        finally:
            await asyncio.to_thread(writer.close)
    return Written(
        per_second=count / took, size=(writer.bytes - before) / count, processor=1000 * used / count
    )


async def _ended(world: KubeWorld) -> dict[str, Any]:
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object(definition=DEFINITION))
    order = {"order": {"id": 7, "lines": [{"sku": f"sku-{n}", "count": n} for n in range(10)]}}
    await world.apply("execution", execution_object(input=order))
    task = TaskId(UID, 1)
    await world.until(lambda: world.feed.cache.facts(KEY, task) is not None)
    output = {**order, "total": 45}
    fact = TaskSucceeded(task_id=task, at=world.time.now, output=output)
    await world.inbox.deliver(fact)
    await world.until(lambda: not world.reconciler.live)
    return dict(world.stored("execution"))


def _copy(text: str) -> Ended:
    uid = str(uuid.uuid4())
    key = ExecutionKey(KEY.namespace, KEY.name, uid)
    return Ended(key=key, epoch=0, item=json.loads(text.replace(UID, uid)))


# Reading


def looked_at(url: str, count: int) -> Iterator[tuple[str, list[float]]]:
    """Each question with how long its answers took."""
    store = ArchiveStore(url)
    store.migrate()
    _fill(store, count)
    chance = random.Random(1)
    try:
        for question, search in _questions(chance, count).items():
            yield question, [_timed(partial(store.list, search(), limit=100)) for _ in range(PAGES)]
        yield "the next page, from anywhere", list(_turned(store, chance, count))
        uids = [_uid(chance.randrange(count)) for _ in range(100)]
        yield "which of 100 it has", [_timed(partial(store.known, uids)) for _ in range(PAGES)]
    finally:
        store.close()


def _questions(chance: random.Random, count: int) -> dict[str, Callable[[], Search]]:
    def namespace() -> str:
        return f"team-{chance.randrange(NAMESPACES)}"

    def some(kind: str, most: int) -> str:
        return f"{kind}-{chance.randrange(most)}"

    def customer() -> dict[str, str]:
        return {"order.customer": some("customer", CUSTOMERS)}

    def since() -> int:
        return START + chance.randrange(count) * APART

    return {
        "the newest of all": lambda: Search(namespace=None),
        "the newest of a namespace": lambda: Search(namespace=namespace()),
        "of a Workflow": lambda: Search(namespace=namespace(), workflow=some("flow", WORKFLOWS)),
        "that failed": lambda: Search(namespace=namespace(), phases=("Failed",)),
        "that did not succeed": lambda: Search(
            namespace=namespace(), phases=("Failed", "TimedOut", "Aborted")
        ),
        "of an error": lambda: Search(namespace=namespace(), error=some("Error", ERRORS)),
        "of a name": lambda: Search(namespace=namespace(), name=some("run", count)),
        "of an hour": lambda: Search(
            namespace=namespace(), since=(at := since()), until=at + 3_600_000
        ),
        "of a Workflow, that failed": lambda: Search(
            namespace=namespace(), workflow=some("flow", WORKFLOWS), phases=("Failed",)
        ),
        "with a field of the input": lambda: Search(namespace=namespace(), fields=customer()),
        "with that, of a Workflow": lambda: Search(
            namespace=namespace(), workflow=some("flow", WORKFLOWS), fields=customer()
        ),
        "with a label": lambda: Search(namespace=namespace(), labels={"app": some("app", 100)}),
        "with a label that none has": lambda: Search(namespace=namespace(), labels={"no": "one"}),
    }


def _turned(store: ArchiveStore, chance: random.Random, count: int) -> Iterator[float]:
    for _ in range(PAGES):
        after = Position(START + chance.randrange(count) * APART, "")
        search = Search(namespace=f"team-{chance.randrange(NAMESPACES)}")
        yield _timed(partial(store.list, search, limit=100, after=after))


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _fill(store: ArchiveStore, count: int) -> None:
    chance = random.Random(0)
    for some in _batches(count, 5_000):
        store.put([(_row(number, chance), b"") for number in some])


def _batches(count: int, size: int) -> Iterable[range]:
    return (range(at, min(at + size, count)) for at in range(0, count, size))


def _row(number: int, chance: random.Random) -> ArchivedRun:
    has_failed = chance.random() < 0.05
    return ArchivedRun(
        uid=_uid(number),
        namespace=f"team-{chance.randrange(NAMESPACES)}",
        name=f"run-{number}",
        workflow=f"flow-{chance.randrange(WORKFLOWS)}",
        phase=chance.choice(("Failed", "TimedOut", "Aborted")) if has_failed else "Succeeded",
        error=f"Error-{chance.randrange(ERRORS)}" if has_failed else None,
        started_at=START + number * APART - 5_000,
        ended_at=START + number * APART,
        epoch=0,
        labels={"app": f"app-{chance.randrange(100)}", "tier": "batch"},
        fields={
            "order.id": str(number),
            "order.customer": f"customer-{chance.randrange(CUSTOMERS)}",
            "region": "ap-guangzhou",
        },
    )


def _uid(number: int) -> str:
    return str(uuid.UUID(int=(number * 0x9E3779B97F4A7C15F39CC0605CEDC834) % 2**128))


if __name__ == "__main__":
    main()
