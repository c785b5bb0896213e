"""What the Deployments of warm Functions are kept by, where the API server refuses them."""

from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from asw.platforms.kubernetes.cache.remembered import REMEMBERED_SECONDS
from asw.platforms.kubernetes.pools.manager import REFUSED_SECONDS
from tests.support.kube_objects import function_object
from tests.support.kube_world import kube_world
from tests.unit.platforms.kubernetes.pools.test_warm_tasks import scene

WORDS = "denied by a policy of the cluster"
BROKEN = {"metadata": {"name": "default"}, "spec": {"resources": WORDS}}


@asynccontextmanager
async def refusing(method, part, answer):
    """A world with a warm Function, one request for which had this answer."""
    async with kube_world() as world:
        await world.apply("function", function_object(mode="Warm", warm={"min": 1}))
        status = 200 if "spec" in answer else 403
        world.api.fail(method, part, web.json_response(answer, status=status))
        await world.pools.work()
        yield world


async def told(world):
    """The condition and the trouble, as the Function's status has them."""
    await world.catch_up()
    item = world.stored("function", "sum")
    await world.show("function", item)
    status = item["status"]
    [condition] = [it for it in status["conditions"] if it["type"] == "WarmPods"]
    return condition["status"], status["warm"].get("trouble", "")


@pytest.mark.parametrize(
    ("method", "part", "answer"),
    [
        ("GET", "taskdefaults", BROKEN),
        ("POST", "secrets", {"message": WORDS}),
        ("POST", "deployments", {"message": WORDS}),
    ],
)
async def test_a_refusal_is_told_and_not_repeated_each_second(method, part, answer):
    """Whatever is refused, the Function says so; the next attempt is half a minute off."""
    async with refusing(method, part, answer) as world:
        condition, trouble = await told(world)
        assert condition == "False"
        assert part in trouble.lower() or WORDS in trouble
        before = len(world.api.requests)
        await world.pools.work()
        assert len(world.api.requests) == before
        world.time.pass_(REFUSED_SECONDS + 1)
        await world.pools.work()
        assert world.api.named("/deployments/")
        assert (await told(world))[1] == ""


async def test_a_refused_function_that_was_changed_is_looked_at_at_once():
    """Whoever removed the reason does not wait."""
    async with refusing("GET", "taskdefaults", BROKEN) as world:
        item = function_object(mode="Warm", warm={"min": 1}, env=[{"name": "A", "value": "1"}])
        item["metadata"]["generation"] = 2
        await world.apply("function", item)
        await world.pools.work()
        assert world.api.named("/deployments/")


async def test_pods_that_serve_all_the_same_are_told():
    """Where a change is refused, the pods from before it go on, and nobody is told of Jobs."""
    async with scene() as it:
        await it.pod()
        it.world.api.fail("GET", "taskdefaults", web.json_response(BROKEN))
        it.world.time.pass_(REMEMBERED_SECONDS + 1)
        await it.world.pools.work()
        await told(it.world)
        [warm] = [
            condition
            for condition in it.world.stored("function", "sum")["status"]["conditions"]
            if condition["type"] == "WarmPods"
        ]
        assert warm["status"] == "False"
        assert warm["message"].endswith("; 1 pods ask for calls meanwhile")
