"""Lines of executions: what the Workflow asks for is delivered once it is saved."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from asw.telemetry.delivery import Delivery
from asw.telemetry.destinations import standard_output
from asw.telemetry.telling import Telemetry
from tests.support.kube_objects import Object, execution_object, workflow_object
from tests.support.kube_world import KubeWorld, kube_world

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "No", "Cause": "because"}}}


@asynccontextmanager
async def delivered(world: KubeWorld) -> AsyncIterator[list[Object]]:
    """Lines that came out, once the block is left."""
    stream, found = io.BytesIO(), list[Object]()
    world.platform.teller.open(Telemetry(output=Delivery("it", standard_output(stream))))
    yield found
    await world.reconciler.stop()  # as the operator does: passes under way still tell
    world.platform.teller.close()
    found += map(json.loads, stream.getvalue().splitlines())


async def over(world: KubeWorld, phase: str, **spec: object) -> None:
    """Run it to its end."""
    await world.apply("workflow", workflow_object(**spec))
    await world.apply("execution", execution_object(input={"a": 1}))
    await world.until(lambda: world.status.get("phase") == phase)


async def test_all_events_of_a_run_are_delivered_in_order() -> None:
    """With the names by which people know it."""
    async with kube_world() as world:
        async with delivered(world) as lines:
            logging = {"level": "ALL", "includeExecutionData": True}
            await over(world, "Succeeded", definition=PASS, logging=logging)
        assert [it["type"] for it in lines] == [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded",
        ]
        assert lines[0]["details"]["input"] == '{"a":1}'
        assert {(it["namespace"], it["workflow"], it["execution"]) for it in lines} == {
            ("shop", "orders", "order-1")
        }
        assert {it["execution_arn"] for it in lines} == {lines[0]["execution_arn"]}


async def test_failures_alone_can_be_asked_for() -> None:
    """Without data by default."""
    async with kube_world() as world:
        async with delivered(world) as lines:
            await over(world, "Failed", definition=FAIL, logging={"level": "ERROR"})
        assert [it["type"] for it in lines] == ["FailStateEntered", "ExecutionFailed"]
        assert lines[-1]["details"] == {"error": "No"}


async def test_a_workflow_that_asks_for_nothing_gets_nothing() -> None:
    """As at AWS."""
    async with kube_world() as world:
        async with delivered(world) as lines:
            await over(world, "Succeeded", definition=PASS)
        assert lines == []


async def test_express_children_are_told_of() -> None:
    """They have no history of their own; lines are all that is left of them."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    processor = {"ProcessorConfig": config, **FAIL}
    state = {
        "Type": "Map",
        "Items": [1],
        "ItemProcessor": processor,
        "ToleratedFailurePercentage": 100,
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "M", "States": {"M": state}}
    async with kube_world() as world:
        async with delivered(world) as lines:
            await over(world, "Succeeded", definition=definition, logging={"level": "FATAL"})
        (line,) = lines
        assert line["type"] == "ExecutionFailed"
        assert line["execution"] == "order-1"
        assert line["execution_arn"] != world.status.get("executionArn")


async def test_an_execution_that_cannot_begin_is_told_of() -> None:
    """It has no history, yet whoever watches for failures must see it."""
    wrong = {"StartAt": "Nowhere", "States": {"P": {"Type": "Pass", "End": True}}}
    async with kube_world() as world:
        async with delivered(world) as lines:
            world.time.pass_(3600)
            await over(world, "Failed", definition=wrong, logging={"level": "FATAL"})
        (line,) = lines
        assert line["type"] == "ExecutionFailed"
        assert line["details"] == {"error": "Asw.InvalidDefinition"}


async def test_a_fault_in_telling_stops_no_execution(caplog: pytest.LogCaptureFixture) -> None:
    """Lines are lost, and the log says so."""

    class Broken(Telemetry):
        def take(self, *_: object) -> None:
            raise RuntimeError

    async with kube_world() as world:
        output = Delivery("it", standard_output(io.BytesIO()))
        world.platform.teller.telemetry = Broken(output=output)
        await over(world, "Succeeded", definition=PASS, logging={"level": "ALL"})
    assert "lines or spans of an execution are not delivered" in caplog.text
