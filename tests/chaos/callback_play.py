"""Callbacks that come at any moment, over production, in virtual time.

Each execution asks once and waits. Somebody who has its token reports: before the task has
returned, while the operator is away or changes, twice at the same time, after a time-out. Whoever
is told to come again does so. What was answered is held against how the execution ended.
"""

import asyncio
import json
import random
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import Any

from asw.engine.facts import CallbackFailed, CallbackSucceeded, TaskFact, TaskHeartbeat
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import PlatformError
from tests.chaos.plans import Fault
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_play import PRODUCTION, _apply, _executions
from tests.chaos.stored_stage import Process, Stage
from tests.chaos.wait_play import (
    arm,
    begin,
    drawn_faults,
    ending,
    judged,
    run_of,
    until_over,
)
from tests.support.kube_objects import Object
from tests.support.virtual_time import virtual_now

COUNT = 6
TIMEOUT_SECONDS = 40
PAUSE_SECONDS = 0.5
REQUESTS = {"put_executions": 20, "get_executions": 20, "list_executions": 2, "post_jobs": 6}


def flow() -> StoredFlow:
    """Some executions that ask, and wait for a while."""
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "small", "Payload": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "End": True,
    }
    machine = {"StartAt": "Ask", "States": {"Ask": ask}}
    return StoredFlow(machine=machine, outputs={"small": lambda _: {}}, count=COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A report: of which execution, when after its token is known, and what."""

    run: int
    after: float
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPlan:
    """What is played."""

    seed: int
    faults: tuple[Fault, ...] = ()
    coming: tuple[Coming, ...] = ()


def drawn_callbacks(seed: int) -> CallbackPlan:
    """A plan; the same for a seed. Some executions get no report, some several at once."""
    chance = random.Random(seed)
    faults = drawn_faults(chance, REQUESTS)
    coming = []
    for run in range(COUNT):
        at = round(chance.choice([chance.uniform(0, 3), chance.uniform(0, 60), 40.0]), 2)
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            what = chance.choice(["success", "success", "failure", "heartbeat"])
            later = chance.choice([0.0, 0.0, 0.01, chance.uniform(0, 5)])
            coming.append(Coming(run=run, after=round(at + later, 2), what=what))
    return CallbackPlan(seed=seed, faults=faults, coming=tuple(coming))


def judge_callbacks(plan: CallbackPlan) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    return judged(partial(_play, plan))


class _People:
    """Who reports. ``taken`` and ``unsure`` are marks by execution: 200, and no answer at all."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.taken: defaultdict[int, list[str]] = defaultdict(list)
        self.unsure: defaultdict[int, list[str]] = defaultdict(list)
        self.wrong: list[str] = []

    async def report(self, number: int, coming: Coming) -> None:
        """Report until somebody answers; each says something else."""
        token = await self._token(coming.run)
        await asyncio.sleep(coming.after)
        mark = f"{coming.what}-{number}"
        while True:
            process = self.stage.holder
            answer = None if process is None else await self._ask(process, token, coming, mark)
            match answer:
                case Delivery.SAVED if coming.what != "heartbeat":
                    self.taken[coming.run].append(mark)
                case Delivery.GONE:
                    self.wrong.append(f"{mark} of run {coming.run} was told: does not exist")
            if answer is not None:
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def _token(self, run: int) -> str:
        """The token, once a Job has it: it is not handed out before."""
        while True:
            for job in self.stage.api.named("/jobs/"):
                if job["metadata"]["labels"]["asw.dev/execution"] == f"run-{run}":
                    return _token_of(job)
            await asyncio.sleep(0.01)

    async def _ask(
        self, process: Process, token: str, coming: Coming, mark: str
    ) -> Delivery | None:
        """What the result server would do; None where it would say: not now."""
        world = process.world
        asking = asyncio.ensure_future(self._delivered(world, token, coming, mark))
        while not asking.done() and not process.is_dead:
            await asyncio.wait({asking}, timeout=0.1)
        if not asking.done():  # whoever asked a process that died knows nothing
            asking.cancel()
            self.unsure[coming.run].append(mark)
            return None
        try:
            return asking.result()
        except PlatformError:
            self.unsure[coming.run].append(mark)
            return None

    async def _delivered(self, world: Any, token: str, coming: Coming, mark: str) -> Delivery:
        claim = await world.callbacks.keys.claim_of(token)
        if claim is None:
            self.wrong.append(f"the token of run {coming.run} is not genuine")
            return Delivery.LATE
        verdict: Delivery = await world.inbox.awaits_callback(claim)
        if verdict is Delivery.SAVED:
            verdict = await world.inbox.deliver(_fact(claim, coming.what, mark))
        return verdict


def _fact(claim: Claim, what: str, mark: str) -> TaskFact:
    task_id, at = claim.task_id, virtual_now()
    if what == "success":
        return CallbackSucceeded(task_id=task_id, at=at, output=mark)
    if what == "failure":
        return CallbackFailed(task_id=task_id, at=at, error=mark)
    return TaskHeartbeat(task_id=task_id, at=at)


def _token_of(job: Object) -> str:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    event = next(it["value"] for it in container["env"] if it["name"] == "ASW_EVENT")
    token: str = json.loads(event.replace("$$", "$"))["token"]
    assert str(TaskId.parse(token.split(".")[3])) in token
    return token


async def _play(plan: CallbackPlan) -> list[str]:
    stage = Stage(flow(), PRODUCTION)
    _apply(stage, stage.flow)
    await stage.begin()
    arm(stage, plan.faults)
    people = _People(stage)
    begin(stage, COUNT, {})
    reports = [stage.spawn(people.report(*it)) for it in enumerate(plan.coming)]
    late = await until_over(stage, lambda: all(it.done() for it in reports))
    if late:
        return late
    found = [*_judge(stage, people), *people.wrong, *stage.api.complaints]
    for process in stage.processes:
        await process.world.reconciler.stop()
    return found


def _judge(stage: Stage, people: _People) -> list[str]:
    found = []
    for run, item in enumerate(_executions(stage)):
        number, name = run_of(item), item["metadata"]["name"]
        taken, unsure = people.taken[number], people.unsure[number]
        ended = ending(item)
        if len(taken) > 1:
            found.append(f"{name}: each of {taken} was told that it counts")
        if taken and ended != taken[0]:
            found.append(f"{name}: {taken[0]} was told that it counts, and it ended by {ended}")
        if not taken and ended not in (*unsure, "States.Timeout"):
            found.append(f"{name}: ended by {ended}, which nobody was told (run {run})")
    return found
