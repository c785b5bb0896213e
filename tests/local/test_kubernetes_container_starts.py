"""Jobs of ECS and Batch that cannot be started, and several of one call."""

import json

import pytest

from asw.connector.calls import Done
from tests.support import scripted_cluster as sc
from tests.support.container_jobs import (
    JOBS,
    NAME,
    PODS,
    a_call,
    a_job,
    a_pod,
    containers,
    echoed,
    ended,
)

SUBMIT = {"JobName": "mine", "JobQueue": "q", "JobDefinition": "resize"}
RUN = {"TaskDefinition": "resize"}
WHY = "CannotPullContainerError: ErrImagePull: no such tag"


@pytest.fixture
async def here():
    """An API server with the template, and who calls it."""
    async with containers() as found:
        yield found


def a_stuck_pod(reason, message=""):
    """A pod of the Job whose container cannot be started, since long ago."""
    state = {"waiting": {"reason": reason, "message": message}}
    made = {"creationTimestamp": "2020-01-01T00:00:00Z", "ownerReferences": [{"uid": "job-1"}]}
    status = {"phase": "Pending", "containerStatuses": [{"name": "main", "state": state}]}
    return {"metadata": {"name": "p", **made}, "status": status}


def is_stuck(started, refusal=None):
    """The Job has such a pod; the server takes changes of it, unless they are refused."""
    cluster, shown = started.where.cluster, a_job(started.job, active=1, ready=0)
    shown["metadata"]["resourceVersion"] = "7"
    cluster.on(f"GET {JOBS}/{NAME}", sc.one(shown))
    cluster.on(f"GET {PODS}", sc.listed(a_stuck_pod("ErrImagePull", "no such tag")))

    async def patched(request):
        change = (await request.json())["metadata"]["annotations"]
        shown["metadata"]["annotations"].update(change)
        return await sc.one(shown)(request)

    cluster.on(f"PATCH {JOBS}/{NAME}", refusal or patched)


def sent(here, method):
    """The requests of that method."""
    return [it for it in here.cluster.seen if it.method == method]


async def test_an_image_of_ecs_that_cannot_be_pulled(here):
    """The task stops in the words of ECS: it is they, and its container's, that say why."""
    started = await here.start("ecs:runTask", **RUN)
    is_stuck(started)
    found = await started.verdict()
    assert found.error == "States.TaskFailed"
    told = json.loads(found.cause)
    assert (told["StopCode"], told["StoppedReason"]) == ("TaskFailedToStart", WHY)
    assert (told["LastStatus"], told["Containers"][0]["Reason"]) == ("STOPPED", WHY)
    assert told["StoppedAt"] > told["CreatedAt"]


async def test_an_image_of_batch_that_cannot_be_pulled(here):
    """The job fails as it does at Batch, where its container says why."""
    started = await here.start("batch:submitJob", **SUBMIT)
    is_stuck(started)
    found = await started.verdict()
    assert found.error == "States.TaskFailed"
    told = json.loads(found.cause)
    assert (told["Status"], told["StatusReason"]) == ("FAILED", "Task failed to start")
    assert told["Container"]["Reason"] == WHY


async def test_an_array_whose_image_cannot_be_pulled(here):
    """It has no container that could say why: the job does."""
    started = await here.start("batch:submitJob", **SUBMIT, ArrayProperties={"Size": 4})
    is_stuck(started)
    assert json.loads((await started.verdict()).cause)["StatusReason"] == WHY


async def test_a_job_is_given_up_once(here):
    """It is ended, only as it was seen, and whoever asks again gets the same answer."""
    started = await here.start("ecs:runTask", **RUN)
    is_stuck(started)
    assert await started.verdict() == await started.verdict()
    [change] = sent(here, "PATCH")
    assert change.content_type == "application/merge-patch+json"
    assert change.body["spec"] == {"activeDeadlineSeconds": 1}
    metadata = change.body["metadata"]
    assert (metadata["uid"], metadata["resourceVersion"]) == ("job-1", "7")


async def test_a_job_that_changed_meanwhile_goes_on(here):
    """What was seen of its pods may be over: the next question looks again."""
    started = await here.start("ecs:runTask", **RUN)
    is_stuck(started, refusal=sc.refusal(409, "changed"))
    assert await started.verdict() is None


async def test_a_job_that_may_not_be_ended(here):
    """The missing right is named."""
    started = await here.start("ecs:runTask", **RUN)
    is_stuck(started, refusal=sc.refusal(403, "cannot patch jobs"))
    found = await started.verdict()
    assert found.error == "ECS.AccessDeniedException"
    assert "cannot patch jobs" in found.cause


async def test_a_job_that_runs_costs_one_question(here):
    """Nobody looks at its pods."""
    started = await here.start("ecs:runTask", **RUN)
    started.shows(a_stuck_pod("ErrImagePull"), active=2, ready=1)
    here.cluster.seen.clear()
    assert await started.verdict() is None
    assert [it.path for it in here.cluster.seen] == [f"{JOBS}/{NAME}"]


