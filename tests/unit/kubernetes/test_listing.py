"""The first look fills the cache, and executions resume on what it shows."""

from asw.kubernetes.listing import fill_cache
from tests.support.kube_objects import UID, execution_object, function_object, workflow_object
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
            await fill_cache(second.client, second.feed, ("shop",))
            assert len(second.feed.cache.tasks) == 1
            second.reconciler.resume_all(second.feed.cache.unfinished())
            await second.until(lambda: second.platform.executions.record(UID))
            assert second.api.writes() == []


async def test_finished_executions_are_left_alone():
    """They are known, and cost nothing more."""
    async with kube_world() as world:
        item = execution_object()
        item["status"] = {"phase": "Succeeded", "observedGeneration": 1}
        world.api.put(PATHS["execution"], item)
        await fill_cache(world.client, world.feed, (None,))
        assert not world.reconciler.live
        assert world.feed.cache.unfinished() == []
