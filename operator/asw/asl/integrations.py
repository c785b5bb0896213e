"""The integrations of AWS that a Task's Resource may name: ``arn:aws:states:::SERVICE:ACTION``.

From the Step Functions Developer Guide ("Optimized integrations", and the page of each service).
They tell a misspelt Resource, which AWS refuses, from one that is only unsupported here; and they
say which are plain requests: one call of the service, whose answer is the result.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_JOB: Final = ".sync"
_CALLBACK: Final = ".waitForTaskToken"
_ARN: Final = re.compile(r"arn:aws[\w-]*:states:[^:]*:[^:]*:(.+)")
_ANY_ACTION: Final = re.compile(
    r"activity:.+|aws-sdk:[a-z0-9-]+:[a-z][A-Za-z0-9]*(?:\.waitForTaskToken)?"
)
"""Activities, and the more than nine thousand actions of AWS's SDK."""


def _actions(names: str, *patterns: str) -> Mapping[str, tuple[str, ...]]:
    """Actions by name, with the patterns that they support besides request and response."""
    return dict.fromkeys(names.split(), patterns)


_PATTERNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "apigateway": _actions("invoke", _CALLBACK),
    "athena": {
        **_actions("startQueryExecution", _JOB),
        **_actions("stopQueryExecution getQueryExecution getQueryResults"),
    },
    "batch": _actions("submitJob", _JOB),
    "bedrock": {
        **_actions("invokeModel", _CALLBACK),
        **_actions("createModelCustomizationJob", _JOB, _CALLBACK),
    },
    "codebuild": {
        **_actions("startBuild startBuildBatch retryBuildBatch", _JOB),
        **_actions("stopBuild batchDeleteBuilds batchGetReports stopBuildBatch deleteBuildBatch"),
    },
    "databrew": _actions("startJobRun", _JOB),
    "dynamodb": _actions("getItem putItem deleteItem updateItem"),
    "ecs": _actions("runTask", _JOB, _CALLBACK),
    "eks": {
        **_actions("call", _CALLBACK),
        **_actions("runJob", _JOB, _CALLBACK),
        **_actions("createCluster deleteCluster createFargateProfile deleteFargateProfile", _JOB),
        **_actions("createNodegroup deleteNodegroup", _JOB),
    },
    "elasticmapreduce": {
        **_actions("createCluster terminateCluster addStep", _JOB),
        **_actions("cancelStep setClusterTerminationProtection"),
        **_actions("modifyInstanceFleetByName modifyInstanceGroupByName"),
    },
    "emr-containers": {
        **_actions("createVirtualCluster"),
        **_actions("deleteVirtualCluster startJobRun", _JOB),
    },
    "emr-serverless": {
        **_actions("createApplication startApplication stopApplication", _JOB),
        **_actions("deleteApplication startJobRun cancelJobRun", _JOB),
    },
    "events": _actions("putEvents", _CALLBACK),
    "glue": _actions("startJobRun", _JOB),
    "http": _actions("invoke"),
    "lambda": _actions("invoke", _CALLBACK),
    "mediaconvert": _actions("createJob", _JOB),
    "sagemaker": {
        **_actions("createEndpoint createEndpointConfig createModel updateEndpoint"),
        **_actions("createHyperParameterTuningJob createLabelingJob createProcessingJob", _JOB),
        **_actions("createTrainingJob createTransformJob", _JOB),
    },
    "sns": _actions("publish", _CALLBACK),
    "sqs": _actions("sendMessage", _CALLBACK),
    "states": _actions("startExecution", _JOB, f"{_JOB}:2", _CALLBACK),
}

INTEGRATIONS: Final = frozenset(
    f"{service}:{action}{pattern}"
    for service, actions in _PATTERNS.items()
    for action, patterns in actions.items()
    for pattern in ("", *patterns)
)
"""Every optimized integration, such as ``sqs:sendMessage.waitForTaskToken``."""

_NO_REQUESTS: Final = ("http:invoke", "lambda:invoke", "states:startExecution")
"""These have a meaning of their own beyond a call of the service."""
_SDK_ACTION: Final = re.compile(r"aws-sdk:([a-z0-9-]+):([a-z][A-Za-z0-9]*)")


class Request(NamedTuple):
    """One call of a service's action; ``is_sdk`` if it is spelled ``aws-sdk:``."""

    service: str
    action: str
    is_sdk: bool


def request_of(name: str) -> Request | None:
    """The plain request that the integration makes; None if it does more, or AWS lacks it.

    Those of EKS talk to Kubernetes, or wait for what does.
    """
    if found := _SDK_ACTION.fullmatch(name):
        return Request(found[1], found[2], is_sdk=True)
    service, _, action = name.partition(":")
    if name not in INTEGRATIONS or name in _NO_REQUESTS or service == "eks" or "." in action:
        return None
    return Request(service, action, is_sdk=False)


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
