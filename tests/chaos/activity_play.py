"""Workers of activities, over production's operator and ``asw serve``, in virtual time.

Workers poll two ``asw serve``, hang up, die with a task, report twice at once, too late, or by a
forged token, while the operator is killed or the Lease changes its holder under their long polls.
What workers were given and told is held against the records and against how executions ended.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from aiohttp import web

from asw.asl.values import Json
from asw.reconciler.platform import Unavailable
from asw.serve.activities import PATH as POLL
from asw.serve.activities import Activities
from asw.serve.app import application
from asw.serve.callbacks import Callbacks
from asw.serve.results import ANSWER_SECONDS, Operator
from asw.serve.reviews import Reviews
from tests.chaos.plans import Fault
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_play import PRODUCTION, _apply
from tests.chaos.stored_stage import Process, Stage
from tests.chaos.wait_play import (
    arm,
    begin,
    drawn_faults,
    ending,
    judged,
    kills,
    run_of,
    stop,
    until_over,
)
from tests.support.kube_objects import Object, a_callback_ring, events_of
from tests.support.kube_world import PATHS
from tests.support.memory_http import Caller, post
from tests.support.play import definition
from tests.support.virtual_time import virtual_now

COUNT = 5
TIMEOUT_SECONDS = 60
HEARTBEAT_SECONDS = 20
PATIENCE_SECONDS = 30.0
"""How long all that is planned may keep a task from a worker that waits for it."""
PAUSE_SECONDS = 0.5
REQUESTS = {"put_executions": 24, "get_executions": 12, "list_executions": 2}
HABITS = ("succeeds", "fails", "dies", "twice", "late", "forged", "beats", "hangs-up")
ACTIVITY = {
    "apiVersion": "asw.dev/v1alpha1",
    "kind": "Activity",
    "metadata": {"name": "ship", "namespace": "shop", "uid": "activity-1"},
    "spec": {"name": "Ship"},
}


def flow() -> StoredFlow:
    """A task for workers, which is tried once more if nobody reports."""
    again = {"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}
    ship = {
        "Type": "Task",
        "Resource": "arn:aws:states:eu-west-1:123456789012:activity:Ship",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "HeartbeatSeconds": HEARTBEAT_SECONDS,
        "Retry": [again],
        "End": True,
    }
    return StoredFlow(machine=definition("Hand", Hand=ship), outputs={}, count=COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker: it comes ``at``, does each of its tasks in so many seconds, by its habits."""

    at: float
    seconds: float
    habits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPlan:
    """What is played; ``stops`` are instants by run."""

    seed: int
    faults: tuple[Fault, ...] = ()
    workers: tuple[Worker, ...] = ()
    stops: tuple[tuple[float, int], ...] = ()

    @property
    def may_miss(self) -> bool:
        """Whether a task may start with nobody having it."""
        return bool(self.faults) or any("hangs-up" in it.habits for it in self.workers)


def drawn_activities(seed: int) -> ActivityPlan:
    """A plan; the same for a seed."""
    chance = random.Random(seed)
    faults = drawn_faults(chance, REQUESTS)
    workers = tuple(
        Worker(
            at=round(chance.choice([0.0, chance.uniform(0, 4), chance.uniform(0, 60)]), 2),
            seconds=round(chance.choice([0.0, chance.uniform(0, 3), chance.uniform(0, 15)]), 2),
            habits=tuple(chance.choice(HABITS) for _ in range(3)),
        )
        for _ in range(chance.choice([1, 2, 4, 7]))
    )
    stops = tuple(
        (round(chance.uniform(0, 60), 2), run) for run in range(COUNT) if chance.random() < 0.1
    )
    return ActivityPlan(seed=seed, faults=faults, workers=workers, stops=stops)


def killed() -> Iterator[ActivityPlan]:
    """The operator dies at every request of plays in which two workers do all that there is."""
    workers = tuple(Worker(at=0.0, seconds=1.0, habits=(it, "twice")) for it in ("beats", "fails"))
    base = ActivityPlan(seed=0, workers=workers)
    for fault in kills(REQUESTS):
        yield replace(base, faults=(fault,))


def judge_activities(plan: ActivityPlan) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    return judged(partial(_play, plan))


