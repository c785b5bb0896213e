"""What plays of all kinds of waiting have in common: faults, time, and how executions ended.

An execution waits for somebody outside. Whatever befalls the operator meanwhile, what was answered
is held against how the execution ended.
"""

import asyncio
import logging
import random
import traceback
from collections.abc import Callable, Coroutine, Iterator, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from asw.asl.values import Json
from tests.chaos.plans import Fault
from tests.chaos.stored_play import OVER, POINTLESS, _meet, fault_at
from tests.chaos.stored_stage import Stage
from tests.support.kube_objects import Object, execution_object
from tests.support.kube_world import PATHS
from tests.support.virtual_time import EPOCH, VirtualTimeLoop

LONGEST_SECONDS = 2000.0
KINDS = ("conflict", "unavailable", "lost", "crash", "ghost", "timeout", "slow", "flap", "late")
KILLS = ("crash", "ghost", "flap")


def drawn_faults(
    chance: random.Random, requests: Mapping[str, int], counts: tuple[int, ...] = (0, 1, 2, 3, 4)
) -> tuple[Fault, ...]:
    """Some faults at random requests, of which there are about so many."""
    faults = []
    for _ in range(chance.choice(counts)):
        kind, name = chance.choice(KINDS), chance.choice(list(requests))
        if (kind, name) not in POINTLESS and not (kind == "conflict" and name != "put_executions"):
            number = chance.randint(1, requests[name])
            faults.append(fault_at(chance.choice(["before", "after"]), name, number, kind))
    return tuple(faults)


def kills(requests: Mapping[str, int]) -> Iterator[Fault]:
    """The operator dies, or loses the Lease for a while, before or after each of the requests."""
    for name, count in requests.items():
        for number in range(1, count + 1):
            for where in ("before", "after"):
                yield from (fault_at(where, name, number, kind) for kind in KILLS)


def judged(play: Callable[[], Coroutine[Any, Any, list[str]]]) -> list[str]:
    """Everything that is wrong with how the play went; nothing where all is well."""
    logging.disable(logging.CRITICAL)
    try:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return runner.run(play())
    except Exception:  # noqa: BLE001  whatever it is, the plan must be shown with it
        return [traceback.format_exc()]


def reports(judge: Callable[[Any], list[str]], plans: Iterator[Any]) -> str:
    """The plans that went wrong, with what is wrong."""
    found = ((plan, judge(plan)) for plan in plans)
    return "\n\n".join("\n".join([f"{plan}", *wrong]) for plan, wrong in found if wrong)


def arm(stage: Stage, faults: tuple[Fault, ...]) -> None:
    """Have requests run into these."""
    for fault in faults:
        phase: Any = fault.where
        meet = partial(_meet, stage, fault)
        stage.faults.on(fault.what, meet, nth=int(fault.number), phase=phase)


def begin(stage: Stage, count: int, value: Json = None) -> None:
    """So many executions, ``run-0`` and further."""
    for number in range(count):
        item = execution_object(input={"run": number} if value is None else value)
        uid = f"{number:08x}-7c0c-4a1f-9e6e-5d1c8a5a0001"
        item["metadata"] |= {"name": f"run-{number}", "uid": uid}
        item["metadata"]["creationTimestamp"] = EPOCH.isoformat()
        stage.api.put(PATHS["execution"], item)


def patch(stage: Stage, run: int, change: Callable[[Object], None]) -> None:
    """Somebody changes the spec of an execution."""
    item = deepcopy(stage.api.objects[f"{PATHS['execution']}/run-{run}"])
    change(item["spec"])
    item["metadata"]["generation"] += 1
    stage.api.put(PATHS["execution"], item)


def stop(stage: Stage, run: int) -> None:
    """Somebody stops an execution, if nobody has."""
    patch(stage, run, lambda spec: spec.setdefault("stop", {"error": "Enough"}))


def phases(stage: Stage) -> dict[int, str]:
    """How far each execution is."""
    found = stage.api.named("/executions/")
    return {run_of(it): it.get("status", {}).get("phase", "") for it in found}


def run_of(execution: Object) -> int:
    """Its number."""
    return int(execution["metadata"]["name"].removeprefix("run-"))


def ending(execution: Object) -> Json:
    """How it ended: its output, or its error."""
    status = execution["status"]
    return status.get("output") if status["phase"] == "Succeeded" else status.get("error")


async def until_over(stage: Stage, is_done: Callable[[], bool] = lambda: True) -> list[str]:
    """Let time pass until all is over; complains where that does not come."""
    seconds = 0.0
    while not (set(phases(stage).values()) <= OVER and stage.is_quiet and is_done()):
        await asyncio.sleep(0.5)
        seconds += 0.5
        if seconds > LONGEST_SECONDS:
            open_ = [run for run, phase in phases(stage).items() if phase not in OVER]
            return [f"it does not end: {open_}"]
    return []
