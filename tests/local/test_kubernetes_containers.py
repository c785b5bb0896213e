"""ECS and Batch by a Connection of a cluster: what is asked of the API server, what is answered."""

import json

import pytest

from asw.connector.calls import Call, Done
from asw.connector.job_kinds import JOB_KINDS
from asw.connector.jobs import handle_of, question, stops, verdict
from asw.connector.kubernetes.caller import KubernetesCaller
from asw.connector.kubernetes.calls import mark_of
from tests.support import scripted_cluster as sc

JOBS = "/apis/batch/v1/namespaces/lab/jobs"
TEMPLATE = "/apis/batch/v1/namespaces/lab/cronjobs/resize"
MARK = mark_of("uid-1")
NAME = f"resize-{MARK[:12]}"
ORIGIN = ("arn:execution", "arn:aws:states:eu-west-1:111111111111:stateMachine:flow")
PODS = "/api/v1/namespaces/lab/pods"
SUBMIT = {"JobName": "mine", "JobQueue": "arn:aws:batch:r:1:job-queue/q", "JobDefinition": "resize"}


def a_template(**container):
    """A CronJob."""
    main = {"name": "main", "image": "tools:1", **container}
    pod = {"spec": {"restartPolicy": "Never", "containers": [main]}}
    metadata = {"name": "resize", "namespace": "lab"}
    return {"metadata": metadata, "spec": {"jobTemplate": {"spec": {"template": pod}}}}


def a_job(made, *, mark=MARK, **status):
    """The Job that was created, as the server has it then."""
    job = json.loads(json.dumps(made))
    job["metadata"].update(uid="job-1", creationTimestamp="2026-01-01T00:00:00Z")
    job["metadata"]["annotations"]["asw.dev/task"] = mark
    return {**job, "status": status}


def ended(kind, **told):
    """What a Job's status has once it is over."""
    at = {"lastTransitionTime": "2026-01-01T00:00:09Z"}
    return {"conditions": [{"type": kind, "status": "True", **at, **told}]}


def a_pod(code, *, owner="job-1", **terminated):
    """A pod of the Job that ended."""
    state = {"terminated": {"exitCode": code, **terminated}}
    return {
        "metadata": {"name": "p", "ownerReferences": [{"uid": owner}]},
        "status": {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [{"name": "main", "state": state}],
        },
    }


def a_call(request, **parameters):
    """The call that starts it."""
    service, action = request.split(":")
    return Call(
        service=service,
        action=action,
        sdk=False,
        parameters=parameters,
        task_id="uid-1",
        origin=ORIGIN,
        is_job=True,
    )


@pytest.fixture
async def cluster():
    """An API server with the template."""
    async with sc.scripted_cluster() as found:
        found.on(f"GET {TEMPLATE}", sc.one(a_template()))
        found.on(f"GET {PODS}", sc.listed())
        yield found


@pytest.fixture
async def make(cluster):
    """Makes a call there."""
    async with KubernetesCaller(sc.QUICK) as caller:
        access = cluster.access()
        yield lambda call: caller.make(call, access)


@pytest.fixture
def started(cluster, make):
    """Makes the call; the Job that it created, and the names of what it started."""

    async def start(request, **parameters):
        made = {}
        cluster.on(f"POST {JOBS}", _echoed(made))
        call = a_call(request, **parameters)
        outcome = await make(call)
        assert isinstance(outcome, Done), outcome
        handle = handle_of(JOB_KINDS[request], parameters, outcome.output)
        return call, made["job"], handle, outcome.output

    return start


def _echoed(made):
    async def reply(request):
        made["job"] = await request.json()
        return await sc.one(a_job(made["job"]), 201)(request)

    return reply


async def test_a_task_of_ecs_is_a_job(started):
    """Overrides reach its container, and what is AWS's own has no effect."""
    given = {
        "Name": "main",
        "Command": ["resize"],
        "Environment": [{"Name": "KEY", "Value": "a.png"}],
        "Cpu": 512,
        "Memory": 128,
    }
    _, job, handle, answer = await started(
        "ecs:runTask",
        TaskDefinition="arn:aws:ecs:eu-west-1:111111111111:task-definition/resize:3",
        Cluster="prod",
        LaunchType="FARGATE",
        Overrides={"ContainerOverrides": [given], "TaskRoleArn": "arn:aws:iam::1:role/x"},
    )
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert (container["args"], container["image"]) == (["resize"], "tools:1")
    assert container["env"] == [{"name": "KEY", "value": "a.png"}]
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "128Mi"},
        "limits": {"memory": "128Mi"},
    }
    arn = f"arn:aws:ecs:eu-west-1:111111111111:task/lab/{NAME}"
    assert handle["Tasks"] == [arn]
    assert answer["Tasks"][0]["LastStatus"] == "PROVISIONING"
    assert answer["Failures"] == []


