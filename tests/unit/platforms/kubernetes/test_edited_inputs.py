"""Inputs that only a policy keeps as they are, where nobody enforces it."""

import pytest

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from tests.support.kube_objects import KEY, UID, execution_object, function_object, workflow_object
from tests.support.kube_world import kube_world

LARGE = {"text": "x" * 200}


@pytest.mark.parametrize(
    "second",
    [{"inputText": "2"}, {"inputFrom": {"configMapRef": {"name": "a", "key": "b"}}}],
    ids=["inputText", "inputFrom"],
)
async def test_two_inputs_are_told_and_nothing_runs(second):
    """A condition names the fields, whatever let the object in."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object(input=1, **second))
        await world.until(lambda: world.stored("execution").get("status", {}).get("phase"))
        assert (world.status["phase"], world.status["error"]) == ("Failed", "Asw.InvalidInput")
        told = {it["type"]: it for it in world.status["conditions"]}
        assert (told["Complete"]["status"], told["Succeeded"]["status"]) == ("True", "False")
        assert "set only one of spec.input, spec.inputText" in told["Succeeded"]["message"]
        assert not world.api.named("/jobs/")
        await world.until(lambda: not world.reconciler.live)


@pytest.mark.parametrize("is_edited", [True, False])
async def test_a_run_goes_on_by_the_input_that_it_had(is_edited):
    """A record that refers to the input in spec is not read with another one in its place."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object(input=LARGE))
        await world.until(lambda: world.api.named("/jobs/"))
        assert "$input" in world.status["record"]
        item = world.stored("execution")
        edited = {"input": {"text": "y" * 200}} if is_edited else {"suspend": False}
        metadata = {**item["metadata"], "generation": 2}
        spec = {**item["spec"], **edited}
        await world.apply("execution", {**item, "metadata": metadata, "spec": spec})
        if is_edited:
            await world.until(lambda: world.status["phase"] == "Failed")
            assert world.status["error"] == "Asw.RecordLost"
            assert "input in spec of shop/order-1 was changed" in world.status["cause"]
            return
        world.platform.forget(UID)
        world.reconciler.reload(KEY)
        await world.until(lambda: world.platform.executions.record(UID) is not None)
        fact = TaskSucceeded(task_id=TaskId(UID, 1), at=world.time.now, output=1)
        assert await world.inbox.deliver(fact) is Delivery.SAVED
        assert world.status["phase"] == "Succeeded"
