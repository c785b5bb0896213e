"""``spec.concurrency`` with executions that run, crash and come again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asw.api.workflow import Concurrency
from asw.engine.facts import StopRequested
from asw.reconciler.platform import Conflict, ExecutionKey, Redrive, Unavailable
from tests.support.behaviours import fails, in_turn, returns
from tests.support.play import definition, task
from tests.support.virtual_time import VirtualTimeLoop
from tests.support.world import World

WAIT = definition("W", W={"Type": "Wait", "Seconds": 60, "End": True})
FLOW = "flow"


def limited(**limit: Any) -> World:
    """A world with a Workflow that takes a minute."""
    world = World()
    world.platform.put_workflow(FLOW, WAIT)
    world.platform.limit_workflow(FLOW, Concurrency.model_validate(limit))
    return world


def running(world: World) -> list[ExecutionKey]:
    """Who has begun and is not over."""
    executions = world.platform.executions.items()
    return [key for key, it in executions if it.record is not None and not it.is_finished]


async def test_executions_wait_in_the_order_of_creation() -> None:
    """At most ``limit`` run; the others are Pending, say so once, and follow in their order."""
    world = limited(limit=2)
    keys = [world.platform.put_execution(FLOW) for _ in range(5)]
    await world.until(lambda: world.platform.now().second >= 30)
    assert running(world) == keys[:2]
    assert world.execution(keys[4]).waiting == (
        "WaitingForSlot",
        (
            "when it began to wait, 2 of 2 slots of Workflow 'flow' were taken, 2 before this one; "
            "it starts when its turn comes, in the order of creation"
        ),
    )
    began = []
    for key in keys:
        await world.finish(key) if key == keys[4] else await world.until(
            lambda key=key: world.execution(key).is_finished
        )
        record = world.execution(key).record
        assert record is not None
        began.append(record.header.started_at)
    assert began == sorted(began)
    assert began[4] - began[0] >= timedelta(seconds=120)
    assert [len(world.execution(key).saves) for key in keys] == [2, 2, 3, 3, 3]


async def test_waiting_costs_no_passes() -> None:
    """Nobody polls for a slot: who waits is looked at when it begins to wait, and when it may."""
    world = limited(limit=1)
    world.platform.put_execution(FLOW)
    key = world.platform.put_execution(FLOW)
    await world.until(lambda: world.execution(key).waiting is not None)
    passes = world.reconciler.counters.passes
    await asyncio.sleep(50)
    assert world.reconciler.counters.passes == passes
    await world.finish(key)


async def test_a_raised_limit_lets_waiting_ones_go_at_once() -> None:
    """The Workflow's current spec counts, not the one at their creation."""
    world = limited(limit=1)
    keys = [world.platform.put_execution(FLOW) for _ in range(3)]
    await world.until(lambda: world.platform.now().second >= 10)
    world.platform.limit_workflow(FLOW, Concurrency(limit=2))
    await asyncio.sleep(1)
    assert running(world) == keys[:2]
    world.platform.limit_workflow(FLOW, None)
    await asyncio.sleep(1)
    assert running(world) == keys


async def test_forbid_fails_the_second_before_its_start() -> None:
    """Two start in the same instant: one runs, one fails and names the other."""
    world = limited(policy="Forbid")
    first, second = (world.platform.put_execution(FLOW) for _ in range(2))
    await world.until(lambda: world.execution(second).is_finished)
    failed = world.execution(second).failed
    assert failed is not None
    assert failed[0] == "Asw.ConcurrencyForbidden"
    assert "'run-1'" in failed[1]
    assert (await world.finish(first)).status == "SUCCEEDED"


async def test_replace_aborts_the_oldest_and_then_starts() -> None:
    """The old one ends as if stopped, with the successor's name; only then the new one begins."""
    world = limited(policy="Replace")
    old = world.platform.put_execution(FLOW)
    await world.until(lambda: running(world) == [old])
    new = world.platform.put_execution(FLOW)
    await world.until(lambda: running(world) == [new])
    outcome = world.outcome(old)
    assert outcome.status == "ABORTED"
    assert outcome.failure is not None
    assert outcome.failure.error == "Asw.Replaced"
    assert "'run-2'" in (outcome.failure.cause or "")
    assert world.types(old)[-1] == "ExecutionAborted"
    record = world.execution(new).record
    assert record is not None
    assert record.header.started_at >= outcome.at


async def test_a_second_one_of_the_same_name_fails_before_its_start() -> None:
    """Public names are unique among the executions of a Workflow that are not over."""
    world = limited()
    first = world.platform.put_execution(FLOW, name="order")
    second = world.platform.put_execution(FLOW, name="order")
    await world.until(lambda: world.execution(second).is_finished)
    failed = world.execution(second).failed
    assert failed is not None
    assert failed[0] == "Asw.ExecutionAlreadyExists"
    await world.finish(first)
    third = world.platform.put_execution(FLOW, name="order")
    assert (await world.finish(third)).status == "SUCCEEDED"


async def test_stopping_one_that_waits_needs_no_slot() -> None:
    """It is aborted at once, and its place in the line is free."""
    world = limited(limit=1)
    first, second = (world.platform.put_execution(FLOW) for _ in range(2))
    await world.until(lambda: world.execution(second).waiting is not None)
    world.platform.stop_execution(second, StopRequested(error="Enough"))
    await world.until(lambda: world.execution(second).is_finished)
    assert not world.execution(first).is_finished
    assert world.outcome(second).status == "ABORTED"