@pytest.mark.parametrize(
    "status",
    [{"active": 1, "ready": 1}, ended("SuccessCriteriaMet")],
    ids=["runs", "about to end"],
)
async def test_a_task_of_ecs_goes_on(cluster, make, started, status):
    """Until the Job is over, the row of ECS waits."""
    assert await followed(cluster, make, started, (status, [])) is None


@pytest.mark.parametrize("pods", [[a_pod(0)], []], ids=["a pod", "no pods any more"])
async def test_a_task_of_ecs_that_ends_well(cluster, make, started, pods):
    """The Job says so, and its pod's exit codes if there is one."""
    found = await followed(cluster, make, started, (ended("Complete"), pods))
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
async def test_a_task_of_ecs_that_fails(cluster, make, started, shown):
    """The cause has what ECS would tell: exit code and reason, or that it never started."""
    reason, pods, told = shown
    found = await followed(cluster, make, started, (ended("Failed", reason=reason), pods))
    assert found.error == "States.TaskFailed"
    assert told in found.cause
    assert reason in found.cause


async def followed(cluster, make, started, shown):
    """The verdict on a task whose Job has this status and these pods, beside another's."""
    status, pods = shown
    call, job, handle, _ = await started("ecs:runTask", TaskDefinition="resize")
    kind = JOB_KINDS["ecs:runTask"]
    cluster.on(f"GET {JOBS}/{NAME}", sc.one(a_job(job, **status)))
    cluster.on(f"GET {PODS}", sc.listed(*pods, a_pod(7, owner="another")))
    return verdict(kind, handle, await make(question(call, kind, handle)))


async def test_a_job_of_batch_is_a_job(cluster, started):
    """Its command's references, resources, attempts and time are the Job's."""
    cluster.on(f"GET {TEMPLATE}", sc.one(a_template(command=["go"], args=["Ref::in", "-v"])))
    _, job, handle, answer = await started(
        "batch:submitJob",
        **SUBMIT,
        Parameters={"in": "s3://a"},
        RetryStrategy={"Attempts": 3},
        Timeout={"AttemptDurationSeconds": 90},
        ContainerOverrides={"ResourceRequirements": [{"Type": "VCPU", "Value": "2"}]},
    )
    spec = job["spec"]["template"]["spec"]
    [container] = spec["containers"]
    assert (container["command"], container["args"]) == (["go"], ["s3://a", "-v"])
    assert container["resources"]["limits"] == {"cpu": "2"}
    known = {it["name"]: it["value"] for it in container["env"]}
    assert known == {"AWS_BATCH_JOB_ID": NAME, "AWS_BATCH_JQ_NAME": "q"}
    assert (job["spec"]["backoffLimit"], spec["activeDeadlineSeconds"]) == (2, 90)
    assert handle == {"JobId": NAME}
    assert answer["JobName"] == "mine"


async def test_an_array_of_batch_has_indexes(started):
    """Each child finds its number where Batch puts it."""
    _, job, _, _ = await started("batch:submitJob", **SUBMIT, ArrayProperties={"Size": 4})
    spec = job["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 4, 4)
    [container] = spec["template"]["spec"]["containers"]
    index = next(it for it in container["env"] if it["name"] == "AWS_BATCH_JOB_ARRAY_INDEX")
    assert "job-completion-index" in index["valueFrom"]["fieldRef"]["fieldPath"]


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [(ended("Complete"), True), (ended("Failed", reason="BackoffLimitExceeded"), False)],
)
async def test_a_job_of_batch_is_followed(cluster, make, started, status, succeeded):
    """The Task's result is the job as Batch describes it."""
    call, job, handle, _ = await started("batch:submitJob", **SUBMIT)
    kind = JOB_KINDS["batch:submitJob"]
    cluster.on(f"GET {JOBS}/{NAME}", sc.one(a_job(job, **status)))
    cluster.on(f"GET {PODS}", sc.listed(a_pod(0 if succeeded else 3)))
    found = verdict(kind, handle, await make(question(call, kind, handle)))
    assert isinstance(found, Done) is succeeded
    told = found.output if succeeded else json.loads(found.cause)
    assert told["Container"]["ExitCode"] == (0 if succeeded else 3)
    assert (told["JobName"], told["JobDefinition"]) == ("mine", "resize")
    assert told["StoppedAt"] - told["CreatedAt"] == 9000


