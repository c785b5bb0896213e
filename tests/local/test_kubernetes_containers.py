"""ECS and Batch by a Connection of a cluster: what is asked of the API server, what is answered."""

import json

import pytest

from asw.connector.calls import Done
from tests.support import scripted_cluster as sc
from tests.support.container_jobs import (
    JOBS,
    NAME,
    TEMPLATE,
    a_call,
    a_job,
    a_pod,
    a_template,
    containers,
    echoed,
    ended,
)

SUBMIT = {"JobName": "mine", "JobQueue": "arn:aws:batch:r:1:job-queue/q", "JobDefinition": "resize"}
GIVEN = {"ecs:runTask": {"TaskDefinition": "resize"}, "batch:submitJob": SUBMIT}


@pytest.fixture
async def here():
    """An API server with the template, and who calls it."""
    async with containers() as found:
        yield found


async def test_a_task_of_ecs_is_a_job(here):
    """Overrides reach its container, and what is AWS's own has no effect."""
    given = {
        "Name": "main",
        "Command": ["resize"],
        "Environment": [{"Name": "KEY", "Value": "a.png"}],
        "Cpu": 512,
        "Memory": 128,
    }
    started = await here.start(
        "ecs:runTask",
        TaskDefinition="arn:aws:ecs:eu-west-1:111111111111:task-definition/resize:3",
        Cluster="prod",
        LaunchType="FARGATE",
        Overrides={"ContainerOverrides": [given], "TaskRoleArn": "arn:aws:iam::1:role/x"},
    )
    [container] = started.job["spec"]["template"]["spec"]["containers"]
    assert (container["args"], container["image"]) == (["resize"], "tools:1")
    assert container["env"] == [{"name": "KEY", "value": "a.png"}]
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "128Mi"},
        "limits": {"memory": "128Mi"},
    }
    arn = f"arn:aws:ecs:eu-west-1:111111111111:task/lab/{NAME}"
    assert started.handle["Tasks"] == [arn]
    assert started.answer["Tasks"][0]["LastStatus"] == "PROVISIONING"
    assert started.answer["Failures"] == []


@pytest.mark.parametrize(
    "status",
    [{"active": 1, "ready": 1}, ended("SuccessCriteriaMet")],
    ids=["runs", "about to end"],
)
async def test_a_task_of_ecs_goes_on(here, status):
    """Until the Job is over, the row of ECS waits."""
    assert await followed(here, status) is None


@pytest.mark.parametrize("pods", [[a_pod(0)], []], ids=["a pod", "no pods any more"])
async def test_a_task_of_ecs_that_ends_well(here, pods):
    """The Job says so, and its pod's exit codes if there is one."""
    found = await followed(here, ended("Complete"), pods)
    assert isinstance(found, Done)
    assert found.output["Containers"][0]["ExitCode"] == 0
    assert found.output["StopCode"] == "EssentialContainerExited"


@pytest.mark.parametrize(
    "shown",
    [
        ("BackoffLimitExceeded", [a_pod(3, reason="Error")], '"ExitCode":3'),
        ("DeadlineExceeded", [], "TaskFailedToStart"),
    ],
    ids=["exit code", "never started"],
)
async def test_a_task_of_ecs_that_fails(here, shown):
    """The cause has what ECS would tell: exit code and reason, or that it never started."""
    reason, pods, told = shown
    found = await followed(here, ended("Failed", reason=reason), pods)
    assert found.error == "States.TaskFailed"
    assert told in found.cause
    assert reason in found.cause


async def followed(here, status, pods=()):
    """The verdict on a task whose Job has this status and these pods, beside another's."""
    started = await here.start("ecs:runTask", TaskDefinition="resize")
    started.shows(*pods, a_pod(7, owner="another"), **status)
    return await started.verdict()


