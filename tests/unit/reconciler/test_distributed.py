"""Distributed Maps over the fake platform: children, transfers, and what goes wrong with them."""

from datetime import timedelta
from typing import Any

import pytest

from asw.asl.values import Json
from asw.engine.facts import StopRequested
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import Conflict, ExecutionKey, Unavailable
from asw.reconciler.settings import Settings
from tests.support.behaviours import Behaviour, always, computed, fails, never_ends, returns
from tests.support.play import definition, task
from tests.support.world import World

READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
    "Parameters": {"Bucket": "in", "Key": "rows.csv"},
}
WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "out", "Prefix": "p"},
}


def a_map(inner: Json = None, **fields: Json) -> dict[str, Json]:
    """A distributed Map, an end state unless ``Next`` is given, that calls ``work`` for items."""
    processor = inner or definition("Each", Each=task("work"))
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    state = {"Type": "Map", "ItemProcessor": {"ProcessorConfig": mode, **processor}, **fields}
    return state if "Next" in fields else {**state, "End": True}


def a_world(work: Behaviour, machine: Json = None, settings: Settings | None = None) -> World:
    """A world with a Workflow ``flow`` that maps over its input."""
    world = World(settings)
    world.platform.put_workflow("flow", machine or definition("All", All=a_map()))
    world.platform.functions["work"] = work
    return world


def children(world: World) -> list[ExecutionKey]:
    """The children, in the order in which they were made."""
    return list(world.platform.maps.children.values())


async def test_each_item_is_an_execution_of_its_own() -> None:
    """A child has its own name, history and outcome, and the parent collects the outputs."""
    world = a_world(computed(lambda n: n + 1))
    key = world.platform.put_execution("flow", [1, 2, 3])
    assert (await world.finish(key)).output == [2, 3, 4]
    assert [world.outcome(child).output for child in children(world)] == [2, 3, 4]
    for child in children(world):
        record = world.execution(child).record
        assert record is not None
        assert record.header.workflow_name == "flow/All"
        assert world.types(child)[0] == "ExecutionStarted"
        assert world.types(child)[-1] == "ExecutionSucceeded"
        assert len(world.execution(child).saves) == 2
    assert "TaskStateEntered" not in world.types(key)


async def test_children_within_children() -> None:
    """A child's own distributed Map has children as well."""
    inner = definition("In", In=a_map())
    world = a_world(computed(lambda n: -n), definition("Out", Out=a_map(inner)))
    key = world.platform.put_execution("flow", [[1, 2], [3]])
    assert (await world.finish(key)).output == [[-1, -2], [-3]]
    assert len(children(world)) == 5


async def test_no_more_children_run_than_are_allowed() -> None:
    """MaxConcurrency bounds the children that are not over."""
    most = 0
    world = a_world(always(returns(0, takes=5)), definition("All", All=a_map(MaxConcurrency=2)))

    def watch(_event: Json) -> Any:
        nonlocal most
        most = max(most, sum(not world.execution(it).is_finished for it in children(world)))
        return returns(0, takes=5)

    world.platform.functions["work"] = watch
    key = world.platform.put_execution("flow", [0] * 5)
    assert (await world.finish(key)).output == [0] * 5
    assert most == 2


async def test_ends_that_come_together_share_a_write() -> None:
    """A hundred children cost their parent a few writes, not a hundred."""
    world = a_world(computed(lambda n: n))
    key = world.platform.put_execution("flow", list(range(100)))
    assert (await world.finish(key)).output == list(range(100))
    assert len(world.execution(key).saves) < 10


async def test_passes_keep_a_gap_that_grows_with_the_children() -> None:
    """Ends that come one after the other are brought in several at a time."""
    turns = iter(range(100))

    def work(event: Json) -> Any:
        return returns(event, takes=next(turns) * 0.01)

    world = a_world(work, settings=Settings(pass_gap=timedelta(milliseconds=5)))
    key = world.platform.put_execution("flow", list(range(100)))
    await world.finish(key)
    assert len(world.execution(key).saves) < 40