@pytest.mark.parametrize("request_", ["ecs:runTask", "batch:submitJob"])
async def test_a_jobs_task_alone_may_ask_for_it(cluster, make, started, request_):
    """A Job of that name which another task made is nobody's: it is neither read nor deleted."""
    given = SUBMIT if request_.startswith("batch") else {"TaskDefinition": "resize"}
    call, job, handle, _ = await started(request_, **given)
    kind = JOB_KINDS[request_]
    cluster.on(f"GET {JOBS}/{NAME}", sc.one(a_job(job, mark="another")))
    found = verdict(kind, handle, await make(question(call, kind, handle)))
    assert found.error == "Asw.JobGone"
    for stop in stops(call, kind, handle):
        assert isinstance(await make(stop), Done)
    assert [it for it in cluster.seen if it.method == "DELETE"] == []


@pytest.mark.parametrize("request_", ["ecs:runTask", "batch:submitJob"])
async def test_a_job_that_nobody_waits_for_is_deleted(cluster, make, started, request_):
    """With its pods, and only this very one."""
    given = SUBMIT if request_.startswith("batch") else {"TaskDefinition": "resize"}
    call, job, handle, _ = await started(request_, **given)
    cluster.on(f"GET {JOBS}/{NAME}", sc.one(a_job(job, active=1)))
    cluster.on(f"DELETE {JOBS}/{NAME}", sc.one({"kind": "Status"}))
    for stop in stops(call, JOB_KINDS[request_], handle):
        assert isinstance(await make(stop), Done)
    [deleted] = [it for it in cluster.seen if it.method == "DELETE"]
    assert deleted.body["preconditions"] == {"uid": "job-1"}
    assert deleted.body["propagationPolicy"] == "Background"


def a_stuck_pod(reason, message=""):
    """A pod of the Job whose container cannot be started, since long ago."""
    state = {"waiting": {"reason": reason, "message": message}}
    made = {"creationTimestamp": "2020-01-01T00:00:00Z", "ownerReferences": [{"uid": "job-1"}]}
    status = {"phase": "Pending", "containerStatuses": [{"name": "main", "state": state}]}
    return {"metadata": {"name": "p", **made}, "status": status}


def stuck_at(cluster, job, **changed):
    """The Job has such a pod; the server takes changes of it, unless they are refused."""
    shown = a_job(job, active=1, ready=0)
    shown["metadata"]["resourceVersion"] = "7"
    cluster.on(f"GET {JOBS}/{NAME}", sc.one(shown))
    cluster.on(f"GET {PODS}", sc.listed(a_stuck_pod("ErrImagePull", "no such tag")))

    async def patched(request):
        change = (await request.json())["metadata"]["annotations"]
        shown["metadata"]["annotations"].update(change)
        return await sc.one(shown)(request)

    cluster.on(f"PATCH {JOBS}/{NAME}", changed.get("refusal", patched))


WHY = "CannotPullContainerError: ErrImagePull: no such tag"


@pytest.mark.parametrize("request_", ["ecs:runTask", "batch:submitJob"])
async def test_an_image_that_cannot_be_pulled(cluster, make, started, request_):
    """Its Job is ended, and the task fails in the words of the service, whoever asks, once more."""
    given = SUBMIT if request_.startswith("batch") else {"TaskDefinition": "resize"}
    call, job, handle, _ = await started(request_, **given)
    kind = JOB_KINDS[request_]
    stuck_at(cluster, job)
    first, second = [verdict(kind, handle, await make(question(call, kind, handle))) for _ in "12"]
    assert first == second
    assert first.error == "States.TaskFailed"
    told = json.loads(first.cause)
    if request_.startswith("batch"):
        assert (told["Status"], told["StatusReason"]) == ("FAILED", "Task failed to start")
        assert told["Container"]["Reason"] == WHY
    else:
        assert (told["StopCode"], told["StoppedReason"]) == ("TaskFailedToStart", WHY)
        assert told["Containers"][0]["Reason"] == WHY
    assert told["StoppedAt"] > told["CreatedAt"]
    [change] = [it for it in cluster.seen if it.method == "PATCH"]
    assert change.content_type == "application/merge-patch+json"
    assert change.body["spec"] == {"activeDeadlineSeconds": 1}
    metadata = change.body["metadata"]
    assert (metadata["uid"], metadata["resourceVersion"]) == ("job-1", "7")


async def test_an_array_whose_image_cannot_be_pulled(cluster, make, started):
    """It has no container that could say why: the job does."""
    call, job, handle, _ = await started("batch:submitJob", **SUBMIT, ArrayProperties={"Size": 4})
    kind = JOB_KINDS["batch:submitJob"]
    stuck_at(cluster, job)
    found = verdict(kind, handle, await make(question(call, kind, handle)))
    assert json.loads(found.cause)["StatusReason"] == WHY


