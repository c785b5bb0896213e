"""One scenario, played to its end in virtual time: ``play`` a plan, ``judge`` it by its flow."""

import asyncio
import traceback
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from asw.engine.facts import StopRequested
from asw.reconciler.platform import Conflict, ExecutionKey, Redrive, Refused, Unavailable
from tests.chaos.checks import Seen, complaints_of, look_at
from tests.chaos.flows import FLOWS, Flow
from tests.chaos.plans import Fault, Plan
from tests.chaos.stage import Stage
from tests.support.fake_platform import FakePlatform
from tests.support.faults import Phase
from tests.support.virtual_time import VirtualTimeLoop

LONGEST_SECONDS = 12 * 3600.0
"""Of virtual time: some flows take as long as clocks are set back."""
MOST_CALLS = 5_000
"""An execution that needs more calls of the platform than this goes round in circles."""


class DiedError(Exception):
    """The caller is dead: what it was about to ask is not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a plan: ``calls`` by method and ``seconds`` of virtual time."""

    plan: Plan
    seen: Seen
    calls: Mapping[str, int]
    seconds: float
    complaints: list[str] = field(default_factory=list)


def play(plan: Plan, platform: type[FakePlatform] = FakePlatform) -> Played:
    """Play the plan; complaints are about what may never be, whatever the flow."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(_play(plan, platform))


@cache
def undisturbed(flow: str) -> Played:
    """The flow without a fault."""
    return play(Plan(flow=flow))


def judge(plan: Plan, platform: type[FakePlatform] = FakePlatform) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    try:
        played = play(plan, platform)
    except Exception:  # noqa: BLE001  whatever it is, the plan must be shown with it
        return [traceback.format_exc()]
    model = undisturbed(plan.flow)
    return [*played.complaints, *played.seen.differences(model.seen)]


def shrunk(plan: Plan) -> Plan:
    """The plan without the faults that it fails without as well."""
    for fault in plan.faults:
        rest = tuple(it for it in plan.faults if it is not fault)
        smaller = Plan(flow=plan.flow, echo=plan.echo, lag=plan.lag, faults=rest)
        if judge(smaller):
            return shrunk(smaller)
    return plan


async def _play(plan: Plan, platform: type[FakePlatform]) -> Played:
    flow = FLOWS[plan.flow]
    stage = Stage(platform(), seed=zlib.crc32(str(plan).encode()))
    stage.platform.echo, stage.platform.lag = plan.echo, plan.lag
    runs: Counter[str] = Counter()
    stage.platform.functions = flow.functions(runs)
    for fault in plan.faults:
        _arm(stage, fault)
    key = _begin(stage, flow)
    complaints = await _finish(stage, key, flow)
    seconds = asyncio.get_running_loop().time()
    complaints += complaints_of(stage)
    calls = {**stage.platform.faults.count, **stage.told}
    seen = look_at(stage.platform, key, runs, has_starts=not flow.aborts)
    return Played(plan=plan, seen=seen, calls=calls, seconds=seconds, complaints=complaints)


def _begin(stage: Stage, flow: Flow) -> ExecutionKey:
    platform = stage.platform
    if flow.workflow_at:
        stage.later(flow.workflow_at, lambda: _apply(stage, flow))
    else:
        _apply(stage, flow)
    platform.limit_workflow("flow", flow.limit)
    key, *_ = [platform.put_execution("flow", flow.value) for _ in range(flow.count)]
    if flow.stopped_at is not None:
        stop = StopRequested(error="Enough", cause="by hand")
        stage.later(flow.stopped_at, lambda: platform.stop_execution(key, stop))
    if flow.suspended_at is not None:
        stage.later(flow.suspended_at, lambda: platform.suspend_execution(key, True))
        stage.later(flow.resumed_at, lambda: platform.suspend_execution(key, False))
    if flow.redriven_at is not None:
        redrive = Redrive(number=1)
        stage.later(flow.redriven_at, lambda: platform.redrive_execution(key, redrive))
    if flow.deleted_at is not None:
        stage.later(flow.deleted_at, lambda: platform.delete_execution(key))
    return key


def _apply(stage: Stage, flow: Flow) -> None:
    stage.platform.put_workflow("flow", flow.machine)


async def _finish(stage: Stage, key: ExecutionKey, flow: Flow) -> list[str]:
    """Let time pass until all is over; complains where that does not come."""
    seconds = 0.0
    while not (_is_over(stage, key) and stage.is_quiet):
        pause = 0.5 if seconds < 120 else 5.0
        await asyncio.sleep(pause)
        seconds += pause
        if seconds > LONGEST_SECONDS:
            return ["it does not end"]
        if stage.platform.faults.count.total() > MOST_CALLS:
            return ["it goes round in circles"]
    return []


def _is_over(stage: Stage, key: ExecutionKey) -> bool:
    executions = stage.platform.executions
    return key not in executions or all(it.is_finished for it in executions.values())


# Faults


def _arm(stage: Stage, fault: Fault) -> None:
    if fault.what == "second":
        stage.later(fault.number, lambda: _befall(stage, fault))
    elif fault.where == "at":
        place = (fault.what, int(fault.number))
        stage.news_faults[place] = (fault.kind, fault.seconds)
    else:
        phase: Phase = "before" if fault.where == "before" else "after"
        stage.platform.faults.on(
            fault.what, lambda: _meet(stage, fault), nth=int(fault.number), phase=phase
        )


def _befall(stage: Stage, fault: Fault) -> None:
    """What befalls a process at some moment."""
    seconds = -fault.seconds if fault.kind == "back" else fault.seconds
    MOMENTS[fault.kind](stage, seconds)


MOMENTS: dict[str, Callable[[Stage, float], None]] = {
    "crash": Stage.crash,
    "pause": Stage.pause,
    "split": Stage.split,
    "deaf": Stage.deaf,
    "jump": Stage.jump,
    "back": Stage.jump,
}


def _meet(stage: Stage, fault: Fault) -> Awaitable[None] | None:
    """What a call runs into."""
    match fault.kind:
        case "crash":
            stage.crash(fault.seconds)
            raise DiedError
        case "ghost":
            stage.crash(1)
        case "timeout":
            return _time_out(fault.seconds)
        case "pause":
            stage.pause(fault.seconds)
        case "split":
            stage.split(fault.seconds)
            return None
        case kind if kind in FAILURES:
            raise FAILURES[kind]("by the plan")
    return asyncio.sleep(fault.seconds)


FAILURES: dict[str, type[Exception]] = {
    "conflict": Conflict,
    "unavailable": Unavailable,
    "refused": Refused,
    "fault": KeyError,
}


async def _time_out(seconds: float) -> None:
    await asyncio.sleep(seconds)
    raise Unavailable("no answer")
