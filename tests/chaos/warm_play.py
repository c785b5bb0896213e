"""One scenario of warm tasks, played to its end in virtual time, and judged."""

import asyncio
import itertools
import logging
import random
import traceback
from dataclasses import dataclass
from functools import partial

from tests.chaos.plans import Fault
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_play import (
    OVER,
    POINTLESS,
    PRODUCTION,
    _executions,
    _meet,
    _start,
    fault_at,
)
from tests.chaos.warm_stage import GRACE_SECONDS, Pod, WarmStage
from tests.support.kube_objects import function_object, workflow_object
from tests.support.kube_world import PATHS
from tests.support.play import definition, task
from tests.support.virtual_time import VirtualTimeLoop

STATES = ("One", "Two", "Three")
LONGEST_SECONDS = 2000.0
CALM_SECONDS = 60.0
"""A saved outcome is acknowledged with the next task, or after 25 s, once more if that is lost."""
REQUESTS = {
    "put_executions": 24,
    "get_executions": 6,
    "list_executions": 2,
    "post_deployments": 2,
    "patch_deployments": 4,
    "get_pods": 4,
    "get_replicasets": 4,
}
KINDS = ("conflict", "unavailable", "lost", "crash", "timeout", "slow", "flap", "late")
HARM = ("kill", "tear", "restart", "back-off", "drain", "cut", "scale")
"""What befalls a pod: it goes, its object goes first, its container restarts, at once or later, it
drains, an answer is lost on its way; or its Function becomes another revision."""

LOSES_NOTHING = ("tear", "drain", "scale")
"""Harms that leave a pod the time to deliver what it has, if its grace period is long."""
LONG_GRACE_SECONDS = 600


