"""Executions whose Workflow, revision or input is not as it should be."""

from dataclasses import replace
from datetime import timedelta

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import WorkflowInvalid, WorkflowMissing
from tests.support.play import definition
from tests.support.world import World

PASS = definition("P", P={"Type": "Pass", "End": True})


async def test_any_order_of_apply_costs_no_extra_write() -> None:
    """A Workflow that comes within a second of its Execution is as good as one that was there."""
    world = World()
    key = world.platform.put_execution("late", 1)
    await world.until(lambda: world.platform.now().microsecond >= 500_000)
    world.platform.put_workflow("late", PASS)
    assert (await world.finish(key)).output == 1
    assert len(world.execution(key).saves) == 1


async def test_a_missing_workflow_is_waited_for_and_named() -> None:
    """The execution says once what it waits for, and starts when it comes."""
    world = World()
    key = world.platform.put_execution("late", 1)
    await world.until(lambda: world.platform.now().minute >= 2)
    waiting = world.execution(key).waiting
    assert waiting is not None
    assert waiting[0] == "WorkflowNotFound"
    assert len(world.execution(key).saves) == 1
    world.platform.put_workflow("late", PASS)
    assert (await world.finish(key)).output == 1


async def test_a_workflow_that_nobody_reports_is_found() -> None:
    """A waiting execution looks again by itself."""
    world = World()
    key = world.platform.put_execution("late", 1)
    await world.until(lambda: world.execution(key).waiting is not None)
    listener, world.platform.listener = world.platform.listener, None
    world.platform.put_workflow("late", PASS)
    world.platform.listener = listener
    await world.finish(key)


async def test_waiting_for_a_workflow_ends() -> None:
    """After five minutes the execution fails by name and its worker is gone."""
    world = World()
    key = world.platform.put_execution("never")
    await world.until(lambda: world.execution(key).is_finished)
    failed = world.execution(key).failed
    assert failed is not None
    assert failed[0] == "Asw.WorkflowNotFound"
    assert world.platform.now() - world.execution(key).created_at < timedelta(seconds=302)
    await world.until(lambda: not world.reconciler.live)


async def test_a_mended_workflow_is_run() -> None:
    """An invalid Workflow keeps its executions waiting, and the reason follows what is wrong."""
    world = World()
    key = world.platform.put_execution("draft", 1)
    await world.until(lambda: world.execution(key).waiting is not None)
    world.platform.put_workflow_state("draft", WorkflowInvalid(problems=("no StartAt",)))
    await world.until(lambda: "no StartAt" in str(world.execution(key).waiting))
    world.platform.put_workflow("draft", PASS)
    assert (await world.finish(key)).output == 1


async def test_a_definition_that_does_not_parse_fails_by_name() -> None:
    """A revision that this version cannot read ends the execution that would begin with it."""
    world = World()
    world.platform.put_workflow("broken", {"StartAt": "Nowhere", "States": {}})
    key = world.platform.put_execution("broken")
    await world.until(lambda: world.execution(key).is_finished)
    failed = world.execution(key).failed
    assert failed is not None
    assert failed[0] == "Asw.InvalidDefinition"
    assert "Nowhere" in failed[1]


async def test_an_input_that_cannot_be_had_fails_at_once() -> None:
    """The sentence about the input becomes the cause."""
    world = World()
    world.platform.put_workflow("flow", PASS)
    key = world.platform.put_execution("flow", input_problem="inputText is not JSON; mend it")
    await world.until(lambda: world.execution(key).is_finished)
    assert world.execution(key).failed == ("Asw.InvalidInput", "inputText is not JSON; mend it")


async def test_a_pinned_revision_is_run() -> None:
    """The user may name a revision other than the current one."""
    world = World()
    old = world.platform.put_workflow("flow", definition("A", A={"Type": "Succeed"}))
    world.platform.put_workflow("flow", definition("B", B={"Type": "Fail", "Error": "New"}))
    key = world.platform.put_execution("flow", 1, revision=old.name)
    assert (await world.finish(key)).status == "SUCCEEDED"
    assert world.execution(key).revision == old.name


async def test_a_pinned_revision_that_is_missing_fails_at_once() -> None:
    """Nobody waits for a revision that cannot come."""
    world = World()
    key = world.platform.put_execution("flow", revision="flow-0")
    await world.until(lambda: world.execution(key).is_finished)
    failed = world.execution(key).failed
    assert failed is not None
    assert failed[0] == "Asw.RevisionLost"


async def test_a_running_execution_keeps_its_revision() -> None:
    """Editing or deleting the Workflow does not touch what runs, a restart included."""
    world = World()
    wait = {"Type": "Wait", "Seconds": 60, "Next": "P"}
    world.platform.put_workflow(
        "flow", definition("W", W=wait, P={"Type": "Pass", "Result": "old", "End": True})
    )
    key = world.platform.put_execution("flow")
    await world.until(lambda: world.execution(key).record is not None)
    world.platform.put_workflow_state("flow", WorkflowMissing())
    world.crash()
    world.restart()
    assert (await world.finish(key)).output == "old"


async def test_a_lost_revision_ends_the_execution_by_name() -> None:
    """An execution whose pinned revision somebody removed is aborted, and says why."""
    world = World()
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    revision = world.platform.put_workflow("flow", definition("W", W=wait))
    key = world.platform.put_execution("flow")
    await world.until(lambda: world.execution(key).record is not None)
    world.crash()
    del world.platform.revisions["default", revision.name]
    world.restart()
    outcome = await world.finish(key)
    assert outcome.status == "ABORTED"
    assert outcome.failure is not None
    assert outcome.failure.error == "Asw.RevisionLost"


async def test_a_report_to_an_execution_that_never_started_is_late() -> None:
    """One that failed before its start has no record, and no tasks."""
    world = World()
    key = world.platform.put_execution("flow", revision="flow-0")
    await world.until(lambda: world.execution(key).is_finished and not world.reconciler.live)
    fact = TaskSucceeded(task_id=TaskId(key.uid, 1), at=world.platform.now(), output=1)
    assert await world.reconciler.deliver(key, fact) is Delivery.LATE
    await world.until(lambda: not world.reconciler.live)


async def test_a_revision_that_this_version_cannot_read_is_waited_for() -> None:
    """A downgraded operator leaves running executions to the next version."""
    world = World()
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    revision = world.platform.put_workflow("flow", definition("W", W=wait))
    key = world.platform.put_execution("flow", 1)
    await world.until(lambda: world.execution(key).record is not None)
    world.crash()
    world.platform.revisions["default", revision.name] = replace(revision, text="{}")
    world.restart()
    await world.until(lambda: world.reconciler.counters.refused == 3)
    world.platform.revisions["default", revision.name] = revision
    assert (await world.finish(key)).output == 1
