"""Triggers through crashes and changes of the holder, in virtual time.

Executions end one after the other while the operator dies, loses its Lease and gets no answers. In
the end each end must have started one run for each Trigger that it concerns, and no other.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.chaos.plans import Fault
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_play import PRODUCTION
from tests.chaos.stored_stage import Stage
from tests.chaos.wait_play import arm, drawn_faults, judged, kills
from tests.support.kube_objects import execution_object
from tests.support.kube_world import PATHS
from tests.support.ticking import PASSING, an_etl, trigger_object
from tests.support.virtual_time import EPOCH

ENDS = 12
BETWEEN_SECONDS = 4.0
LONGEST_SECONDS = 600.0
MACHINE = {
    "StartAt": "Go",
    "States": {
        "Go": {"Type": "Wait", "Seconds": 3, "Next": "Is it even"},
        "Is it even": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.even", "BooleanEquals": True, "Next": "No"}],
            "Default": "Yes",
        },
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Fail", "Error": "Even"},
    },
}
TRIGGERS: Mapping[str, Mapping[str, Any]] = {
    "all": {"source": {"workflow": {"workflows": ["etl"], "outcomes": ["Succeeded", "Failed"]}}},
    "failures": {"input": {"of": "{% $event.data.name %}"}},
    "third": {"filter": 'event.data.name == "e-2"'},
    "chain": {"source": {"workflow": {"workflows": ["tell"], "outcomes": ["Succeeded"]}}},
}
REQUESTS = {
    "post_executions": 60,
    "put_executions": 60,
    "get_executions": 40,
    "put_triggers": 30,
    "list_triggers": 2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerPlan:
    """What is played."""

    seed: int
    faults: tuple[Fault, ...] = ()


def drawn_triggers(seed: int) -> TriggerPlan:
    """A plan; the same for a seed."""
    return TriggerPlan(seed=seed, faults=drawn_faults(random.Random(seed), REQUESTS))


def killed_triggers() -> Iterator[TriggerPlan]:
    """One plan for each request at which the operator dies."""
    points = {"post_executions": 12, "put_executions": 16, "get_executions": 8, "put_triggers": 6}
    for number, fault in enumerate(kills(points)):
        yield TriggerPlan(seed=number, faults=(fault,))


def judge_triggers(plan: TriggerPlan) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    return judged(partial(_play, plan))


async def _play(plan: TriggerPlan) -> list[str]:
    stage = Stage(StoredFlow(machine=MACHINE, outputs={}, has_starters=True), PRODUCTION)
    stage.api.put(PATHS["workflow"], an_etl(MACHINE))
    stage.api.put(PATHS["workflow"], an_etl(PASSING, "tell"))
    for name, spec in TRIGGERS.items():
        made = trigger_object(name, **spec)
        made["metadata"]["creationTimestamp"] = EPOCH.isoformat()
        stage.api.put(PATHS["trigger"], made)
    await stage.begin()
    arm(stage, plan.faults)
    for number in range(ENDS):
        await asyncio.sleep(BETWEEN_SECONDS)
        stage.api.put(PATHS["execution"], _execution(number))
    began = asyncio.get_running_loop().time()
    while not (stage.is_quiet and _wanted() <= _started(stage)):
        await asyncio.sleep(0.25)
        if asyncio.get_running_loop().time() - began > LONGEST_SECONDS:
            break
    await asyncio.sleep(120)  # what is to come, comes by then
    wrong = _judge(stage)
    for process in stage.processes:
        process.world.feed.stand_down()
        for task in process.loops:
            task.cancel()
        await process.world.reconciler.stop()
    return wrong + stage.api.complaints


def _execution(number: int) -> Any:
    made = execution_object(input={"even": number % 2 == 0})
    metadata = {**made["metadata"], "name": f"e-{number}", "uid": f"uid-e-{number}"}
    spec = {**made["spec"], "workflowRef": {"name": "etl"}}
    return {**made, "metadata": metadata, "spec": spec}


def _wanted() -> Counter[tuple[str, str]]:
    """How often each event is to start a run of each Trigger: once. Chains come on top."""
    wanted = Counter[tuple[str, str]]()
    for number in range(ENDS):
        event = f"uid-e-{number}.0"
        wanted["all", event] += 1
        if number % 2 == 0:
            wanted["failures", event] += 1
    wanted["third", "uid-e-2.0"] += 1
    return wanted


def _started(stage: Stage) -> Counter[tuple[str, str]]:
    """Which events started runs of which Trigger."""
    started = Counter[tuple[str, str]]()
    for it in stage.api.named("/executions/"):
        metadata = it["metadata"]
        trigger = (metadata.get("labels") or {}).get("asw.dev/trigger")
        if trigger is not None:
            started[trigger, metadata["annotations"]["asw.dev/event-id"]] += 1
    return started


def _judge(stage: Stage) -> list[str]:
    wanted, started, wrong = _wanted(), _started(stage), list[str]()
    first = [it for it in started if it[0] != "chain"]
    wrong += [f"{it}: started {started[it]} times" for it in first if started[it] > wanted[it]]
    wrong += [f"{it}: not started" for it in wanted if not started[it]]
    lengths = Counter(
        it["metadata"]["annotations"]["asw.dev/trigger-depth"]
        for it in stage.api.named("/executions/")
        if (it["metadata"].get("labels") or {}).get("asw.dev/trigger") == "chain"
    )
    count = sum(wanted.values())
    expected = {str(depth): count for depth in range(2, 6)}
    if dict(lengths) != expected:
        wrong.append(f"chains of {dict(lengths)}, not {expected}")
    return wrong