def flow(count: int) -> StoredFlow:
    """Some executions of three tasks each."""
    links = dict(itertools.pairwise(STATES))
    states = {
        name: task("small", **({"Next": links[name]} if name in links else {"End": True}))
        for name in STATES
    }
    return StoredFlow(
        machine=definition(STATES[0], **states), outputs={"small": lambda _: {}}, count=count
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmPlan:
    """What is played: ``harms`` are instants and what befalls a random pod then.

    ``grace_seconds`` is how long a container lives on that is told to end.
    """

    seed: int
    on_lost: str
    faults: tuple[Fault, ...] = ()
    harms: tuple[tuple[float, str], ...] = ()
    cold_start: str = "Job"
    grace_seconds: int = GRACE_SECONDS

    @property
    def loses_nothing(self) -> bool:
        """Whether every pod may deliver all that it has begun, whoever listens."""
        is_patient = self.grace_seconds == LONG_GRACE_SECONDS
        return is_patient and all(harm in LOSES_NOTHING for _, harm in self.harms)


def drawn_warm(seed: int) -> WarmPlan:
    """A plan; the same for a seed."""
    chance = random.Random(seed)
    faults = []
    for _ in range(chance.choice([0, 1, 2, 3])):
        kind, name = chance.choice(KINDS), chance.choice(list(REQUESTS))
        if (kind, name) not in POINTLESS and not (kind == "conflict" and name != "put_executions"):
            number = chance.randint(1, REQUESTS[name])
            faults.append(fault_at(chance.choice(["before", "after"]), name, number, kind))
    harms = [
        (round(chance.uniform(0.0, 12.0), 2), chance.choice(HARM))
        for _ in range(chance.choice([0, 1, 2, 4]))
    ]
    return WarmPlan(
        seed=seed,
        on_lost=chance.choice(["Retry", "Fail"]),
        faults=tuple(faults),
        harms=tuple(harms),
        cold_start=chance.choice(["Job", "Wait", "Wait"]),
        grace_seconds=chance.choice([GRACE_SECONDS, LONG_GRACE_SECONDS]),
    )


def torn(seed: int) -> WarmPlan:
    """Objects of pods are removed by force about when the operator crashes; the same for a seed."""
    chance = random.Random(seed)
    number, where = (
        chance.randint(1, REQUESTS["put_executions"]),
        chance.choice(["before", "after"]),
    )
    fault = fault_at(where, "put_executions", number, "crash")
    return WarmPlan(
        seed=seed,
        on_lost=chance.choice(["Retry", "Fail"]),
        faults=(fault,),
        harms=tuple((round(chance.uniform(0.0, 6.0), 2), "tear") for _ in range(4)),
        cold_start="Wait",
        grace_seconds=LONG_GRACE_SECONDS,
    )


def judge_warm(plan: WarmPlan) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    logging.disable(logging.CRITICAL)
    try:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return runner.run(_play(plan))
    except Exception:  # noqa: BLE001  whatever it is, the plan must be shown with it
        return [traceback.format_exc()]


async def _play(plan: WarmPlan) -> list[str]:
    stage, chance = WarmStage(flow(6), PRODUCTION, plan.grace_seconds), random.Random(plan.seed)
    warm = {"min": 2, "max": 3, "coldStart": plan.cold_start, "queueTimeoutSeconds": 900}
    made = function_object("small", mode="Warm", warm=warm, onLost=plan.on_lost)
    stage.api.put(PATHS["function"], made)
    stage.api.put(PATHS["workflow"], workflow_object(definition=stage.flow.machine))
    await stage.begin()
    await asyncio.sleep(4)
    for fault in plan.faults:
        meet = partial(_meet, stage, fault)
        stage.faults.on(fault.what, meet, nth=int(fault.number), phase=fault.where)
    for at, harm in plan.harms:
        stage.later(at, partial(_harm, stage, chance, harm))
    _start(stage, stage.flow)
    seconds = 0.0
    while not (_is_over(stage) and stage.is_quiet):
        await asyncio.sleep(0.5)
        seconds += 0.5
        if seconds > LONGEST_SECONDS:
            return ["it does not end", *stage.stuck()]
    await asyncio.sleep(CALM_SECONDS)
    found = [*_judge(stage, plan), *stage.stuck(), *stage.complaints, *stage.api.complaints]
    for process in stage.processes:
        process.world.platform.pools.clear()
        await process.world.reconciler.stop()
    for pod in stage.pods:
        pod.end()
    return found


def _is_over(stage: WarmStage) -> bool:
    return all(it.get("status", {}).get("phase") in OVER for it in _executions(stage))


def _harm(stage: WarmStage, chance: random.Random, harm: str) -> None:
    there = [it for it in stage.pods if not it.is_gone]
    if not there:
        return
    pod: Pod = chance.choice(there)
    match harm:
        case "kill":
            stage.remove(pod)
        case "tear":
            stage.tear(pod)
        case "restart":
            pod.restart(stage.boots())
        case "back-off":
            stage.spawn(pod.back_off(stage.boots()))
        case "drain":
            stage.spawn(pod.drain())
        case "cut":
            pod.loses_answers += 1
        case _:
            function = stage.api.named("/functions/small")[0]
            spec = {**function["spec"], "env": [{"name": "V", "value": str(chance.random())}]}
            metadata = {
                **function["metadata"],
                "generation": function["metadata"]["generation"] + 1,
            }
            stage.api.put(PATHS["function"], {**function, "metadata": metadata, "spec": spec})


def _judge(stage: WarmStage, plan: WarmPlan) -> list[str]:
    found = [f"{text} ran {count} times" for text, count in stage.effects.items() if count > 1]
    for item in _executions(stage):
        name, status = item["metadata"]["name"], item["status"]
        if status["phase"] != "Succeeded":
            if (
                plan.loses_nothing
                or plan.on_lost == "Retry"
                or status.get("error")
                not in (
                    "Asw.TaskLost",
                    "Asw.NodeLost",
                )
            ):
                found.append(
                    f"{name} {status['phase']} {status.get('error')} {status.get('cause')}"
                )
            continue
        if plan.on_lost == "Fail" or plan.loses_nothing:
            runs = ((state, stage.works[name, state]) for state in STATES)
            found += [f"{name} {state} ran {count} times" for state, count in runs if count > 1]
    return found
