"""Traces of executions: spans are delivered once they are saved, and tasks are told of theirs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.telemetry.delivery import Delivery
from asw.telemetry.span_records import SpanAbout
from asw.telemetry.telling import Telemetry
from asw.telemetry.trace_ids import traceparent
from tests.support.kube_objects import (
    KEY,
    SETTINGS,
    UID,
    Object,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import Build, KubeWorld, again, kube_world

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
TASK = {"Type": "Task", "Resource": "asw:function:sum", "Next": "P"}
TWO = {"StartAt": "T", "States": {"T": TASK, **PASS["States"]}}
TRACED = Build(tasks=replace(SETTINGS, trace_ratio=1.0))


def have_traced(world: KubeWorld, found: list[SpanAbout]) -> None:
    """From now on spans of this process go there."""
    world.platform.teller.open(Telemetry(traces=Delivery("it", found.extend), ratio=1.0))


@asynccontextmanager
async def delivered(world: KubeWorld) -> AsyncIterator[list[SpanAbout]]:
    """Spans that came out, once the block is left."""
    found = list[SpanAbout]()
    have_traced(world, found)
    yield found
    await world.reconciler.stop()  # as the operator does: passes under way still tell
    world.platform.teller.close()


async def run(world: KubeWorld, definition: Object) -> None:
    """Begin it."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object(definition=definition))
    await world.apply("execution", execution_object(input={"a": 1}))


async def report(world: KubeWorld, fact: TaskSucceeded) -> None:
    """The task has its result saved."""
    await world.reconciler.deliver(KEY, fact)


def variables(job: Object) -> dict[str, str]:
    """What the task of the Job finds in its environment, as far as it is literal."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return {it["name"]: it["value"] for it in container["env"] if "value" in it}


async def test_a_run_is_one_trace_with_the_names_by_which_people_know_it() -> None:
    """Its root is the execution."""
    async with kube_world() as world:
        async with delivered(world) as spans:
            await run(world, PASS)
            await world.until(lambda: world.status.get("phase") == "Succeeded")
        assert [it.span.name for it in spans] == ["P", "orders"]
        assert len({it.span.trace_id for it in spans}) == 1
        names = {(it.about.namespace, it.about.workflow, it.about.execution) for it in spans}
        assert names == {("shop", "orders", "order-1")}


async def test_a_task_finds_the_span_of_its_try() -> None:
    """So that what its code traces hangs below it; by the variable that OpenTelemetry reads."""
    async with kube_world(TRACED) as world:
        async with delivered(world) as spans:
            await run(world, TWO)
            await world.until(lambda: world.api.named("/jobs/"))
            (job,) = world.api.named("/jobs/")
            at = world.platform.now()
            await report(world, TaskSucceeded(task_id=TaskId(UID, 1), at=at, output=1))
            await world.until(lambda: world.status.get("phase") == "Succeeded")
        (tried,) = [it.span for it in spans if it.span.name == "T try"]
        told = variables(job)["TRACEPARENT"]
        assert told == f"00-{tried.trace_id:032x}-{tried.id:016x}-01"


async def test_a_task_of_an_express_child_finds_the_span_of_its_try() -> None:
    """The platform knows it by a number of its own, the trace by its ordinal."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    state = {
        "Type": "Map",
        "Items": [1],
        "ItemProcessor": {"ProcessorConfig": config, **TWO},
        "End": True,
    }
    async with kube_world(TRACED) as world:
        await run(world, {"QueryLanguage": "JSONata", "StartAt": "M", "States": {"M": state}})
        await world.until(lambda: world.api.named("/jobs/"))
        (job,) = world.api.named("/jobs/")
        child = job["metadata"]["labels"]["asw.dev/child-uid"]
        assert job["metadata"]["labels"]["asw.dev/task"] != "1"
        assert variables(job)["TRACEPARENT"] == traceparent(child, 0, 1, 1.0)


async def test_without_traces_tasks_are_told_of_none() -> None:
    """The manifest is what it was."""
    async with kube_world() as world:
        await run(world, TWO)
        await world.until(lambda: world.api.named("/jobs/"))
        (job,) = world.api.named("/jobs/")
        assert "TRACEPARENT" not in variables(job)


async def test_another_operator_goes_on_with_the_trace() -> None:
    """What it tells has its parents in what the first one told, and the other way round."""
    found = list[SpanAbout]()
    async with kube_world(TRACED) as world:
        have_traced(world, found)
        await run(world, TWO)
        await world.until(lambda: world.api.named("/jobs/"))
        await world.reconciler.stop()
        world.platform.teller.close()
        async with again(world) as second:
            have_traced(second, found)
            await second.begin()
            at = second.platform.now()
            await report(second, TaskSucceeded(task_id=TaskId(UID, 1), at=at, output=1))
            await second.until(lambda: second.status.get("phase") == "Succeeded")
            await second.reconciler.stop()
            second.platform.teller.close()
    spans = [it.span for it in found]
    assert sorted(it.name for it in spans) == ["P", "T", "T try", "orders", "run", "wait"]
    known = {it.id for it in spans}
    assert [it.name for it in spans if it.parent not in known] == ["orders"]


async def test_traces_cost_no_write() -> None:
    """What is saved is what is saved without them."""
    writes = []
    for has_traces in (False, True):
        async with kube_world() as world:
            if has_traces:
                have_traced(world, [])
            await run(world, PASS)
            await world.until(lambda: world.status.get("phase") == "Succeeded")
            await world.reconciler.stop()
            world.platform.teller.close()
            writes.append(world.api.writes())
    assert writes[0] == writes[1]


async def test_an_execution_that_cannot_begin_is_in_traces() -> None:
    """Whoever looks for failures there must see it."""
    wrong = {"StartAt": "Nowhere", "States": {"P": {"Type": "Pass", "End": True}}}
    async with kube_world() as world:
        async with delivered(world) as spans:
            world.time.pass_(3600)
            await run(world, wrong)
            await world.until(lambda: world.status.get("phase") == "Failed")
        (root,) = [it.span for it in spans]
        assert (root.parent, root.error) == (None, "Asw.InvalidDefinition")


async def test_a_fault_in_tracing_stops_no_execution(caplog: pytest.LogCaptureFixture) -> None:
    """Spans are lost, and the log says so."""

    class Broken(Telemetry):
        def trace(self, *_: object) -> None:
            raise RuntimeError

    async with kube_world() as world:
        world.platform.teller.telemetry = Broken(traces=Delivery("it", list[SpanAbout]().extend))
        await run(world, PASS)
        await world.until(lambda: world.status.get("phase") == "Succeeded")
    assert "lines or spans of an execution are not delivered" in caplog.text
