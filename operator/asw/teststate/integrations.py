"""What a Task's Resource calls at AWS: which operation answers, and how the Task waits.

AWS "Integrating services": optimized integrations have their own names, ``aws-sdk:`` ones those of
the SDK for Java, which are the services' ids without spaces.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from asw.asl.resources import ServiceInvocation

Pattern: TypeAlias = Literal["request-response", "sync", "callback"]

_SERVICE = re.compile(
    r"arn:[^:]*:states:[^:]*:[^:]*:(?:(aws-sdk):)?([\w-]+):([A-Za-z0-9]+)"
    r"(?:\.(sync(?::2)?|waitForTaskToken))?"
)
_ACTIVITY = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:activity:.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A call of the API ``operation`` of a ``service``, as spelled in the Resource."""

    service: str
    operation: str
    is_sdk: bool = False
    pattern: Pattern = "request-response"


def integration_of(resource: str) -> Integration | None:
    """The service integration that the Resource names; None for a function and an activity."""
    match = _SERVICE.fullmatch(resource)
    if match is None or is_activity(resource):
        return None
    sdk, service, operation, suffix = match.groups()
    return Integration(
        service=service,
        operation=operation,
        is_sdk=sdk is not None,
        pattern=_pattern(suffix),
    )


def is_activity(resource: str) -> bool:
    """Whether the Resource is an activity, whose workers poll for tasks."""
    return _ACTIVITY.fullmatch(resource) is not None


def needs_mock(resource: str) -> bool:
    """AWS: TestState does not wait for activities, jobs and task tokens."""
    integration = integration_of(resource)
    return is_activity(resource) or (
        integration is not None and integration.pattern != "request-response"
    )


def has_token(resource: str) -> bool:
    """AWS: whether the context object of such a Task may hold ``Task``."""
    integration = integration_of(resource)
    return integration is not None and integration.pattern != "request-response"


def answering(integration: Integration) -> tuple[str, str] | None:
    """The service and operation whose answer is the result; None if no API defines it.

    The result of a callback is what was sent with its token. With ``.sync`` it is the answer of the
    operation that is polled until the job is over.
    """
    service, operation = integration.service, integration.operation
    if integration.pattern == "callback" or (service, operation) in _UNSAID:
        return None
    if integration.pattern == "sync":
        polled = _POLLED.get((service, operation))
        return None if polled is None else (_OPTIMIZED.get(service, service), polled)
    return _in_api(service, operation, is_sdk=integration.is_sdk)


def api_operation(invocation: ServiceInvocation) -> tuple[str, str]:
    """The service and operation whose API takes the request."""
    return _in_api(invocation.service, invocation.action, is_sdk=invocation.sdk)


def _in_api(service: str, operation: str, *, is_sdk: bool) -> tuple[str, str]:
    name = service if is_sdk else _OPTIMIZED.get(service, service)
    return name, operation[:1].upper() + operation[1:]


def _pattern(suffix: str | None) -> Pattern:
    match suffix:
        case None:
            return "request-response"
        case "waitForTaskToken":
            return "callback"
        case _:
            return "sync"


_UNSAID: Final = frozenset(
    {("http", "invoke"), ("apigateway", "invoke"), ("eks", "call"), ("eks", "runJob")}
)
"""AWS "Mock validation modes": these are not validated."""

_OPTIMIZED: Final = {
    "states": "sfn",
    "events": "eventbridge",
    "elasticmapreduce": "emr",
    "emr-containers": "emrcontainers",
    "emr-serverless": "emrserverless",
}
"""Services whose optimized integration and SDK for Java have different names."""

_POLLED: Final = {
    ("states", "startExecution"): "DescribeExecution",
    ("ecs", "runTask"): "DescribeTasks",
    ("batch", "submitJob"): "DescribeJobs",
    ("glue", "startJobRun"): "GetJobRun",
    ("databrew", "startJobRun"): "DescribeJobRun",
    ("athena", "startQueryExecution"): "GetQueryExecution",
    ("codebuild", "startBuild"): "BatchGetBuilds",
    ("codebuild", "startBuildBatch"): "BatchGetBuildBatches",
    ("elasticmapreduce", "createCluster"): "DescribeCluster",
    ("elasticmapreduce", "terminateCluster"): "DescribeCluster",
    ("elasticmapreduce", "addStep"): "DescribeStep",
    ("emr-containers", "startJobRun"): "DescribeJobRun",
    ("emr-containers", "createVirtualCluster"): "DescribeVirtualCluster",
    ("emr-containers", "deleteVirtualCluster"): "DescribeVirtualCluster",
    ("emr-serverless", "startJobRun"): "GetJobRun",
    ("emr-serverless", "startApplication"): "GetApplication",
    ("emr-serverless", "stopApplication"): "GetApplication",
    ("sagemaker", "createTrainingJob"): "DescribeTrainingJob",
    ("sagemaker", "createTransformJob"): "DescribeTransformJob",
    ("sagemaker", "createProcessingJob"): "DescribeProcessingJob",
    ("sagemaker", "createLabelingJob"): "DescribeLabelingJob",
    ("sagemaker", "createHyperParameterTuningJob"): "DescribeHyperParameterTuningJob",
    ("bedrock", "createModelCustomizationJob"): "GetModelCustomizationJob",
    ("mediaconvert", "createJob"): "GetJob",
    ("eks", "createCluster"): "DescribeCluster",
    ("eks", "deleteCluster"): "DescribeCluster",
    ("eks", "createNodegroup"): "DescribeNodegroup",
    ("eks", "deleteNodegroup"): "DescribeNodegroup",
    ("eks", "createFargateProfile"): "DescribeFargateProfile",
    ("eks", "deleteFargateProfile"): "DescribeFargateProfile",
}
"""AWS "Run a Job (.sync)": the operation that is polled until the job is over."""
