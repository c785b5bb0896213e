"""Express children of distributed Maps: in memory, at least once, with tasks of the platform."""

from typing import Any

import pytest

from asw.asl.values import Json
from asw.engine.facts import StopRequested
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import ExecutionKey, Unavailable
from tests.support.behaviours import always, computed, fails, never_ends, returns
from tests.support.play import definition, task
from tests.support.world import World

PASS = definition("Double", Double={"Type": "Pass", "End": True})


def express(inner: Json = None, **fields: Json) -> dict[str, Json]:
    """A Map of express children that call ``work``, an end state unless ``Next`` is given."""
    processor = inner or definition("Each", Each=task("work"))
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    state = {"Type": "Map", "ItemProcessor": {"ProcessorConfig": mode, **processor}, **fields}
    return state if "Next" in fields else {**state, "End": True}


def a_world(work: Any = None, **fields: Json) -> World:
    """A world with a Workflow ``flow`` that maps over its input."""
    world = World()
    world.platform.put_workflow("flow", definition("All", All=express(**fields)))
    if work is not None:
        world.platform.functions["work"] = work
    return world


def running(world: World) -> list[TaskId]:
    """The tasks that run."""
    return [id_ for id_, it in world.platform.tasks.items() if it.is_running]


async def test_children_leave_nothing_behind() -> None:
    """Their outputs are the parent's; no execution, no history and no memory is left of them."""
    world = a_world(computed(lambda n: n + 1))
    key = world.platform.put_execution("flow", [1, 2, 3])
    assert (await world.finish(key)).output == [2, 3, 4]
    assert list(world.platform.executions) == [key]
    assert len(world.platform.maps.forgotten) == 3
    assert all(
        world.reconciler.express_child(it.uid) is None for it in world.platform.maps.forgotten
    )


async def test_children_of_control_flow_cost_their_parent_few_writes() -> None:
    """A thousand of them are saved with their parent's, some hundred at a time."""
    world = a_world(inner=PASS)
    key = world.platform.put_execution("flow", list(range(1000)))
    assert (await world.finish(key)).output == list(range(1000))
    assert len(world.execution(key).saves) < 20