async def test_a_failed_child_fails_the_map_and_ends_the_others() -> None:
    """Children that nobody waits for any more are aborted, with their tasks."""

    def work(event: Json) -> Any:
        return fails("Oops", takes=3) if event == 0 else never_ends()

    world = a_world(work)
    key = world.platform.put_execution("flow", [0, 1, 2])
    outcome = await world.finish(key)
    assert outcome.failure is not None
    assert outcome.failure.error == "States.ExceedToleratedFailureThreshold"
    statuses = [world.outcome(child).status for child in children(world)]
    assert statuses == ["FAILED", "ABORTED", "ABORTED"]
    assert not any(it.is_running for it in world.platform.tasks.values())


async def test_a_retried_map_has_new_children() -> None:
    """A second try starts over, under new uids, and its parent forgets the first ones."""
    answers = iter([fails("Oops"), never_ends(), returns(1), returns(2)])
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]
    world = a_world(lambda _: next(answers), definition("All", All=a_map(Retry=retry)))
    key = world.platform.put_execution("flow", [0, 0])
    assert (await world.finish(key)).output == [1, 2]
    statuses = [world.outcome(child).status for child in children(world)]
    assert statuses == ["FAILED", "ABORTED", "SUCCEEDED", "SUCCEEDED"]
    record = world.execution(key).record
    assert record is not None
    assert record.cancelling_children == ()


async def test_stop_ends_the_children() -> None:
    """Who aborts an execution aborts its children with it."""
    world = a_world(always(never_ends()))
    key = world.platform.put_execution("flow", [0, 1])
    await world.until(lambda: len(world.platform.tasks) == 2)
    world.platform.stop_execution(key, StopRequested(error="Enough"))
    assert (await world.finish(key)).status == "ABORTED"
    await world.until(lambda: world.is_idle)
    assert [world.outcome(child).status for child in children(world)] == ["ABORTED"] * 2


async def test_a_child_that_is_stopped_is_a_failure_of_its_map() -> None:
    """Somebody aborts one child alone; the tolerated count decides what becomes of the Map."""
    machine = definition("All", All=a_map(ToleratedFailureCount=1))
    world = a_world(always(returns(1, takes=9)), machine)
    key = world.platform.put_execution("flow", [0, 1])
    await world.until(lambda: len(world.platform.tasks) == 2)
    world.platform.stop_execution(children(world)[0], StopRequested())
    assert (await world.finish(key)).status == "SUCCEEDED"


async def test_items_are_read_and_results_written_as_objects() -> None:
    """A reader brings the items, a writer leaves a manifest; both are tasks of the platform."""
    machine = definition("All", All=a_map(ItemReader=READER, ResultWriter=WRITER))
    world = a_world(computed(lambda row: row["n"]), machine)
    world.platform.maps.objects.put("in", "rows.csv", b"n\n1\n2\n")
    key = world.platform.put_execution("flow", {})
    output = (await world.finish(key)).output
    place = output["ResultWriterDetails"]
    assert place["Bucket"] == "out"
    assert ("out", place["Key"]) in world.platform.maps.objects.objects
    assert len(children(world)) == 2


async def test_a_missing_object_fails_the_map() -> None:
    """What the reader says becomes the Map's failure."""
    world = a_world(computed(lambda n: n), definition("All", All=a_map(ItemReader=READER)))
    key = world.platform.put_execution("flow", {})
    outcome = await world.finish(key)
    assert outcome.failure is not None
    assert outcome.failure.error == "States.ItemReaderFailed"


async def test_a_transfer_that_a_crash_cut_off_is_begun_anew() -> None:
    """Reading is repeated until its outcome is stored, and children come once."""
    world = a_world(computed(lambda n: n), definition("All", All=a_map(ItemReader=READER)))
    world.platform.maps.objects.put("in", "rows.csv", b"n\n1\n2\n")
    key = world.platform.put_execution("flow", {})
    await world.until(lambda: len(world.platform.maps.transferred) == 1)
    world.crash()
    world.restart()
    assert (await world.finish(key)).output == [{"n": "1"}, {"n": "2"}]
    assert len(world.platform.maps.transferred) == 2
    assert len(children(world)) == 2


