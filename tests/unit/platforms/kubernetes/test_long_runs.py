"""Runs that reach a limit of AWS end by AWS's errors, within what the API server takes."""

from asw.api.names import PAYLOAD_LIMIT_BYTES
from asw.asl.values import from_text, to_text
from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from tests.support.kube_objects import (
    KEY,
    events_of,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import kube_world

STATUS_BYTES = 32 * 1024
LOOP = {
    "StartAt": "Again",
    "States": {
        "Again": {"Type": "Pass", "Result": "x" * 50, "ResultPath": "$.x", "Next": "Ever"},
        "Ever": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Again"}],
            "Default": "Never",
        },
        "Never": {"Type": "Succeed"},
    },
}
GROW = {
    "StartAt": "Double",
    "States": {
        "Double": {
            "Type": "Pass",
            "Parameters": {"a.$": "States.Format('{}{}', $.a, $.a)"},
            "Next": "Ever",
        },
        "Ever": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "Double"}],
            "Default": "Never",
        },
        "Never": {"Type": "Succeed"},
    },
}


async def test_history_of_25000_events():
    """The last event fails the run; the whole history is there, in few objects, without a gap."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=LOOP))
        await world.apply("execution", execution_object(input={}))
        sizes = []

        def is_over():
            sizes.append(len(to_text(world.status)))
            return world.status.get("phase") == "Failed"

        await world.until(is_over, within=120)
        await world.sweeper.sweep()
        assert world.status["error"] == "States.Runtime"
        assert "25000" in world.status["cause"]
        assert max(sizes) <= STATUS_BYTES
        chunks = {item["metadata"]["name"]: item for item in world.api.named("-h-")}
        listed = [chunk["name"] for chunk in world.status["historyChunks"]]
        assert len(listed) < 60
        assert set(listed) == chunks.keys()
        texts = (chunks[name]["data"]["events"] for name in listed)
        lines = [line for text in texts for line in from_text(text)] + events_of(world.status)
        assert [line["id"] for line in lines] == list(range(1, 25_001))


async def test_output_over_the_limit_ends_the_run_by_name():
    """A Pass whose output grew too large fails as AWS names it, and its status stays small."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=GROW))
        await world.apply("execution", execution_object(input={"a": "0123456789"}))
        await world.until(lambda: world.status.get("phase") == "Failed", within=20)
        assert world.status["error"] == "States.DataLimitExceeded"
        assert len(to_text(world.status)) <= STATUS_BYTES


async def test_result_over_the_limit_is_caught():
    """A Task that returns too much goes where its Catcher says."""
    async with kube_world() as world:
        catch = [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Small"}]
        task = {"Type": "Task", "Resource": "asw:function:sum", "Catch": catch, "End": True}
        small = {"Type": "Pass", "Result": "caught", "End": True}
        definition = {"StartAt": "Add", "States": {"Add": task, "Small": small}}
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object(definition=definition))
        await world.apply("execution", execution_object())
        await world.until(lambda: world.api.named("/jobs/"))
        output = "x" * PAYLOAD_LIMIT_BYTES
        fact = TaskSucceeded(task_id=TaskId(KEY.uid, 1), at=world.time.now, output=output)
        await world.inbox.deliver(fact)
        await world.until(lambda: world.status.get("phase") == "Succeeded")
        assert world.status["output"] == "caught"