async def test_what_express_children_start_is_express() -> None:
    """A Map inside of a child has children in memory, whatever its type says."""
    inner = express()
    inner["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "STANDARD"
    world = a_world(computed(lambda n: -n), inner=definition("In", In=inner))
    key = world.platform.put_execution("flow", [[1, 2], [3]])
    assert (await world.finish(key)).output == [[-1, -2], [-3]]
    assert list(world.platform.executions) == [key]
    assert len(world.platform.maps.forgotten) == 5


async def test_tasks_belong_to_the_execution_that_the_platform_holds() -> None:
    """A child's key names the parent as its owner, so that tasks are found and go with it."""
    owners: list[ExecutionKey | None] = []
    world = a_world(always(returns(1)))
    start = world.platform.start

    async def watched(key: ExecutionKey, tasks: Any) -> Any:
        owners.append(key.owner)
        return await start(key, tasks)

    world.platform.start = watched  # type: ignore[method-assign]
    key = world.platform.put_execution("flow", [1])
    await world.finish(key)
    assert owners == [key]


async def test_a_failed_child_within_tolerance_is_no_failure() -> None:
    """The Map tolerates it, and the others' outputs count."""

    def work(event: Json) -> Any:
        return fails("Oops") if event == 0 else returns(event)

    world = a_world(work, ToleratedFailureCount=1)
    key = world.platform.put_execution("flow", [0, 1, 2])
    assert (await world.finish(key)).status == "SUCCEEDED"


async def test_a_failed_map_ends_its_children_and_their_tasks() -> None:
    """Nobody waits for them any more: no task runs on, nothing stays in memory."""

    def work(event: Json) -> Any:
        return fails("Oops", takes=3) if event == 0 else never_ends()

    world = a_world(work)
    key = world.platform.put_execution("flow", [0, 1, 2])
    assert (await world.finish(key)).status == "FAILED"
    assert running(world) == []
    assert len(world.platform.maps.forgotten) == 3


async def test_stop_ends_children_and_their_tasks() -> None:
    """Who aborts the parent aborts what runs inside of it."""
    world = a_world(always(never_ends()))
    key = world.platform.put_execution("flow", [0, 1])
    await world.until(lambda: len(running(world)) == 2)
    world.platform.stop_execution(key, StopRequested())
    assert (await world.finish(key)).status == "ABORTED"
    assert running(world) == []
    assert len(world.platform.maps.forgotten) == 2


async def test_children_go_with_a_deleted_parent() -> None:
    """Their workers end, and nothing is held of them."""
    world = a_world(always(never_ends()))
    key = world.platform.put_execution("flow", [0, 1])
    await world.until(lambda: len(running(world)) == 2)
    world.platform.delete_execution(key)
    await world.until(lambda: world.is_idle)
    assert len(world.platform.maps.forgotten) == 2


async def test_after_a_crash_a_child_finds_its_task_again() -> None:
    """It runs from the start; the task that runs already does just that work, so it is awaited."""
    world = a_world(always(returns("done", takes=60)))
    key = world.platform.put_execution("flow", [0, 1])
    await world.until(lambda: len(running(world)) == 2)
    world.crash()
    world.restart()
    assert (await world.finish(key)).output == ["done", "done"]
    assert len(world.platform.tasks) == 2


async def test_after_a_crash_a_task_of_other_work_is_not_taken_for_its_own() -> None:
    """Ordinals may fall to other iterations than before: results never change places."""
    inner = definition(
        "In",
        In={
            "Type": "Map",
            "MaxConcurrency": 2,
            "ItemProcessor": definition("Each", Each=task("work")),
            "End": True,
        },
    )

    def work(event: Json) -> Any:
        return returns(event, takes=1 + 7 * (event % 3))

    world = a_world(work, inner=inner)
    items = list(range(6))
    key = world.platform.put_execution("flow", [items])
    await world.until(lambda: len(world.platform.tasks) == 4)
    world.crash()
    world.restart()
    assert (await world.finish(key)).output == [items]


@pytest.mark.parametrize("method", ["save", "start", "prepare", "cancel", "load"])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
async def test_a_crash_loses_no_child(method: str, nth: int) -> None:
    """Wherever the process dies, every item's output is there in the end."""
    world = a_world(computed(lambda n: n * 2), MaxConcurrency=2)
    world.platform.faults.on(method, world.crash, nth=nth)
    key = world.platform.put_execution("flow", [1, 2, 3, 4])
    while not world.execution(key).is_finished:
        await world.until(
            lambda: world.execution(key).is_finished or world.platform.listener is None
        )
        if world.platform.listener is None:
            world.restart()
    assert world.outcome(key).output == [2, 4, 6, 8]


async def test_recorded_children_do_not_run_again() -> None:
    """At least once ends where the parent has recorded the end."""
    seen: list[Json] = []

    def work(event: Json) -> Any:
        seen.append(event)
        return returns(event, takes=1)

    world = a_world(work, MaxConcurrency=1)
    key = world.platform.put_execution("flow", [1, 2, 3])
    await world.until(lambda: len(seen) == 3)
    world.crash()
    world.restart()
    assert (await world.finish(key)).output == [1, 2, 3]
    assert seen == [1, 2, 3]


async def test_a_lost_lease_drops_the_children() -> None:
    """Another replica runs them from then on; this one begins anew when it holds it again."""
    world = a_world(always(returns("done", takes=60)))
    key = world.platform.put_execution("flow", [0])
    await world.until(lambda: len(running(world)) == 1)
    (task_id,) = running(world)
    world.may_act = False
    world.reconciler.stand_down()
    await world.until(lambda: world.is_idle)
    assert world.reconciler.express_child(task_id.execution_uid) is None
    world.may_act = True
    world.reconciler.resume_all([key])
    assert (await world.finish(key)).output == ["done"]
    assert list(world.platform.tasks) == [task_id]


async def test_a_result_for_a_child_that_is_not_up_yet_is_to_be_delivered_again() -> None:
    """After a restart it comes up with its parent: the pusher must try again."""
    world = a_world(always(never_ends()))
    world.platform.put_execution("flow", [0])
    await world.until(lambda: len(running(world)) == 1)
    child = world.reconciler.express_child(running(world)[0].execution_uid)
    assert child is not None
    await world.until(lambda: world.platform.tasks[running(world)[0]].facts)
    (fact,) = world.platform.tasks[running(world)[0]].facts
    assert await world.reconciler.deliver(child, fact) is Delivery.SAVED
    world.crash()
    world.restart()
    with pytest.raises(Unavailable):
        await world.reconciler.deliver(child, fact)
    world.crash()
