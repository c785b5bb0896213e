"""What ends in a cluster is in the archive before retention may delete it."""

import asyncio
import json
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiohttp import web

from asw.archive.rows import storable
from asw.archive.store import ArchiveStore, Search
from asw.engine.facts import TaskFailed, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.executions.bundles.contents import from_bytes
from asw.operator.archiving import archiving
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.storage.reading import read_history
from asw.platforms.kubernetes.storage.storage import Storage
from tests.support.kube_objects import (
    KEY,
    UID,
    a_naming,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import KubeWorld, again, kube_world

AT_ONCE = {"ttlSeconds": 0}
RETENTION = {"succeeded": AT_ONCE, "failed": AT_ONCE}


@asynccontextmanager
async def archive_of(world: KubeWorld, url: str):
    """The archive of an operator over this world, which retention asks."""
    connection = Connection(server=world.api.url, tls=None, authorization=lambda: "Bearer secret")
    made = archiving(
        url,
        world.feed.cache,
        partial(KubeClient, connection),
        lambda _: True,
        world.time.monotonic,
    )
    world.retirement.archive = made
    try:
        yield made
    finally:
        await asyncio.to_thread(made.writer.close)


@asynccontextmanager
async def archived_world(url: str):
    """A world with its archive."""
    async with kube_world() as world, archive_of(world, url) as archive:
        yield world, archive


async def ended(world: KubeWorld, *, output=1, failing=False, **spec) -> None:
    """The Execution, at its end."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object(retention=RETENTION))
    await world.apply("execution", execution_object(**spec))
    await tells(world, TaskId(UID, 1), output=output, failing=failing)


async def tells(world: KubeWorld, task: TaskId, *, output=1, failing=False) -> None:
    """Its task tells how it ended, and so does the Execution."""
    await world.until(lambda: world.feed.cache.facts(KEY, task) is not None)
    at = world.time.now
    fact = TaskSucceeded(task_id=task, at=at, output=output)
    if failing:
        fact = TaskFailed(task_id=task, at=at, error="No", cause="no")
    await world.inbox.deliver(fact)
    await world.until(lambda: not world.reconciler.live)


def an_end(name: str, **status):
    """An Execution that ended without a step, as somebody may have written it."""
    item = execution_object()
    item["metadata"] = {"name": name, "namespace": "shop"}
    at = "2026-01-01T11:00:00.000Z"
    item["status"] = {"phase": "Succeeded", "completionTime": at, "observedGeneration": 1, **status}
    return item


def rows(url: str):
    """What the archive lists."""
    store = ArchiveStore(url)
    try:
        return store.list(Search(namespace=None), limit=1000)
    finally:
        store.close()


def bundle(url: str, uid: str = UID):
    """What the archive has of a run."""
    store = ArchiveStore(url)
    try:
        return from_bytes(store.get("shop", uid), "archived")
    finally:
        store.close()


async def test_a_run_is_archived_whole_and_then_deleted(archive_url):
    """Row, events, record, definition, Workflow and Functions; until then nothing is deleted."""
    async with archived_world(archive_url) as (world, archive):
        await ended(world, input={"order": {"id": 7}}, output="x" * 10_000)
        await world.retirement.retire()
        assert world.api.named("/executions/")
        events = await read_history(Storage(world.client), KEY, world.status)
        await archive.work()
        (row,) = rows(archive_url)
        assert (row.name, row.phase, row.fields) == (KEY.name, "Succeeded", {"order.id": "7"})
        found = bundle(archive_url)
        assert found.main.events == events
        assert found.main.record.outcome.output == "x" * 10_000
        assert found.main.run.status["output"] == "x" * 10_000
        assert '"Add"' in found.definition_text
        assert found.workflow["metadata"]["name"] == "orders"
        assert [it["metadata"]["name"] for it in found.functions] == ["sum"]
        assert found.functions[0]["spec"]["code"]["inline"] == {"index.py": ""}
        assert found.missing == ()
        world.time.pass_(5)
        await world.retirement.retire()
        assert not world.api.named("/executions/")
        assert archive.archived == 1


async def test_what_just_ended_is_not_read_again(archive_url):
    """The operator wrote its end, so no request asks for the object."""
    async with archived_world(archive_url) as (world, archive):
        await archive.work()  # by the holder of the Lease
        await ended(world)
        world.api.requests.clear()
        await archive.work()
        assert archive.archived == 1
        assert not [path for _, path in world.api.requests if "/executions/" in path]


async def test_an_archive_that_is_away_holds_retention_back(postgres):
    """Nothing is deleted and nothing lost; it is asked again after a pause, not all the time."""
    postgres.clear()
    async with archived_world(postgres.url) as (world, archive):
        await ended(world)
        await archive.work()
        for n in range(3):
            await world.apply("execution", an_end(f"run-{n}"))
        postgres.stop()
        try:
            await archive.work()
            assert archive.is_away
            world.time.pass_(5)
            await world.retirement.retire()
            assert len(world.api.named("/executions/")) == 4
            failures = archive.failures["away"]
            world.time.pass_(0.1)
            await archive.work()
            await archive.work()
            assert archive.failures["away"] - failures <= 1
        finally:
            postgres.start()
        world.time.pass_(60)
        await archive.work()
        assert not archive.is_away
        assert len(archive.queue) == 0
        world.time.pass_(60)
        await world.retirement.retire()
        assert not world.api.named("/executions/")
        assert len(rows(postgres.url)) == 4


async def test_an_archive_that_comes_back_empty_is_filled_again(postgres):
    """It gets its tables, and whatever is still in the cluster."""
    postgres.clear()
    async with archived_world(postgres.url) as (world, archive):
        await ended(world)
        await archive.work()
        postgres.clear()
        await world.retirement.retire()
        assert archive.is_away
        for _ in range(2):
            world.time.pass_(60)
            await world.retirement.retire()
            await archive.work()
        assert [row.name for row in rows(postgres.url)] == [KEY.name]
        world.time.pass_(60)
        await world.retirement.retire()
        assert not world.api.named("/executions/")


async def test_an_operator_killed_between_write_and_delete_writes_nothing_twice(archive_url):
    """Its successor asks the archive what it has, and deletes that."""
    async with kube_world() as world:
        async with archive_of(world, archive_url) as archive:
            await ended(world)
            await archive.work()
        async with again(world) as successor, archive_of(successor, archive_url) as archive:
            await successor.begin()
            assert len(archive.queue) == 1
            await archive.work()
            assert archive.archived == 0
            await successor.retirement.retire()
            assert not world.api.named("/executions/")


async def test_a_redriven_run_is_archived_again(archive_url):
    """The epoch counts: what the archive has of the time before is not enough to delete it."""
    async with archived_world(archive_url) as (world, archive):
        await ended(world, failing=True)
        await archive.work()
        item = world.stored("execution")
        metadata = {**item["metadata"], "generation": 2}
        spec = {**item["spec"], "redrive": {"number": 1}}
        await world.apply("execution", {**item, "metadata": metadata, "spec": spec})
        await tells(world, TaskId(UID, 2), output=5)
        await world.retirement.retire()
        assert world.api.named("/executions/")
        await archive.work()
        (row,) = rows(archive_url)
        assert (row.epoch, row.phase) == (1, "Succeeded")
        world.time.pass_(5)
        await world.retirement.retire()
        assert not world.api.named("/executions/")


@pytest.mark.parametrize("text", ["\0", "\ud800", "\U0001f600\0\udfff"], ids=ascii)
async def test_what_json_may_hold_the_archive_takes(archive_url, text):
    """NUL and lone surrogates of a tenant keep no run out, neither theirs nor another's."""
    states = {"A": {"Type": "Pass", "End": True}}
    async with archived_world(archive_url) as (world, archive):
        machine = workflow_object(definition={"StartAt": "A", "States": states})
        await world.apply("workflow", machine)
        await world.apply("execution", execution_object(inputText=json.dumps({text: text})))
        await world.until(lambda: "completionTime" in world.status and not world.reconciler.live)
        await world.apply("execution", an_end("odd", phase="Failed", error="\0", cause="\0"))
        await archive.work()
        found = {row.name: row for row in rows(archive_url)}
        assert found.keys() == {KEY.name, "odd"}
        assert set(found[KEY.name].fields) == {storable(text)}
        assert not archive.failures


async def test_a_history_of_25_mebibytes_is_archived_whole(archive_url):
    """As long as AWS allows, with a kilobyte an event; other work goes on meanwhile."""
    async with archived_world(archive_url) as (world, archive):
        events = [
            {
                "id": n,
                "previousEventId": n - 1,
                "timestamp": "2026-01-01T11:00:00.000Z",
                "type": "PassStateEntered",
                "name": "Add",
                "input": json.dumps("[]," * 350),
            }
            for n in range(1, 25_001)
        ]
        item = await world.apply("execution", an_end("long"))
        await chunked(world, item, events)
        await archive.work()
        found = bundle(archive_url, item["metadata"]["uid"])
        assert [event.id for event in found.main.events] == list(range(1, 25_001))
        assert found.main.events[-1].details["input"] == "[]," * 350


async def chunked(world: KubeWorld, item, events) -> None:
    """Give the Execution these events, sealed as the operator seals them."""
    key = world.feed.cache.executions[item["metadata"]["uid"]].key
    naming, texts, listed = a_naming(), {}, []
    for at in range(0, len(events), 100):
        some = events[at : at + 100]
        text = json.dumps(some)
        name = naming.of_chunk(at, text)
        texts[name] = text
        ids = {"firstId": some[0]["id"], "lastId": some[-1]["id"]}
        listed.append({"name": name, "digest": "", **ids})
    await Storage(world.client).write_chunks(key, texts)
    status = {**item["status"], "historyChunks": listed}
    await world.apply("execution", {**item, "status": status})


@pytest.mark.parametrize(
    ("status", "lost"),
    [
        ({"historyChunks": [{"name": "gone-h-1", "lastId": 2}]}, "history"),
        ({"historyChunks": [{}]}, "history"),
        ({"history": ["[]"]}, "history"),
        ({"history": ["{", "1"]}, "history"),
        ({"history": ['{"id": 1, "timestamp": "today"}']}, "history"),
        ({"record": "{"}, "record"),
        ({"record": "null"}, "record"),
        ({"outputRef": {"name": "gone-e-1"}}, "output"),
    ],
    ids=str,
)
async def test_what_is_damaged_is_left_out(tmp_path, status, lost):
    """Who deletes a part of a run keeps neither its object for ever, nor the rest out."""
    url = f"sqlite:///{tmp_path}/archive.db"
    async with archived_world(url) as (world, archive):
        await world.apply("execution", an_end("odd", **status))
        await world.apply("execution", an_end("good"))
        await archive.work()
        found = {row.name: row.uid for row in rows(url)}
        assert found.keys() == {"odd", "good"}
        read = bundle(url, found["odd"])
        assert (read.main.record, read.main.events) == (None, ())
        assert f"{lost} of odd: " in read.missing[0]


async def test_what_is_too_large_to_read_is_archived_without_its_history(archive_url):
    """How much is held in memory is bounded, whatever a tenant has stored."""
    async with archived_world(archive_url) as (world, archive):
        archive.writer._reader.most = 10_000
        item = await world.apply("execution", an_end("long"))
        line = {"id": 1, "input": "x" * 6000}
        await chunked(world, item, [line] * 500)
        await archive.work()
        read = bundle(archive_url, item["metadata"]["uid"])
        assert read.main.events == ()
        assert "history of long: it is larger than what is read" in read.missing[0]


async def test_an_api_server_that_does_not_answer_is_asked_again(archive_url):
    """The run stays in line, and is archived once its parts can be read."""
    async with archived_world(archive_url) as (world, archive):
        await world.apply("execution", an_end("a"))
        await world.until(lambda: not world.reconciler.live)
        world.api.fail("GET", "/executions/a", web.Response(status=503))
        await archive.work()
        assert rows(archive_url) == []
        assert archive.failures == {"unread": 1}
        assert len(archive.queue) == 1
        world.time.pass_(30)
        await archive.work()
        assert len(rows(archive_url)) == 1


async def test_children_that_failed_are_in_the_bundle_of_their_parent(archive_url):
    """As in an exported file: the first of those that did not succeed, and the count of others."""
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    states = {"A": {"Type": "Pass", "End": True}}
    each = {"ItemProcessor": {**processor, "StartAt": "A", "States": states}}
    definition = {"StartAt": "M", "States": {"M": {"Type": "Map", "End": True, **each}}}
    async with archived_world(archive_url) as (world, archive):
        await world.apply("workflow", workflow_object(definition=definition))
        await world.catch_up()
        revision = world.stored("workflow", "orders")["status"]["revision"]
        parent = await world.apply("execution", an_end("all", phase="Failed", revision=revision))
        uid = parent["metadata"]["uid"]
        for n in range(12):
            child = an_end(f"child-{n}", phase="Failed")
            labels = {"asw.dev/parent-uid": uid, "asw.dev/child": str(n)}
            child["metadata"]["labels"] = labels
            world.api.put("/apis/asw.dev/v1alpha1/namespaces/shop/executions", child)
        await archive.work()
        read = bundle(archive_url, uid)
        assert [it.run.name for it in read.children] == [f"child-{n}" for n in range(10)]
        assert read.missing == ("2 more children that did not succeed",)