NAMES = [NAME, f"{NAME}-1", f"{NAME}-2"]


def are(here, started, *statuses):
    """The Jobs, of three tasks, are so."""
    for job, status in zip(started.jobs, statuses, strict=True):
        name = job["metadata"]["name"]
        here.cluster.on(f"GET {JOBS}/{name}", sc.one(a_job(job, **status)))


async def test_several_tasks_are_several_jobs(here):
    """Each has an ARN of its own, and the same override."""
    override = {"Name": "main", "Command": ["go"]}
    overrides = {"ContainerOverrides": [override]}
    started = await here.start("ecs:runTask", **RUN, Count=3, Overrides=overrides)
    assert [it["metadata"]["name"] for it in started.jobs] == NAMES
    arns = [it["TaskArn"] for it in started.answer["Tasks"]]
    assert [it.rpartition("/")[2] for it in arns] == NAMES
    assert started.handle["Tasks"] == arns
    for job in started.jobs:
        assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["go"]


async def test_all_of_several_tasks_are_awaited(here):
    """The result is the list of them, once the last one is over."""
    started = await here.start("ecs:runTask", **RUN, Count=3)
    here.cluster.on(f"GET {PODS}", sc.listed(a_pod(0)))
    are(here, started, ended("Complete"), {"active": 1, "ready": 1}, ended("Complete"))
    assert await started.verdict() is None
    are(here, started, *[ended("Complete")] * 3)
    found = await started.verdict()
    assert isinstance(found, Done)
    assert [it["LastStatus"] for it in found.output] == ["STOPPED"] * 3


async def test_one_of_several_tasks_fails(here):
    """The Task fails once all are over, with all of them in its cause."""
    started = await here.start("ecs:runTask", **RUN, Count=3)
    are(here, started, ended("Complete"), ended("Failed", reason="x"), ended("Complete"))
    found = await started.verdict()
    assert found.error == "States.TaskFailed"
    assert len(json.loads(found.cause)) == 3


async def test_several_tasks_are_stopped(here):
    """Each Job that goes on is deleted."""
    started = await here.start("ecs:runTask", **RUN, Count=3)
    are(here, started, {"active": 1}, ended("Complete"), {"active": 1})
    for name in NAMES:
        here.cluster.on(f"DELETE {JOBS}/{name}", sc.one({"kind": "Status"}))
    await started.stop()
    assert [it.path for it in sent(here, "DELETE")] == [f"{JOBS}/{NAMES[0]}", f"{JOBS}/{NAMES[2]}"]


async def test_the_same_task_finds_its_several_jobs(here):
    """A call that is made again, as it had made some, makes the rest and none twice."""
    made = []
    create, exists = echoed(made), sc.refusal(409, "exists")
    here.cluster.on(f"POST {JOBS}", create, create, exists, exists, create)
    call = a_call("ecs:runTask", **RUN, Count=2)
    await here.make(call)
    for job in made:
        name = job["metadata"]["name"]
        here.cluster.on(f"GET {JOBS}/{name}", sc.one(a_job(job, active=1)))
    again = await here.make(a_call("ecs:runTask", **RUN, Count=3))
    assert isinstance(again, Done)
    assert [it["TaskArn"].rpartition("/")[2] for it in again.output["Tasks"]] == NAMES
    assert [it["metadata"]["name"] for it in made] == NAMES


@pytest.mark.parametrize("status", [403, 500])
async def test_several_tasks_start_together_or_not_at_all(here, status):
    """If one is refused, those before it go, and that one, which may be there."""
    made = []
    here.cluster.on(f"POST {JOBS}", echoed(made), echoed(made), sc.refusal(status, "over quota"))
    gone = sc.one({"kind": "Status"})
    for name in NAMES:
        here.cluster.on(f"DELETE {JOBS}/{name}", gone)

        async def read(request, name=name):
            found = a_job(made[0], active=1)
            found["metadata"]["name"] = name
            return await sc.one(found)(request)

        here.cluster.on(f"GET {JOBS}/{name}", read)
    outcome = await here.make(a_call("ecs:runTask", **RUN, Count=3))
    assert "over quota" in outcome.cause
    assert [it.path for it in sent(here, "DELETE")] == [f"{JOBS}/{name}" for name in NAMES]


async def test_a_stranger_among_several_jobs_stays(here):
    """A Job of another task that has one of the names is neither adopted nor deleted."""
    made = []
    here.cluster.on(f"POST {JOBS}", echoed(made), sc.refusal(409, "exists"))

    async def stranger(request):
        return await sc.one(a_job(made[0], mark="another", active=1))(request)

    here.cluster.on(f"GET {JOBS}/{NAMES[1]}", stranger)
    outcome = await here.make(a_call("ecs:runTask", **RUN, Count=2))
    assert outcome.error == "ECS.InvalidParameterException"
    assert f"{JOBS}/{NAMES[1]}" not in [it.path for it in sent(here, "DELETE")]