@pytest.mark.parametrize("which", [0, 1], ids=["that-runs", "that-waits"])
async def test_deleting_one_frees_its_slot(which: int) -> None:
    """Whether it ran or was next in the line: the one behind it goes on."""
    world = limited(limit=1)
    keys = [world.platform.put_execution(FLOW) for _ in range(3)]
    await world.until(lambda: world.platform.now().second >= 10)
    world.platform.delete_execution(keys[which])
    await world.finish(keys[2])


async def test_a_restart_says_and_starts_nothing_anew() -> None:
    """What was said is not written again, and who ran keeps its slot."""
    world = limited(limit=1)
    first, second = (world.platform.put_execution(FLOW) for _ in range(2))
    await world.until(lambda: world.execution(second).waiting is not None)
    world.crash()
    world.restart()
    await asyncio.sleep(10)
    assert running(world) == [first]
    assert len(world.execution(second).saves) == 1
    await world.finish(second)


async def test_one_that_cannot_be_worked_on_holds_no_slot() -> None:
    """An input that cannot be had, first in the line, does not stop those behind it."""
    world = limited(limit=1)
    world.platform.put_execution(FLOW, input_problem="mend it")
    second = world.platform.put_execution(FLOW)
    await world.until(lambda: running(world) == [second])


faults = st.tuples(
    st.sampled_from(["load", "workflow", "save"]),
    st.integers(1, 8),
    st.sampled_from(["before", "after"]),
    st.sampled_from(["crash", "conflict", "unavailable"]),
)


@given(
    plans=st.lists(faults, max_size=5),
    count=st.integers(2, 6),
    limit=st.integers(1, 3),
    policy=st.sampled_from(["Allow", "Forbid", "Replace"]),
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_crashes_neither_admit_too_many_nor_lose_a_slot(
    plans: list[tuple[str, int, Any, str]], count: int, limit: int, policy: str
) -> None:
    """At every instant at most ``limit`` run, and in the end all are over."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(_check(plans, count, limit, policy))


async def _check(
    plans: list[tuple[str, int, Any, str]], count: int, limit: int, policy: str
) -> None:
    world = limited(policy=policy, limit=limit)
    for plan in plans:
        _plan(world, *plan)
    for number in range(count):
        world.platform.put_execution(FLOW)
        if number % 2:
            await asyncio.sleep(0.5)

    def is_over() -> bool:
        assert len(running(world)) <= limit
        return world.is_idle and all(it.is_finished for it in world.platform.executions.values())

    await world.until(is_over)


def _plan(world: World, method: str, nth: int, phase: Any, kind: str) -> None:
    def crash() -> None:
        if world.platform.listener is not None:
            world.crash()
            asyncio.get_running_loop().call_later(1, world.restart)

    if kind == "crash":
        world.platform.faults.on(method, crash, nth=nth, phase=phase)
    else:
        error = Conflict("?") if kind == "conflict" else Unavailable("?")
        world.platform.faults.fail(method, error, nth=nth, phase=phase)


async def _failed(world: World) -> ExecutionKey:
    """An execution whose one Task failed and would take a minute and succeed now."""
    world.platform.functions["a"] = in_turn(fails("Oops"), *[returns(1, takes=60)] * 5)
    world.platform.put_workflow(FLOW, definition("A", A=task("a")))
    key = world.platform.put_execution(FLOW)
    assert (await world.finish(key)).status == "FAILED"
    return key


async def test_a_redriven_execution_takes_a_slot() -> None:
    """It waits as a new one does, says so once, also after a restart, and then goes on."""
    world = limited(limit=1)
    key = await _failed(world)
    other = world.platform.put_execution(FLOW)
    await world.until(lambda: running(world) == [other])
    world.platform.redrive_execution(key, Redrive(number=1))
    await world.until(lambda: world.execution(key).waiting is not None)
    saves = len(world.execution(key).saves)
    world.crash()
    world.restart()
    await asyncio.sleep(10)
    assert running(world) == [other]
    assert len(world.execution(key).saves) == saves
    assert world.outcome(key).status == "FAILED"
    await world.until(lambda: running(world) == [key])
    assert world.execution(other).is_finished
    assert (await world.finish(key)).status == "SUCCEEDED"


async def test_a_redrive_is_refused_where_concurrency_is_forbidden() -> None:
    """The sentence names who runs; the end that it had stays, and it holds no slot."""
    world = limited(policy="Forbid")
    key = await _failed(world)
    other = world.platform.put_execution(FLOW)
    await world.until(lambda: running(world) == [other])
    world.platform.redrive_execution(key, Redrive(number=1))
    await world.until(lambda: world.execution(key).refused is not None)
    refused = world.execution(key).refused
    assert refused is not None
    assert "'run-2'" in refused[1]
    await world.finish(other)
    third = world.platform.put_execution(FLOW)
    assert (await world.finish(third)).status == "SUCCEEDED"


async def test_a_redrive_that_is_refused_gives_its_slot_back() -> None:
    """A revision that is not there: whoever waits behind it goes on."""
    world = limited(limit=1)
    key = await _failed(world)
    world.platform.redrive_execution(key, Redrive(number=1, revision="gone"))
    await world.until(lambda: world.execution(key).refused is not None)
    other = world.platform.put_execution(FLOW)
    assert (await world.finish(other)).status == "SUCCEEDED"
