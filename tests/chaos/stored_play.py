"""One scenario over what production stores, played to its end in virtual time, and judged."""

import asyncio
import logging
import random
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from asw.platforms.kubernetes.storage.storage import Storage
from tests.chaos.plans import Fault, Plan
from tests.chaos.stored_checks import StoredSeen, look_at, unreferenced
from tests.chaos.stored_flows import STORED_FLOWS, StoredFlow
from tests.chaos.stored_stage import SENDER, AnsweredError, Parts, Stage
from tests.support.kube_objects import Object, execution_object, function_object, workflow_object
from tests.support.kube_wire import LostError
from tests.support.kube_world import PATHS
from tests.support.virtual_time import EPOCH, VirtualTimeLoop

MOST_LINES = 6
"""How many complaints are shown."""
LONGEST_SECONDS = 3600.0
QUIET_SECONDS = 20.0
"""After the last trouble: whatever is under way arrives."""
LATE_SECONDS = 2.0
"""How long a request is under way whose sender loses the Lease meanwhile."""
STATUSES = {"conflict": 409, "unavailable": 503, "refused": 403}
LASTING = {"crash": 1.0, "ghost": 2.0, "timeout": 8.0, "slow": 3.0, "flap": 3.0, "late": 6.0}
KINDS = (*STATUSES, "lost", "reload", *LASTING)
REQUESTS = (
    "put_executions",
    "post_pages",
    "delete_configmaps",
    "get_configmaps",
    "get_executions",
    "post_jobs",
    "post_executions",
    "list_executions",
    "list_jobs",
)
"""Those at which something happens."""
POINTLESS = frozenset(
    {("refused", "post_jobs"), ("refused", "post_executions")}
    | {("conflict", name) for name in REQUESTS if name != "put_executions"}
)
"""What makes another outcome, as it should, and what no server answers."""
PRODUCTION = Parts()
OVER = frozenset({"Succeeded", "Failed", "TimedOut", "Aborted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlayed:
    """What came of a plan; ``calls`` are requests by what they ask for."""

    seen: StoredSeen
    calls: Mapping[str, int]
    complaints: list[str] = field(default_factory=list)


def play_stored(plan: Plan, parts: Parts = PRODUCTION) -> StoredPlayed:
    """Play the plan; complaints are about what may never be, whatever the flow."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(_play(plan, parts))


@cache
def undisturbed_stored(flow: str) -> StoredPlayed:
    """The flow without a fault."""
    return play_stored(Plan(flow=flow))


def judge_stored(plan: Plan, parts: Parts = PRODUCTION) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    try:
        played = play_stored(plan, parts)
    except Exception:  # noqa: BLE001  whatever it is, the plan must be shown with it
        return [traceback.format_exc()]
    return [*played.complaints, *played.seen.differences(undisturbed_stored(plan.flow).seen)]


def report_stored(plan: Plan) -> str:
    """What a person needs who looks into this plan; empty where all is well."""
    complaints = judge_stored(plan)
    if not complaints:
        return ""
    again = f"  again: python -m tests.chaos --plan '{plan}'"
    return "\n".join([f"FAULT in flow {plan.flow}:", *complaints[:MOST_LINES], again])


def report_of_stored_seed(seed: int) -> str:
    """The same for the plan of a seed, without what the faults make the operator say."""
    logging.disable(logging.CRITICAL)
    return report_stored(drawn_stored(seed))


def at_every_request(flow: str, kind: str) -> Iterator[Plan]:
    """A plan for every request of the undisturbed run, before and after it."""
    calls = undisturbed_stored(flow).calls
    for name in REQUESTS:
        if (kind, name) not in POINTLESS:
            for number in range(1, calls.get(name, 0) + 1):
                for where in ("before", "after"):
                    yield Plan(flow=flow, faults=(fault_at(where, name, number, kind),))


def drawn_stored(seed: int) -> Plan:
    """Some faults at random requests: the same plan for a seed as long as flows are the same."""
    chance = random.Random(seed)
    flow = chance.choice(list(STORED_FLOWS))
    calls = undisturbed_stored(flow).calls
    faults = []
    for _ in range(chance.choice([2, 2, 3, 4, 6])):
        kind, name = chance.choice(KINDS), chance.choice([it for it in REQUESTS if calls.get(it)])
        if (kind, name) not in POINTLESS:
            number = chance.randint(1, calls[name] + 3)
            faults.append(fault_at(chance.choice(["before", "after"]), name, number, kind))
    return Plan(flow=flow, faults=tuple(faults))


def fault_at(where: Any, name: str, number: int, kind: str) -> Fault:
    """The fault, for as long as such ones last."""
    return Fault(where=where, what=name, number=number, kind=kind, seconds=LASTING.get(kind, 0.0))


async def _play(plan: Plan, parts: Parts) -> StoredPlayed:
    flow = STORED_FLOWS[plan.flow]
    stage = Stage(flow, parts)
    _apply(stage, flow)
    await stage.begin()
    for fault in plan.faults:
        phase: Any = fault.where
        stage.faults.on(
            fault.what, partial(_meet, stage, fault), nth=int(fault.number), phase=phase
        )
    _start(stage, flow)
    complaints = await _finish(stage, flow)
    calls = dict(stage.faults.count)
    stage.is_armed = False
    complaints += await _swept(stage)
    complaints += stage.api.complaints
    process = stage.holder
    assert process is not None
    seen = await look_at(Storage(process.world.client), _executions(stage), len(stage.jobs))
    for each in stage.processes:
        await each.world.reconciler.stop()
    return StoredPlayed(seen=seen, calls=calls, complaints=complaints)


def _apply(stage: Stage, flow: StoredFlow) -> None:
    for name in flow.outputs:
        stage.api.put(PATHS["function"], function_object(name))
    stage.api.put(PATHS["workflow"], workflow_object(definition=flow.machine))
    if flow.child is not None:
        child = workflow_object(definition=flow.child)
        child["metadata"] |= {"name": "child", "uid": "wf-child"}
        stage.api.put(PATHS["workflow"], child)


def _start(stage: Stage, flow: StoredFlow) -> None:
    for number in range(flow.count):
        item = execution_object(input=flow.value)
        uid = f"{number:08x}-7c0c-4a1f-9e6e-5d1c8a5a0001"
        item["metadata"] |= {"name": f"run-{number}", "uid": uid}
        item["metadata"]["creationTimestamp"] = EPOCH.isoformat()
        stage.api.put(PATHS["execution"], item)


def _executions(stage: Stage) -> list[Object]:
    return stage.api.named("/executions/")


async def _finish(stage: Stage, flow: StoredFlow) -> list[str]:
    """Let time pass until all is over; complains where that does not come."""
    seconds = 0.0
    while not (_is_over(stage) and stage.is_quiet):
        await asyncio.sleep(0.5)
        seconds += 0.5
        if seconds > LONGEST_SECONDS:
            return ["it does not end"]
        if flow.is_redriven and not stage.is_redriven and _is_over(stage):
            stage.is_redriven = True
            (item,) = _executions(stage)
            metadata = {**item["metadata"], "generation": item["metadata"]["generation"] + 1}
            spec = {**item["spec"], "redrive": {"number": 1}}
            stage.api.put(PATHS["execution"], {**item, "metadata": metadata, "spec": spec})
    return []


def _is_over(stage: Stage) -> bool:
    """Whether every execution is, and was redriven where it is to be."""
    phases = [it.get("status", {}).get("phase") for it in _executions(stage)]
    due = [it for it in _executions(stage) if "redrive" in it["spec"]]
    is_due = any(it["status"].get("redriveCount", 0) < 1 for it in due)
    return not is_due and all(phase in OVER for phase in phases)


async def _swept(stage: Stage) -> list[str]:
    """With all quiet, sweeps leave what is referred to and nothing else."""
    while not stage.is_quiet:  # noqa: ASYNC110  virtual time
        await asyncio.sleep(1)
    await asyncio.sleep(QUIET_SECONDS)
    process = stage.holder
    assert process is not None
    for _ in range(2):
        await process.world.sweeper.sweep_orphans()
        await process.world.sweeper.sweep()
    left = unreferenced(stage.api.objects, _executions(stage))
    return [f"nothing refers to {name}" for name in left]


async def _meet(stage: Stage, fault: Fault) -> None:
    """What a request runs into."""
    process = SENDER.get()
    match fault.kind:
        case "crash":
            stage.crash(process, fault.seconds)
            if fault.where == "before":
                raise LostError
        case "ghost":
            stage.crash(process, 1)
            await asyncio.sleep(fault.seconds)
        case "timeout":
            await asyncio.sleep(fault.seconds)
            raise LostError
        case "slow":
            await asyncio.sleep(fault.seconds)
        case "flap":
            stage.flap(process, fault.seconds)
        case "late":
            stage.flap(process, fault.seconds)
            await asyncio.sleep(LATE_SECONDS)
        case "reload":
            stage.reload(process)
        case "lost":
            raise LostError
        case kind:
            raise AnsweredError(STATUSES[kind])
