"""Jobs of services over the API server in memory: real wiring, a scripted service behind a pod."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from asw.engine.facts import CallbackFailed
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from tests.support.kube_objects import Object, events_of, execution_object, workflow_object
from tests.support.kube_world import KubeWorld, again, kube_world
from tests.support.warm_pods import WarmPod, listening
from tests.unit.platforms.kubernetes.test_calls_of_services import connection_object

START = {"JobRunId": "r-1"}
RUNNING = {"JobRun": {"Id": "r-1", "JobRunState": "RUNNING"}}
DONE = {"JobRun": {"Id": "r-1", "JobRunState": "SUCCEEDED"}}
WRONG = {"JobRun": {"Id": "r-1", "JobRunState": "FAILED", "ErrorMessage": "no rows"}}
BUSY = {"error": "Glue.ThrottlingException", "cause": "Rate exceeded (Status Code: 400)"}


def waiting_for_a_job(**fields: object) -> Object:
    """A definition of one job."""
    resource = "arn:aws:states:::glue:startJobRun.sync"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"JobName": "j"}, "End": True}
    return {"StartAt": "Job", "States": {"Job": {**task, **fields}}}


@dataclass(kw_only=True)
class Service:
    """Answers by a script, of which the last answer of an action repeats; notes what it is asked.

    ``dies_at`` is the question, by action, whose pod is lost before it answers.
    """

    world: KubeWorld
    client: object
    script: dict[str, Sequence[Object]]
    dies_at: str = ""
    asked: dict[str, list[Object]] = field(default_factory=lambda: defaultdict(list))

    async def serve(self) -> None:
        """One pod after the other."""
        while True:
            pod = await WarmPod.start(self.world, self.client, newest=True, slots=4)
            await pod.hello()
            await self._one(pod)
            await pod.vanish()

    async def _one(self, pod: WarmPod) -> None:
        saying = asyncio.create_task(_hellos(pod))
        try:
            await self._answering(pod)
        finally:
            saying.cancel()

    async def _answering(self, pod: WarmPod) -> None:
        outcome: Object | None = None
        while True:
            _, answer = await pod.next(outcome)
            if "task" not in answer:
                outcome = None
                continue
            event = json.loads(answer["task"]["event"])
            action = event["action"]
            self.asked[action].append(event["parameters"])
            if action == self.dies_at:
                self.dies_at = ""
                return
            script = self.script[action]
            given = script[min(len(self.asked[action]), len(script)) - 1]
            outcome = given if "error" in given else {"output": given}


async def _hellos(pod: WarmPod) -> None:
    """What the hellos of the pod do, at the pace of virtual time."""
    while (known := pod.world.platform.pools.pod(pod.uid, pod.boot)) is not None:
        known.seen_at = pod.world.time.monotonic()
        await asyncio.sleep(0.001)


async def _ticking(world: KubeWorld) -> None:
    """Time goes by, and the operator's loops come round."""
    while True:
        world.time.pass_(1)
        for key in [seen.key for seen in world.platform.cache.executions.values()]:
            world.reconciler.wake(key)
        await world.pools.work()
        world.platform.pools.look()
        world.platform.jobs.work()
        await asyncio.sleep(0.001)


@asynccontextmanager
async def served(world: KubeWorld, **script: Sequence[Object]) -> AsyncIterator[Service]:
    """The world with a service; whatever is wrong with it fails the test."""
    async with listening(world) as client:
        service = Service(world=world, client=client, script=script)
        ticking = asyncio.create_task(_ticking(world))
        await world.until(lambda: world.api.named("/deployments/"))  # somebody waits for a call
        serving = asyncio.create_task(service.serve())
        yield service
        world.platform.pools.clear()
        for work in (ticking, serving):
            if work.done():
                await work
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


@asynccontextmanager
async def job(definition: Object | None = None, **fields: object) -> AsyncIterator[KubeWorld]:
    """An execution that waits for a job."""
    async with kube_world() as world:
        await world.apply("connection", connection_object())
        definition = definition or waiting_for_a_job(**fields)
        workflow = workflow_object(definition=definition, connections={"default": "lab"})
        await world.apply("workflow", workflow)
        await world.apply("execution", execution_object(input={}))
        yield world


async def over(world: KubeWorld) -> Object:
    """The status of the execution once it has ended."""
    await world.until(lambda: "completionTime" in world.status)
    return world.status


async def test_a_job_is_followed_to_its_end() -> None:
    """The Task's result is the job as the service shows it at last; the start is only noted."""
    async with job() as world, served(world, startJobRun=[START], getJobRun=[RUNNING, DONE]) as it:
        status = await over(world)
        assert (status["phase"], status["output"]) == ("Succeeded", DONE["JobRun"])
        assert it.asked["startJobRun"] == [{"JobName": "j"}]
        assert it.asked["getJobRun"] == [{"JobName": "j", "RunId": "r-1"}] * 2
        names = [event["type"] for event in events_of(status)]
        told = ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
        assert [name for name in names if not name.startswith(("TaskState", "Exec"))] == told


