"""suspend and redrive as an Execution's spec and status have them."""

import asyncio
from contextlib import asynccontextmanager
from copy import deepcopy

import pytest

from asw.api.names import fence8, history_chunk_name
from asw.asl.values import to_text
from asw.engine.facts import TaskFailed, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.errors import Damaged
from asw.platforms.kubernetes.tasks.observations import task_id_of
from asw.reconciler.deliveries import Delivery
from tests.support.kube_objects import (
    KEY,
    UID,
    events_of,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import PATHS, kube_world


@asynccontextmanager
async def a_world(**spec):
    """A world with Function, Workflow and an Execution of this spec."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object(**spec))
        yield world


async def patch(world, **spec):
    """What ``kubectl patch`` does."""
    item = deepcopy(world.stored("execution"))
    item["spec"] |= spec
    item["metadata"]["generation"] += 1
    await world.apply("execution", item)


async def end(world, ordinal=1, error=None):
    """A task pushes its outcome."""
    task_id, now = TaskId(UID, ordinal), world.time.now
    await world.until(lambda: world.api.named(f"/jobs/order-1-0b2bd0a47c0c-{ordinal}"))
    fact = TaskSucceeded(task_id=task_id, at=now, output=15)
    if error is not None:
        fact = TaskFailed(task_id=task_id, at=now, error=error, cause="because")
    assert await world.inbox.deliver(fact) is Delivery.SAVED


async def push(world, number):
    """The n-th Job that there is pushes its outcome."""
    task_id = task_id_of(world.api.named("/jobs/")[number])
    fact = TaskSucceeded(task_id=task_id, at=world.time.now, output=15)
    assert await world.inbox.deliver(fact) is Delivery.SAVED


def conditions(world):
    """Status and reason of each condition."""
    return {it["type"]: (it["status"], it["reason"]) for it in world.status["conditions"]}


async def rest(world):
    """Until nobody works."""
    await world.until(lambda: not world.reconciler.live)


async def test_suspended_executions_say_so():
    """Ready is False for that reason while it is so, and the phase stays what it was."""
    async with a_world() as world:
        await world.until(lambda: world.api.named("/jobs/"))
        await patch(world, suspend=True)
        await world.until(lambda: conditions(world)["Ready"] == ("False", "Suspended"))
        assert world.status["phase"] == "Running"
        assert world.status["observedGeneration"] == 2
        writes = len(world.api.writes())
        world.platform.forget(UID)
        world.reconciler.reload(KEY)
        await world.until(lambda: world.platform.executions.record(UID) is not None)
        assert len(world.api.writes()) == writes
        await patch(world, suspend=False)
        await world.until(lambda: conditions(world)["Ready"] == ("False", "Running"))


async def test_suspended_before_its_start_is_pending():
    """It has no record, no history and no task."""
    async with a_world(suspend=True) as world:
        await world.until(lambda: world.status.get("phase") == "Pending")
        assert conditions(world)["Succeeded"] == ("Unknown", "Suspended")
        assert "history" not in world.status
        await patch(world, suspend=False)
        await end(world)
        assert world.status["phase"] == "Succeeded"


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
async def test_children_are_suspended_with_their_parent(kind):
    """What a child runs may end, and nothing follows it until the parent may go on."""
    call = {"Type": "Task", "Resource": "asw:function:sum"}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": "One",
        "States": {"One": {**call, "Next": "Two"}, "Two": {**call, "End": True}},
    }
    state = {"Type": "Map", "ItemProcessor": processor, "End": True}
    definition = {"StartAt": "All", "States": {"All": state}}
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object(definition=definition))
        await world.apply("execution", execution_object(input=[1]))
        await world.until(lambda: len(world.api.named("/jobs/")) == 1)
        await patch(world, suspend=True)
        await world.until(lambda: conditions(world)["Ready"] == ("False", "Suspended"))
        await push(world, 0)
        await asyncio.sleep(0.05)
        assert len(world.api.named("/jobs/")) == 1
        await patch(world, suspend=False)
        await world.until(lambda: len(world.api.named("/jobs/")) == 2)
        await push(world, 1)
        await world.until(lambda: world.status["phase"] == "Succeeded")
        assert world.status["output"] == [15]


async def test_redrive():
    """The status of a redriven one is that of one that runs: nothing is left of the failure."""
    async with a_world() as world:
        await end(world, error="Oops")
        await rest(world)
        history = world.status["history"]
        assert "redriveCount" not in world.status
        await patch(world, redrive={"number": 1})
        await world.until(lambda: world.status["phase"] == "Running")
        assert world.status["redriveCount"] == 1
        assert not {"completionTime", "error", "cause", "output"} & world.status.keys()
        assert conditions(world)["Succeeded"] == ("Unknown", "Running")
        assert "Stalled" not in conditions(world)
        await end(world, ordinal=2)
        assert (world.status["phase"], world.status["output"]) == ("Succeeded", 15)
        assert world.status["redriveCount"] == 1
        assert world.status["history"][: len(history)] == history
        assert events_of(world.status)[len(history)]["type"] == "ExecutionRedriven"


async def test_redrive_is_seen_after_a_restart():
    """One that was asked for while no operator was there is found in the first list."""
    async with a_world() as world:
        await end(world, error="Oops")
        await rest(world)
        item = deepcopy(world.stored("execution"))
        world.platform.forget(UID)
        world.feed.cache.drop_execution(UID)
        await world.show("execution", item, None)
        assert world.feed.cache.unfinished() == []
        assert not world.reconciler.live
        world.feed.cache.drop_execution(UID)
        item["spec"]["redrive"] = {"number": 1}
        item["metadata"]["generation"] = 2
        stored = world.api.put("/apis/asw.dev/v1alpha1/namespaces/shop/executions", item)
        await world.show("execution", stored, None)
        assert world.feed.cache.unfinished() == [KEY]
        await end(world, ordinal=2)
        assert world.status["phase"] == "Succeeded"


async def test_late_news_of_the_end_is_no_end():
    """What a watch shows of the epoch before does not make a redriven Execution finished."""
    async with a_world() as world:
        await end(world, error="Oops")
        await rest(world)
        old = deepcopy(world.stored("execution"))
        await patch(world, redrive={"number": 1})
        await world.until(lambda: not world.feed.cache.executions[UID].is_finished)
        old["metadata"]["generation"] = 2
        await world.show("execution", old)
        assert not world.feed.cache.executions[UID].is_finished
        await world.show("execution", world.stored("execution"))
        assert not world.feed.cache.executions[UID].is_finished
        await end(world, ordinal=2)
        await world.show("execution", old)
        assert world.feed.cache.executions[UID].is_finished


async def test_an_edit_that_a_watch_shows_before_our_write_returns_counts():
    """The answer to a write may be older than what is known by then: it does not undo that."""
    async with a_world() as world:
        await world.until(lambda: world.api.named("/jobs/"))
        written = world.client.replace_status

        async def slow(*arguments, **more):
            answer = await written(*arguments, **more)
            await patch(world, suspend=True)
            return answer

        world.client.replace_status = slow
        await end(world)
        world.client.replace_status = written
        assert world.feed.cache.executions[UID].generation == 2


async def test_refused_redrive():
    """A condition says why; nothing else of the status is touched, and it is said once."""
    async with a_world() as world:
        await end(world)
        await rest(world)
        before = deepcopy(world.status)
        await patch(world, redrive={"number": 3})
        await world.until(lambda: "Redriven" in conditions(world))
        await rest(world)
        refused = world.status["conditions"][-1]
        assert (refused["status"], refused["reason"]) == ("False", "RedriveRefused")
        assert refused["message"] == "redrive 3 is refused: it succeeded; start a new execution"
        for each in before["conditions"]:
            each["observedGeneration"] = 2
        assert world.status["conditions"][:-1] == before.pop("conditions")
        before["observedGeneration"] = 2
        assert {k: v for k, v in world.status.items() if k != "conditions"} == before
        writes = len(world.api.writes())
        await world.show("execution", world.stored("execution"))
        assert not world.reconciler.live
        world.platform.forget(UID)
        world.reconciler.reload(KEY)
        await rest(world)
        assert len(world.api.writes()) == writes
        assert world.feed.cache.unfinished() == []


@pytest.mark.parametrize("is_watched", [True, False])
async def test_an_edit_of_what_is_over_is_observed(is_watched):
    """Tools that wait see the end again: one write says of which generation it is said."""
    async with a_world() as world:
        await end(world, error="Oops")
        await rest(world)
        before, writes = deepcopy(world.status), len(world.api.writes())
        edited = deepcopy(world.stored("execution"))
        edited["spec"]["ttlSecondsAfterFinished"] = 3600
        edited["metadata"]["generation"] = 2
        if is_watched:
            await world.apply("execution", edited)
        else:
            world.api.put(PATHS["execution"], edited)
            await world.show("execution", world.stored("execution"), None)
        await world.until(lambda: world.status["observedGeneration"] == 2)
        await rest(world)
        assert len(world.api.writes()) == writes + 1
        assert {each["observedGeneration"] for each in world.status["conditions"]} == {2}
        for each in (*before["conditions"], before):
            each["observedGeneration"] = 2
        assert world.status == before


async def test_states_that_were_left_are_read_from_the_whole_history():
    """Those of sealed chunks as well as those in the status; a chunk that is gone is an error."""
    async with a_world() as world:
        await end(world)
        await rest(world)
        text = to_text(events_of(world.status))
        name = history_chunk_name(UID, 0, fence8("7"), text)
        await world.platform.executions._storage.write_chunks(KEY, {name: text})
        item = deepcopy(world.stored("execution"))
        chunk = {"name": name, "digest": "d", "firstId": 1, "lastId": 7}
        item["status"] |= {"history": [], "historyChunks": [chunk]}
        await world.apply("execution", item)
        world.platform.forget(UID)
        assert await world.platform.exited_states(KEY) == {"Add"}
        await world.platform.executions._storage.delete(KEY, [name])
        with pytest.raises(Damaged):
            await world.platform.exited_states(KEY)
