"""Children whose creation reaches the API server only after their parent gave them up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from asw.platforms.kubernetes.port.children import key_of
from asw.platforms.kubernetes.watch.listing import fill_cache
from tests.support.kube_objects import KEY, Object, execution_object, workflow_object
from tests.support.kube_world import PATHS, KubeWorld, again, beside, kube_world

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:bill"
PARENT = f"{PATHS['execution']}/{KEY.name}"
WAIT = {"Type": "Wait", "Seconds": 3600, "End": True}
WAITING = {"StartAt": "W", "States": {"W": WAIT}}


def nested(pattern: str = ".sync:2", **fields: object) -> Object:
    """A definition whose Task starts an execution of ``bill``."""
    resource = f"arn:aws:states:::states:startExecution{pattern}"
    asked = {"StateMachineArn": ARN, "Input": {}}
    task = {"Type": "Task", "Resource": resource, "Parameters": asked, "End": True, **fields}
    return {"StartAt": "Start", "States": {"Start": task}}


def mapped(**fields: object) -> Object:
    """A definition of a distributed Map, whose children wait."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **WAITING,
    }
    each = {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}
    return {"StartAt": "All", "States": {"All": each}}


BOTH = pytest.mark.parametrize("definition", [nested(), mapped()], ids=["nested", "map"])


@asynccontextmanager
async def a_world(definition: Object, items: Sequence[int] = (1,)) -> AsyncIterator[KubeWorld]:
    """An execution of the definition, beside the Workflow ``bill``."""
    async with kube_world() as world:
        bill = workflow_object(definition=WAITING)
        bill["metadata"] |= {"name": "bill", "uid": "wf-bill"}
        await world.apply("workflow", bill)
        await world.apply("workflow", workflow_object(definition=definition))
        await world.apply("execution", execution_object(input=list(items)))
        yield world


def creates(world: KubeWorld) -> int:
    """How often a child was to be created."""
    return world.api.requests.count(("POST", PATHS["execution"]))


def reads(world: KubeWorld) -> int:
    """How often the parent was read."""
    return world.api.requests.count(("GET", PARENT))


def children(world: KubeWorld) -> list[Object]:
    """The children, as they are stored."""
    found = world.api.named("/executions/")
    return [it for it in found if it["metadata"]["name"] != KEY.name]


def phases(world: KubeWorld) -> set[str | None]:
    """How far the children are."""
    return {it.get("status", {}).get("phase") for it in children(world)}


async def edit(world: KubeWorld, name: str, **spec: object) -> None:
    """Somebody edits an Execution."""
    item = world.stored("execution", name)
    metadata = {**item["metadata"], "generation": item["metadata"]["generation"] + 1}
    edited = {**item, "metadata": metadata, "spec": {**item["spec"], **spec}}
    await world.apply("execution", edited)


async def given_up(world: KubeWorld) -> None:
    """The parent is stopped, and is over."""
    await edit(world, KEY.name, stop={})
    await world.until(lambda: world.status["phase"] == "Aborted")


async def deleted(world: KubeWorld) -> None:
    """Somebody deletes the parent."""
    await world.show("execution", world.api.objects.pop(PARENT), "DELETED")


async def is_stopped(world: KubeWorld) -> None:
    """The children end as those that are asked to stop, and nothing of them ran."""
    await world.until(lambda: phases(world) == {"Aborted"}, within=8)
    for child in children(world):
        assert not any("StateEntered" in line for line in child["status"]["history"])


@BOTH
async def test_a_child_that_comes_to_a_successor_is_stopped(definition: Object) -> None:
    """The operator that asked for it died, and its parent is over: it ends before it begins."""
    async with a_world(definition) as world:
        land = world.api.delay_creates("/executions")
        await world.until(lambda: creates(world))
        await given_up(world)
        async with again(world) as successor:
            await successor.begin()
            for child in land():
                await successor.show("execution", child, "ADDED")
            await is_stopped(successor)


@BOTH
async def test_a_child_that_comes_after_its_parent_has_ended_is_stopped(definition: Object) -> None:
    """The same while the operator that asked for it goes on."""
    async with a_world(definition) as world:
        land = world.api.delay_creates("/executions")
        await world.until(lambda: creates(world))
        await given_up(world)
        for child in land():
            await world.show("execution", child, "ADDED")
        await is_stopped(world)


@BOTH
async def test_a_child_that_is_there_before_a_successor_is_stopped(definition: Object) -> None:
    """It came while nobody acted."""
    async with a_world(definition) as world:
        land = world.api.delay_creates("/executions")
        await world.until(lambda: creates(world))
        await given_up(world)
        await world.reconciler.stop()
        land()
        async with again(world) as successor:
            await successor.begin()
            await is_stopped(successor)


async def test_a_child_of_a_branch_that_was_given_up_is_stopped() -> None:
    """The branch beside it failed; its parent goes on by a Catch, and waits for something else."""
    soon = {"Type": "Wait", "Seconds": 5, "Next": "F"}
    failing = {"StartAt": "S", "States": {"S": soon, "F": {"Type": "Fail"}}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "W"}]
    both = {"Type": "Parallel", "Branches": [nested(), failing], "Catch": catch, "End": True}
    definition = {"StartAt": "Both", "States": {"Both": both, "W": WAIT}}
    async with a_world(definition) as world:
        land = world.api.delay_creates("/executions")
        await world.until(lambda: creates(world))

        def has_failed() -> bool:
            world.time.pass_(1)
            world.reconciler.wake(KEY)
            return world.status["currentStates"] == ["W"]

        await world.until(has_failed, within=8)
        for child in land():
            await world.show("execution", child, "ADDED")
        await is_stopped(world)
        assert world.status["phase"] == "Running"


