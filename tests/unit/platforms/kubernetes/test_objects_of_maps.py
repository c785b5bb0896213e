"""Objects of distributed Maps over the API server in memory: real wiring, scripted connectors."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from asw.asl.errors import ITEM_READER_FAILED
from asw.connector.calls import Done, Failed
from asw.connector.objects import CHANGED, Pages, ReadPage, Work, from_work_event, pages_of
from asw.engine.items import ResultFile
from asw.platforms.kubernetes.port import objects
from tests.support.kube_objects import Object, execution_object, workflow_object
from tests.support.kube_world import KubeWorld, again, kube_world
from tests.support.warm_pods import WarmPod, listening
from tests.unit.platforms.kubernetes.test_calls_of_services import connection_object
from tests.unit.platforms.kubernetes.test_jobs_of_services import _hellos, _ticking

READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "JSON", "MaxItems": 9},
    "Parameters": {"Bucket": "in", "Key.$": "$.key"},
}
WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "out", "Prefix": "runs"},
}
ITEMS = [1, {"a": None}, "x"]
BUSY = Failed(error="S3.S3Exception", cause="Reduce your request rate (Status Code: 503)")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual time runs a thousand times as fast as the pauses between questions."""
    monkeypatch.setattr(objects, "LONGEST_SILENCE", objects.LONGEST_SILENCE * 1000)


def mapping(**fields: object) -> Object:
    """A definition of one distributed Map whose children do nothing."""
    nothing = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    processor = {"ProcessorConfig": config, **nothing}
    state = {"Type": "Map", "End": True, "ItemProcessor": processor, **fields}
    return {"StartAt": "All", "States": {"All": state}}


@dataclass(kw_only=True)
class Store:
    """Answers what is asked by ``answer``; notes it, and whose pod is lost before it answers."""

    answer: Callable[[Work], Done | Failed]
    asked: list[Work] = field(default_factory=list)
    dies: int = 0
    """How many pods are lost with what they are asked."""

    async def serve(self, world: KubeWorld, client: object) -> None:
        """One pod after the other."""
        while True:
            pod = await WarmPod.start(world, client, newest=True, slots=4)
            await pod.hello()
            saying = asyncio.create_task(_hellos(pod))
            try:
                await self._answering(pod)
            finally:
                saying.cancel()
            await pod.vanish()

    async def _answering(self, pod: WarmPod) -> None:
        outcome: Object | None = None
        while True:
            _, answer = await pod.next(outcome)
            outcome = None
            if "task" not in answer:
                continue
            work = from_work_event(json.loads(answer["task"]["event"]))
            self.asked.append(work)
            if self.dies:
                self.dies -= 1
                return
            told = self.answer(work)
            done = isinstance(told, Done)
            outcome = (
                {"output": told.output} if done else {"error": told.error, "cause": told.cause}
            )


def gives(pages: Pages) -> Callable[[Work], Done | Failed]:
    """A store with these items."""
    return lambda work: pages.answer(work.page) if isinstance(work, ReadPage) else Done(output={})


@asynccontextmanager
async def served(world: KubeWorld, store: Store) -> AsyncIterator[None]:
    """The world with a store."""
    async with listening(world) as client:
        ticking = asyncio.create_task(_ticking(world))
        await world.until(lambda: world.api.named("/deployments/"))
        serving = asyncio.create_task(store.serve(world, client))
        yield
        world.platform.pools.clear()
        for work in (ticking, serving):
            if work.done():
                await work
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


@asynccontextmanager
async def running(*, connection: bool = True, **fields: object) -> AsyncIterator[KubeWorld]:
    """An execution of a Map with these fields."""
    async with kube_world() as world:
        if connection:
            await world.apply("connection", connection_object())
        flow = workflow_object(definition=mapping(**fields), connections={"s3": "lab"})
        await world.apply("workflow", flow)
        await world.apply("execution", execution_object(input={"key": "k.json"}))
        yield world


async def over(world: KubeWorld) -> Object:
    """The status of the execution once it has ended."""
    await world.until(lambda: "completionTime" in world.status)
    return world.status


async def test_items_come_from_an_object() -> None:
    """By evaluated Parameters and MaxItems; no pod but the Connection's sees them."""
    store = Store(answer=gives(pages_of(ITEMS)))
    async with running(ItemReader=READER) as world, served(world, store):
        status = await over(world)
        assert (status["phase"], status["output"]) == ("Succeeded", ITEMS)
        (read,) = store.asked
        assert isinstance(read, ReadPage)
        assert read.reading.parameters == {"Bucket": "in", "Key": "k.json"}
        assert read.reading.max_items == 9


async def test_many_items_come_in_pages() -> None:
    """Each is asked for by the version of those before, and all become children in order."""
    pages = Pages(texts=("[1,2]", "[3]", "[4,5]"), version="v")
    store = Store(answer=gives(pages))
    async with running(ItemReader=READER) as world, served(world, store):
        assert (await over(world))["output"] == [1, 2, 3, 4, 5]
        asked = [(it.page, it.version) for it in store.asked if isinstance(it, ReadPage)]
        assert asked == [(0, ""), (1, "v"), (2, "v")]