async def test_a_job_of_batch_is_a_job(here):
    """Its command's references, resources, attempts and time are the Job's."""
    here.cluster.on(f"GET {TEMPLATE}", sc.one(a_template(command=["go"], args=["Ref::in", "-v"])))
    started = await here.start(
        "batch:submitJob",
        **SUBMIT,
        Parameters={"in": "s3://a"},
        RetryStrategy={"Attempts": 3},
        Timeout={"AttemptDurationSeconds": 90},
        ContainerOverrides={"ResourceRequirements": [{"Type": "VCPU", "Value": "2"}]},
    )
    job = started.job
    spec = job["spec"]["template"]["spec"]
    [container] = spec["containers"]
    assert (container["command"], container["args"]) == (["go"], ["s3://a", "-v"])
    assert container["resources"]["limits"] == {"cpu": "2"}
    known = {it["name"]: it["value"] for it in container["env"]}
    assert known == {"AWS_BATCH_JOB_ID": NAME, "AWS_BATCH_JQ_NAME": "q"}
    assert (job["spec"]["backoffLimit"], spec["activeDeadlineSeconds"]) == (2, 90)
    assert started.handle == {"JobId": NAME}
    assert started.answer["JobName"] == "mine"


async def test_an_array_of_batch_has_indexes(here):
    """Each child finds its number where Batch puts it."""
    started = await here.start("batch:submitJob", **SUBMIT, ArrayProperties={"Size": 4})
    spec = started.job["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 4, 4)
    [container] = spec["template"]["spec"]["containers"]
    index = next(it for it in container["env"] if it["name"] == "AWS_BATCH_JOB_ARRAY_INDEX")
    assert "job-completion-index" in index["valueFrom"]["fieldRef"]["fieldPath"]


@pytest.mark.parametrize(
    ("job", "attempts", "limits"),
    [
        ({"backoffLimit": 0}, None, (0, None)),
        ({"backoffLimit": 0}, 3, (2, None)),
        ({}, None, (6, None)),
        ({"backoffLimit": 1, "backoffLimitPerIndex": 4}, None, (4, None)),
    ],
)
async def test_children_of_an_array_fail_alone(here, job, attempts, limits):
    """Each has tries of its own, by default the template's: the others go on."""
    template = a_template()
    template["spec"]["jobTemplate"]["spec"].update(job)
    here.cluster.on(f"GET {TEMPLATE}", sc.one(template))
    retries = {} if attempts is None else {"RetryStrategy": {"Attempts": attempts}}
    array = {"ArrayProperties": {"Size": 4}, **retries}
    spec = (await here.start("batch:submitJob", **SUBMIT, **array)).job["spec"]
    assert (spec["backoffLimitPerIndex"], spec.get("backoffLimit")) == limits


async def test_an_array_of_pods_that_restart(here):
    """Kubernetes has no tries for each child there: they share those of the Job."""
    template = a_template()
    template["spec"]["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] = "OnFailure"
    here.cluster.on(f"GET {TEMPLATE}", sc.one(template))
    array = {"ArrayProperties": {"Size": 4}, "RetryStrategy": {"Attempts": 3}}
    spec = (await here.start("batch:submitJob", **SUBMIT, **array)).job["spec"]
    assert (spec["backoffLimit"], spec.get("backoffLimitPerIndex")) == (2, None)


async def test_an_array_counts_its_children(here):
    """Not their tries: the Job lists those that failed."""
    started = await here.start("batch:submitJob", **SUBMIT, ArrayProperties={"Size": 9})
    failed = {"succeeded": 5, "failed": 12, "failedIndexes": "0,3-5"}
    started.shows(**ended("Failed", reason="FailedIndexes"), **failed)
    told = json.loads((await started.verdict()).cause)
    summary = {"SUCCEEDED": 5, "FAILED": 4, "RUNNING": 0}
    assert told["ArrayProperties"] == {"Size": 9, "StatusSummary": summary}


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [(ended("Complete"), True), (ended("Failed", reason="BackoffLimitExceeded"), False)],
)
async def test_a_job_of_batch_is_followed(here, status, succeeded):
    """The Task's result is the job as Batch describes it."""
    started = await here.start("batch:submitJob", **SUBMIT)
    started.shows(a_pod(0 if succeeded else 3), **status)
    found = await started.verdict()
    assert isinstance(found, Done) is succeeded
    told = found.output if succeeded else json.loads(found.cause)
    assert told["Container"]["ExitCode"] == (0 if succeeded else 3)
    assert (told["JobName"], told["JobDefinition"]) == ("mine", "resize")
    assert told["StoppedAt"] - told["CreatedAt"] == 9000


@pytest.mark.parametrize("request_", [*GIVEN])
async def test_a_jobs_task_alone_may_ask_for_it(here, request_):
    """A Job of that name which another task made is nobody's: it is neither read nor deleted."""
    started = await here.start(request_, **GIVEN[request_])
    started.shows(mark="another")
    assert (await started.verdict()).error == "Asw.JobGone"
    await started.stop()
    assert [it for it in here.cluster.seen if it.method == "DELETE"] == []


@pytest.mark.parametrize("request_", [*GIVEN])
async def test_a_job_that_nobody_waits_for_is_deleted(here, request_):
    """With its pods, and only this very one."""
    started = await here.start(request_, **GIVEN[request_])
    started.shows(active=1)
    here.cluster.on(f"DELETE {JOBS}/{NAME}", sc.one({"kind": "Status"}))
    await started.stop()
    [deleted] = [it for it in here.cluster.seen if it.method == "DELETE"]
    assert deleted.body["preconditions"] == {"uid": "job-1"}
    assert deleted.body["propagationPolicy"] == "Background"


async def test_the_same_task_finds_its_job(here):
    """A call that is made again starts nothing twice."""
    made = []
    here.cluster.on(f"POST {JOBS}", echoed(made), sc.refusal(409, "exists"))
    call = a_call("batch:submitJob", **SUBMIT)
    first = await here.make(call)
    here.cluster.on(f"GET {JOBS}/{NAME}", sc.one(a_job(made[0], active=1)))
    assert await here.make(call) == first


@pytest.mark.parametrize(
    ("request_", "parameters", "error", "told"),
    [
        ("ecs:runTask", {"TaskDefinition": "other"}, "ECS.ClientException", "TaskDefinition not"),
        ("batch:submitJob", {**SUBMIT, "JobDefinition": "x"}, "Batch.ClientException", "lab/x"),
        ("ecs:runTask", {"TaskDefinition": "a/../b"}, "ECS.ClientException", "lab/b"),
        ("ecs:runTask", {"TaskDefinition": "resize?x"}, "States.Runtime", "a name of Kubernetes"),
        ("ecs:runTask", {}, "States.Runtime", "TaskDefinition must be a text"),
        ("ecs:runTask", {"TaskDefinition": "resize", "Count": 11}, "States.Runtime", "Count must"),
        (
            "ecs:runTask",
            {
                "TaskDefinition": "resize",
                "Overrides": {"ContainerOverrides": [{"Name": "none"}]},
            },
            "States.Runtime",
            "container named none is not a container in the TaskDefinition",
        ),
        ("batch:submitJob", {**SUBMIT, "DependsOn": [{}]}, "States.Runtime", "wait for the other"),
        ("batch:submitJob", {**SUBMIT, "Parameters": {"a": 1}}, "States.Runtime", "a must be a"),
        (
            "batch:submitJob",
            {**SUBMIT, "ArrayProperties": {"Size": 10**9}},
            "States.Runtime",
            "Size must be a whole number",
        ),
    ],
)
async def test_what_cannot_be_a_job_is_told(here, request_, parameters, error, told):
    """By AWS's names where it has one, before anything is created."""
    outcome = await here.make(a_call(request_, **parameters))
    assert outcome.error == error
    assert told in outcome.cause


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, "Batch.AccessDeniedException"),
        (422, "Batch.ClientException"),
        (500, "Batch.ServerException"),
    ],
)
async def test_what_the_api_server_refuses(here, status, error):
    """It is told as Batch would, with the server's own words."""
    here.cluster.on(f"POST {JOBS}", sc.refusal(status, "the reason"))
    outcome = await here.make(a_call("batch:submitJob", **SUBMIT))
    assert outcome.error == error
    assert outcome.cause.startswith(f"the reason (Service: AWSBatch; Status Code: {status};")


async def test_an_odd_server_is_no_crash(here):
    """An answer that makes no sense is a failure with a name."""
    here.cluster.on(f"GET {TEMPLATE}", sc.one({"metadata": {"name": "resize"}, "spec": {}}))
    outcome = await here.make(a_call("batch:submitJob", **SUBMIT))
    assert outcome.error == "Batch.SdkClientException"