@BOTH
async def test_a_child_that_comes_after_its_parent_was_deleted_is_stopped(
    definition: Object,
) -> None:
    """Nobody will ever read its end."""
    async with a_world(definition) as world:
        land = world.api.delay_creates("/executions")
        await world.until(lambda: creates(world))
        await deleted(world)
        for child in land():
            await world.show("execution", child, "ADDED")
        await is_stopped(world)


async def test_a_child_that_has_begun_outlives_its_parent() -> None:
    """Whoever takes over lets it run."""
    async with a_world(nested()) as world:
        await world.until(lambda: phases(world) == {"Running"})
        await deleted(world)
        async with again(world) as successor:
            await successor.begin()
            (child,) = children(world)
            await edit(successor, child["metadata"]["name"], suspend=True)
            await successor.until(lambda: is_said_to_be_suspended(successor), within=8)
            assert phases(successor) == {"Running"}


@BOTH
async def test_a_late_child_that_is_still_wanted_runs(definition: Object) -> None:
    """It may be shown before its parent asks for it again."""
    async with a_world(definition) as world:
        land = world.api.delay_creates("/executions")
        await world.until(lambda: creates(world))
        async with again(world) as successor:
            for child in land():
                await successor.show("execution", child, "ADDED")
            await successor.begin()
            await successor.until(lambda: phases(successor) == {"Running"}, within=8)
            assert successor.status["phase"] == "Running"


async def test_a_late_child_that_nobody_waits_for_goes_on() -> None:
    """Without .sync, stopping the parent stops no child."""
    async with a_world(nested("")) as world:
        land = world.api.delay_creates("/executions")
        await world.until(lambda: creates(world))
        await given_up(world)
        for child in land():
            await world.show("execution", child, "ADDED")
        await world.until(lambda: phases(world) == {"Running"}, within=8)


async def test_a_child_is_redriven_without_its_parent() -> None:
    """Whoever redrives it wants it, although its parent is over."""
    async with a_world(nested()) as world:
        await world.until(lambda: phases(world) == {"Running"})
        await given_up(world)
        (child,) = children(world)
        await edit(world, child["metadata"]["name"], stop={})
        await world.until(lambda: phases(world) == {"Aborted"})
        (child,) = children(world)
        spec = {name: it for name, it in child["spec"].items() if name != "stop"}
        metadata = {**child["metadata"], "generation": child["metadata"]["generation"] + 1}
        redrive = {**child, "metadata": metadata, "spec": {**spec, "redrive": {"number": 1}}}
        await world.apply("execution", redrive)
        await world.until(lambda: phases(world) == {"Running"}, within=8)
        async with again(world) as successor:
            await successor.begin()
            await edit(successor, child["metadata"]["name"], suspend=True)
            await successor.until(lambda: is_said_to_be_suspended(successor), within=8)
            assert phases(successor) == {"Running"}


def is_said_to_be_suspended(world: KubeWorld) -> bool:
    """Whether the only child was loaded since it was suspended."""
    (child,) = children(world)
    return any(it["reason"] == "Suspended" for it in child["status"]["conditions"])


@BOTH
async def test_a_child_costs_no_read_of_its_parent(definition: Object) -> None:
    """Though a watch shows it before the server answers whoever asked for it."""
    async with a_world(definition) as world:
        released = world.api.hold_answers("/executions")
        await world.until(lambda: children(world))
        before = reads(world)
        await world.show("execution", children(world)[0], "ADDED")
        await world.until(lambda: phases(world) == {"Running"}, within=8)
        released.set()
        (child,) = children(world)
        loads = world.reconciler.counters.loads
        world.reconciler.reload(world.feed.cache.executions[child["metadata"]["uid"]].key)
        await world.until(lambda: world.reconciler.counters.loads > loads)
        assert reads(world) == before


async def test_a_parent_is_read_once_for_all_children_that_were_known_before() -> None:
    """After a change of the holder they are loaded in any order, and it may be the last."""
    async with a_world(mapped(), range(20)) as world:
        await world.until(lambda: creates(world) == 20 and phases(world) == {"Running"})
        async with beside(world) as successor:
            await fill_cache(successor.client, successor.feed, (None,))
            successor.time.pass_(1)
            before, seen = reads(successor), successor.feed.cache.executions
            asked = [successor.platform.children.is_wanted(it.key) for it in seen.values()]
            assert await asyncio.gather(*asked) == [True] * 21
            assert reads(successor) == before + 1


async def test_a_parent_is_read_again_for_a_child_that_was_not_known() -> None:
    """It may have asked for that since."""
    async with a_world(mapped(MaxConcurrency=1, ToleratedFailurePercentage=100), range(2)) as world:
        await world.until(lambda: phases(world) == {"Running"})
        async with beside(world) as successor:
            await fill_cache(successor.client, successor.feed, (None,))
            successor.time.pass_(1)
            (first,) = children(world)
            assert await successor.platform.children.is_wanted(key_of(first))
            await edit(world, first["metadata"]["name"], stop={})
            await world.until(lambda: creates(world) == 2)
            second = max(children(world), key=lambda it: it["spec"]["parent"]["ordinal"])
            await successor.show("execution", second, "ADDED")
            assert await successor.platform.children.is_wanted(key_of(second))
