"""What the answers to questions about a job mean."""

from itertools import islice

import pytest

from asw.asl.values import from_text
from asw.connector.calls import Call, Done, Failed
from asw.connector.jobs import (
    NoJob,
    Patience,
    handle_of,
    kind_of,
    may_ask_again,
    question,
    stops,
    verdict,
)

TRANSPORT = {"SdkHttpMetadata": {"HttpStatusCode": 200}, "SdkResponseMetadata": {"RequestId": "r"}}
CLUSTER = "arn:aws:ecs:us-east-1:1:cluster/c"


def started(resource, parameters=None, *, is_job=True):
    """The call that started a job."""
    service, _, action = resource.partition(":")
    return Call(
        service=service,
        action=action,
        sdk=False,
        parameters=parameters or {},
        task_id="uid-1",
        is_job=is_job,
    )


def followed(resource, parameters, answer):
    """The call, its kind, and what names its job."""
    call = started(resource, parameters)
    kind = kind_of(call)
    return call, kind, handle_of(kind, parameters, {**answer, **TRANSPORT})


GLUE = ("glue:startJobRun", {"JobName": "etl", "Arguments": {}}, {"JobRunId": "jr_1"})


def test_only_what_is_awaited_has_a_kind():
    """The same call without .sync is over with its answer."""
    assert kind_of(started("glue:startJobRun", is_job=False)) is None
    assert kind_of(started("glue:startJobRun")) is not None


def test_a_job_is_named_by_request_and_answer():
    """The question and the stop have what the service wants."""
    call, kind, handle = followed(*GLUE)
    assert handle == {"JobName": "etl", "RunId": "jr_1"}
    asked = question(call, kind, handle)
    assert (asked.action, asked.parameters) == ("getJobRun", handle)
    assert not asked.is_job
    (stop,) = stops(call, kind, handle)
    assert (stop.action, stop.parameters) == (
        "batchStopJobRun",
        {"JobName": "etl", "JobRunIds": ["jr_1"]},
    )


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "STOPPING", "WAITING", "of tomorrow"])
def test_a_job_goes_on(state):
    """In every state that is no end, one that nobody knows yet included."""
    _, kind, handle = followed(*GLUE)
    told = Done(output={"JobRun": {"JobRunState": state}, **TRANSPORT})
    assert verdict(kind, handle, told) is None


def test_a_job_that_succeeded():
    """AWS: a run of Glue is the result itself, its members in alphabetical order."""
    _, kind, handle = followed(*GLUE)
    run = {"JobRunState": "SUCCEEDED", "Id": "jr_1", "CompletedOn": 1637210428964}
    outcome = verdict(kind, handle, Done(output={"JobRun": run, **TRANSPORT}))
    assert outcome == Done(output=run)
    assert list(outcome.output) == ["CompletedOn", "Id", "JobRunState"]


def test_an_answer_that_is_nested_too_deep_is_one_all_the_same():
    """Whoever follows jobs of others is not stopped by what a pod of a tenant makes up."""
    _, kind, handle = followed(*GLUE)
    run = {"JobRunState": "SUCCEEDED", "Deep": from_text("[" * 590 + "]" * 590)}
    outcome = verdict(kind, handle, Done(output={"JobRun": run}))
    assert outcome.output.keys() == run.keys()


@pytest.mark.parametrize("state", ["FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"])
def test_a_job_that_failed(state):
    """AWS: States.TaskFailed, and the cause describes the job."""
    _, kind, handle = followed(*GLUE)
    run = {"JobRunState": state, "ErrorMessage": "no"}
    outcome = verdict(kind, handle, Done(output={"JobRun": run}))
    assert outcome.error == "States.TaskFailed"
    assert from_text(outcome.cause) == run


@pytest.mark.parametrize(
    ("resource", "parameters", "answer", "told", "result"),
    [
        (
            "athena:startQueryExecution",
            {},
            {"QueryExecutionId": "q"},
            {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}},
            {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}},
        ),
        (
            "batch:submitJob",
            {},
            {"JobId": "j"},
            {"Jobs": [{"JobId": "j", "Status": "SUCCEEDED"}]},
            {"JobId": "j", "Status": "SUCCEEDED"},
        ),
        (
            "codebuild:startBuild",
            {},
            {"Build": {"Id": "b:1"}},
            {"Builds": [{"Id": "b:1", "BuildStatus": "SUCCEEDED"}]},
            {"Build": {"Id": "b:1", "BuildStatus": "SUCCEEDED"}},
        ),
        (
            "elasticmapreduce:createCluster",
            {},
            {"ClusterId": "j-1"},
            {"Cluster": {"Id": "j-1", "Status": {"State": "WAITING"}}},
            {"Cluster": {"Id": "j-1", "Status": {"State": "WAITING"}}, "ClusterId": "j-1"},
        ),
        (
            "elasticmapreduce:addStep",
            {"ClusterId": "j-1"},
            {"StepId": "s-1"},
            {"Step": {"Id": "s-1", "Status": {"State": "COMPLETED"}}},
            {"Step": {"Id": "s-1", "Status": {"State": "COMPLETED"}}, "StepId": "s-1"},
        ),
        (
            "emr-serverless:startJobRun",
            {},
            {"ApplicationId": "a", "JobRunId": "r"},
            {"JobRun": {"JobRunId": "r", "State": "SUCCESS"}},
            {"JobRunId": "r", "State": "SUCCESS"},
        ),
        (
            "sagemaker:createTrainingJob",
            {"TrainingJobName": "t"},
            {"TrainingJobArn": "arn"},
            {"TrainingJobName": "t", "TrainingJobStatus": "Completed"},
            {"TrainingJobName": "t", "TrainingJobStatus": "Completed"},
        ),
    ],
)
def test_results_have_the_shape_of_their_service(resource, parameters, answer, told, result):
    """Some are the job itself, some have it in a member."""
    _, kind, handle = followed(resource, parameters, answer)
    assert verdict(kind, handle, Done(output={**told, **TRANSPORT})) == Done(output=result)


