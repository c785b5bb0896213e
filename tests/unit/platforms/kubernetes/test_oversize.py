"""What the API server refuses for its size, and parts of an Execution that are not as written."""

import pytest
from aiohttp import web

from tests.support.kube_objects import (
    KEY,
    events_of,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import kube_world

LARGE = {"text": "x" * 5000}
PAUSE = {
    "StartAt": "Pause",
    "States": {"Pause": {"Type": "Wait", "Seconds": 3600, "End": True}},
}


def too_large(status=500, message="etcdserver: request is too large"):
    return web.json_response({"message": message}, status=status)


@pytest.mark.parametrize("times", [1, 2])
async def test_status_that_is_too_large_fails_the_execution(times):
    """It ends by name, with its history; what it was is left where it was last saved."""
    async with kube_world() as world:
        for _ in range(times):
            world.api.fail("PUT", "executions", too_large())
        await world.apply("workflow", workflow_object(definition=PAUSE))
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.RecordTooLarge"
        assert "request is too large" in world.status["cause"]
        types = [line["type"] for line in events_of(world.status)]
        assert types == ["ExecutionStarted", "ExecutionFailed"]


async def test_page_that_is_too_large_fails_the_execution():
    """An object that holds a part of the record counts like the record."""
    async with kube_world() as world:
        refusal = 'ConfigMap "p" is invalid: []: Too long: may not be more than 1048576 bytes'
        world.api.fail("POST", "configmaps", too_large(422, refusal))
        await world.apply("workflow", workflow_object(definition=PAUSE, defaultInput=LARGE))
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.RecordTooLarge"


async def test_job_that_is_too_large_fails_its_task():
    """That is the start of one task, which Catch can take."""
    async with kube_world() as world:
        world.api.fail("POST", "jobs", too_large(413, "Request entity too large"))
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.StartFailed"


@pytest.mark.parametrize("damage", ["removed", "changed"])
async def test_damaged_page_fails_the_execution(damage):
    """A record that can never be read again is no reason to wait for ever."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=PAUSE, defaultInput=LARGE))
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Running")
        (page,) = world.api.named("configmaps")
        if damage == "removed":
            world.api.objects = {k: v for k, v in world.api.objects.items() if v is not page}
        else:
            page["data"]["value"] = "{}"
        world.reconciler.reload(KEY)
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.RecordLost"
        assert page["metadata"]["name"] in world.status["cause"]
        assert events_of(world.status)[0]["type"] == "ExecutionStarted"
