"""Schedules through crashes, changes of the holder, and clocks that are set, in virtual time.

One Schedule of each kind runs for a few minutes. In the end there must be one run for each instant,
none twice, and none beside another where that is forbidden.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from asw.api.instants import parse_instant
from tests.chaos.plans import Fault
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_play import PRODUCTION
from tests.chaos.stored_stage import Stage
from tests.chaos.wait_play import arm, drawn_faults, judged, kills
from tests.support.kube_objects import Object
from tests.support.kube_world import PATHS
from tests.support.ticking import an_etl, schedule_object
from tests.support.virtual_time import EPOCH

PLAY_SECONDS = 150.0
LONGEST_SECONDS = 900.0
RUN_SECONDS = 7
BACKFILL = {
    "number": 1,
    "from": (EPOCH - timedelta(seconds=100)).isoformat(),
    "to": (EPOCH - timedelta(seconds=1)).isoformat(),
    "perMinute": 60,
}
SCHEDULES: Mapping[str, Mapping[str, Any]] = {
    "all": {"every": "10s", "catchUp": "All", "catchUpLimit": 1000},
    "cron": {"cron": "* * * * *", "catchUp": "All", "jitterSeconds": 20},
    "queue": {"every": "15s", "concurrencyPolicy": "Queue", "catchUp": "All"},
    "forbid": {"every": "5s", "concurrencyPolicy": "Forbid"},
    "replace": {"every": "5s", "concurrencyPolicy": "Replace"},
    "backfill": {
        "every": "10s",
        "suspend": False,
        "endAt": EPOCH.isoformat(),
        "backfill": BACKFILL,
    },
}
COMPLETE = {"all": 10, "cron": 60, "queue": 15}
"""Those that start every instant, with the seconds between two."""
ALONE = ("queue", "forbid", "replace")
"""Those whose runs must not overlap."""
REQUESTS = {
    "post_executions": 60,
    "patch_executions": 20,
    "put_executions": 60,
    "put_schedules": 60,
    "list_schedules": 2,
    "get_executions": 10,
}
LATE = frozenset({"ghost", "late", "slow", "timeout"})
"""Faults by which a request may be carried out after its sender gave up, or another one acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePlan:
    """What is played. ``jumps``: when the clock is set, and by how many seconds."""

    seed: int
    faults: tuple[Fault, ...] = ()
    jumps: tuple[tuple[float, float], ...] = ()


def drawn_schedules(seed: int) -> SchedulePlan:
    """A plan; the same for a seed."""
    chance = random.Random(seed)
    faults = drawn_faults(chance, REQUESTS)
    jumps = [
        (round(chance.uniform(5, PLAY_SECONDS), 1), chance.choice([-40.0, -3.0, 3.0, 25.0, 300.0]))
        for _ in range(chance.choice([0, 0, 1, 2]))
    ]
    return SchedulePlan(seed=seed, faults=faults, jumps=tuple(sorted(jumps)))


def killed_schedules() -> Iterator[SchedulePlan]:
    """One plan for each request at which the operator dies."""
    for number, fault in enumerate(kills({"post_executions": 12, "put_schedules": 8})):
        yield SchedulePlan(seed=number, faults=(fault,))


def judge_schedules(plan: SchedulePlan) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    return judged(partial(_play, plan))


async def _play(plan: SchedulePlan) -> list[str]:
    machine = {
        "StartAt": "Go",
        "States": {"Go": {"Type": "Wait", "Seconds": RUN_SECONDS, "End": True}},
    }
    stage = Stage(StoredFlow(machine=machine, outputs={}, has_starters=True), PRODUCTION)
    stage.api.put(PATHS["workflow"], an_etl(machine))
    for name, spec in SCHEDULES.items():
        stage.api.put(PATHS["schedule"], schedule_object(name, **spec))
    watch = _Watch(stage)
    await stage.begin()
    arm(stage, plan.faults)
    for at, seconds in plan.jumps:
        stage.later(at, partial(_set_clock, stage, seconds))
    await watch.until(lambda: asyncio.get_running_loop().time() >= PLAY_SECONDS)
    wrong = await watch.until(lambda: _is_settled(stage))
    wrong += watch.wrong if not LATE & {fault.kind for fault in plan.faults} else []
    wrong += _judge(stage, watch.latest)
    wrong += [] if plan.jumps else _early(stage)
    for process in stage.processes:
        process.world.feed.stand_down()
        for task in process.loops:
            task.cancel()
        await process.world.reconciler.stop()
    return wrong + stage.api.complaints