async def test_a_stopped_reader_is_cancelled() -> None:
    """A transfer that nobody waits for any more keeps no worker."""
    world = a_world(computed(lambda n: n), definition("All", All=a_map(ItemReader=READER)))
    world.platform.maps.takes = 1e6
    key = world.platform.put_execution("flow", {})
    await world.until(lambda: len(world.platform.maps.transferred) == 1)
    world.platform.stop_execution(key, StopRequested())
    assert (await world.finish(key)).status == "ABORTED"
    world.platform.maps.crash()


@pytest.mark.parametrize("method", ["save", "start_children", "transfer", "start", "load"])
@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3, 5])
async def test_a_crash_neither_loses_nor_doubles_children(
    method: str, phase: Any, nth: int
) -> None:
    """Wherever the process dies, every item has one child, which runs to its end once."""
    world = a_world(computed(lambda row: row["n"]), definition("All", All=a_map(ItemReader=READER)))
    world.platform.maps.objects.put("in", "rows.csv", b"n\n1\n2\n3\n")
    world.platform.faults.on(method, world.crash, nth=nth, phase=phase)
    key = world.platform.put_execution("flow", {})
    while not world.execution(key).is_finished:
        await world.until(
            lambda: world.execution(key).is_finished or world.platform.listener is None
        )
        if world.platform.listener is None:
            world.restart()
    await world.until(lambda: world.is_idle)
    assert world.outcome(key).output == ["1", "2", "3"]
    assert len(world.platform.executions) == 4
    for child in children(world):
        assert world.types(child).count("ExecutionSucceeded") == 1


async def test_a_crash_between_end_and_cancel_orphans_nobody() -> None:
    """Children of an execution that ended and could not say so are ended by the next process."""
    world = a_world(always(never_ends()))
    key = world.platform.put_execution("flow", [0, 1])
    await world.until(lambda: len(world.platform.tasks) == 2)
    world.platform.faults.on("cancel_children", world.crash)
    world.platform.stop_execution(key, StopRequested())
    await world.until(lambda: world.platform.listener is None)
    assert world.execution(key).is_finished
    world.restart()
    await world.until(lambda: world.is_idle)
    assert [world.outcome(child).status for child in children(world)] == ["ABORTED"] * 2


@pytest.mark.parametrize("error", [Unavailable("503"), Conflict("?")], ids=repr)
@pytest.mark.parametrize("method", ["start_children", "cancel_children", "transfer"])
async def test_what_the_platform_did_not_take_is_made_good(method: str, error: Exception) -> None:
    """Each call is repeated until it is taken."""
    reader = {**READER, "Parameters": {"Bucket": "in", "Key.$": "$.key"}}

    def work(row: Json) -> Any:
        return fails("Oops", takes=1) if row["n"] == "1" else never_ends()

    world = a_world(work, definition("All", All=a_map(ItemReader=reader)))
    world.platform.maps.objects.put("in", "rows.csv", b"n\n1\n2\n")
    world.platform.faults.fail(method, error, times=3)
    key = world.platform.put_execution("flow", {"key": "rows.csv"})
    await world.finish(key)
    statuses = [world.outcome(child).status for child in children(world)]
    assert sorted(statuses) == ["ABORTED", "FAILED"]
    assert world.platform.faults.count[method] > 3


async def test_record_of_a_live_execution_can_be_looked_at() -> None:
    """Whoever shows progress reads what is in memory."""
    world = a_world(always(never_ends()))
    key = world.platform.put_execution("flow", [0])
    assert world.reconciler.record(key) is None
    await world.until(lambda: len(world.platform.tasks) == 1)
    record = world.reconciler.record(key)
    assert record is not None
    assert TaskId(key.uid, 2) in set(record.open_tasks())
