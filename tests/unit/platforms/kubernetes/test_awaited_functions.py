"""A task waits for a Function that is missing or not ready: as long as Executions wait at all."""

from aiohttp.web import json_response

from asw.asl.errors import FUNCTION_NOT_FOUND, NOT_ALLOWED, START_FAILED
from asw.platforms.kubernetes.workflows.functions import LIST_GAP_SECONDS
from tests.support.kube_api import collection
from tests.support.kube_objects import KEY, UID, execution_object, function_object, workflow_object
from tests.support.kube_world import PATHS, again, kube_world

GRACE_SECONDS = 300
MAPS = collection("v1", "shop", "configmaps")
CODE = {"code": {"configMapRef": {"name": "src"}}}
LIST = ("GET", PATHS["function"])


async def waiting(world, function=None):
    """An Execution whose task waits for its Function."""
    if function is not None:
        await world.apply("function", function)
    await world.apply("workflow", workflow_object())
    await world.apply("execution", execution_object())
    await world.until(lambda: world.reconciler._worker(KEY).runner._effects.waits._stuck)


async def test_the_task_starts_as_soon_as_the_function_comes():
    """Other GitOps units may bring it: no Execution is burnt, and no pause is waited for."""
    async with kube_world() as world:
        await waiting(world)
        await world.apply("function", function_object())
        await world.until(lambda: world.api.named("/jobs/"))
        assert world.status["phase"] == "Running"


async def test_the_function_comes_in_the_very_moment_in_which_it_is_missed():
    """Before the refusal is noted: nobody would tell of it a second time."""
    async with kube_world() as world:
        functions = world.platform.functions
        wait = functions.wait

        def and_there_it_is(key, name):
            wait(key, name)
            world.feed.function("ADDED", world.api.put(PATHS["function"], function_object()))

        functions.wait = and_there_it_is
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.api.named("/jobs/"))


async def test_the_task_starts_as_soon_as_the_function_is_ready():
    """Its code may come later, too."""
    async with kube_world() as world:
        await waiting(world, function_object(**CODE))
        world.api.put(MAPS, {"metadata": {"name": "src"}, "data": {"index.py": "pass"}})
        function = world.feed.cache.functions["shop", "sum"]
        await world.platform.readiness.reconcile(function, is_due=True)
        world.feed.function("MODIFIED", world.stored("function", "sum"))
        await world.until(lambda: world.api.named("/jobs/"))


async def test_the_status_says_what_is_waited_for():
    """With the name of the Function, and until when."""
    async with kube_world() as world:
        await waiting(world)
        world.time.pass_(11)
        world.reconciler.wake(KEY)
        await world.until(lambda: "waits to start" in _message(world))
        assert "Function 'sum' does not exist" in _message(world)
        assert "fails 300 s after the Execution was created" in _message(world)


async def test_then_it_fails_by_name():
    """Counted from the creation, so that no restart of the operator makes it longer."""
    async with kube_world() as world:
        await waiting(world)
        world.time.pass_(GRACE_SECONDS - 1)
        async with again(world) as other:
            await other.begin()
            await other.until(lambda: other.platform.functions._awaited)
            assert other.status["phase"] == "Running"
            other.time.pass_(1)
            other.reconciler.retry(KEY)
            await other.until(lambda: other.status["phase"] == "Failed")
            assert other.status["error"] == FUNCTION_NOT_FOUND


async def test_a_function_that_stays_unready_fails_by_its_own_name():
    """The last try is made in earnest: its refusal is what is told."""
    async with kube_world() as world:
        await waiting(world, function_object(**CODE))
        world.time.pass_(GRACE_SECONDS)
        world.reconciler.retry(KEY)
        await world.until(lambda: world.status["phase"] == "Failed")
        assert world.status["error"] == START_FAILED
        assert "'src'" in world.status["cause"]


async def test_what_the_policy_forbids_is_not_waited_for():
    """Nothing that comes makes it right."""
    root = {"securityContext": {"runAsUser": 0}}
    async with kube_world() as world:
        await world.apply("function", function_object(**root))
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == NOT_ALLOWED


async def test_a_job_refused_before_anybody_looked_is_waited_for():
    """Function and Execution come together: whichever is looked at first, it is the same."""
    async with kube_world() as world:
        for verb in ("TRY", "POST"):
            world.api.fail(verb, "/jobs", json_response({"message": "bad limits"}, status=422))
        stored = world.api.put(PATHS["function"], function_object())
        world.feed.function("ADDED", stored)
        await waiting(world)
        await world.show("function", stored)
        assert world.status["phase"] == "Running"


async def test_a_thousand_tasks_list_functions_once():
    """The watch brings it: the server is asked by the first, and again after a while."""
    async with kube_world() as world:
        await waiting(world)
        asked = world.api.requests.count(LIST)
        for _ in range(20):
            world.reconciler.retry(KEY)
            await world.until(lambda: world.platform.functions._awaited)
        assert world.api.requests.count(LIST) == asked == 1
        world.time.pass_(LIST_GAP_SECONDS)
        world.reconciler.retry(KEY)
        await world.until(lambda: world.api.requests.count(LIST) == 2)


async def test_who_is_over_waits_no_more():
    """However many Functions never come, nothing is held for those who are gone."""
    async with kube_world() as world:
        await waiting(world)
        world.feed.forget_execution(UID)
        assert world.platform.functions._awaited == {}
        assert world.platform.functions._waiting == {}


def _message(world):
    conditions = world.status.get("conditions", [])
    return next((it["message"] for it in conditions if it["type"] == "Ready"), "")
