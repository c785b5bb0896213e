"""Executions that Tasks start, over the fake platform: kills, refusals, and no place held."""

from typing import Any

import pytest

from asw.asl.values import Json
from asw.engine.facts import CallbackSucceeded, StopRequested
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from asw.reconciler.scheduler import Limits
from asw.reconciler.settings import Settings
from tests.support.behaviours import always, computed, never_ends, returns
from tests.support.play import definition, task
from tests.support.virtual_time import virtual_now
from tests.support.world import World

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:child"


def a_start(pattern: str = ".sync:2", **request: Json) -> dict[str, Json]:
    """A Task that starts an execution of ``child`` with its own input."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": {"StateMachineArn": ARN, "Input.$": "$", **request},
        "OutputPath": "$.Output" if pattern == ".sync:2" else "$",
        "End": True,
    }


def a_world(work: Any, start: Json, limits: Limits | None = None) -> World:
    """A world in which ``flow`` starts ``child``, which calls ``work``."""
    world = World(Settings(limits=limits or Limits(), jitter_seed=0))
    world.platform.put_workflow("flow", definition("Start", Start=start))
    world.platform.put_workflow("child", definition("Work", Work=task("work")))
    world.platform.functions["work"] = work
    return world


async def test_the_parent_gets_the_childs_output() -> None:
    """The child runs its own Workflow, and its end wakes the parent."""
    world = a_world(computed(lambda n: n + 1), a_start())
    key = world.platform.put_execution("flow", 4)
    assert (await world.finish(key)).output == 5
    assert [it.workflow_name for it in world.platform.executions.values()] == ["flow", "child"]


async def test_a_waiting_parent_holds_no_place() -> None:
    """With one place for tasks, a parent that waits does not keep its child from running."""
    world = a_world(computed(lambda n: n + 1), a_start(), Limits(active=1))
    key = world.platform.put_execution("flow", 4)
    assert (await world.finish(key)).output == 5


@pytest.mark.parametrize("pattern", ["", ".sync:2"])
@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("method", ["save", "start_executions"])
async def test_a_crash_starts_no_second_child(method: str, phase: Any, pattern: str) -> None:
    """Whatever a crash tears, the task has one child in the end."""
    world = a_world(always(returns(7)), a_start(pattern))
    world.platform.faults.on(method, world.crash, nth=1, phase=phase)
    key = world.platform.put_execution("flow", 4)
    await world.until(lambda: world.platform.listener is None)
    world.restart()
    assert (await world.finish(key)).status == "SUCCEEDED"
    assert len(world.platform.nested.started) == 1
    assert len(world.platform.executions) == 2


async def test_a_wrong_request_fails_the_task() -> None:
    """AWS's error, after TaskStarted; no platform is asked."""
    world = a_world(always(returns(7)), a_start(StateMachineArn="child"))
    key = world.platform.put_execution("flow", 4)
    failure = (await world.finish(key)).failure
    assert failure is not None
    assert failure.error == "StepFunctions.InvalidArnException"
    assert world.types(key)[2:5] == ["TaskScheduled", "TaskStarted", "TaskFailed"]


async def test_a_missing_workflow_fails_the_task() -> None:
    """AWS's error, after TaskStarted; nothing waits for the Workflow to appear."""
    world = a_world(always(returns(7)), a_start(StateMachineArn=f"{ARN}x"))
    key = world.platform.put_execution("flow", 4)
    failure = (await world.finish(key)).failure
    assert failure is not None
    assert failure.error == "StepFunctions.StateMachineDoesNotExistException"
    assert world.types(key)[2:5] == ["TaskScheduled", "TaskStarted", "TaskFailed"]


async def test_a_taken_name_fails_the_task() -> None:
    """The second parent that asks for the same name is refused, and the first one is not."""
    world = a_world(always(returns(7)), a_start(Name="one"))
    first = world.platform.put_execution("flow", 4)
    assert (await world.finish(first)).output == 7
    second = world.platform.put_execution("flow", 4)
    failure = (await world.finish(second)).failure
    assert failure is not None
    assert failure.error == "StepFunctions.ExecutionAlreadyExistsException"


async def test_a_stop_stops_the_child() -> None:
    """The stop of the parent is also the child's."""
    world = a_world(always(never_ends()), a_start())
    key = world.platform.put_execution("flow", 4)
    await world.until(lambda: bool(world.platform.tasks))
    world.platform.stop_execution(key, StopRequested())
    assert (await world.finish(key)).status == "ABORTED"
    [child] = world.platform.nested.parents
    assert world.outcome(child).status == "ABORTED"


def a_map(execution_type: str) -> dict[str, Json]:
    """A distributed Map whose children start an execution each."""
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": execution_type}
    processor = {"ProcessorConfig": mode, **definition("Each", Each=a_start())}
    return {"Type": "Map", "ItemProcessor": processor, "End": True}


async def test_children_of_maps_start_executions() -> None:
    """A child of a distributed Map is a parent as any other execution."""
    world = a_world(computed(lambda n: n + 1), a_map("STANDARD"))
    key = world.platform.put_execution("flow", [1, 2])
    assert (await world.finish(key)).output == [2, 3]


async def test_express_children_of_maps_start_none() -> None:
    """They live in memory, so what they started could not be told from what others did."""
    world = a_world(computed(lambda n: n + 1), a_map("EXPRESS"))
    key = world.platform.put_execution("flow", [1, 2])
    assert (await world.finish(key)).status == "FAILED"
    assert world.platform.nested.started == {}


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("method", ["save", "start_executions"])
async def test_a_report_ends_the_task_whatever_a_crash_tears(method: str, phase: Any) -> None:
    """There is one child, its end changes nothing, and the report is the result."""
    world = a_world(always(returns(7)), a_start(".waitForTaskToken"))
    world.platform.faults.on(method, world.crash, nth=1, phase=phase)
    key = world.platform.put_execution("flow", 4)
    await world.until(lambda: world.platform.listener is None)
    world.restart()
    nested = world.platform.nested

    def waits() -> bool:
        ended = [world.execution(it).is_finished for it in nested.parents]
        return ended == [True] and "TaskSubmitted" in world.types(key)

    await world.until(waits)
    report = CallbackSucceeded(task_id=TaskId(key.uid, 1), at=virtual_now(), output="yes")
    assert await world.reconciler.deliver(key, report) is Delivery.SAVED
    assert (await world.finish(key)).output == "yes"
    assert len(nested.started) == 1


async def test_a_stop_leaves_a_child_that_has_the_token() -> None:
    """Nobody waits for its end, so it goes on without its parent."""
    world = a_world(always(never_ends()), a_start(".waitForTaskToken"))
    key = world.platform.put_execution("flow", 4)
    await world.until(lambda: bool(world.platform.tasks))
    world.platform.stop_execution(key, StopRequested())
    await world.until(lambda: world.execution(key).is_finished)
    assert world.outcome(key).status == "ABORTED"
    [child] = world.platform.nested.parents
    assert not world.execution(child).is_finished
