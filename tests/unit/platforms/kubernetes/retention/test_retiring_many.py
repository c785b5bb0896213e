"""Many executions are past their time: how they go, beside other work and in bad times."""

import asyncio

import pytest
from aiohttp import web

from asw.platforms.kubernetes.client.lanes import LANE
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS
from asw.platforms.kubernetes.retention.pace import FIRST, LEAST, MOST, Pace
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import collection
from tests.support.kube_objects import execution_object, workflow_object
from tests.support.kube_world import KubeWorld, kube_world

RUNS = collection("asw.dev/v1alpha1", "shop", "executions")


async def ended(world: KubeWorld, count: int, per_second: int = 0) -> None:
    """So many executions that are past their time, in the order of their names."""
    world.retirement.pace = Pace(per_second)
    retention = {"succeeded": {"ttlSeconds": 0}}
    await world.apply("workflow", workflow_object(retention=retention))
    for n in range(count):
        item = execution_object()
        item["metadata"] = {"name": f"run-{n:03}", "namespace": "shop"}
        at = f"2026-01-01T11:{n // 60:02}:{n % 60:02}.000Z"
        item["status"] = {"phase": "Succeeded", "completionTime": at, "observedGeneration": 1}
        await world.show("execution", world.api.put(RUNS, item), event=None)
    world.api.requests.clear()


def deletions(world: KubeWorld) -> list[str]:
    """Names of those that were asked for."""
    return [path.rsplit("/", 1)[1] for method, path in world.api.requests if method == "DELETE"]


async def test_each_takes_one_request():
    """What the watch showed is not asked for again; all go in one round, the oldest first."""
    async with kube_world() as world:
        await ended(world, 40)
        await world.retirement.retire()
        assert sorted(world.api.requests) == [("DELETE", f"{RUNS}/run-{n:03}") for n in range(40)]
        assert set(deletions(world)[:FIRST]) == {f"run-{n:03}" for n in range(FIRST)}
        assert not world.api.named("/executions/")


async def test_some_are_under_way_at_a_time():
    """None waits for the one before, and no more are begun than the window allows."""
    async with kube_world() as world:
        await ended(world, 40)
        released = world.api.hold(RUNS)
        retiring = asyncio.create_task(world.retirement.retire())
        await world.until(lambda: len(deletions(world)) == FIRST)
        released.set()
        await retiring
        assert len(deletions(world)) == 40


async def test_other_work_comes_first():
    """While others keep the API server busy one deletion at a time is under way, but one is."""
    async with kube_world() as world:
        await ended(world, 3)
        answered = world.api.hold("/configmaps/")
        asking = [
            asyncio.create_task(world.client.get(CONFIG_MAPS, f"space-{n}", "a"))
            for n in range(MOST)
        ]
        await world.until(lambda: len(world.api.requests) == MOST)
        released = world.api.hold(RUNS)
        retiring = asyncio.create_task(world.retirement.retire())
        await world.until(lambda: len(deletions(world)) == LEAST)
        released.set()
        await retiring
        assert len(deletions(world)) == 3
        answered.set()
        await asyncio.gather(*asking, return_exceptions=True)


async def test_a_namespace_cannot_keep_deletions_waiting():
    """Whoever asks for too much waits in a line of their own: what is over goes all the same."""
    async with kube_world() as world:
        await ended(world, 3)
        answered = world.api.hold("/configmaps/")
        asking = [
            asyncio.create_task(world.client.get(CONFIG_MAPS, "shop", "a")) for _ in range(5 * LANE)
        ]
        await world.until(lambda: len(world.api.requests) == LANE)
        await world.retirement.retire()
        assert not world.api.named("/executions/")
        answered.set()
        await asyncio.gather(*asking, return_exceptions=True)


async def test_a_bound_is_kept():
    """So many in a second, whatever is due."""
    async with kube_world() as world:
        await ended(world, 20, per_second=6)
        await world.retirement.retire()
        await world.retirement.retire()
        assert len(deletions(world)) == 6
        world.time.pass_(0.5)
        await world.retirement.retire()
        assert len(deletions(world)) == 9


