"""Logs of tasks of a whole operator are in the archive, however the tasks ended."""

from contextlib import asynccontextmanager
from functools import partial

import pytest

from asw.archive.store import ArchiveStore
from asw.operator.archiving import archiving
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from tests.support.kube_logs import STAMP
from tests.support.kube_objects import (
    KEY,
    UID,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import KubeWorld, again, kube_world
from tests.unit.operator.test_tailing import a_task_of, end_of


@asynccontextmanager
async def kept_in(world: KubeWorld, url: str):
    """An operator with an archive."""
    connection = Connection(server=world.api.url, tls=None, authorization=lambda: "Bearer secret")
    connect = partial(KubeClient, connection)
    made = archiving(url, world.feed.cache, connect, lambda _: True, world.time.monotonic)
    departures = world.platform.tasks.departures
    departures.tails, departures.wake = made.tailing, world.feed.wake
    world.retirement.archive = made
    try:
        await made.tailing.work()
        yield made
    finally:
        await made.close()


def tails(url: str):
    """What the archive has of the run."""
    store = ArchiveStore(url)
    try:
        return store.tails.of_run("shop", UID, wanted={}, after=None)[0]
    finally:
        store.close()


async def begun(world: KubeWorld, **spec):
    """An Execution whose task runs and printed something; its Job, and its pod."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object(**spec))
    await world.apply("execution", execution_object())
    await world.until(lambda: world.api.named("/jobs/"))
    (job,) = world.api.named("/jobs/")
    _, pod = a_task_of()
    pod["metadata"]["ownerReferences"][0]["uid"] = job["metadata"]["uid"]
    await world.show("job", job)
    await world.show("pod", pod)
    world.api.logs.put(pod["metadata"]["name"], b"working\n" * 10)
    return job, pod


TIMING_OUT = {
    "definition": {
        "StartAt": "Add",
        "States": {
            "Add": {
                "Type": "Task",
                "Resource": "asw:function:sum",
                "TimeoutSeconds": 2,
                "End": True,
            }
        },
    }
}


@pytest.mark.parametrize("how", ["timeout", "stop"])
async def test_the_log_of_a_task_that_was_ended_is_there(archive_url, how):
    """Timed out or stopped: its Job goes, the run ends, and what it printed stays."""
    async with kube_world() as world, kept_in(world, archive_url) as archive:
        await begun(world, **(TIMING_OUT if how == "timeout" else {}))
        if how == "timeout":
            await world.until(lambda: "startTime" in world.status)
            world.time.pass_(3)
            world.reconciler.wake(KEY)
        else:
            item = world.stored("execution")
            changed = {**item["metadata"], "generation": 2}
            spec = {**item["spec"], "stop": {}}
            await world.apply("execution", {**item, "metadata": changed, "spec": spec})
        await world.until(lambda: not world.api.named("/jobs/"))
        await world.until(lambda: world.status.get("phase") in ("Failed", "TimedOut", "Aborted"))
        assert archive.tailing.kept == 1
        (row,) = tails(archive_url)
        assert row.content == (STAMP + b"working\n") * 10
        assert (row.state, row.is_cut, row.lost) == ("Add", False, "")


async def test_a_crash_after_the_row_costs_nothing(archive_url):
    """Rows are written before anything is removed: whoever comes next finds them."""
    async with kube_world() as world:
        async with kept_in(world, archive_url) as archive:
            _, pod = await begun(world)
            await world.show("pod", end_of(pod))
            await archive.tailing.work()
            await world.until(lambda: archive.tailing.kept == 1)
        asked = len(world.api.logs.asked)
        async with again(world) as successor, kept_in(successor, archive_url) as archive:
            await successor.begin()
            await archive.tailing.work()
            assert len(successor.api.logs.asked) == asked
        assert len(tails(archive_url)) == 1
