"""Limits hold across a change of the holder: what runs has its slot before anything starts."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.reconciler.scheduler import Limits
from asw.reconciler.settings import Settings
from tests.support.kube_objects import execution_object, function_object, workflow_object
from tests.support.kube_world import PATHS, Build, Time, a_process, beside, kube_world

ONE = Build(settings=Settings(limits=Limits(active=1)))
TWO = Build(settings=Settings(limits=Limits(active=2)))


def uid_of(number):
    return f"{number:08x}-0000-4000-8000-000000000000"


def run(number):
    """The n-th of many executions; they are listed by their number."""
    item = execution_object()
    item["metadata"] |= {"name": f"e{number:02}", "uid": uid_of(number)}
    return item


@asynccontextmanager
async def two_that_run(waiting):
    """A holder under which the last two of the list run, as many as may, and others wait."""
    async with kube_world(TWO) as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        for number in (waiting, waiting + 1):
            await world.apply("execution", run(number))
        await world.until(lambda: len(world.api.named("/jobs/")) == 2)
        for number in range(waiting):
            await world.apply("execution", run(number))
        await world.until(lambda: world.reconciler.waiting_tasks == waiting)
        world.succession.stand_down()
        yield world


async def settled(world, waiting):
    """What there is once the new holder looked at everything."""
    await world.until(lambda: world.reconciler.waiting_tasks == waiting)
    return len(world.api.named("/jobs/")), world.reconciler.active_tasks


async def test_tasks_that_run_are_counted_before_any_start():
    """Of a limit of two nothing is left to who comes first in the list."""
    async with two_that_run(20) as world, beside(world) as second:
        await second.begin()
        assert await settled(second, 20) == (2, 2)


async def test_tasks_of_executions_that_no_watch_told_of_are_counted():
    """They began under the holder before, and this replica's watch is behind."""
    async with two_that_run(20) as world, beside(world) as second:
        for kind in ("function", "workflow"):
            for item in world.api.named(f"{PATHS[kind]}/"):
                await second.show(kind, item)
        await second.succession.take_over()
        assert await settled(second, 20) == (2, 2)


async def test_an_execution_that_is_gone_keeps_no_slot():
    """A Job that outlives its Execution for a moment holds up nobody."""
    async with two_that_run(3) as world, beside(world) as second:
        for kind in ("function", "workflow"):
            for item in world.api.named(f"{PATHS[kind]}/"):
                await second.show(kind, item)
        del world.api.objects[f"{PATHS['execution']}/e04"]
        await second.succession.take_over()
        await second.until(lambda: second.reconciler.waiting_tasks == 2)
        assert second.reconciler.active_tasks == 2


async def test_a_slot_is_free_once_its_task_ended():
    """What was taken over is given back like any other."""
    async with two_that_run(3) as world, beside(world) as second:
        await second.begin()
        await settled(second, 3)
        task_id = TaskId(uid_of(3), 1)
        key = second.feed.cache.executions[task_id.execution_uid].key
        place = TaskKey.of(key, task_id)
        assert second.feed.cache.tasks[place].job is not None
        await second.platform.tasks.delete_job(key, task_id)
        second.feed.wake(place)
        await second.until(lambda: second.reconciler.waiting_tasks == 2)
        assert second.reconciler.active_tasks == 2


async def test_tasks_of_another_installation_take_no_slot_of_ours():
    """Once it left the namespace they do, before anything starts, and what waits goes on."""
    theirs = {"shop"}
    build = Build(settings=TWO.settings, may_act=lambda namespace: namespace not in theirs)
    async with two_that_run(3) as world:
        second = a_process(world.api, world.client, Time(world.time.now), build)
        await second.begin()
        assert (second.reconciler.live_count, second.reconciler.active_tasks) == (0, 0)
        await second.succession.take_up(lambda namespace: namespace == "shop", theirs.clear)
        assert await settled(second, 3) == (2, 2)
        await second.reconciler.stop()


@asynccontextmanager
async def a_flow():
    """A holder under which one task may run."""
    async with kube_world(ONE) as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        yield world


def is_asked(world, path_part, verb=""):
    return any(path_part in path and verb in method for method, path in world.api.requests)


@pytest.mark.parametrize("slow", ["/limitranges", "/secrets", "/taskdefaults"])
async def test_a_start_of_an_earlier_term_has_no_slot_in_the_next(slow):
    """What waited for an answer while the Lease was lost and won does not start beside others."""
    async with a_flow() as world:
        released = world.api.hold(slow)
        await world.apply("execution", run(0))
        await world.until(lambda: is_asked(world, slow) and world.reconciler.counters.saves)
        await world.apply("execution", run(1))
        await world.until(lambda: world.reconciler.waiting_tasks == 1)
        world.succession.stand_down()
        await world.succession.take_over()
        released.set()
        await world.until(lambda: world.api.named("/jobs/"))
        await world.until(
            lambda: world.reconciler.waiting_tasks == 1 or len(world.api.named("/jobs/")) > 1
        )
        assert (len(world.api.named("/jobs/")), world.reconciler.active_tasks) == (1, 1)


async def test_a_process_that_ends_starts_nothing_beyond_a_limit():
    """The pass at hand is finished, but what still runs keeps its slot."""
    async with a_flow() as world:
        await world.apply("execution", run(0))
        await world.until(lambda: world.api.named("/jobs/"))
        await world.apply("execution", run(1))
        await world.until(lambda: world.reconciler.counters.saves == 2)
        released = world.api.hold("/executions/e01")
        world.reconciler.reload(world.feed.cache.executions[uid_of(1)].key)
        await world.until(lambda: is_asked(world, "/executions/e01", "GET"))
        stopping = asyncio.create_task(world.reconciler.stop())
        await world.until(lambda: world.reconciler.live_count == 1)
        released.set()
        await stopping
        assert len(world.api.named("/jobs/")) == 1