async def test_results_are_written_and_named_by_the_output() -> None:
    """File by file, the manifest last: who finds it finds all that it names."""
    store = Store(answer=gives(pages_of(ITEMS)))
    async with (
        running(ItemReader=READER, ResultWriter=WRITER) as world,
        served(world, store),
    ):
        output = (await over(world))["output"]
        files = [it for it in store.asked if isinstance(it, ResultFile)]
        assert [it.key.rpartition("/")[2] for it in files] == ["SUCCEEDED_0.json", "manifest.json"]
        assert output["ResultWriterDetails"] == {"Bucket": "out", "Key": files[1].key}
        results = json.loads(files[0].body)
        assert [json.loads(it["Output"]) for it in results] == ITEMS


async def test_what_changes_is_read_anew() -> None:
    """Pages of two versions never mix; what goes on changing fails the Map."""
    pages = Pages(texts=("[1]", "[2]"), version="v")
    changes = 2

    def answer(work: Work) -> Done | Failed:
        nonlocal changes
        assert isinstance(work, ReadPage)
        if work.page and changes:
            changes -= 1
            return Failed(error=CHANGED, cause="")
        return pages.answer(work.page)

    async with running(ItemReader=READER) as world, served(world, Store(answer=answer)):
        assert (await over(world))["output"] == [1, 2]
    changes = 9
    async with running(ItemReader=READER) as world, served(world, Store(answer=answer)):
        status = await over(world)
        assert (status["error"], "changed 3 times" in status["cause"]) == (ITEM_READER_FAILED, True)


async def test_a_busy_store_and_lost_pods_are_asked_again() -> None:
    """Reading twice does no harm: nobody notices but the store."""
    pages, busy = pages_of(ITEMS), [BUSY, BUSY]
    store = Store(answer=lambda work: busy.pop() if busy else gives(pages)(work), dies=1)
    async with running(ItemReader=READER) as world, served(world, store):
        assert (await over(world))["output"] == ITEMS
        assert len(store.asked) == 4


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"ItemReader": READER}, ITEM_READER_FAILED)],
)
async def test_a_refusal_fails_the_map_with_its_words(fields: Object, error: str) -> None:
    """As AWS does, whatever the service calls it; a Catch finds it by that name."""
    refused = Failed(error="S3.NoSuchKeyException", cause="The specified key does not exist.")
    store = Store(answer=lambda _: refused)
    async with running(**fields) as world, served(world, store):
        status = await over(world)
        assert (status["error"], status["cause"]) == (error, refused.cause)
        assert len(store.asked) == 1


@pytest.mark.parametrize(
    "output",
    [
        None,
        {"items": 1, "next": None, "version": ""},
        {"items": [], "next": 1, "version": "v"},
        {"items": ["x" * 200_000], "next": 1, "version": "v"},
    ],
    ids=["nothing", "no items", "no end", "far too many items"],
)
async def test_a_pod_that_lies_fails_its_own_map(output: object) -> None:
    """Pods are of whoever runs pods in the namespace: what they say is bounded."""
    store = Store(answer=lambda _: Done(output=output))
    async with running(ItemReader=READER) as world, served(world, store):
        assert (await over(world))["error"] == ITEM_READER_FAILED


async def test_a_missing_connection_is_waited_for_and_then_told() -> None:
    """What is applied together may come in any order; the error names the Connection."""
    store = Store(answer=gives(pages_of(ITEMS)))
    async with running(connection=False, ItemReader=READER) as world:
        await world.until(lambda: world.status.get("phase") == "Running")
        await world.apply("connection", connection_object())
        async with served(world, store):
            assert (await over(world))["output"] == ITEMS
    async with running(connection=False, ItemReader=READER) as world:
        await world.until(lambda: world.status.get("phase") == "Running")
        world.time.pass_(3600)
        status = await over(world)
        assert status["error"] == "Asw.NoConnection"
        assert "lab" in status["cause"]


async def test_another_operator_reads_again_and_starts_no_child_twice() -> None:
    """Nothing of a read is stored before its items are in the record."""
    held = Store(answer=gives(pages_of(ITEMS)), dies=10**6)
    async with running(ItemReader=READER) as world:
        async with served(world, held):
            await world.until(lambda: held.asked)
        store = Store(answer=gives(pages_of(ITEMS)))
        async with again(world) as successor:
            await successor.begin()
            async with served(successor, store):
                assert (await over(successor))["output"] == ITEMS


async def test_a_stopped_execution_is_read_for_no_more() -> None:
    """Whoever stops it waits for nothing."""
    store = Store(answer=lambda _: BUSY)
    async with running(ItemReader=READER) as world, served(world, store):
        await world.until(lambda: store.asked)
        stopped = {**world.stored("execution")}
        stopped["spec"] = {**stopped["spec"], "stop": {}}
        await world.apply("execution", stopped)
        assert (await over(world))["phase"] == "Aborted"
        await world.until(lambda: not world.platform.objects._known)