async def _asks(kind: tuple[str, str, str], _: Mapping[str, Any]) -> Mapping[str, Any]:
    """An API server at which everybody may poll."""
    if kind[1] == "TokenReview":
        return {"authenticated": True, "user": {"username": "worker"}}
    return {"allowed": True}


class _Way:
    """From ``asw serve`` to whoever holds the Lease, who may die meanwhile: see Results."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._applications: dict[Process, web.Application] = {}

    async def bring(
        self, path: str, token: str, said: Mapping[str, Any], *, longest: int = 0
    ) -> tuple[int, Mapping[str, Any]]:
        """See Results."""
        del longest
        process = self._stage.holder
        if process is None:
            raise Unavailable("nobody listens")
        asking = self._stage.spawn(post(self._application(process), path, said, token=token))
        until = asyncio.get_running_loop().time() + ANSWER_SECONDS
        while not asking.done():
            await asyncio.wait({asking}, timeout=0.1)
            if process.is_dead or asyncio.get_running_loop().time() > until:
                asking.cancel()
                raise Unavailable("no answer came")
        status, answer = asking.result()
        if status >= 500:
            raise Unavailable("not now")
        return status, answer

    def _application(self, process: Process) -> web.Application:
        if process not in self._applications:
            self._applications[process] = made = process.world.results.application()
            made.freeze()
        return self._applications[process]


def _clock() -> float:
    """Of the loop, in steps that sums keep exactly: a pause too short to pass would be for ever."""
    return round(asyncio.get_running_loop().time() * 1024) / 1024


def _serve(stage: Stage) -> web.Application:
    """``asw serve``."""
    way: Any = _Way(stage)
    behind = Operator(ring=a_callback_ring(virtual_now), results=way, now=virtual_now)
    reviews = Reviews(ask=_asks, clock=_clock)
    activities = Activities(behind=behind, reviews=reviews, clock=_clock)
    callbacks = Callbacks(behind=behind, clock=_clock)
    made = application((activities.add_to, callbacks.add_to))
    made.freeze()
    return made


@dataclass(slots=True)
class _Workers:
    """What workers were given and told. ``taken`` and ``unsure`` are marks by execution."""

    stage: Stage
    doors: list[web.Application]
    given: Counter[str] = field(default_factory=Counter)
    given_of: Counter[int] = field(default_factory=Counter)
    taken: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    unsure: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    is_over: bool = False

    async def work(self, number: int, worker: Worker) -> None:
        """Poll, and do what there is, until all is over."""
        await asyncio.sleep(worker.at)
        door, turn = self.doors[number % len(self.doors)], 0
        while not self.is_over:
            habit = worker.habits[turn % len(worker.habits)]
            caller = Caller(f"10.1.0.{number}")
            said = {"token": "t", "namespace": "shop", "activity": "Ship"}
            polling = asyncio.ensure_future(post(door, POLL, said, caller=caller))
            if habit == "hangs-up":
                await asyncio.wait({polling}, timeout=worker.seconds)
                caller.is_gone = True
                turn += 1
            status, task = await polling
            if habit == "hangs-up" and task.get("taskToken"):
                self._give(task)  # it may have been on its way to nobody
            elif status == 200 and task.get("taskToken"):
                turn += 1
                await self._do(door, task, habit, worker.seconds, f"{number}-{turn}")
            else:
                await asyncio.sleep(PAUSE_SECONDS)

    def _give(self, task: Mapping[str, Any]) -> int:
        """Note that it was handed out, and whether the stored record says so; of which run."""
        run = int(task["input"]["run"])
        self.given[task["taskToken"]] += 1
        self.given_of[run] += 1
        started = _count(self._execution(run), "ActivityStarted")
        if started < self.given_of[run]:
            self.wrong.append(f"run {run}: {self.given_of[run]} given, {started} started")
        return run

    def _execution(self, run: int) -> Object:
        return next(it for it in self.stage.api.named("/executions/") if run_of(it) == run)

    async def _do(
        self, door: web.Application, task: Mapping[str, Any], habit: str, seconds: float, mark: str
    ) -> None:
        run, token = self._give(task), task["taskToken"]
        report = partial(self._report, door, run, token)
        match habit:
            case "dies":
                return
            case "late":
                await asyncio.sleep(TIMEOUT_SECONDS + seconds)
            case "beats":
                for _ in range(3):
                    await asyncio.sleep(HEARTBEAT_SECONDS / 2)
                    await report("heartbeat", "")
            case "forged":
                await self._forge(door, token)
        await asyncio.sleep(seconds)
        if habit == "twice":
            both = (report("success", f"{mark}a"), report("failure", f"{mark}b"))
            await asyncio.gather(*both, report("success", f"{mark}a"))
        else:
            await report("failure" if habit == "fails" else "success", mark)

    async def _forge(self, door: web.Application, token: str) -> None:
        forged = token[:-1] + ("0" if token[-1] != "0" else "1")
        said = {"token": forged, "output": "forged"}
        status, answer = await post(door, "/v1/callbacks/success", said)
        if (status, answer.get("__type")) != (400, "InvalidToken"):
            self.wrong.append(f"a forged token was answered {status} {answer}")

    async def _report(
        self, door: web.Application, run: int, token: str, what: str, mark: str
    ) -> None:
        """Report until somebody answers."""
        more: Json = {"success": {"output": mark}, "failure": {"error": mark}}.get(what, {})
        while True:
            status, answer = await post(door, f"/v1/callbacks/{what}", {"token": token, **more})
            code = answer.get("__type", "")
            if status == 200 and what != "heartbeat" and mark not in self.taken[run]:
                self.taken[run].append(mark)
            if status == 400 and code != "TaskTimedOut":
                self.wrong.append(f"{mark} of run {run} was told {code}")
            if status < 500:
                return
            self.unsure[run].append(mark)
            await asyncio.sleep(PAUSE_SECONDS)


async def _play(plan: ActivityPlan) -> list[str]:
    stage = Stage(flow(), PRODUCTION)
    stage.api.put(PATHS["activity"], ACTIVITY)
    _apply(stage, stage.flow)
    await stage.begin()
    arm(stage, plan.faults)
    doors = [_serve(stage), _serve(stage)]
    for door in doors:
        await door.startup()
    workers = _Workers(stage, doors)
    begin(stage, COUNT)
    for at, run in plan.stops:
        stage.later(at, partial(stop, stage, run))
    working = [stage.spawn(workers.work(*it)) for it in enumerate(plan.workers)]
    found = await until_over(stage)
    workers.is_over = True
    if not found:
        await asyncio.wait(working, timeout=200)
        stops = {run for _, run in plan.stops}
        for item in stage.api.named("/executions/"):
            found += _judge(item, workers, plan, is_stopped=run_of(item) in stops)
    for door in doors:
        await door.cleanup()
    for task in working:
        task.cancel()
    for process in stage.processes:
        await process.world.reconciler.stop()
    return [*found, *workers.wrong, *stage.api.complaints]


def _judge(
    item: Object, workers: _Workers, plan: ActivityPlan, *, is_stopped: bool
) -> Iterator[str]:
    run, ended = run_of(item), ending(item)
    taken, unsure = workers.taken[run], workers.unsure[run]
    if len(taken) > 1:
        yield f"run {run}: each of {taken} was told that it counts"
    if taken and ended != taken[0]:
        yield f"run {run}: {taken[0]} was told that it counts, and it ended by {ended}"
    open_ends = ["States.Timeout", *(["Enough"] if is_stopped else [])]
    if not taken and ended not in (*unsure, *open_ends):
        yield f"run {run}: ended by {ended}, which nobody was told"
    started, given = _count(item, "ActivityStarted"), workers.given_of[run]
    if started != given and not (plan.may_miss and started > given):
        yield f"run {run}: {started} started, {given} given"
    idle = [it for it in plan.workers if not {"late", "hangs-up"} & {*it.habits}]
    is_served = any(it.at + PATIENCE_SECONDS < TIMEOUT_SECONDS for it in idle)
    if ended == "States.Timeout" and not started and is_served and len(idle) > COUNT:
        yield f"run {run}: workers waited, and it got none"
    for token, count in workers.given.items():
        if count > 1 and run == 0:
            yield f"{token} was given {count} times"


def _count(item: Object, kind: str) -> int:
    return sum(it["type"] == kind for it in events_of(item.get("status", {})))
