"""The jobs that a Task may wait for (``.sync``), as data: a new one is a row.

From the page of each service in the Step Functions Developer Guide and from the services' own API
references. Members are spelt as in results and Parameters. In templates of requests, ``$NAME`` is
a part of the handle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from asw.asl.integrations import JOB_DELETE, JOB_END
from asw.asl.values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """How a job is followed after the call that started it.

    ``handle`` says where its names are: ``answer.PATH`` or ``input.PATH`` of that call. A path has
    members and numbers, and ``*`` for all items of a list. ``describe`` and ``asks`` are the action
    and request that tell how it is; ``item`` is where the answer has the job, empty for the answer
    itself, and ``status`` the status in it. A status that is neither in ``succeeded`` nor in
    ``failed`` means that it goes on. The Task's result is the job, inside of the member ``within``
    if there is one, beside ``adds`` of the handle. ``stop`` and ``stops`` are the action and
    request that end it early; ``for_each`` is a part of the handle with a list, to stop each.
    """

    handle: Mapping[str, str]
    describe: str
    asks: JsonObject
    status: str
    succeeded: tuple[str, ...]
    failed: tuple[str, ...] = ()
    item: str = ""
    within: str = ""
    adds: tuple[str, ...] = ()
    stop: str | None = None
    stops: JsonObject = field(default_factory=dict)
    for_each: str | None = None
    is_over_when_gone: bool = False
    """Whether the job is done when the service does not know it any more."""
    optional: tuple[str, ...] = ()
    """Parts of the handle that may be null."""
    gives: str = ""
    """Where in the job the Task's result is, if it is not all of it."""
    has_exit_codes: bool = False
    """Whether the ``ExitCode`` of each of its ``Containers`` decides if it succeeded."""


_REASON: Final = "The Task of Step Functions that started it ended."


def _build(action: str, name: str, plural: str) -> JobKind:
    return JobKind(
        handle={"Id": f"answer.{name}.Id"},
        describe=f"batchGet{plural}",
        asks={"Ids": ["$Id"]},
        item=f"{plural}.0",
        within=name,
        status=f"{name}Status",
        succeeded=("SUCCEEDED",),
        failed=("FAILED", "FAULT", "TIMED_OUT", "STOPPED"),
        stop=action,
        stops={"Id": "$Id"},
    )


_BUILD_BATCH: Final = _build("stopBuildBatch", "BuildBatch", "BuildBatches")


def _of_eks(kind: str, *names: str, failed: tuple[str, ...], is_deleted: bool = False) -> JobKind:
    """AWS does not end a cluster, or part of it, when an execution is stopped."""
    return JobKind(
        handle={name: f"input.{name}" for name in names},
        describe=f"describe{kind}",
        asks={name: f"${name}" for name in names},
        item=kind,
        within=kind,
        status="Status",
        succeeded=() if is_deleted else ("ACTIVE",),
        failed=failed,
        is_over_when_gone=is_deleted,
    )


def _of_sagemaker(kind: str) -> JobKind:
    name = f"{kind}Name"
    return JobKind(
        handle={name: f"input.{name}"},
        describe=f"describe{kind}",
        asks={name: f"${name}"},
        status=f"{kind}Status",
        succeeded=("Completed",),
        failed=("Failed", "Stopped", "DeleteFailed"),
        stop=f"stop{kind}",
        stops={name: f"${name}"},
    )


def _application(
    handle: str, *succeeded: str, failed: tuple[str, ...] = (), is_over_when_gone: bool = False
) -> JobKind:
    return JobKind(
        handle={"ApplicationId": handle},
        describe="getApplication",
        asks={"ApplicationId": "$ApplicationId"},
        item="Application",
        status="State",
        succeeded=succeeded,
        failed=failed,
        is_over_when_gone=is_over_when_gone,
    )


def _serverless_run(*succeeded: str, failed: tuple[str, ...], stop: str | None = None) -> JobKind:
    run = {"ApplicationId": "$ApplicationId", "JobRunId": "$JobRunId"}
    return JobKind(
        handle={"ApplicationId": "answer.ApplicationId", "JobRunId": "answer.JobRunId"},
        describe="getJobRun",
        asks=run,
        item="JobRun",
        status="State",
        succeeded=succeeded,
        failed=failed,
        stop=stop,
        stops=run,
    )