async def test_a_server_that_does_not_answer_ends_the_round():
    """The rest is left for the next round, and nothing is forgotten."""
    async with kube_world() as world:
        await ended(world, 40)
        world.api.fail("DELETE", RUNS, web.Response(status=503))
        with pytest.raises(Unavailable):
            await world.retirement.retire()
        assert len(deletions(world)) < 40
        world.time.pass_(60)
        await world.retirement.retire()
        assert not world.api.named("/executions/")


async def test_what_changed_meanwhile_is_looked_at_again():
    """By the version that was seen: an edit that no watch has shown yet keeps it for a moment."""
    async with kube_world() as world:
        await ended(world, 2)
        item = world.api.objects[f"{RUNS}/run-000"]
        edited = world.api.put(RUNS, item)
        await world.retirement.retire()
        assert f"{RUNS}/run-000" in world.api.objects
        await world.show("execution", edited)
        await world.retirement.retire()
        assert f"{RUNS}/run-000" in world.api.objects
        world.time.pass_(5)
        await world.retirement.retire()
        assert not world.api.named("/executions/")


async def test_what_somebody_else_deletes_in_its_turn_is_passed_over():
    """A watch may show that between the moment of its turn and the request."""
    async with kube_world() as world:
        await ended(world, 3)
        gone = world.api.objects.pop(f"{RUNS}/run-001")
        retiring = asyncio.create_task(world.retirement.retire())
        await asyncio.sleep(0)
        await world.show("execution", gone, event="DELETED")
        await retiring
        assert sorted(deletions(world)) == ["run-000", "run-002"]
        assert not world.retirement.pace.window.under_way


async def test_an_end_of_the_process_leaves_nothing_running():
    """Deletions under way are given up with the round."""
    async with kube_world() as world:
        await ended(world, 3)
        released = world.api.hold(RUNS)
        retiring = asyncio.create_task(world.retirement.retire())
        await world.until(lambda: len(deletions(world)) == 3)
        retiring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await retiring
        await world.until(lambda: not world.retirement.pace.window.under_way)
        released.set()


class Archive:
    """Has all but ``lacks``; it was asked ``times``."""

    def __init__(self, *lacks: str) -> None:
        self.is_away = False
        self.lacks = set(lacks)
        self.times = 0
        self.answers = True

    async def lacking(self, ends):
        """See Archive."""
        self.times += 1
        return self.lacks & ends.keys() if self.answers else None


async def test_what_the_archive_lacks_stays():
    """One question for many; what is missing is asked for again, and the rest goes."""
    async with kube_world() as world:
        await ended(world, 40)
        uid = world.api.objects[f"{RUNS}/run-003"]["metadata"]["uid"]
        archive = world.retirement.archive = Archive(uid)
        await world.retirement.retire()
        assert list(world.api.objects) == [
            it for it in world.api.objects if "run-003" in it or RUNS not in it
        ]
        assert archive.times == 1
        archive.lacks.clear()
        await world.retirement.retire()
        assert f"{RUNS}/run-003" in world.api.objects
        world.time.pass_(5)
        await world.retirement.retire()
        assert not world.api.named("/executions/")


@pytest.mark.parametrize("how", ["known to be away", "does not answer"])
async def test_nothing_goes_while_the_archive_is_away(how):
    """Neither what is due nor what is emptied; all of it goes once the archive is back."""
    async with kube_world() as world:
        await ended(world, 3)
        archive = world.retirement.archive = Archive()
        archive.is_away = how == "known to be away"
        archive.answers = archive.is_away
        for _ in range(3):
            await world.retirement.retire()
        assert deletions(world) == []
        archive.is_away, archive.answers = False, True
        world.time.pass_(5)
        await world.retirement.retire()
        assert not world.api.named("/executions/")


async def test_what_is_redriven_after_the_question_stays():
    """It was asked for as it was then; now it runs again."""
    async with kube_world() as world:
        await ended(world, 2)
        archive = world.retirement.archive = Archive()
        asked = archive.lacking

        async def lacking(ends):
            item = world.api.objects[f"{RUNS}/run-001"]
            item = {**item, "spec": {**item["spec"], "redrive": {"number": 1}}}
            world.feed.cache.put_execution(
                {**item, "status": {**item["status"], "phase": "Failed"}}
            )
            return await asked(ends)

        archive.lacking = lacking
        await world.retirement.retire()
        assert deletions(world) == ["run-000"]
