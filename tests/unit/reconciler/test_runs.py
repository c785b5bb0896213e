"""Executions run to their end over the fake platform, and cost no more than they must."""

from datetime import timedelta

import pytest

from asw.reconciler.settings import Settings
from tests.support.behaviours import (
    always,
    computed,
    fails,
    in_turn,
    is_lost,
    never_ends,
    returns,
)
from tests.support.builders import chain, fan_out
from tests.support.play import definition, task
from tests.support.world import World


async def test_a_task_costs_two_writes() -> None:
    """One write before the task starts and one with its result: a quick start costs none."""
    world = World()
    world.platform.put_workflow("add", chain("sum"))
    world.platform.functions["sum"] = computed(sum)
    key = world.platform.put_execution("add", [1, 2, 3, 4, 5])
    assert (await world.finish(key)).output == 15
    assert len(world.execution(key).saves) == 2
    assert world.platform.faults.count["start"] == 1
    assert world.types(key) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


async def test_a_slow_task_shows_its_start() -> None:
    """A start is recorded two seconds after it was seen when nothing else is."""
    world = World()
    world.platform.put_workflow("add", chain("slow"))
    world.platform.functions["slow"] = always(returns(1, takes=60))
    key = world.platform.put_execution("add")
    await world.until(lambda: "LambdaFunctionStarted" in world.types(key))
    assert 2 < (world.platform.now() - world.execution(key).created_at).total_seconds() < 3
    await world.finish(key)
    assert len(world.execution(key).saves) == 3


async def test_an_outcome_that_is_only_observed_counts() -> None:
    """A task that does not push is finished by what the platform shows."""
    world = World()
    world.platform.put_workflow("add", chain("quiet"))
    world.platform.functions["quiet"] = always(returns(7, pushes=False))
    key = world.platform.put_execution("add")
    assert (await world.finish(key)).output == 7


async def test_a_chain_keeps_the_order_of_its_states() -> None:
    """Each task gets what the one before returned."""
    world = World()
    world.platform.put_workflow("flow", chain("inc", "inc", "inc"))
    world.platform.functions["inc"] = computed(lambda n: n + 1)
    key = world.platform.put_execution("flow", 0)
    assert (await world.finish(key)).output == 3
    assert [task.command.payload for task in world.platform.tasks.values()] == [0, 1, 2]
    assert len(world.execution(key).saves) == 4


async def test_branches_that_end_together_share_a_write() -> None:
    """Results that arrive while a write is under way are recorded by the next one."""
    world = World()
    world.platform.put_workflow("flow", fan_out("inc", 5))
    world.platform.functions["inc"] = computed(lambda n: n + 1)
    key = world.platform.put_execution("flow", 0)
    assert (await world.finish(key)).output == [1] * 5
    assert world.platform.faults.count["start"] == 1
    assert len(world.execution(key).saves) <= 3


async def test_a_refused_start_is_the_tasks_failure() -> None:
    """A missing function fails its Task, catchably, without waiting for anything."""
    world = World()
    catch = [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "Next": "Sorry"}]
    machine = definition("A", A=task("gone", Catch=catch), Sorry={"Type": "Succeed"})
    world.platform.put_workflow("flow", machine)
    key = world.platform.put_execution("flow")
    outcome = await world.finish(key)
    assert outcome.output["Error"] == "Lambda.ResourceNotFoundException"
    assert world.platform.tasks == {}


async def test_retries_draw_new_ids() -> None:
    """Each try is a start of its own."""
    world = World()
    retry = [{"ErrorEquals": ["Oops"], "IntervalSeconds": 5, "MaxAttempts": 3}]
    world.platform.put_workflow("flow", definition("A", A=task("shaky", Retry=retry)))
    world.platform.functions["shaky"] = in_turn(fails("Oops"), fails("Oops"), returns("ok"))
    key = world.platform.put_execution("flow")
    assert (await world.finish(key)).output == "ok"
    assert [id_.ordinal for id_ in world.platform.tasks] == [1, 2, 3]