async def test_a_job_that_fails_fails_the_task() -> None:
    """With AWS's error, and the job as the cause."""
    async with job() as world, served(world, startJobRun=[START], getJobRun=[WRONG]):
        status = await over(world)
        assert (status["phase"], status["error"]) == ("Failed", "States.TaskFailed")
        assert json.loads(status["cause"]) == WRONG["JobRun"]


async def test_a_busy_service_is_asked_again() -> None:
    """A question that was refused for now says nothing about the job."""
    script = {"startJobRun": [START], "getJobRun": [BUSY, BUSY, RUNNING, DONE]}
    async with job() as world, served(world, **script) as it:
        assert (await over(world))["phase"] == "Succeeded"
        assert len(it.asked["getJobRun"]) == 4


async def test_a_service_that_refuses_to_tell_fails_the_task() -> None:
    """By the error of the question: nobody will ever know how the job ended."""
    refused = {"error": "Glue.AccessDeniedException", "cause": "not you (Status Code: 400)"}
    async with job() as world, served(world, startJobRun=[START], getJobRun=[refused]):
        status = await over(world)
        assert (status["phase"], status["error"]) == ("Failed", refused["error"])


async def test_a_question_that_is_lost_with_its_pod_is_asked_by_another() -> None:
    """Nothing was saved of it, and nothing is started twice."""
    script = {"startJobRun": [START], "getJobRun": [RUNNING, RUNNING, DONE]}
    async with job() as world, served(world, **script) as it:
        it.dies_at = "getJobRun"
        assert (await over(world))["phase"] == "Succeeded"
        assert len(it.asked["startJobRun"]) == 1
        assert it.dies_at == ""


async def test_another_operator_follows_the_job() -> None:
    """What names it stands in the record; it is not started again."""
    async with job() as world:
        async with served(world, startJobRun=[START], getJobRun=[RUNNING]) as before:
            await world.until(lambda: before.asked["getJobRun"])
        async with again(world) as successor:
            await successor.begin()
            async with served(successor, getJobRun=[DONE]) as it:
                status = await over(successor)
                assert (status["phase"], status["output"]) == ("Succeeded", DONE["JobRun"])
                assert it.asked.keys() == {"getJobRun"}


async def test_a_job_of_an_execution_that_is_stopped_is_stopped() -> None:
    """By what names it, before anybody reads that the execution is over."""
    script = {"startJobRun": [START], "getJobRun": [RUNNING], "batchStopJobRun": [BUSY, {}]}
    async with job() as world, served(world, **script) as it:
        await world.until(lambda: it.asked["getJobRun"])
        item = world.stored("execution", "order-1")
        metadata = {**item["metadata"], "generation": item["metadata"]["generation"] + 1}
        stopped = {**item, "metadata": metadata, "spec": {**item["spec"], "stop": {}}}
        await world.apply("execution", stopped)
        assert (await over(world))["phase"] == "Aborted"
        await world.until(lambda: len(it.asked["batchStopJobRun"]) == 2)
        assert it.asked["batchStopJobRun"][0] == {"JobName": "j", "JobRunIds": ["r-1"]}


async def test_a_job_that_takes_too_long_is_stopped() -> None:
    """TimeoutSeconds ends the Task; nobody waits for the job any more."""
    script = {"startJobRun": [START], "getJobRun": [RUNNING], "batchStopJobRun": [{}]}
    async with job(TimeoutSeconds=300) as world, served(world, **script) as it:
        status = await over(world)
        assert (status["phase"], status["error"]) == ("Failed", "States.Timeout")
        await world.until(lambda: it.asked["batchStopJobRun"])


async def test_a_deadline_stops_the_job_before_it_is_saved() -> None:
    """Whoever takes over in between finds the deadline in the record, and stops it once more."""
    script = {"startJobRun": [START], "getJobRun": [RUNNING], "batchStopJobRun": [{}]}
    async with job(TimeoutSeconds=300) as world, served(world, **script) as it:
        await world.until(lambda: it.asked["getJobRun"] and submitted(world))
        before = saves(world)
        released = world.api.hold("/order-1/status")
        await world.until(lambda: saves(world) > before)
        assert it.asked["batchStopJobRun"]
        released.set()
        assert (await over(world))["error"] == "States.Timeout"


async def test_a_job_that_has_ended_is_not_stopped() -> None:
    """Its Task is over, as in any record that does not await it."""
    async with job() as world, served(world, startJobRun=[START], getJobRun=[DONE]) as it:
        await over(world)
        assert not it.asked["batchStopJobRun"]