def a_task(*codes, status="STOPPED", **fields):
    """A task of ECS whose containers exited with these codes."""
    containers = [{} if code is None else {"ExitCode": code} for code in codes]
    return {"LastStatus": status, "Containers": containers, **fields}


ECS = (
    "ecs:runTask",
    {"Cluster": "c"},
    {"Tasks": [{"TaskArn": "t1", "ClusterArn": CLUSTER}], "Failures": []},
)


@pytest.mark.parametrize(
    ("task", "end"),
    [
        (a_task(0, 0), "Done"),
        (a_task(0, None, StopCode="EssentialContainerExited"), "Done"),
        (a_task(0, 1, StopCode="EssentialContainerExited"), "Failed"),
        (a_task(None, StopCode="TaskFailedToStart"), "Failed"),
        (a_task(0, StopCode="UserInitiated"), "Failed"),
        (a_task(), "Failed"),
        (a_task(0, status="DEPROVISIONING"), "NoneType"),
    ],
)
def test_a_task_of_ecs_succeeds_by_its_exit_codes(task, end):
    """Every essential container ended well, and nobody stopped it."""
    _, kind, handle = followed(*ECS)
    assert handle == {"Cluster": CLUSTER, "Tasks": ["t1"]}
    outcome = verdict(kind, handle, Done(output={"Tasks": [task]}))
    assert type(outcome).__name__ == end


def test_several_tasks_of_ecs_are_one_job():
    """It has ended when all have, and each of them is stopped."""
    both = [{"TaskArn": it, "ClusterArn": CLUSTER} for it in ("t1", "t2")]
    call, kind, handle = followed("ecs:runTask", {}, {"Tasks": both})
    half = [a_task(0), a_task(status="RUNNING")]
    assert verdict(kind, handle, Done(output={"Tasks": half})) is None
    whole = [a_task(0), a_task(0)]
    assert len(verdict(kind, handle, Done(output={"Tasks": whole})).output) == 2
    assert [it.parameters["Task"] for it in stops(call, kind, handle)] == ["t1", "t2"]


def test_what_was_not_started():
    """ECS may answer without a task: the cause is its answer."""
    failures = [{"Reason": "RESOURCE:MEMORY"}]
    with pytest.raises(NoJob, match="RESOURCE:MEMORY"):
        followed("ecs:runTask", {}, {"Tasks": [], "Failures": failures})


@pytest.mark.parametrize("answer", [{"Jobs": []}, {}])
def test_a_job_that_is_gone(answer):
    """A service that knows nothing of it ends the wait with a name of its own."""
    _, kind, handle = followed("batch:submitJob", {}, {"JobId": "j"})
    outcome = verdict(kind, handle, Done(output=answer))
    assert (outcome.error, "j" in outcome.cause) == ("Asw.JobGone", True)


def test_gone_may_be_what_was_asked_for():
    """Something that is deleted is not known any more."""
    gone = Failed(error="EMRServerless.ResourceNotFoundException", cause="")
    _, kind, handle = followed("emr-serverless:deleteApplication", {"ApplicationId": "a"}, {})
    assert verdict(kind, handle, gone) == Done(output={})
    _, kind, handle = followed(
        "emr-serverless:startJobRun", {}, {"ApplicationId": "a", "JobRunId": "r"}
    )
    assert verdict(kind, handle, gone) == gone