async def test_a_vanished_task_is_tried_again_for_free() -> None:
    """A drained node costs the author's Retry nothing."""
    world = World()
    world.platform.put_workflow("flow", chain("work"))
    world.platform.functions["work"] = in_turn(is_lost(), returns("ok"))
    key = world.platform.put_execution("flow")
    assert (await world.finish(key)).output == "ok"
    assert [id_.ordinal for id_ in world.platform.tasks] == [1, 2]


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_what_must_not_repeat_is_started_once(is_forgotten: bool) -> None:
    """Its loss fails the state, also where the platform has forgotten that it was there."""
    world = World()
    world.platform.put_workflow("flow", chain("work"))
    once = is_lost(takes=60, may_repeat=False)
    world.platform.functions["work"] = in_turn(once, returns("again"))
    key = world.platform.put_execution("flow")
    if is_forgotten:
        await world.until(lambda: "may_repeat" in str(world.platform.executions[key].record_text))
        world.platform.lose(next(iter(world.platform.tasks)))
    failure = (await world.finish(key)).failure
    assert failure is not None
    assert failure.error == "Asw.TaskLost"
    assert world.types(key).count("LambdaFunctionScheduled") == 1


async def test_a_seen_task_that_is_gone_is_not_started_twice() -> None:
    """Somebody deletes a task's Job: that start is lost, and the next one has another id."""
    world = World()
    world.platform.put_workflow("flow", chain("work"))
    world.platform.functions["work"] = in_turn(never_ends(), returns("ok"))
    key = world.platform.put_execution("flow")
    await world.until(lambda: len(world.platform.tasks) == 1 and world.platform.now().second >= 1)
    world.platform.lose(next(iter(world.platform.tasks)))
    assert (await world.finish(key)).output == "ok"
    assert [id_.ordinal for id_ in world.platform.tasks] == [2]


async def test_a_slow_echo_starts_nothing_twice() -> None:
    """A start that does not show yet is not repeated at each wake."""
    world = World()
    world.platform.echo = 10
    world.platform.wakes = 3
    world.platform.put_workflow("flow", chain("work"))
    world.platform.functions["work"] = always(returns("ok", takes=12))
    key = world.platform.put_execution("flow")
    await world.finish(key)
    assert world.platform.faults.count["start"] == 1


async def test_a_wait_wakes_by_itself() -> None:
    """Timers need no news from outside."""
    world = World()
    machine = definition("W", W={"Type": "Wait", "Seconds": 3600, "End": True})
    world.platform.put_workflow("flow", machine)
    key = world.platform.put_execution("flow", {"a": None})
    outcome = await world.finish(key)
    assert outcome.output == {"a": None}
    assert outcome.at - world.execution(key).created_at >= timedelta(hours=1)
    assert len(world.execution(key).saves) == 2


async def test_a_finished_execution_leaves_no_worker() -> None:
    """Memory is free again once all is done, and news about it is read once and dropped."""
    world = World()
    world.platform.put_workflow("flow", definition("S", S={"Type": "Succeed"}))
    key = world.platform.put_execution("flow")
    await world.finish(key)
    assert world.reconciler.live == frozenset()
    world.reconciler.wake(key)
    await world.until(lambda: not world.reconciler.live)
    assert len(world.execution(key).saves) == 1


async def test_what_is_asleep_is_read_again_in_the_end() -> None:
    """A stop that nobody reported is found by the resync."""
    world = World(Settings(resync=timedelta(minutes=10)))
    machine = definition("W", W={"Type": "Wait", "Seconds": 99999, "End": True})
    world.platform.put_workflow("flow", machine)
    key = world.platform.put_execution("flow")
    await world.until(lambda: world.execution(key).record is not None)
    listener, world.platform.listener = world.platform.listener, None
    world.platform.delete_execution(key)
    world.platform.listener = listener
    await world.until(lambda: not world.reconciler.live)