_NODES: Final = ("Nodegroup", "ClusterName", "NodegroupName")
_PROFILE: Final = ("FargateProfile", "ClusterName", "FargateProfileName")

JOB_KINDS: Final[Mapping[str, JobKind]] = {
    "athena:startQueryExecution": JobKind(
        handle={"QueryExecutionId": "answer.QueryExecutionId"},
        describe="getQueryExecution",
        asks={"QueryExecutionId": "$QueryExecutionId"},
        item="QueryExecution",
        within="QueryExecution",
        status="Status.State",
        succeeded=("SUCCEEDED",),
        failed=("FAILED", "CANCELLED"),
        stop="stopQueryExecution",
        stops={"QueryExecutionId": "$QueryExecutionId"},
    ),
    "batch:submitJob": JobKind(
        handle={"JobId": "answer.JobId"},
        describe="describeJobs",
        asks={"Jobs": ["$JobId"]},
        item="Jobs.0",
        status="Status",
        succeeded=("SUCCEEDED",),
        failed=("FAILED",),
        stop="terminateJob",
        stops={"JobId": "$JobId", "Reason": _REASON},
    ),
    "bedrock:createModelCustomizationJob": JobKind(
        handle={"JobArn": "answer.JobArn"},
        describe="getModelCustomizationJob",
        asks={"JobIdentifier": "$JobArn"},
        status="Status",
        succeeded=("Completed",),
        failed=("Failed", "Stopped"),
        stop="stopModelCustomizationJob",
        stops={"JobIdentifier": "$JobArn"},
    ),
    "codebuild:startBuild": _build("stopBuild", "Build", "Builds"),
    "codebuild:startBuildBatch": _BUILD_BATCH,
    "codebuild:retryBuildBatch": _BUILD_BATCH,
    "databrew:startJobRun": JobKind(
        handle={"Name": "input.Name", "RunId": "answer.RunId"},
        describe="describeJobRun",
        asks={"Name": "$Name", "RunId": "$RunId"},
        status="State",
        succeeded=("SUCCEEDED",),
        failed=("FAILED", "STOPPED", "TIMEOUT"),
        stop="stopJobRun",
        stops={"Name": "$Name", "RunId": "$RunId"},
    ),
    "ecs:runTask": JobKind(
        handle={"Cluster": "answer.Tasks.0.ClusterArn", "Tasks": "answer.Tasks.*.TaskArn"},
        describe="describeTasks",
        asks={"Cluster": "$Cluster", "Tasks": "$Tasks"},
        item="Tasks.*",
        status="LastStatus",
        succeeded=("STOPPED",),
        has_exit_codes=True,
        stop="stopTask",
        stops={"Cluster": "$Cluster", "Task": "$Tasks", "Reason": _REASON},
        for_each="Tasks",
    ),
    "eks:createCluster": _of_eks("Cluster", "Name", failed=("FAILED", "DELETING")),
    "eks:createFargateProfile": _of_eks(*_PROFILE, failed=("CREATE_FAILED",)),
    "eks:createNodegroup": _of_eks(*_NODES, failed=("CREATE_FAILED",)),
    "eks:deleteCluster": _of_eks("Cluster", "Name", failed=("FAILED",), is_deleted=True),
    "eks:deleteFargateProfile": _of_eks(*_PROFILE, failed=("DELETE_FAILED",), is_deleted=True),
    "eks:deleteNodegroup": _of_eks(*_NODES, failed=("DELETE_FAILED",), is_deleted=True),
    "eks:runJob": JobKind(
        handle={
            "Namespace": "answer.ResponseBody.metadata.namespace",
            "Name": "answer.ResponseBody.metadata.name",
            "Uid": "answer.ResponseBody.metadata.uid",
            "ClusterName": "input.ClusterName",
            "LogOptions": "input.LogOptions",
        },
        optional=("ClusterName", "LogOptions"),
        describe=JOB_END,
        asks={
            name: f"${name}" for name in ("Namespace", "Name", "Uid", "ClusterName", "LogOptions")
        },
        status="State",
        succeeded=("Complete",),
        failed=("Failed",),
        gives="Job",
        stop=JOB_DELETE,
        stops={name: f"${name}" for name in ("Namespace", "Name", "Uid", "ClusterName")},
    ),
    "elasticmapreduce:addStep": JobKind(
        handle={"ClusterId": "input.ClusterId", "StepId": "answer.StepId"},
        describe="describeStep",
        asks={"ClusterId": "$ClusterId", "StepId": "$StepId"},
        item="Step",
        within="Step",
        adds=("StepId",),
        status="Status.State",
        succeeded=("COMPLETED",),
        failed=("CANCELLED", "FAILED", "INTERRUPTED"),
        stop="cancelStep",
        stops={"ClusterId": "$ClusterId", "StepId": "$StepId"},
    ),
    "elasticmapreduce:createCluster": JobKind(
        handle={"ClusterId": "answer.ClusterId"},
        describe="describeCluster",
        asks={"ClusterId": "$ClusterId"},
        item="Cluster",
        within="Cluster",
        adds=("ClusterId",),
        status="Status.State",
        succeeded=("WAITING",),
        failed=("TERMINATED", "TERMINATED_WITH_ERRORS"),
        stop="terminateCluster",
        stops={"ClusterId": "$ClusterId"},
    ),
    "elasticmapreduce:terminateCluster": JobKind(
        handle={"ClusterId": "input.ClusterId"},
        describe="describeCluster",
        asks={"ClusterId": "$ClusterId"},
        item="Cluster",
        within="Cluster",
        adds=("ClusterId",),
        status="Status.State",
        succeeded=("TERMINATED", "TERMINATED_WITH_ERRORS"),
    ),
    "emr-containers:deleteVirtualCluster": JobKind(
        handle={"Id": "answer.Id"},
        describe="describeVirtualCluster",
        asks={"Id": "$Id"},
        item="VirtualCluster",
        status="State",
        succeeded=("TERMINATED",),
        failed=("ARRESTED",),
        is_over_when_gone=True,
    ),
    "emr-containers:startJobRun": JobKind(
        handle={"Id": "answer.Id", "VirtualClusterId": "answer.VirtualClusterId"},
        describe="describeJobRun",
        asks={"Id": "$Id", "VirtualClusterId": "$VirtualClusterId"},
        item="JobRun",
        status="State",
        succeeded=("COMPLETED",),
        failed=("CANCELLED", "FAILED"),
        stop="cancelJobRun",
        stops={"Id": "$Id", "VirtualClusterId": "$VirtualClusterId"},
    ),
    "emr-serverless:cancelJobRun": _serverless_run("CANCELLED", failed=("FAILED", "SUCCESS")),
    "emr-serverless:createApplication": _application(
        "answer.ApplicationId", "CREATED", "STARTED", failed=("TERMINATED",)
    ),
    "emr-serverless:deleteApplication": _application(
        "input.ApplicationId", "TERMINATED", is_over_when_gone=True
    ),
    "emr-serverless:startApplication": _application(
        "input.ApplicationId", "STARTED", failed=("STOPPED", "TERMINATED")
    ),
    "emr-serverless:startJobRun": _serverless_run(
        "SUCCESS", failed=("CANCELLED", "FAILED"), stop="cancelJobRun"
    ),
    "emr-serverless:stopApplication": _application(
        "input.ApplicationId", "STOPPED", failed=("TERMINATED",)
    ),
    "glue:startJobRun": JobKind(
        handle={"JobName": "input.JobName", "RunId": "answer.JobRunId"},
        describe="getJobRun",
        asks={"JobName": "$JobName", "RunId": "$RunId"},
        item="JobRun",
        status="JobRunState",
        succeeded=("SUCCEEDED",),
        failed=("ERROR", "EXPIRED", "FAILED", "STOPPED", "TIMEOUT"),
        stop="batchStopJobRun",
        stops={"JobName": "$JobName", "JobRunIds": ["$RunId"]},
    ),
    "mediaconvert:createJob": JobKind(
        handle={"Id": "answer.Job.Id"},
        describe="getJob",
        asks={"Id": "$Id"},
        item="Job",
        within="Job",
        status="Status",
        succeeded=("COMPLETE",),
        failed=("CANCELED", "ERROR"),
        stop="cancelJob",
        stops={"Id": "$Id"},
    ),
    "sagemaker:createHyperParameterTuningJob": _of_sagemaker("HyperParameterTuningJob"),
    "sagemaker:createLabelingJob": _of_sagemaker("LabelingJob"),
    "sagemaker:createProcessingJob": _of_sagemaker("ProcessingJob"),
    "sagemaker:createTrainingJob": _of_sagemaker("TrainingJob"),
    "sagemaker:createTransformJob": _of_sagemaker("TransformJob"),
}
"""By integration."""