async def test_a_job_that_changed_meanwhile_goes_on(cluster, make, started):
    """What was seen of its pods may be over: the next question looks again."""
    call, job, handle, _ = await started("ecs:runTask", TaskDefinition="resize")
    kind = JOB_KINDS["ecs:runTask"]
    stuck_at(cluster, job, refusal=sc.refusal(409, "changed"))
    assert verdict(kind, handle, await make(question(call, kind, handle))) is None


async def test_a_job_that_may_not_be_ended(cluster, make, started):
    """The missing right is named."""
    call, job, handle, _ = await started("ecs:runTask", TaskDefinition="resize")
    kind = JOB_KINDS["ecs:runTask"]
    stuck_at(cluster, job, refusal=sc.refusal(403, "cannot patch jobs"))
    found = verdict(kind, handle, await make(question(call, kind, handle)))
    assert found.error == "ECS.AccessDeniedException"
    assert "cannot patch jobs" in found.cause


async def test_a_job_that_runs_costs_one_question(cluster, make, started):
    """Nobody looks at its pods."""
    call, job, handle, _ = await started("ecs:runTask", TaskDefinition="resize")
    kind = JOB_KINDS["ecs:runTask"]
    cluster.on(f"GET {JOBS}/{NAME}", sc.one(a_job(job, active=1, ready=1)))
    cluster.seen.clear()
    assert verdict(kind, handle, await make(question(call, kind, handle))) is None
    assert [it.path for it in cluster.seen] == [f"{JOBS}/{NAME}"]


async def test_the_same_task_finds_its_job(cluster, make):
    """A call that is made again starts nothing twice."""
    seen = {}
    cluster.on(f"POST {JOBS}", _echoed(seen), sc.refusal(409, "exists"))
    call = a_call("batch:submitJob", **SUBMIT)
    first = await make(call)
    cluster.on(f"GET {JOBS}/{NAME}", sc.one(a_job(seen["job"], active=1)))
    assert await make(call) == first


@pytest.mark.parametrize(
    ("request_", "parameters", "error", "told"),
    [
        ("ecs:runTask", {"TaskDefinition": "other"}, "ECS.ClientException", "TaskDefinition not"),
        ("batch:submitJob", {**SUBMIT, "JobDefinition": "x"}, "Batch.ClientException", "lab/x"),
        ("ecs:runTask", {"TaskDefinition": "a/../b"}, "ECS.ClientException", "lab/b"),
        ("ecs:runTask", {"TaskDefinition": "resize?x"}, "States.Runtime", "a name of Kubernetes"),
        ("ecs:runTask", {}, "States.Runtime", "TaskDefinition must be a text"),
        ("ecs:runTask", {"TaskDefinition": "resize", "Count": 2}, "States.Runtime", "Count must"),
        (
            "ecs:runTask",
            {
                "TaskDefinition": "resize",
                "Overrides": {"ContainerOverrides": [{"Name": "none"}]},
            },
            "States.Runtime",
            "container named none is not a container in the TaskDefinition",
        ),
        ("batch:submitJob", {**SUBMIT, "DependsOn": [{}]}, "States.Runtime", "DependsOn is not"),
        ("batch:submitJob", {**SUBMIT, "Parameters": {"a": 1}}, "States.Runtime", "a must be a"),
        (
            "batch:submitJob",
            {**SUBMIT, "ArrayProperties": {"Size": 10**9}},
            "States.Runtime",
            "Size must be a whole number",
        ),
    ],
)
async def test_what_cannot_be_a_job_is_told(make, request_, parameters, error, told):
    """By AWS's names where it has one, before anything is created."""
    outcome = await make(a_call(request_, **parameters))
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
async def test_what_the_api_server_refuses(cluster, make, status, error):
    """It is told as Batch would, with the server's own words."""
    cluster.on(f"POST {JOBS}", sc.refusal(status, "the reason"))
    outcome = await make(a_call("batch:submitJob", **SUBMIT))
    assert outcome.error == error
    assert outcome.cause.startswith(f"the reason (Service: AWSBatch; Status Code: {status};")


async def test_an_odd_server_is_no_crash(cluster, make):
    """An answer that makes no sense is a failure with a name."""
    cluster.on(f"GET {TEMPLATE}", sc.one({"metadata": {"name": "resize"}, "spec": {}}))
    outcome = await make(a_call("batch:submitJob", **SUBMIT))
    assert outcome.error == "Batch.SdkClientException"