async def test_a_job_that_is_waited_for_costs_a_timer() -> None:
    """Worker and record are released between questions, and no slot is taken."""
    async with job() as world, served(world, startJobRun=[START], getJobRun=[RUNNING]) as it:
        await world.until(lambda: len(it.asked["getJobRun"]) > 2)
        await world.until(lambda: all(not p.demand for p in world.platform.pools.pools.values()))


@asynccontextmanager
async def job_of_a_cluster(**fields: object) -> AsyncIterator[KubeWorld]:
    """An execution that waits for a Job of a cluster, which it names as at AWS."""
    async with kube_world() as world:
        secret = {"secretKeyRef": {"name": "prod", "key": "token"}}
        connection = connection_object(
            kind="kubernetes", region=None, endpoint="https://k.example", kubernetes=secret
        )
        await world.apply("connection", connection)
        task = {
            "Resource": "arn:aws:states:::eks:runJob.sync",
            "Parameters": {"ClusterName": "lab", "Job": {}, "LogOptions": LOGS},
            **fields,
        }
        workflow = workflow_object(definition=waiting_for_a_job(**task), connections={})
        await world.apply("workflow", workflow)
        await world.apply("execution", execution_object(input={}))
        yield world


LOGS = {"RetrieveLogs": True}
NAMED = {"Namespace": "ns", "Name": "pi", "Uid": "j-1", "ClusterName": "lab"}
MADE = {"ResponseBody": {"metadata": {"namespace": "ns", "name": "pi", "uid": "j-1"}}}
ACTIVE = {"State": "Active"}
COMPLETE = {"State": "Complete", "Job": {"kind": "Job", "status": {"succeeded": 1}}}


async def test_a_job_of_a_cluster_is_made_once_and_followed_by_another_operator() -> None:
    """Namespace, name and uid are in the record; the result is the Job."""
    async with job_of_a_cluster() as world:
        async with served(world, runJob=[MADE], jobEnd=[ACTIVE]) as before:
            await world.until(lambda: before.asked["jobEnd"])
            assert before.asked["jobEnd"][0] == {**NAMED, "LogOptions": LOGS}
        async with again(world) as successor:
            await successor.begin()
            async with served(successor, jobEnd=[ACTIVE, COMPLETE]) as it:
                status = await over(successor)
                assert (status["phase"], status["output"]) == ("Succeeded", COMPLETE["Job"])
                assert it.asked.keys() == {"jobEnd"}


async def test_a_job_of_a_cluster_that_takes_too_long_is_deleted() -> None:
    """By its uid, before anybody reads that the Task is over; a busy server is told again."""
    busy = {"error": "EKS.503", "cause": "no"}
    script = {"runJob": [MADE], "jobEnd": [ACTIVE], "deleteJob": [busy, {}]}
    async with job_of_a_cluster(TimeoutSeconds=300) as world, served(world, **script) as it:
        status = await over(world)
        assert (status["phase"], status["error"]) == ("Failed", "States.Timeout")
        await world.until(lambda: len(it.asked["deleteJob"]) == 2)
        assert it.asked["deleteJob"] == [NAMED] * 2


def beside_a_callback() -> Object:
    """A definition of a job in one branch, and of a callback in another."""
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    asked = {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}
    ask = {"Type": "Task", "Resource": resource, "Parameters": asked, "End": True}
    branches = [waiting_for_a_job(), {"StartAt": "Ask", "States": {"Ask": ask}}]
    return {
        "StartAt": "Both",
        "States": {"Both": {"Type": "Parallel", "Branches": branches, "End": True}},
    }


def saves(world: KubeWorld) -> int:
    """How often a status was to be written."""
    return sum(it[0] == "PUT" and it[1].endswith("/status") for it in world.api.requests)


async def test_a_report_that_fails_a_branch_stops_the_job_beside_it_once_it_is_saved() -> None:
    """Not before: nobody may ever report again, and a successor would await what was stopped."""
    script = {"startJobRun": [START], "getJobRun": [RUNNING], "batchStopJobRun": [{}]}
    async with (
        job(beside_a_callback()) as world,
        served(world, **script, sendMessage=[{"MessageId": "m"}]) as it,
    ):
        await world.until(lambda: it.asked["getJobRun"] and submitted(world) == 2)
        before, released = saves(world), world.api.hold("/order-1/status")
        task_id = TaskId(world.stored("execution")["metadata"]["uid"], 2)
        failed = CallbackFailed(task_id=task_id, at=world.time.now, error="No", cause=None)
        delivering = asyncio.create_task(world.inbox.deliver(failed))
        await world.until(lambda: saves(world) > before)
        assert not it.asked["batchStopJobRun"]
        released.set()
        assert await delivering == Delivery.SAVED
        await world.until(lambda: it.asked["batchStopJobRun"])
        assert (await over(world))["error"] == "No"


def submitted(world: KubeWorld) -> int:
    """How many tasks of the execution have asked for their work."""
    return sum(event["type"] == "TaskSubmitted" for event in events_of(world.status))
