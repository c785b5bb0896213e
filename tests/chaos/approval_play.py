"""Answers of people that come at any moment, over production, in virtual time.

Each execution asks two questions, one after the other. People patch ``spec.answers`` before a
question is asked, while the operator is away or changes, two at the same time, and some who may
not. How each question was decided is held against what was there, by rules of the play's own.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from tests.chaos.plans import Fault
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_play import _apply
from tests.chaos.stored_stage import Parts, Stage
from tests.chaos.wait_play import (
    arm,
    begin,
    drawn_faults,
    judged,
    kills,
    patch,
    run_of,
    stop,
    until_over,
)
from tests.support.kube_objects import SETTINGS, Object, events_of
from tests.support.play import definition
from tests.support.virtual_time import virtual_now

COUNT = 5
TIMEOUT_SECONDS = 90
PATIENCE_SECONDS = 30.0
"""How long all that is planned may keep the operator from seeing what is there."""
REQUESTS = {"put_executions": 20, "get_executions": 12, "list_executions": 2}
CHOICES = {1: ("approve", "reject"), 2: ("north", "south")}
"""By the ordinal of the question."""
APPROVERS = {"Users": ["ann", "bob"], "Groups": ["ops"]}


def flow() -> StoredFlow:
    """Two questions; both answers to the first lead to the second."""
    wanted = {"Title": "Go?", "Approvers": APPROVERS}
    ask = {"Type": "Task", "Resource": "asw:approval", "TimeoutSeconds": TIMEOUT_SECONDS}
    rejected = {"ErrorEquals": ["Asw.Rejected"], "ResultPath": "$.first", "Next": "Second"}
    first = {**ask, "Parameters": wanted, "ResultPath": "$.first", "Next": "Second"}
    second = {**ask, "Parameters": {**wanted, "Choices": list(CHOICES[2])}, "End": True}
    machine = definition("First", First={**first, "Catch": [rejected]}, Second=second)
    return StoredFlow(machine=machine, outputs={}, count=COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What somebody answers, and when; ``skips`` leaves so many keys out."""

    run: int
    ordinal: int
    at: float
    by: str
    choice: str
    groups: tuple[str, ...] = ()
    skips: int = 0

    @property
    def counts(self) -> bool:
        """Whether it is an answer, of somebody who was asked."""
        is_named = self.by in APPROVERS["Users"] or "ops" in self.groups
        return is_named and self.choice in CHOICES[self.ordinal]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPlan:
    """What is played; ``stops`` are instants by run."""

    seed: int
    faults: tuple[Fault, ...] = ()
    sayings: tuple[Saying, ...] = ()
    stops: tuple[tuple[float, int], ...] = ()


def drawn_approvals(seed: int) -> ApprovalPlan:
    """A plan; the same for a seed. Some questions get no answer, some several at once."""
    chance = random.Random(seed)
    faults = drawn_faults(chance, REQUESTS)
    sayings = []
    for run in range(COUNT):
        for ordinal in (1, 2):
            at = chance.choice([chance.uniform(0, 3), chance.uniform(0, 40), 90.0])
            count = chance.choice([0, 1, 1, 2, 3])
            sayings += [_drawn_saying(chance, run, ordinal, at) for _ in range(count)]
    stops = [
        (round(chance.uniform(0, 60), 2), run) for run in range(COUNT) if chance.random() < 0.1
    ]
    return ApprovalPlan(seed=seed, faults=faults, sayings=tuple(sayings), stops=tuple(stops))


def _drawn_saying(chance: random.Random, run: int, ordinal: int, at: float) -> Saying:
    by = chance.choice(["ann", "ann", "bob", "bob", "eve", "max"])
    return Saying(
        run=run,
        ordinal=ordinal,
        at=round(at + chance.choice([0.0, 0.0, 0.01, chance.uniform(0, 5)]), 2),
        by=by,
        groups=("ops",) if by == "max" else (),
        choice=chance.choice([*CHOICES[ordinal], *CHOICES[ordinal], "maybe"]),
        skips=chance.choice([0, 0, 0, 3]),
    )


def killed() -> Iterator[ApprovalPlan]:
    """The operator dies at every request of plays in which each question gets an answer."""
    base = ApprovalPlan(
        seed=0,
        sayings=tuple(
            Saying(
                run=run, ordinal=ordinal, at=2.0 * ordinal + run, by=by, choice=CHOICES[ordinal][0]
            )
            for run in range(COUNT)
            for ordinal in (1, 2)
            for by in ("eve", "ann", "bob")
        ),
    )
    for fault in kills(REQUESTS):
        yield replace(base, faults=(fault,))


def judge_approvals(plan: ApprovalPlan) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    return judged(partial(_play, plan))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """An answer that the API server has."""

    saying: Saying
    number: int
    at: datetime
    mark: str