def _set_clock(stage: Stage, seconds: float) -> None:
    stage.wall.off += timedelta(seconds=seconds)


class _Watch:
    """Looks on: which runs overlap, and how late it ever was on the wall."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.latest = stage.wall.read()
        self.wrong: list[str] = []

    async def until(self, is_done: Any) -> list[str]:
        """Let time pass until it is so; complains where that does not come."""
        began = asyncio.get_running_loop().time()
        while not is_done():
            await asyncio.sleep(0.25)
            self._look()
            if asyncio.get_running_loop().time() - began > LONGEST_SECONDS:
                return ["it does not settle"]
        return []

    def _look(self) -> None:
        self.latest = max(self.latest, self.stage.wall.read())
        running = Counter(
            schedule_of(it)
            for it in self.stage.api.named("/executions/")
            if it.get("status", {}).get("phase") == "Running"
        )
        for name in ALONE:
            complaint = f"runs of {name} overlap"
            if running[name] > 1 and complaint not in self.wrong:
                self.wrong.append(complaint)


def schedule_of(run: Object) -> str:
    """The Schedule that started it."""
    return str(run["metadata"]["labels"]["asw.dev/schedule"])


def instant_of(run: Object) -> datetime:
    """For which instant it was started."""
    return parse_instant(run["metadata"]["annotations"]["asw.dev/scheduled-time"])


def _is_settled(stage: Stage) -> bool:
    """Whether nobody is in trouble, and no instant that has come is undecided."""
    if not stage.is_quiet:
        return False
    now = stage.wall.read()
    for name, seconds in COMPLETE.items():
        status = stage.api.objects[f"{PATHS['schedule']}/{name}"].get("status", {})
        until = status.get("decidedUntil")
        if until is None or (now - parse_instant(until)).total_seconds() > seconds + 25:
            return False
    return True


def _judge(stage: Stage, latest: datetime) -> list[str]:
    runs, wrong = stage.api.named("/executions/"), list[str]()
    for name in SCHEDULES:
        instants = sorted(instant_of(it) for it in runs if schedule_of(it) == name)
        twice = [it for it, count in Counter(instants).items() if count > 1]
        if twice:
            wrong.append(f"{name}: twice for {twice}")
        early = [it for it in instants if it > latest]
        if early:
            wrong.append(f"{name}: before their time {early}")
    wrong += _skipped(stage, runs)
    past = [instant_of(it) for it in runs if schedule_of(it) == "backfill"]
    wanted = [EPOCH - timedelta(seconds=10 * n) for n in range(1, 11)]
    if sorted(past) != sorted(wanted):
        wrong.append(f"backfill: {sorted(past)}")
    return wrong + _told_wrongly(stage, runs)


def _early(stage: Stage) -> list[str]:
    """Runs that were there before their instant."""
    return [
        f"{it['metadata']['name']}: before its time"
        for it in stage.api.named("/executions/")
        if parse_instant(it["metadata"]["creationTimestamp"]) < instant_of(it)
    ]


def _skipped(stage: Stage, runs: list[Object]) -> list[str]:
    """Instants up to the last that was decided, for which there is no run."""
    found = list[str]()
    for name, seconds in COMPLETE.items():
        there = {instant_of(it) for it in runs if schedule_of(it) == name}
        status = stage.api.objects[f"{PATHS['schedule']}/{name}"]["status"]
        until, at = parse_instant(status["decidedUntil"]), EPOCH
        while (at := at + timedelta(seconds=seconds)) <= until:
            if at not in there:
                found.append(f"{name}: nothing for {at}")
    return found


def _told_wrongly(stage: Stage, runs: list[Object]) -> list[str]:
    """What statuses say, against the runs that there are."""
    found = []
    for name in COMPLETE:
        status = stage.api.objects[f"{PATHS['schedule']}/{name}"]["status"]
        last = max(instant_of(it) for it in runs if schedule_of(it) == name)
        if parse_instant(status["lastScheduleTime"]) > last:
            found.append(f"{name}: its status tells of a run that is not there")
    return found