@pytest.mark.parametrize(
    ("error", "cause", "is_said"),
    [
        ("Glue.ThrottlingException", "(Service: AWSGlue; Status Code: 400; Error Code: x)", True),
        ("Glue.AWSGlueException", "(Service: AWSGlue; Status Code: 503; Error Code: x)", True),
        ("Glue.AWSGlueException", "(Service: AWSGlue; Status Code: 429; Error Code: x)", True),
        ("Glue.SdkClientException", "Unable to execute HTTP request", True),
        ("Glue.ClientExecutionTimeoutException", "", True),
        ("Glue.ExpiredTokenException", "(Service: AWSGlue; Status Code: 400)", True),
        ("Asw.NoCredentials", "", True),
        ("Glue.EntityNotFoundException", "(Service: AWSGlue; Status Code: 400)", False),
        ("Glue.AccessDeniedException", "(Service: AWSGlue; Status Code: 400)", False),
        ("Asw.AddressRefused", "", False),
    ],
)
def test_some_failures_say_nothing_of_the_job(error, cause, is_said):
    """A service that is busy is asked again; one that refuses to tell is not."""
    assert may_ask_again(Failed(error=error, cause=cause)) == is_said
    assert not may_ask_again(Done(output={}))


def test_patience_has_bounds():
    """Questions come less and less often, but they do not stop."""
    patience = Patience(first_seconds=1, factor=2, longest_seconds=5)
    assert list(islice(patience.delays(), 5)) == [1, 2, 4, 5, 5]


RUN_JOB = (
    "eks:runJob",
    {"Job": {}, "ClusterName": "lab"},
    {"ResponseBody": {"metadata": {"namespace": "ns", "name": "pi", "uid": "u-1"}}},
)


def test_a_job_of_a_cluster_is_named_by_its_uid():
    """A question and a stop say which Job it is; the first one which logs, the stop none."""
    call, kind, handle = followed(*RUN_JOB)
    named = {"Namespace": "ns", "Name": "pi", "Uid": "u-1", "ClusterName": "lab"}
    asked = question(call, kind, handle)
    assert (asked.service, asked.action) == ("eks", "jobEnd")
    assert asked.parameters == {**named, "LogOptions": None}
    (stop,) = stops(call, kind, handle)
    assert (stop.action, stop.parameters) == ("deleteJob", named)


def test_an_answer_without_a_uid_names_no_job_of_a_cluster():
    """Whatever a server says that is none: nothing could be followed."""
    with pytest.raises(NoJob):
        followed("eks:runJob", {"Job": {}}, {"ResponseBody": {"metadata": {"name": "pi"}}})


def test_the_result_of_a_job_of_a_cluster():
    """AWS: the Job as Kubernetes has it, and its logs in it; the same is the cause of a failure."""
    _, kind, handle = followed(*RUN_JOB)
    job = {"kind": "Job", "logs": {"pods": {}}}
    assert verdict(kind, handle, Done(output={"State": "Active"})) is None
    assert verdict(kind, handle, Done(output={"State": "Complete", "Job": job})).output == job
    failed = verdict(kind, handle, Done(output={"State": "Failed", "Job": job}))
    assert (failed.error, from_text(failed.cause)) == ("States.TaskFailed", job)


def test_a_job_of_a_cluster_that_wrote_something_deep():
    """Whoever follows jobs of others is not stopped by it, nor is anything put in another order."""
    _, kind, handle = followed(*RUN_JOB)
    deep = {"b": from_text("[" * 390 + "]" * 390), "a": 1}
    job = {"kind": "Job", "logs": deep}
    outcome = verdict(kind, handle, Done(output={"State": "Complete", "Job": job}))
    assert list(outcome.output["logs"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("error", "is_again"),
    [("EKS.429", True), ("EKS.503", True), ("EKS.403", False), ("Asw.JobGone", False)],
)
def test_a_busy_api_server_is_asked_again(error, is_again):
    """What it refuses for good ends the Task."""
    assert may_ask_again(Failed(error=error, cause="no")) is is_again


@pytest.mark.parametrize("action", ["deleteCluster", "deleteNodegroup", "deleteFargateProfile"])
def test_what_is_deleted_at_eks_is_gone_at_last(action):
    """That the service does not know it any more is the end that was waited for."""
    names = {"Name": "c", "ClusterName": "c", "NodegroupName": "n", "FargateProfileName": "f"}
    call, kind, handle = followed(f"eks:{action}", names, {})
    deleting = {"Status": "DELETING"}
    told = {"Cluster": deleting, "Nodegroup": deleting, "FargateProfile": deleting}
    assert verdict(kind, handle, Done(output=told)) is None
    gone = Failed(error="EKS.ResourceNotFoundException", cause="No cluster found for name: c.")
    assert verdict(kind, handle, gone) == Done(output={})
    assert stops(call, kind, handle) == []


@pytest.mark.parametrize(
    ("status", "end"), [("CREATING", None), ("ACTIVE", Done), ("CREATE_FAILED", Failed)]
)
def test_what_is_created_at_eks(status, end):
    """AWS: the result is the answer to the last question, as later Tasks take their endpoint."""
    names = {"ClusterName": "c", "NodegroupName": "n"}
    _, kind, handle = followed("eks:createNodegroup", names, {})
    told = {"Nodegroup": {"Status": status}}
    outcome = verdict(kind, handle, Done(output=told))
    assert outcome is None if end is None else isinstance(outcome, end)
    if end is Done:
        assert outcome.output == told
