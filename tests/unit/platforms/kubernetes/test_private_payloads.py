"""Payloads of a Workflow that says Private: in nothing that the role view shows, and all there."""

import json
from contextlib import asynccontextmanager

import pytest

from asw.engine.facts import TaskFailed, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.retention.orphans import OLD_AFTER, collect_orphans
from asw.platforms.kubernetes.storage.reading import read_history, read_output
from asw.platforms.kubernetes.storage.storage import Storage
from asw.reconciler.deliveries import Delivery
from tests.support.kube_api import collection
from tests.support.kube_objects import (
    KEY,
    UID,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import again, kube_world

WORD = "open-sesame"
PAYLOADS = collection("asw.dev/v1alpha1", "shop", "payloads")
SOURCE = {"payloadRef": {"name": "given", "key": "input"}}
ADD = {"Type": "Task", "Resource": "asw:function:sum", "ResultPath": "$.result"}
ECHO = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
CHAIN = {"StartAt": "One", "States": {"One": {**ADD, "Next": "Two"}, "Two": {**ADD, "End": True}}}


@asynccontextmanager
async def a_world(definition, value, **spec):
    """A world in which a private workflow runs over the value, which lies in a Payload."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        given = {"metadata": {"name": "given"}, "data": {"input": json.dumps(value)}}
        world.api.put(PAYLOADS, given)
        private = {"payloads": "Private", **spec}
        await world.apply("workflow", workflow_object(definition=definition, **private))
        await world.apply("execution", execution_object(inputFrom=SOURCE))
        yield world


async def finish(world, ordinal, output):
    """Push the output of a task, as its pod would."""
    await world.until(lambda: world.api.named(f"-{ordinal}") and world.api.named("/jobs/"))
    fact = TaskSucceeded(task_id=TaskId(UID, ordinal), at=world.time.now, output=output)
    assert await world.inbox.deliver(fact) is Delivery.SAVED


async def ended(world):
    """The phase in which it ended."""
    await world.until(lambda: world.status.get("phase") not in (None, "Running", "Pending"))
    return world.status["phase"]


def shown(world):
    """All that was ever written that ``view`` may read: every body but those of Payloads."""
    sent = zip(world.api.requests, world.api.bodies, strict=True)
    return [
        body.decode()
        for (method, path), body in sent
        if method != "GET" and "/payloads" not in path and "/secrets" not in path
    ]


@pytest.mark.parametrize("value", [WORD, [WORD] * 1000], ids=["small", "large"])
async def test_no_value_is_shown(value):
    """Input, results and output stand in no status, Job or ConfigMap, at no time."""
    async with a_world(CHAIN, {"word": value}) as world:
        await finish(world, 1, {"said": value})
        await finish(world, 2, {"said": value})
        assert await ended(world) == "Succeeded"
        assert [text for text in shown(world) if WORD in text] == []
        assert world.status["payloads"] == "Private"
        assert world.status["outputRef"].keys() == {"name", "digest", "size"}


async def test_all_of_it_can_be_read():
    """Who may read Payloads reads history and output as of any other execution."""
    async with a_world(CHAIN, {"word": WORD}) as world:
        await finish(world, 1, 1)
        await finish(world, 2, 2)
        assert await ended(world) == "Succeeded"
        storage = Storage(world.client)
        history = await read_history(storage, KEY, world.status)
        assert [it.id for it in history] == list(range(1, 13))
        assert history[0].details["input"] == {"word": WORD}
        assert await read_output(storage, KEY, world.status) == {"word": WORD, "result": 2}


async def test_a_task_fetches_its_event():
    """Its token is what shows the event to it."""
    async with a_world(CHAIN, {"word": WORD}) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        assert await world.inbox.event(TaskId(UID, 1)) == json.dumps(
            {"word": WORD}, separators=(",", ":")
        )


async def test_the_cause_of_a_failure_is_a_payload():
    """Status and conditions have the error's name; the cause is in the history."""
    async with a_world(CHAIN, {}) as world:
        await world.until(lambda: world.api.named("/jobs/"))
        task = TaskId(UID, 1)
        fact = TaskFailed(task_id=task, at=world.time.now, error="Denied", cause=f"no {WORD}")
        assert await world.inbox.deliver(fact) is Delivery.SAVED
        assert await ended(world) == "Failed"
        assert [text for text in shown(world) if WORD in text] == []
        assert world.status["error"] == "Denied"
        (last,) = (await read_history(Storage(world.client), KEY, world.status))[-1:]
        assert last.details["cause"] == f"no {WORD}"


async def test_inputs_of_children_are_payloads():
    """A child of a distributed Map has no value in its spec either, and runs as its parent does."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": {"Type": "Pass", "End": True}},
    }
    mapped = {"Type": "Map", "ItemProcessor": processor, "ItemsPath": "$.words", "End": True}
    definition = {"StartAt": "All", "States": {"All": mapped}}
    async with a_world(definition, {"words": [WORD, WORD]}) as world:
        assert await ended(world) == "Succeeded"
        assert [text for text in shown(world) if WORD in text] == []
        assert await read_output(Storage(world.client), KEY, world.status) == [WORD, WORD]
        children = [it for it in world.api.named("/executions/") if "parent" in it["spec"]]
        assert {it["status"]["payloads"] for it in children} == {"Private"}


async def test_what_another_execution_keeps_is_no_input():
    """Whoever may create Executions does not read by the operator's right what a run keeps."""
    async with a_world(CHAIN, {"word": WORD}) as world:
        await finish(world, 1, WORD)
        await world.until(lambda: world.status.get("states") == "Two")
        kept = world.status["pages"][0]["name"]
        await world.apply("workflow", _named("thief", workflow_object(definition=ECHO)))
        thief = execution_object(
            inputFrom={"payloadRef": {"name": kept, "key": "value"}},
            workflowRef={"name": "thief"},
        )
        await world.apply("execution", _named("thief", thief))
        await world.until(lambda: "phase" in world.stored("execution", "thief")["status"])
        status = world.stored("execution", "thief")["status"]
        assert (status["phase"], "data of another execution" in status["cause"]) == ("Failed", True)
        assert [text for text in shown(world) if WORD in text] == []


def _named(name, item):
    return {**item, "metadata": {**item["metadata"], "name": name, "uid": f"uid-of-{name}"}}


async def test_it_stays_private_when_its_workflow_is_not_any_more():
    """What an execution began as, it ends as; another process goes on with it in the same way."""
    async with a_world(CHAIN, {"word": WORD}) as world:
        await finish(world, 1, WORD)
        await world.until(lambda: world.status.get("states") == "Two")
        visible = workflow_object(definition=CHAIN, payloads="Visible")
        visible["metadata"]["generation"] = 2
        await world.apply("workflow", visible)
        async with again(world) as successor:
            for kind, part in (("function", "/functions/"), ("workflow", "/workflows/")):
                for item in world.api.named(part):
                    await successor.show(kind, item)
            for item in world.api.named("/jobs/"):
                await successor.show("job", item)
            await successor.show("execution", world.stored("execution"))
            successor.reconciler.resume_all([KEY])
            await finish(successor, 2, WORD)
            assert await ended(successor) == "Succeeded"
        assert [text for text in shown(world) if WORD in text] == []


async def test_an_execution_of_a_visible_workflow_has_no_payloads():
    """Nobody pays for what was not asked for."""
    async with a_world(CHAIN, {}, payloads="Visible") as world:
        await finish(world, 1, 1)
        await finish(world, 2, 2)
        assert await ended(world) == "Succeeded"
        assert [path for _, path in world.api.writes() if "/payloads" in path] == []
        assert "payloads" not in world.status


async def test_what_is_not_needed_any_more_is_swept():
    """In the end a run holds its history and its output, and the record that names them."""
    async with a_world(CHAIN, {"word": WORD}) as world:
        await finish(world, 1, 1)
        await finish(world, 2, 2)
        assert await ended(world) == "Succeeded"
        world.time.pass_(OLD_AFTER.total_seconds() + 1)
        await collect_orphans(
            world.client, world.platform.cache, world.platform.executions, (None,)
        )
        await world.sweeper.sweep()
        status = world.status
        named = {chunk["name"] for chunk in status["historyChunks"]}
        named |= {page["name"] for page in status["pages"]} | {status["outputRef"]["name"]}
        held = {it["metadata"]["name"] for it in world.api.named("/payloads/")}
        assert held == named | {"given"}
        assert len(await read_history(Storage(world.client), KEY, status)) == 12
