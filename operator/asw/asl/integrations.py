"""The integrations of AWS that a Task's Resource may name: ``arn:aws:states:::SERVICE:ACTION``.

From the Step Functions Developer Guide ("Optimized integrations", and the page of each service).
They tell a misspelt Resource, which AWS refuses, from one that is only unsupported here; and they
say which begin with one request to the service.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

JOB: Final = ".sync"
"""The pattern of a Task that waits until the job that it asked for is over."""
CALLBACK: Final = ".waitForTaskToken"
"""The pattern of a Task that waits until somebody reports with its token."""
KUBERNETES: Final = "k8s"
"""The service of our own short forms, ``asw:k8s:VERB``, as history spells it."""
APPROVAL: Final = "asw:approval"
"""Our own request for a person's decision: no service is called, and a report ends the task."""
EKS: Final = "eks"
"""The service of AWS's own calls of a cluster: ``eks:call`` and ``eks:runJob``."""
KUBERNETES_VERBS: Final = ("apply", "patch", "delete", "get", "wait", "rollout")
"""What ``asw:k8s:`` may do with objects of a cluster."""
_ARN: Final = re.compile(r"arn:aws[\w-]*:states:[^:]*:[^:]*:(.+)")
_ANY_ACTION: Final = re.compile(
    r"activity:.+|aws-sdk:[a-z0-9-]+:[a-z][A-Za-z0-9]*(?:\.waitForTaskToken)?"
)
"""Activities, and the more than nine thousand actions of AWS's SDK."""


def _actions(names: str, *patterns: str) -> Mapping[str, tuple[str, ...]]:
    """Actions by name, with the patterns that they support besides request and response."""
    return dict.fromkeys(names.split(), patterns)


_PATTERNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "apigateway": _actions("invoke", CALLBACK),
    "athena": {
        **_actions("startQueryExecution", JOB),
        **_actions("stopQueryExecution getQueryExecution getQueryResults"),
    },
    "batch": _actions("submitJob", JOB),
    "bedrock": {
        **_actions("invokeModel", CALLBACK),
        **_actions("createModelCustomizationJob", JOB, CALLBACK),
    },
    "codebuild": {
        **_actions("startBuild startBuildBatch retryBuildBatch", JOB),
        **_actions("stopBuild batchDeleteBuilds batchGetReports stopBuildBatch deleteBuildBatch"),
    },
    "databrew": _actions("startJobRun", JOB),
    "dynamodb": _actions("getItem putItem deleteItem updateItem"),
    "ecs": _actions("runTask", JOB, CALLBACK),
    "eks": {
        **_actions("call", CALLBACK),
        **_actions("runJob", JOB, CALLBACK),
        **_actions("createCluster deleteCluster createFargateProfile deleteFargateProfile", JOB),
        **_actions("createNodegroup deleteNodegroup", JOB),
    },
    "elasticmapreduce": {
        **_actions("createCluster terminateCluster addStep", JOB),
        **_actions("cancelStep setClusterTerminationProtection"),
        **_actions("modifyInstanceFleetByName modifyInstanceGroupByName"),
    },
    "emr-containers": {
        **_actions("createVirtualCluster"),
        **_actions("deleteVirtualCluster startJobRun", JOB),
    },
    "emr-serverless": {
        **_actions("createApplication startApplication stopApplication", JOB),
        **_actions("deleteApplication startJobRun cancelJobRun", JOB),
    },
    "events": _actions("putEvents", CALLBACK),
    "glue": _actions("startJobRun", JOB),
    "http": _actions("invoke"),
    "lambda": _actions("invoke", CALLBACK),
    "mediaconvert": _actions("createJob", JOB),
    "sagemaker": {
        **_actions("createEndpoint createEndpointConfig createModel updateEndpoint"),
        **_actions("createHyperParameterTuningJob createLabelingJob createProcessingJob", JOB),
        **_actions("createTrainingJob createTransformJob", JOB),
    },
    "sns": _actions("publish", CALLBACK),
    "sqs": _actions("sendMessage", CALLBACK),
    "states": _actions("startExecution", JOB, f"{JOB}:2", CALLBACK),
}

INTEGRATIONS: Final = frozenset(
    f"{service}:{action}{pattern}"
    for service, actions in _PATTERNS.items()
    for action, patterns in actions.items()
    for pattern in ("", *patterns)
)
"""Every optimized integration, such as ``sqs:sendMessage.waitForTaskToken``."""

NESTED: Final = "states:startExecution"
"""Starts an execution of another Workflow (AWS: "Start workflow executions from a task state").

With CALLBACK whoever has the token reports, and the execution's own end decides nothing.
"""
_NO_REQUESTS: Final = ("lambda:invoke",)
"""These have a meaning of their own beyond a call of the service."""
HTTP: Final = "http:invoke"
"""Calls an HTTPS API, which the request names."""
GATEWAY: Final = "apigateway:invoke"
"""The same for an API in API Gateway: its method, too, says whether it may be called twice."""
JOB_END: Final = "jobEnd"
JOB_DELETE: Final = "deleteJob"
"""What is asked of a cluster about a Job of ``eks:runJob.sync``; no definition can name them."""
_OF_CLUSTERS: Final = ("call", "runJob", JOB_END, JOB_DELETE)
_SDK_ACTION: Final = re.compile(r"aws-sdk:([a-z0-9-]+):([a-z][A-Za-z0-9]*)(\.waitForTaskToken)?")


class Request(NamedTuple):
    """One call of a service's action; ``is_sdk`` if it is spelled ``aws-sdk:``.

    ``pattern`` says what the Task waits for after the answer: JOB, which may have a version, such
    as ``.sync:2``, CALLBACK or nothing.
    """

    service: str
    action: str
    is_sdk: bool
    pattern: str = ""


def request_of(name: str) -> Request | None:
    """The request that the integration begins with; None if it does more, or AWS lacks it."""
    if found := _SDK_ACTION.fullmatch(name):
        return Request(found[1], found[2], is_sdk=True, pattern=found[3] or "")
    called, dot, rest = name.partition(".")
    if name not in INTEGRATIONS or called in _NO_REQUESTS:
        return None
    service, _, action = called.partition(":")
    return Request(service, action, is_sdk=False, pattern=dot + rest)


def is_kubernetes(service: str, action: str) -> bool:
    """Whether the request, which is none of ``aws-sdk:``, is one to the API server of a cluster."""
    return service == KUBERNETES or (service == EKS and action in _OF_CLUSTERS)


def integration_of(resource: str) -> str | None:
    """What follows ``arn:aws:states:::`` in a Resource; None for any other form."""
    found = _ARN.fullmatch(resource)
    return found[1] if found else None


def is_integration(name: str) -> bool:
    """Whether AWS has it: an optimized integration, an action of the SDK, or an activity."""
    return name in INTEGRATIONS or _ANY_ACTION.fullmatch(name) is not None


def likely_integrations(name: str) -> Iterable[str]:
    """Those that may be meant: the service's own, or else all."""
    service, _, _ = name.partition(":")
    own = [known for known in sorted(INTEGRATIONS) if known.startswith(f"{service}:")]
    return own or sorted(INTEGRATIONS)
