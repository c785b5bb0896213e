"""An Execution that killed the operator twice, on Kubernetes: ended alone, unread if need be."""

import pytest

from asw.asl.errors import STEP_KILLED_OPERATOR
from asw.reconciler.marks import LOADING, SIZE, MarksIn, row_of
from asw.reconciler.turns import Turns
from tests.support.kube_objects import (
    UID,
    events_of,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import Build, kube_world

PAUSE = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}}


def turns_after_deaths(next_event):
    """The turns of a process whose two predecessors died in work on the execution."""
    buffer = bytearray(SIZE)
    for _ in range(2):
        MarksIn(buffer).begin(row_of(UID, next_event))
    return Turns(lambda: 0.0, MarksIn(buffer))


async def test_what_died_while_it_was_read_is_not_read_again():
    """Neither record nor pages nor input are looked at; what is shown of its history stays."""
    async with kube_world(Build(turns=turns_after_deaths(LOADING))) as world:
        item = execution_object(inputFrom={"configMapRef": {"name": "huge", "key": "input"}})
        event = '{"id":1,"previousEventId":0,"timestamp":"t","type":"ExecutionStarted"}'
        status = {"phase": "Running", "record": "{what would kill", "history": [event]}
        item["status"] = status | {"observedGeneration": 1}
        await world.apply("execution", item)
        await world.until(lambda: world.stored("execution")["status"]["phase"] == "Failed")
        status = world.stored("execution")["status"]
        assert status["error"] == STEP_KILLED_OPERATOR
        assert "start a new execution" in status["cause"]
        assert status["history"] == [event]
        assert not [path for _, path in world.api.requests if "configmaps" in path]
        await world.until(lambda: not world.reconciler.live)


async def test_what_died_in_a_step_ends_by_its_record():
    """The record keeps where it stood, so that it may be redriven; nothing of it is stepped."""
    async with kube_world() as first:
        await first.apply("workflow", workflow_object(definition=PAUSE))
        await first.apply("execution", execution_object())
        await first.until(lambda: first.stored("execution")["status"].get("phase") == "Running")
        async with kube_world(Build(turns=turns_after_deaths(next_event=3))) as second:
            second.api.objects.update(first.api.objects)
            second.api._versions = first.api._versions
            await second.show("execution", second.stored("execution"))
            await second.until(lambda: second.stored("execution")["status"]["phase"] == "Failed")
            status = second.stored("execution")["status"]
            assert status["error"] == STEP_KILLED_OPERATOR
            assert "after event 2" in status["cause"]
            assert [line["type"] for line in events_of(status)][-1] == "ExecutionFailed"
            assert "record" in status


@pytest.mark.parametrize("next_event", [LOADING, 3])
async def test_its_tasks_are_cancelled(next_event):
    """What it started ends with it, whether or not its record may be read."""
    async with kube_world() as first:
        await first.apply("function", function_object())
        await first.apply("workflow", workflow_object())
        await first.apply("execution", execution_object())
        await first.until(lambda: first.api.named("/jobs/"))
        (job,) = first.api.named("/jobs/")
        async with kube_world(Build(turns=turns_after_deaths(next_event))) as second:
            second.api.objects.update(first.api.objects)
            second.api._versions = first.api._versions
            await second.show("job", job)
            await second.show("execution", second.stored("execution"))
            await second.until(lambda: not second.api.named("/jobs/"))
            assert second.stored("execution")["status"]["error"] == STEP_KILLED_OPERATOR
