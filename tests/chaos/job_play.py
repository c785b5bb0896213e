"""Jobs of services (``.sync``), over production and a service that fails, in virtual time.

Executions start a job each and wait for it, while pods of the connector go, the operator is killed
or loses the Lease, somebody stops executions, and the service answers late, wrongly or not at all.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from tests.chaos.job_service import ASK, START, STOP, ConnectorPod, Job, Service
from tests.chaos.plans import Fault
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_play import PRODUCTION
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
from tests.chaos.warm_play import _harm
from tests.chaos.warm_stage import WarmStage
from tests.support.kube_objects import Object, workflow_object
from tests.support.kube_world import PATHS
from tests.support.play import definition

COUNT = 4
TIMEOUT_SECONDS = 60
PATIENCE_SECONDS = 50.0
"""How long all that is planned may keep the operator from what it would have done."""
CALM_SECONDS = 120.0
"""After the last run: a stop that was not answered is told again."""
LONG_SECONDS = 5000.0
REQUESTS = {"put_executions": 20, "get_executions": 8, "list_executions": 2, "get_pods": 2}
HARMS = ("kill", "tear", "restart", "drain", "cut")
CONNECTION = {
    "metadata": {"name": "lab", "namespace": "shop", "uid": "cn-lab", "generation": 1},
    "spec": {"kind": "aws", "region": "eu-central-1"},
}


class JobStage(WarmStage):
    """The stage, with pods of a connector that ask ``service``."""

    pod_type = ConnectorPod
    service: Service


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlan:
    """What is played.

    ``ends`` are seconds and end of each run's job, ``answers`` what goes wrong with which call of
    the service; ``stops`` and ``harms`` are instants.
    """

    seed: int
    ends: tuple[tuple[float, str], ...]
    has_token: bool = False
    faults: tuple[Fault, ...] = ()
    harms: tuple[tuple[float, str], ...] = ()
    answers: tuple[tuple[str, int, str], ...] = ()
    stops: tuple[tuple[float, int], ...] = ()

    @property
    def is_killed(self) -> bool:
        """Whether operators die, or lose the Lease."""
        return any(it.kind in ("crash", "ghost", "flap", "late") for it in self.faults)


def drawn_jobs(seed: int) -> JobPlan:
    """A plan; the same for a seed."""
    chance = random.Random(seed)
    spans = (0.0, chance.uniform(0, 5), chance.uniform(0, 50), LONG_SECONDS)
    faults = ("busy", "down", "silent", "slow", "lost", "forgotten")
    return JobPlan(
        seed=seed,
        ends=tuple(
            (round(chance.choice(spans), 2), chance.choice(["SUCCEEDED", "SUCCEEDED", "FAILED"]))
            for _ in range(COUNT)
        ),
        has_token=chance.random() < 0.5,
        faults=drawn_faults(chance, REQUESTS, (0, 1, 2, 3)),
        harms=tuple(
            (round(chance.uniform(0, 40), 2), chance.choice(HARMS))
            for _ in range(chance.choice([0, 0, 1, 2]))
        ),
        answers=tuple(
            (action, chance.randint(1, 12 if action == ASK else 4), chance.choice(faults))
            for action in (START, ASK, ASK, STOP)
            if chance.random() < 0.4
        ),
        stops=tuple(
            (round(chance.uniform(0, 60), 2), run) for run in range(COUNT) if chance.random() < 0.2
        ),
    )


def killed() -> Iterator[JobPlan]:
    """The operator dies at every request while jobs end, fail, time out and are stopped."""
    ends = ((5.0, "SUCCEEDED"), (9.0, "FAILED"), (LONG_SECONDS, "FAILED"), (LONG_SECONDS, "FAILED"))
    base = JobPlan(seed=0, ends=ends, stops=((12.0, 3),))
    for fault in kills(REQUESTS):
        yield replace(base, faults=(fault,))


def judge_jobs(plan: JobPlan) -> list[str]:
    """Everything that is wrong with how the plan went; nothing where all is well."""
    return judged(partial(_play, plan))


def _flow(plan: JobPlan) -> StoredFlow:
    asked = {"QueryString.$": "States.Format('{}', $.run)"}
    if plan.has_token:
        asked["ClientRequestToken.$"] = "$$.Execution.Name"
    query = {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
        "Parameters": asked,
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "End": True,
    }
    return StoredFlow(machine=definition("Query", Query=query), outputs={}, count=COUNT)


async def _play(plan: JobPlan) -> list[str]:
    stage, chance = JobStage(_flow(plan), PRODUCTION), random.Random(plan.seed)
    faults = {(action, number): what for action, number, what in plan.answers}
    stage.service = Service(ends=dict(enumerate(plan.ends)), faults=faults)
    stage.api.put(PATHS["connection"], CONNECTION)
    connected = {"default": "lab"}
    workflow = workflow_object(definition=stage.flow.machine, connections=connected)
    stage.api.put(PATHS["workflow"], workflow)
    await stage.begin()
    await asyncio.sleep(4)
    arm(stage, plan.faults)
    for at, harm in plan.harms:
        stage.later(at, partial(_harm, stage, chance, harm))
    for at, run in plan.stops:
        stage.later(at, partial(stop, stage, run))
    begin(stage, COUNT)
    found = await until_over(stage)
    if not found:
        await asyncio.sleep(CALM_SECONDS)
        found = [*_judge(stage, plan), *stage.stuck()]
    for process in stage.processes:
        process.world.platform.stand_down()
        process.world.platform.pools.clear()
        await process.world.reconciler.stop()
    for pod in stage.pods:
        pod.end()
    return [*found, *stage.complaints, *stage.api.complaints]


def _judge(stage: JobStage, plan: JobPlan) -> Iterator[str]:
    for text, count in stage.effects.items():
        if count > 1:
            yield f"{text} ran {count} times"
    for item in stage.api.named("/executions/"):
        yield from (f"run {run_of(item)}: {it}" for it in _judged(item, stage.service, plan))


def _judged(item: Object, service: Service, plan: JobPlan) -> Iterator[str]:
    run, error = run_of(item), item["status"].get("error", "")
    jobs = [it for it in service.jobs if it.run == run]
    if len(jobs) > 1:
        yield f"{len(jobs)} jobs were started"
    job = jobs[0] if jobs else None
    is_nameless = error == "Asw.CallOutcomeUnknown" or error in service.refused[run]
    if not is_nameless and not _is_right(error, run, job, plan):
        yield f"ended by {ending(item)}, {item['status'].get('cause')}, and its job is {job}"
    if error == "Asw.CallOutcomeUnknown" and (plan.has_token or not plan.harms):
        yield f"ended by {error}"
    if job is not None and job.state == "RUNNING" and not job.is_forgotten and not is_nameless:
        # Design note 0028: a stop that nobody answered, and an operator that was killed.
        may_be_left = plan.is_killed and (service.is_untold or bool(plan.harms))
        if not may_be_left:
            yield f"ended by {ending(item)}, and left {job}"


def _is_right(error: str, run: int, job: Job | None, plan: JobPlan) -> bool:
    """Whether the execution may have ended by this error, empty for none."""
    state = "" if job is None else job.state
    match error:
        case "":
            return state == "SUCCEEDED"
        case "States.TaskFailed":
            return state == "FAILED"
        case "Enough":
            return run in {it for _, it in plan.stops}
        case "States.Timeout":
            is_late = job is None or job.ends_at + PATIENCE_SECONDS >= TIMEOUT_SECONDS
            return is_late or (job is not None and job.is_forgotten)
    return job is not None and job.is_forgotten
