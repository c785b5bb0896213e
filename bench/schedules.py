"""How late runs of many Schedules start, and their cost: ``python -m bench.schedules [COUNT]``.

Production's clockwork in real time, over an API server in memory in the same process: so the server
takes its share of the one core, and nothing else runs. Memory is that of objects which our code
made (tracemalloc), measured in a process of its own, since measuring slows everything down.
"""

import asyncio
import gc
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asw.api.instants import instant_text, parse_instant
from asw.api.names import ANNOTATION_SCHEDULED
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Lineage
from asw.platforms.kubernetes.schedules.clockwork import Clockwork
from asw.platforms.kubernetes.schedules.place import Place
from asw.platforms.kubernetes.tasks.settings import Spans
from tests.support.kube_api import KubeApi, kube_api
from tests.support.kube_objects import a_ring
from tests.support.kube_world import PATHS
from tests.support.ticking import an_etl, schedule_object

COUNT: Final = 10_000
ROUND_SECONDS: Final = 60
LEAD_SECONDS: Final = 10
OURS: Final = ("*/operator/asw/*", "*/cronsim/*", "*/asyncio/*", "*/pydantic/*", "<string>")


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@asynccontextmanager
async def _clockwork(api: KubeApi, client: Any) -> AsyncIterator[Clockwork]:
    cache = Cache(Spans(), utc_now, lineage=Lineage(a_ring()))
    cache.put_workflow(api.put(PATHS["workflow"], an_etl()))
    made = Clockwork(client, cache, Place(may_act=lambda _: True, grace=timedelta(minutes=5)))
    tasks = [asyncio.create_task(work(lambda: None)) for work in made.loops().values()]
    try:
        yield made
    finally:
        made.stand_down()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _put(api: KubeApi, count: int, first: datetime, spread: float) -> None:
    """So many Schedules; their first instants are evenly spread over the seconds."""
    for number in range(count):
        begin = first + timedelta(seconds=number * spread / count)
        every = {"every": "1h" if spread == 0 else f"{ROUND_SECONDS}s"}
        spec = {**every, "startAt": instant_text(begin)}
        api.put(PATHS["schedule"], schedule_object(f"s-{number}", **spec))


async def _lateness(count: int, spread: float) -> str:
    """How late runs are started, as a line."""
    late: list[float] = []

    def arrived(item: Mapping[str, Any]) -> None:
        marks = item["metadata"]["annotations"]
        late.append((utc_now() - parse_instant(marks[ANNOTATION_SCHEDULED])).total_seconds())

    async with kube_api() as (api, client), _clockwork(api, client) as clockwork:
        clockwork.runs.arrived = arrived
        _put(api, count, utc_now() + timedelta(seconds=LEAD_SECONDS + count / 500), spread)
        await clockwork.take_over()
        begun = time.process_time()
        while len(late) < count:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.2)
        spent = time.process_time() - begun
    late.sort()
    p50, p99 = late[len(late) // 2], late[int(len(late) * 0.99)]
    what = f"spread over {spread:.0f} s" if spread else "at one instant"
    return (
        f"{what:20}  late p50 {p50:6.2f} s, p99 {p99:6.2f} s, max {late[-1]:6.2f} s;"
        f" {spent / count * 1000:.2f} ms of processor a run, server included"
    )


async def _memory(count: int) -> str:
    """What the Schedules take in memory, as a line."""
    async with kube_api() as (api, client), _clockwork(api, client) as clockwork:
        _put(api, count, utc_now() + timedelta(hours=1), 3600)
        tracemalloc.start(1)
        await clockwork.take_over()
        gc.collect()
        shot = tracemalloc.take_snapshot()
        tracemalloc.stop()
    ours = shot.filter_traces(
        [tracemalloc.Filter(inclusive=True, filename_pattern=it) for it in OURS]
    )
    mib = sum(it.size for it in ours.statistics("filename")) / 2**20
    return f"{'memory':20}  {mib:.1f} MiB, {mib * 1024 / count:.2f} KiB each"


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    print(f"{count} Schedules")
    for work in (_memory(count), _lateness(count, ROUND_SECONDS), _lateness(count, 0)):
        print(asyncio.run(work), flush=True)


if __name__ == "__main__":
    main()