@dataclass(slots=True)
class _People:
    stage: Stage
    given: defaultdict[tuple[int, int], list[_Given]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def say(self, saying: Saying) -> None:
        """Patch the execution: the first key that is free, and not one that another one took."""
        before = self.given[saying.run, saying.ordinal]
        number = max((it.number for it in before), default=0) + 1 + saying.skips
        key = f"{saying.ordinal}.{number}" if number > 1 else f"{saying.ordinal}"
        mark = f"{saying.run}/{key}"
        said = {"choice": saying.choice, "by": saying.by, "comment": mark}
        told = {**said, "groups": list(saying.groups)} if saying.groups else said
        patch(
            self.stage,
            saying.run,
            lambda spec: spec.setdefault("answers", {}).update({key: told}),
        )
        before.append(_Given(saying=saying, number=number, at=virtual_now(), mark=mark))


async def _play(plan: ApprovalPlan) -> list[str]:
    held = replace(SETTINGS, has_policies=True)
    stage = Stage(flow(), Parts(tasks=held))
    _apply(stage, stage.flow)
    await stage.begin()
    arm(stage, plan.faults)
    begin(stage, COUNT, {})
    people = _People(stage)
    for saying in plan.sayings:
        stage.later(saying.at, partial(people.say, saying))
    for at, run in plan.stops:
        stage.later(at, partial(stop, stage, run))
    found = await until_over(stage)
    if not found:
        stops = {run: at for at, run in plan.stops}
        for item in stage.api.named("/executions/"):
            found += _judge(item, people, stops.get(run_of(item)))
    for process in stage.processes:
        await process.world.reconciler.stop()
    return [*found, *stage.api.complaints]


def _judge(item: Object, people: _People, stopped_at: float | None) -> list[str]:
    run, found, asked = run_of(item), [], 0
    for ordinal, question in enumerate(_questions(events_of(item["status"])), start=1):
        asked += 1
        counts = Counter(it["type"] for it in question)
        ends = sum(counts[kind] for kind in ("TaskSucceeded", "TaskFailed", "TaskTimedOut"))
        if counts["TaskSubmitted"] > 1 or ends > 1:
            found.append(f"question {ordinal}: {dict(counts)}")
        if not ends and stopped_at is None:
            found.append(f"question {ordinal} was not decided")
        given = people.given[run, ordinal]
        found += [f"question {ordinal}: {it}" for it in _wrong(question, given)]
    status = item["status"]
    if stopped_at is None and status["phase"] == "Aborted":
        found.append("nobody stopped it")
    if asked < 2 and status.get("error") not in ("States.Timeout", "Enough"):
        found.append(f"it asked {asked} questions, and ended by {status.get('error')}")
    return [f"run {run}: {it}" for it in found]


def _questions(events: list[Object]) -> list[list[Object]]:
    """The events of each question."""
    found: list[list[Object]] = []
    for event in events:
        if event["type"] == "TaskScheduled":
            found.append([])
        if found:
            found[-1].append(event)
    return found


def _wrong(question: list[Object], given: list[_Given]) -> Iterator[str]:
    """What is wrong with how it was decided, by what was there when."""
    asked_at = datetime.fromisoformat(question[0]["timestamp"])
    counting = [it for it in given if it.saying.counts]
    for end in question:
        at, patience = datetime.fromisoformat(end["timestamp"]), timedelta(seconds=PATIENCE_SECONDS)
        if end["type"] == "TaskTimedOut":
            if at < asked_at + timedelta(seconds=TIMEOUT_SECONDS):
                yield "it timed out too early"
            missed = [it for it in counting if max(it.at, asked_at) + patience < at]
            yield from (f"{it.mark} was there, and it timed out" for it in missed)
        if end["type"] not in ("TaskSucceeded", "TaskFailed"):
            continue
        decided = next((it for it in given if _says(end, it)), None)
        if decided is None or not decided.saying.counts:
            yield f"decided by {end}, which does not count"
            continue
        if decided.at > at:
            yield f"{decided.mark} decided before it was given"
        for it in counting:
            if it.at <= decided.at and it.number < decided.number:
                yield f"{it.mark} was there before {decided.mark}, which decided"
            elif max(it.at, asked_at) + patience < decided.at:
                yield f"{it.mark} was there long before {decided.mark}, which decided"


def _says(end: Object, given: _Given) -> bool:
    """Whether the end of the question is by this answer."""
    said = given.saying
    if said.choice == "reject":
        cause = f"Rejected by {said.by}: {given.mark}"
        return (end.get("error"), end.get("cause")) == ("Asw.Rejected", cause)
    if end["type"] != "TaskSucceeded":
        return False
    output = json.loads(end["output"])
    return [output[it] for it in ("Choice", "By", "Comment")] == [said.choice, said.by, given.mark]
