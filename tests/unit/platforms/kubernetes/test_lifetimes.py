"""What the status refers to is there: whoever held the Lease in between, whatever was read anew."""

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.storage.reading import read_history
from asw.platforms.kubernetes.storage.storage import Storage
from tests.support.kube_objects import (
    KEY,
    UID,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import beside, kube_world

TASK = {"Type": "Task", "Resource": "asw:function:sum"}
LIST = ["x" * 3000, "y" * 3000]
JOB = "order-1-0b2bd0a47c0c"


def each(**fields):
    """A Map over the list that runs one task for each item, one after the other."""
    processor = {"StartAt": "Do", "States": {"Do": {**TASK, "ResultPath": None, "End": True}}}
    given = {"ItemsPath": "$.list", "MaxConcurrency": 1, "ResultPath": None}
    return {"Type": "Map", **given, "ItemProcessor": processor, **fields}


TWICE = {
    "StartAt": "Each",
    "States": {
        "Each": each(Next="Between"),
        "Between": {**TASK, "ResultPath": None, "Next": "Again"},
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "Stop"}],
            "Default": "Each",
        },
        "Stop": {"Type": "Succeed"},
    },
}


def after_many(count):
    """A task gives the list, so many events seal it, then a Map runs over it."""
    states = {"Fetch": {**TASK, "ResultPath": "$.list", "Next": "P0"}}
    for number in range(count):
        after = f"P{number + 1}" if number + 1 < count else "Hold"
        states[f"P{number}"] = {"Type": "Pass", "Next": after}
    hold = {**TASK, "ResultPath": None, "Next": "Each"}
    tail = {**TASK, "End": True}
    return {
        "StartAt": "Fetch",
        "States": {**states, "Hold": hold, "Each": each(Next="Tail"), "Tail": tail},
    }


async def begun(world, definition, value):
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object(definition=definition))
    await world.apply("execution", execution_object(input=value))


async def finish(world, ordinal, output=None):
    await world.until(lambda: world.api.named(f"/jobs/{JOB}-{ordinal}"))
    fact = TaskSucceeded(task_id=TaskId(UID, ordinal), at=world.time.now, output=output)
    return await world.inbox.deliver(fact)


def pages(world):
    return {page["name"] for page in world.status.get("pages", ())}


def stored(world):
    return {item["metadata"]["name"] for item in world.api.named("/configmaps/")}


async def test_who_gets_the_lease_again_deletes_nothing_that_came_back():
    """A, B, A: what was garbage to A, and is needed again under B, survives A's next sweep."""
    async with kube_world() as first:
        await begun(first, TWICE, {"list": LIST})
        await finish(first, 1)
        await finish(first, 2)
        await first.until(lambda: "Between" in first.status.get("states", ""))
        first.succession.stand_down()
        async with beside(first) as second:
            await second.begin()
            await finish(second, 3)
            await second.until(lambda: "Do" in second.status.get("states", ""))
        await first.succession.take_over()
        await first.sweeper.sweep()
        assert pages(first)
        assert pages(first) <= stored(first)
        first.reconciler.reload(KEY)
        await finish(first, 4)
        await first.until(lambda: first.api.named(f"/jobs/{JOB}-5"))
        assert first.status["phase"] == "Running"


async def test_a_page_that_was_dropped_is_called_otherwise_when_it_comes_back():
    """A deletion that is late by any time hits nothing that is referred to."""
    async with kube_world() as world:
        await begun(world, TWICE, {"list": LIST})
        await finish(world, 1)
        before = pages(world)
        await finish(world, 2)
        await finish(world, 3)
        await world.until(lambda: "Do" in world.status.get("states", "") and pages(world))
        assert before.isdisjoint(pages(world))


async def test_sealed_history_outlives_its_values_in_the_record():
    """A value that the history shows stays though it is read anew, needed again and given up."""
    async with kube_world() as world:
        await begun(world, after_many(60), {})
        await finish(world, 1, LIST)
        await world.until(lambda: "Hold" in world.status.get("states", ""))
        assert world.status["historyChunks"]
        world.reconciler.reload(KEY)
        await finish(world, 2)
        await finish(world, 3, 1)
        await finish(world, 4, 2)
        await world.until(lambda: "Tail" in world.status.get("states", ""))
        await world.sweeper.sweep()
        found = await read_history(Storage(world.client), KEY, world.status)
        assert sum(event.details.get("output") == LIST for event in found) > 0


async def test_a_large_output_is_one_object():
    """Record and history share it: no step takes a write more for a value that is new."""
    async with kube_world() as world:
        await begun(world, after_many(1), {})
        await finish(world, 1, LIST)
        await world.until(lambda: "Hold" in world.status.get("states", ""))
        assert sum(item["data"].get("value") == _text(LIST) for item in _maps(world)) == 1


def _maps(world):
    return world.api.named("/configmaps/")


def _text(value):
    return '["{}","{}"]'.format(*value)
