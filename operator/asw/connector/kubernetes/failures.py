"""Failures of calls of clusters: AWS's names for its integrations, ours beside them. Pure."""

from typing import Final

from asw.asl.errors import DATA_LIMIT_EXCEEDED, RUNTIME, WAITED_TOO_LONG
from asw.asl.integrations import JOB_END, KUBERNETES
from asw.asl.values import to_text
from asw.connector.calls import Call, Failed
from asw.connector.kubernetes.client import Answer

NO_ANSWER: Final = "K8s.NoAnswer"
"""The server gave no answer that could be read, or none at all."""
_NO_ANSWER_OF_AWS: Final = "SdkClientException"
_TIMED_OUT_OF_AWS: Final = "ClientExecutionTimeoutException"
_PREFIXES: Final = {"eks": "EKS", "ecs": "ECS", "batch": "Batch"}
_LABELS: Final = {"ecs": "AmazonECS", "batch": "AWSBatch"}
"""What causes call the services for which Jobs of Kubernetes stand."""
_FORBIDDEN: Final = (401, 403)
LONGEST_CAUSE: Final = 32_768
_NARROWER: Final = {
    KUBERNETES: "ask for less: LabelSelector, FieldSelector or Limit",
    "eks": "ask for less: labelSelector, fieldSelector or limit in QueryParameters",
}
_SHORTER: Final = "ask for less: tailLines or limitBytes in LogOptions.LogParameters"


def refused(call: Call, answer: Answer) -> Failed:
    """The failure for an answer that is no success: ``EKS.404``, ``K8s.404``."""
    if call.service == KUBERNETES:
        return Failed(error=f"K8s.{answer.status}", cause=_hinted(answer))
    if call.service in _LABELS:
        return _refused_of_aws(call, answer)
    return Failed(error=f"EKS.{answer.status}", cause=_cause_of_aws(answer)[:LONGEST_CAUSE])


def _cause_of_aws(answer: Answer) -> str:
    """AWS: "Create and manage Amazon EKS clusters with Step Functions", the example of EKS.401."""
    around = {"StatusCode": answer.status, "StatusText": answer.text}
    try:
        told = to_text({"ResponseBody": answer.body, **around})
    except ValueError:  # too deep for data
        told = to_text({"ResponseBody": answer.data.decode(errors="replace"), **around})
    return told.encode("utf-8", "replace").decode()  # JSON may spell half of a pair


def no_definition(call: Call, template: str) -> Failed:
    """There is no template of the definition's name."""
    what = "TaskDefinition" if call.service == "ecs" else "JobDefinition"
    return _of_aws(call, 400, "ClientException", f"{what} not found: there is no {template}")


def _refused_of_aws(call: Call, answer: Answer) -> Failed:
    """A Job that the API server refuses, as the service would say it."""
    if answer.status in _FORBIDDEN:
        code = "AccessDeniedException"
    elif answer.status == 429 or answer.status >= 500:
        code = "ServerException"
    else:
        code = "InvalidParameterException" if call.service == "ecs" else "ClientException"
    return _of_aws(call, answer.status, code, answer.message)


def _of_aws(call: Call, status: int, code: str, message: str) -> Failed:
    told = (
        f"{message} (Service: {_LABELS[call.service]}; Status Code: {status}; Error Code: {code};"
        " Request ID: null; Proxy: null)"
    )
    return Failed(error=f"{_PREFIXES[call.service]}.{code}", cause=told[:LONGEST_CAUSE])


def too_large(call: Call) -> Failed:
    """The result has more bytes than a result may have."""
    hint = _SHORTER if call.action == JOB_END else _NARROWER.get(call.service)
    told = (
        f"The state/task '{call.resource_type}' returned a result with a size exceeding the"
        f" maximum number of bytes service limit.{f' ({hint})' if hint else ''}"
    )
    return Failed(error=DATA_LIMIT_EXCEEDED, cause=told)


def unfit(call: Call, why: str) -> Failed:
    """The parameters do not fit, as only data or the cluster could show."""
    told = f"The Parameters could not be used to start the Task {call.resource_type}: [{why}]"
    return Failed(error=RUNTIME, cause=told)


def timed_out(call: Call, seconds: float) -> Failed:
    """A request took longer than the Connection allows."""
    if call.service == KUBERNETES:
        return Failed(
            error=WAITED_TOO_LONG, cause=f"The server did not answer within {seconds:g} s"
        )
    millis = round(seconds * 1000)
    told = f"Client execution did not complete before the specified timeout: {millis} ms"
    return Failed(error=f"{_PREFIXES[call.service]}.{_TIMED_OUT_OF_AWS}", cause=told)


def no_answer(call: Call, why: str) -> Failed:
    """Nothing came back, or nothing that makes sense."""
    error = f"{_PREFIXES.get(call.service)}.{_NO_ANSWER_OF_AWS}"
    if call.service == KUBERNETES:
        error = NO_ANSWER
    return Failed(error=error, cause=f"Unable to execute HTTP request: {why}")


def _hinted(answer: Answer) -> str:
    told = answer.message
    if answer.status == 409 and "conflict" in told.lower() and "Apply failed" in told:
        return f'{told} ("Force": true takes the fields over)'
    return told
