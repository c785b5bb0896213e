"""How fast ends start runs, and what an end costs: ``python -m bench.triggers [COUNT]``.

Production's dispatcher and sandbox in real time, over an API server in memory in the same process:
so the server takes its share of the one core, and nothing else runs.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from asw.api.instants import instant_text
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Lineage
from asw.platforms.kubernetes.schedules.place import Place
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.platforms.kubernetes.triggers.dispatcher import Dispatcher
from asw.platforms.kubernetes.triggers.watched import MOST_TRIGGERS
from asw.sandbox.sandbox import Sandbox
from asw.triggers.judge import MODULES, judged
from tests.support.kube_api import KubeApi, kube_api
from tests.support.kube_objects import a_ring, execution_object
from tests.support.kube_world import PATHS
from tests.support.ticking import PASSING, an_etl, trigger_object

COUNT: Final = 2000
WISH: Final[Mapping[str, Any]] = {
    "filter": 'event.data.error == "Late" && has(event.data.labels.team)',
    "input": {"text": "{% $event.data.name & ' failed: ' & $event.data.error %}"},
}


@asynccontextmanager
async def _dispatcher(api: KubeApi, client: Any, count: int) -> AsyncIterator[Dispatcher]:
    cache = Cache(Spans(), lambda: datetime.now(UTC), lineage=Lineage(a_ring()))
    for name in ("etl", "tell"):
        cache.put_workflow(api.put(PATHS["workflow"], an_etl(PASSING, name)))
    place = Place(may_act=lambda _: True, grace=timedelta(minutes=5))
    async with aclosing(Sandbox(workers=2, modules=MODULES)) as sandbox:
        await sandbox.start()
        made = Dispatcher(client, cache, place, partial(judged, sandbox))
        for number in range(count):
            cache.put_execution(api.put(PATHS["execution"], _ended(number)))
        tasks = [asyncio.create_task(work(lambda: None)) for work in made.loops().values()]
        try:
            yield made
        finally:
            made.stand_down()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


def _ended(number: int) -> Any:
    made = execution_object(input={"of": number})
    at = instant_text(datetime.now(UTC))
    metadata = {"name": f"e-{number}", "uid": f"uid-e-{number}", "labels": {"team": "sales"}}
    status = {
        "observedGeneration": 1,
        "phase": "Failed",
        "startTime": at,
        "completionTime": at,
        "error": "Late",
        "cause": "x" * 200,
    }
    spec = {**made["spec"], "workflowRef": {"name": "etl"}}
    return {**made, "metadata": {**made["metadata"], **metadata}, "spec": spec, "status": status}


async def _pace(count: int, what: str, triggers: int, **wish: Any) -> str:
    """How many runs a second are started, as a line."""
    started = 0

    def arrived(_item: Mapping[str, Any]) -> None:
        nonlocal started
        started += 1

    async with kube_api() as (api, client), _dispatcher(api, client, count) as dispatcher:
        dispatcher.runs.arrived = arrived
        for number in range(triggers):
            made = trigger_object(f"on-{number}", maxPerMinute=60_000, **wish)
            made["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
            api.put(PATHS["trigger"], made)
        began, spent = time.perf_counter(), time.process_time()
        await dispatcher.take_over()
        while started < count * triggers:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.05)
        seconds, spent = time.perf_counter() - began, time.process_time() - spent
    return (
        f"{what:34}  {started / seconds:6.0f} runs a second,"
        f" {spent / started * 1000:.2f} ms of this process a run, server included"
    )


async def _ends(count: int) -> str:
    """What an end costs that concerns none of as many Triggers as there may be, as a line."""
    async with kube_api() as (api, client), _dispatcher(api, client, count) as dispatcher:
        for number in range(MOST_TRIGGERS):
            source = {"workflow": {"workflows": ["other"], "outcomes": ["Failed"]}}
            api.put(PATHS["trigger"], trigger_object(f"on-{number}", source=source))
        await dispatcher.take_over()
        seen = list(dispatcher._cache.executions.values())  # noqa: SLF001
        began = time.perf_counter()
        for one in seen:
            dispatcher.ended(one)
        spent = time.perf_counter() - began
    return f"{'an end beside 300 Triggers':34}  {spent / count * 1e6:6.1f} µs"


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    print(f"{count} ends")
    works = (
        _ends(count),
        _pace(count, "one Trigger, without expressions", 1),
        _pace(count, "one Trigger, filter and template", 1, **WISH),
        _pace(count // 10, "ten Triggers, filter and template", 10, **WISH),
    )
    for work in works:
        print(asyncio.run(work), flush=True)


if __name__ == "__main__":
    main()
