"""What to use instead of a service that a Task calls at AWS or at Tencent. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from asw.asl.integrations import integration_of
from asw.messages import t

Say = Callable[[], str]

_JOB: Say = lambda: t("let a Function of runtime image do the job's work")  # noqa: E731
_SDK: Say = lambda: t(  # noqa: E731
    "call it from a Function: Parameters become its event, an image with boto3 its code"
)
_CALLBACK: Say = lambda: t(  # noqa: E731
    "there are no callbacks yet: ask in a loop, a Task, a Choice and a Wait (asw init approval)"
)

_BY_SERVICE: Final[Mapping[str, Say]] = {
    "states": lambda: t(
        "executions start no others yet: take the states of the other machine in here"
    ),
    "activity": lambda: t("make its worker a Function, of runtime image where it is large"),
    "http": lambda: t("call it from a Function: urllib needs no image of your own"),
    "apigateway": lambda: t("call it from a Function: urllib needs no image of your own"),
    "lambda": _CALLBACK,
    "ecs": _JOB,
    "batch": _JOB,
    "eks": _JOB,
    "glue": _JOB,
    "codebuild": _JOB,
    "sagemaker": _JOB,
    "emr-containers": _JOB,
    "emr-serverless": _JOB,
    "elasticmapreduce": _JOB,
    "databrew": _JOB,
}


def instead_of(resource: str) -> str:
    """A sentence for the Resource of a Task, an ARN or a qrn of Tencent's."""
    return remedy_for(integration_of(resource) or resource)


def remedy_for(integration: str) -> str:
    """A sentence for ``sqs:sendMessage.waitForTaskToken``, or for a qrn of Tencent's."""
    if integration.endswith(".waitForTaskToken"):
        return _CALLBACK()
    if integration.startswith("asw:"):
        return t("call a Function: asw:function:NAME")
    if integration.startswith("qrn:"):
        if ":flowmachine:" in integration:
            return _BY_SERVICE["states"]()
        return t("call it from a Function, with Tencent's SDK in an image")
    return _BY_SERVICE.get(integration.partition(":")[0], _SDK)()
