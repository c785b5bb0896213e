"""Random machines, random tasks, random faults and crashes: the promises hold all the same."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asw.engine.facts import StopRequested
from asw.reconciler.platform import Conflict, ExecutionKey, Unavailable
from asw.reconciler.scheduler import Limits
from asw.reconciler.settings import Settings
from tests.support.behaviours import Answer, fails, in_turn, is_lost, never_ends, returns
from tests.support.machines import ERRORS, machines
from tests.support.virtual_time import VirtualTimeLoop
from tests.support.world import World

METHODS = (
    "load",
    "workflow",
    "revision",
    "prepare",
    "save",
    "start",
    "cancel",
    "start_children",
    "cancel_children",
    "start_executions",
)
INPUT = {"items": [1, 2, 3]}

answers = st.one_of(
    st.builds(returns, st.integers(), takes=st.sampled_from([0, 1, 4, 60]), pushes=st.booleans()),
    st.builds(fails, st.sampled_from(ERRORS)),
    st.builds(is_lost, takes=st.sampled_from([0, 3])),
    st.just(never_ends()),
)
faults = st.tuples(
    st.sampled_from(METHODS),
    st.integers(1, 12),
    st.sampled_from(["before", "after"]),
    st.sampled_from(["crash", "conflict", "unavailable", "fault"]),
)
Fault = tuple[str, int, Any, str]
CHILD_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
LIMITS = (
    Limits(),
    Limits(active=1),
    Limits(active=2, starts_per_second=1),
    Limits(is_paced=True),
)


def distributed(value: Any) -> Any:
    """The definition with every Map in it a distributed one."""
    if isinstance(value, list):
        return [distributed(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {name: distributed(item) for name, item in value.items()}
    if made.get("Type") == "Map":
        mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
        made["ItemProcessor"] = {**mode, **made["ItemProcessor"]}
    return made


@given(
    machine=st.one_of(machines(), machines().map(distributed)),
    script=st.lists(answers, max_size=12),
    plans=st.lists(faults, max_size=6),
    wakes=st.integers(1, 3),
    echo=st.sampled_from([0.01, 1, 20]),
    limits=st.sampled_from(LIMITS),
)
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_every_execution_ends_in_good_order(
    *,
    machine: dict[str, Any],
    script: list[Answer],
    plans: list[Fault],
    wakes: int,
    echo: float,
    limits: Limits,
) -> None:
    """It ends, its history has no gap, no start was made twice, and nothing runs on."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        world = runner.run(_world(limits))
        world.platform.wakes, world.platform.echo = wakes, echo
        runner.run(_check(world, machine, script, plans))


@given(
    child=machines(),
    pattern=st.sampled_from(["", ".sync", ".sync:2"]),
    name=st.sampled_from([{}, {"Name": "one"}]),
    script=st.lists(answers, max_size=6),
    plans=st.lists(faults, max_size=6),
    limits=st.sampled_from(LIMITS),
)
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_executions_that_tasks_start_end_in_good_order(
    *,
    child: dict[str, Any],
    pattern: str,
    name: dict[str, str],
    script: list[Answer],
    plans: list[Fault],
    limits: Limits,
) -> None:
    """The same for parents and children; each try starts one child at most."""
    request = {"StateMachineArn": CHILD_ARN, "Input.$": "$", **name}
    start = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": request,
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
        "End": True,
    }
    branch = {"StartAt": "Start", "States": {"Start": start}}
    fork = {"Type": "Parallel", "Branches": [branch], "End": True}
    machine = {"StartAt": "Fork", "States": {"Fork": fork}}
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        world = runner.run(_world(limits))
        world.platform.put_workflow("child", child)
        runner.run(_check(world, machine, script, plans))
        starts = sum(
            event.type == "TaskScheduled"
            for each in world.platform.executions.values()
            for event in each.history
        )
        assert len(world.platform.nested.started) <= starts


async def _world(limits: Limits) -> World:
    return World(Settings(limits=limits))


async def _check(
    world: World, machine: dict[str, Any], script: list[Answer], plans: Sequence[Fault]
) -> None:
    world.platform.put_workflow("flow", machine)
    behaviour = in_turn(*script, *[returns(0)] * 10_000)
    world.platform.functions = dict.fromkeys(["f0", "f1", "f2"], behaviour)
    for plan in plans:
        _plan(world, plan)
    key = world.platform.put_execution("flow", INPUT)
    stopping = asyncio.get_running_loop().call_later(3600, _stop, world, key)
    await world.until(lambda: world.execution(key).is_finished and world.is_idle)
    stopping.cancel()
    for each in world.platform.executions:
        _check_history(world, each)
        _check_ordinals(world, each)
    assert not any(task.is_running for task in world.platform.tasks.values())
    assert (world.reconciler.active_tasks, world.reconciler.waiting_tasks) == (0, 0)


def _plan(world: World, plan: Fault) -> None:
    method, nth, phase, kind = plan
    errors = {"conflict": Conflict("?"), "unavailable": Unavailable("?"), "fault": KeyError("?")}

    def crash() -> None:
        if world.platform.listener is not None:
            world.crash()
            asyncio.get_running_loop().call_later(1, world.restart)

    if kind == "crash":
        world.platform.faults.on(method, crash, nth=nth, phase=phase)
    else:
        world.platform.faults.fail(method, errors[kind], nth=nth, phase=phase)


def _stop(world: World, key: ExecutionKey) -> None:
    """Tasks that never end keep an execution for ever, unless it is stopped."""
    world.platform.stop_execution(key, StopRequested(error="Enough"))
    for child, parent in world.platform.nested.parents.items():
        if parent == key and not world.execution(child).is_finished:
            world.platform.stop_execution(child, StopRequested(error="Enough"))


def _check_history(world: World, key: ExecutionKey) -> None:
    events = world.execution(key).history
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert sum(event.type.startswith("Execution") for event in events) == 2
    assert all(event.previous_event_id < event.id for event in events)


def _check_ordinals(world: World, key: ExecutionKey) -> None:
    record = world.execution(key).record
    assert record is not None
    started = (*world.platform.tasks, *world.platform.maps.children)
    ordinals = {task_id.ordinal for task_id in started if task_id.execution_uid == key.uid}
    assert ordinals <= set(range(1, record.next_ordinal))
