"""What executions that wait cost, by what they wait for: ``python -m bench.waits [COUNT]``.

Production's wiring over an API server in memory, in virtual time, so that only the operator's own
work counts; pods of the connector and the service that they ask are stand-ins in this process.
Memory is that of objects which the operator's code made (tracemalloc, without the process itself).
"""

import asyncio
import gc
import logging
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace

from asw.asl.values import Json
from asw.connector.calls import Call, Done, Outcome
from asw.engine.facts import CallbackSucceeded, TaskStarted
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.port.jobs import AT_A_TIME
from tests.chaos.job_play import CONNECTION, JobStage
from tests.chaos.job_service import ConnectorPod, Service
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_stage import Parts
from tests.chaos.wait_play import begin, patch, phases
from tests.support.kube_objects import SETTINGS, Object, workflow_object
from tests.support.kube_world import PATHS
from tests.support.play import definition
from tests.support.virtual_time import VirtualTimeLoop, virtual_now

COUNT = 10_000
"""Of each kind: 500 take a minute, and 10,000 twenty times as long."""
IDLE_SECONDS = 60
SETTLE_SECONDS = 60
WOKEN = 20
LONG_SECONDS = 86_400
OURS = ("*/operator/asw/*", "*/asyncio/*", "*/pydantic/*", "<string>")
"""Files in which the operator's objects are made."""
ARN = "arn:aws:states:eu-west-1:123456789012:activity:Ship"
ACTIVITY = {
    "metadata": {"name": "ship", "namespace": "shop", "uid": "activity-1"},
    "spec": {"name": "Ship"},
}


class _Service(Service):
    """Takes messages, too."""

    def _done(self, call: Call) -> Outcome:
        return (
            Done(output={"MessageId": "m"}) if call.action == "sendMessage" else super()._done(call)
        )


@dataclass(slots=True, eq=False, kw_only=True)
class _Pod(ConnectorPod):
    """Has slots for all questions that are asked at a time."""

    slots: int = 2 * AT_A_TIME


class _Stage(JobStage):
    pod_type = _Pod


def _task(resource: str, parameters: Json = None, **fields: Json) -> Object:
    given = {} if parameters is None else {"Parameters": parameters}
    return {"Type": "Task", "Resource": resource, **given, **fields, "End": True}


KINDS: dict[str, Object] = {
    "Wait": {"Type": "Wait", "Seconds": LONG_SECONDS, "End": True},
    "callback": _task(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
    ),
    "activity": _task(ARN),
    "approval": _task("asw:approval", {"Title": "Go?"}),
    "job": _task(
        "arn:aws:states:::athena:startQueryExecution.sync",
        {"QueryString.$": "States.Format('{}', $.run)"},
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``mib`` of memory, ``idle`` seconds of the processor in a minute, ``wake`` of one, in ms."""

    mib: float
    idle: float
    wake: float


async def _stage(kind: str, count: int) -> JobStage:
    flow = StoredFlow(machine=definition("One", One=KINDS[kind]), outputs={}, count=count)
    parts = Parts(tasks=replace(SETTINGS, has_policies=True))
    stage = _Stage(flow, parts)
    ends = {run: (float(LONG_SECONDS), "SUCCEEDED") for run in range(count)}
    stage.service = _Service(ends=ends, faults={})
    stage.api.put(PATHS["connection"], CONNECTION)
    stage.api.put(PATHS["activity"], ACTIVITY)
    workflow = workflow_object(definition=flow.machine, connections={"default": "lab"})
    stage.api.put(PATHS["workflow"], workflow)
    await stage.begin()
    await asyncio.sleep(5)
    return stage


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110  virtual time
        await asyncio.sleep(0.01)


async def _measured(kind: str, count: int) -> Figures:
    stage = await _stage(kind, count)
    before = _mib(stage)
    begin(stage, count)
    while set(phases(stage).values()) != {"Running"}:  # noqa: ASYNC110  virtual time
        await asyncio.sleep(5)
    await asyncio.sleep(SETTLE_SECONDS * 5)
    memory = _mib(stage) - before
    tracemalloc.stop()
    begun = time.process_time()
    await asyncio.sleep(IDLE_SECONDS)
    idle, spans = time.process_time() - begun, []
    for run in range(min(WOKEN, count)):
        begun = time.process_time()
        await _wake(stage, kind, run)
        spans.append(time.process_time() - begun)
    return Figures(mib=memory, idle=idle, wake=1000 * sorted(spans)[len(spans) // 2])


async def _wake(stage: JobStage, kind: str, run: int) -> None:
    """Have one go on, until that is stored."""
    item = stage.api.objects[f"{PATHS['execution']}/run-{run}"]
    world, task_id = stage.processes[-1].world, TaskId(item["metadata"]["uid"], 1)
    if kind == "approval":
        said = {"choice": "approve", "by": "ann"}
        patch(stage, run, lambda spec: spec.update(answers={"1": said}))
    elif kind == "Wait":
        patch(stage, run, lambda spec: spec.update(stop={}))
    elif kind == "activity":
        offer = world.platform.workers.take(("shop", "Ship"))
        assert offer is not None
        at = virtual_now()
        fact = TaskStarted(task_id=offer.task_id, at=at, may_repeat=False)
        await world.reconciler.take(offer.key, fact)
        return
    else:
        await world.inbox.deliver(CallbackSucceeded(task_id=task_id, at=virtual_now(), output={}))
    await _until(lambda: _phase(stage, run) != "Running")


def _phase(stage: JobStage, run: int) -> str:
    found: str = stage.api.objects[f"{PATHS['execution']}/run-{run}"]["status"]["phase"]
    return found


def _mib(stage: JobStage) -> float:
    for noted in (stage.api.bodies, stage.api.requests, stage.api.queries):
        noted.clear()
    gc.collect()
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    ours = [tracemalloc.Filter(True, it) for it in OURS]
    found = tracemalloc.take_snapshot().filter_traces(ours).statistics("filename")
    return sum(it.size for it in found) / 2**20


def main() -> None:
    """Measure, and print a line for each kind."""
    logging.disable(logging.CRITICAL)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    sys.stdout.write(f"{count:6} waiting   memory    idle for a minute    wake one\n")
    for kind in KINDS:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            found = runner.run(_measured(kind, count))
        told = f"{found.mib:6.1f} MiB {found.idle:12.2f} s CPU {found.wake:8.1f} ms CPU"
        sys.stdout.write(f"{kind:16} {told}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
