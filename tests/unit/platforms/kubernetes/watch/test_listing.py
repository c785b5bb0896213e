"""The first look fills the cache, and executions resume on what it shows."""

from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from asw.engine.facts import TaskStarted
from asw.platforms.kubernetes.watch.listing import fill_cache, list_tasks, small_ones_first
from asw.reconciler.platform import ExecutionKey
from tests.support.kube_objects import (
    UID,
    a_job,
    a_plan,
    a_pod,
    a_task,
    execution_object,
    function_object,
    running,
    workflow_object,
)
from tests.support.kube_world import PATHS, kube_world


async def test_everything_is_listed_once():
    """Workflows, Functions, Executions and tasks are known before anything is reconciled."""
    async with kube_world() as world:
        world.api.put(PATHS["workflow"], workflow_object())
        world.api.put(PATHS["function"], function_object())
        world.api.put(PATHS["execution"], execution_object())
        await fill_cache(world.client, world.feed, (None,))
        assert set(world.feed.cache.executions) == {UID}
        assert set(world.feed.cache.functions) == {("shop", "sum")}
        assert set(world.feed.cache.workflows) == {("shop", "orders")}
        await world.until(lambda: world.api.named("/jobs/"))


async def test_restart_finds_its_tasks():
    """A second operator takes the Job for the start that the record names: no second one."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.api.named("/jobs/"))
        async with kube_world() as second:
            second.api.objects.update(world.api.objects)
            second.api._versions = world.api._versions
            await second.begin()
            assert len(second.feed.cache.tasks) == 1
            await second.until(lambda: second.platform.executions.record(UID))
            assert second.api.writes() == []


async def test_restart_leaves_tasks_alone_that_run_for_long():
    """A pod is known before its Job is judged: none is taken for a Job that never got one."""
    async with kube_world() as world:
        world.time.pass_(24 * 3600)
        world.api.put(PATHS["job"], a_job())
        world.api.put(PATHS["pod"], a_pod(running()))
        await fill_cache(world.client, world.feed, (None,))
        (seen,) = world.feed.cache.tasks.values()
        assert [type(fact) for fact in seen.facts] == [TaskStarted]


@pytest.mark.parametrize("fill", [fill_cache, list_tasks])
async def test_an_object_that_nobody_understands_keeps_no_other_from_being_seen(fill, caplog):
    """A fault with one of them is told, and that is all."""
    async with kube_world() as world:
        odd = {**a_job(a_plan(task=a_task(2)), uid="odd"), "spec": {}}
        world.api.put(PATHS["job"], odd)
        world.api.put(PATHS["job"], a_job())
        await fill(world.client, world.feed, (None,))
        assert [seen.job.uid for seen in world.feed.cache.tasks.values()] == ["job-1"]
        assert f"Job shop/{odd['metadata']['name']} could not be handled" in caplog.text


async def test_finished_executions_are_left_alone():
    """They are known, and cost nothing more."""
    async with kube_world() as world:
        item = execution_object()
        item["status"] = {"phase": "Succeeded", "observedGeneration": 1}
        world.api.put(PATHS["execution"], item)
        await fill_cache(world.client, world.feed, (None,))
        assert not world.reconciler.live
        assert world.feed.cache.unfinished() == []


RUNS = "/apis/asw.dev/v1alpha1/executions"
PAUSE = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}}


@asynccontextmanager
async def after_a_restart(count):
    """So many executions that wait, and an operator that knows them and did nothing so far."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=PAUSE))
        for number in range(count):
            item = execution_object()
            item["metadata"] |= {"name": f"run-{number}", "uid": f"{number:08}-{UID}"}
            await world.apply("execution", item)
        await world.until(lambda: sum(map(is_running, world.api.named("/executions/"))) == count)
        async with kube_world() as second:
            second.api.objects.update(world.api.objects)
            second.api._versions = world.api._versions
            for item in world.api.named("/executions/"):
                second.feed.cache.put_execution(item)
            yield second


def is_running(item):
    return item["status"].get("phase") == "Running"


async def test_all_are_resumed_from_lists():
    """A few pages serve all of them, without a request for each."""
    async with after_a_restart(130) as second:
        await second.succession.take_over()
        await second.until(lambda: second.reconciler.driven == 130)
        paths = [path for _, path in second.api.requests]
        assert [path for path in paths if path.endswith("/executions")] == [RUNS] * 3
        assert not [path for path in paths if "/executions/" in path]
        assert second.api.writes() == []


def test_namespaces_with_few_executions_do_not_wait_for_one_with_many():
    """Those of small namespaces are resumed at once, so many at most; where all are few, none."""
    many = [ExecutionKey("many", f"m{n}", f"uid-m{n}") for n in range(10_000)]
    few = [ExecutionKey(f"few-{n % 3}", f"f{n}", f"uid-f{n}") for n in range(30)]
    assert set(small_ones_first([*many, *few])) == set(few)
    assert small_ones_first(few) == ()
    each = [ExecutionKey(f"n{n}", "run", f"uid-{n}") for n in range(5000)]
    assert len(small_ones_first([*many, *each])) == 100


async def test_what_cannot_be_listed_is_asked_for():
    """A list that fails costs time, and leaves nobody behind."""
    async with after_a_restart(3) as second:
        for _ in range(3):
            second.api.fail("GET", "/executions", web.Response(status=403))
        await second.succession.take_over()
        await second.until(lambda: second.reconciler.driven == 3)


async def test_what_a_watch_showed_later_is_not_overridden():
    """An older state from a list is not taken for the first load."""
    async with after_a_restart(1) as second:
        (item,) = second.api.named("/executions/")
        older = {**item, "metadata": {**item["metadata"], "generation": 0}}
        second.feed.cache.offer(older)
        assert not second.feed.cache.is_offered([item["metadata"]["uid"]])


async def test_who_took_the_slot_last_is_seen_before_another_begins():
    """The watch of a standby may not have told yet that the holder before let one begin."""
    async with kube_world() as world:
        workflow = workflow_object(definition=PAUSE, concurrency={"limit": 1})
        await world.apply("workflow", workflow)
        slots, keys = world.reconciler.slots, []
        with slots.looking():
            for number in range(2):
                item = execution_object()
                item["metadata"] |= {"name": f"run-{number}", "uid": f"{number:08}-{UID}"}
                await world.apply("execution", item)
                keys.append(world.feed.cache.executions[item["metadata"]["uid"]].key)
            begun = {"phase": "Running", "record": "{}"}
            world.api.put(PATHS["execution"], {**item, "status": begun})
            await world.succession.take_over()
        assert [slots.state_of(key) for key in keys] == ["WAITING", "BEGUN"]
