"""``eks:call`` and ``eks:runJob``, with AWS's parameters and results.

AWS: "Create and manage Amazon EKS clusters with Step Functions", Kubernetes API integrations.
Which cluster is called is not the definition's to say, but that of the Connection: so ClusterName,
Endpoint and CertificateAuthority are read by nobody here.
"""

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from asw.asl.values import Json
from asw.connector.kubernetes.client import Answer, Refused, Request
from asw.connector.kubernetes.objects import Cluster
from asw.connector.kubernetes.parameters import BadRequest, Parameters, body_of

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")
JOB_NAMESPACE: Final = "default"
"""AWS: the namespace of a Job whose call names none."""
TASK_ANNOTATION: Final = "asw.dev/task"
"""Which task made a Job: the same one does not make it twice."""
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_ENDLESS: Final = ("watch", "follow")


async def call(cluster: Cluster, given: Parameters) -> Json:
    """One request, sent once. Raises Refused for an answer that is no success."""
    method = given.one_of("Method", METHODS)
    path, query = given.text("Path"), given.lists("QueryParameters")
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        raise BadRequest("Path must be a path such as /api/v1/namespaces/default/pods")
    for name, value in query:
        if name in _ENDLESS and value not in ("false", "0"):
            raise BadRequest(f"QueryParameters.{name}: the answer would have no end")
    body = given.fields.get("RequestBody")
    request = Request(
        method=method,
        path=path,
        query=query,
        body=None if body is None else body_of(body),
        content_type=_content_type(method, body),
    )
    return result_of(await cluster.client.ask(request, "none"))


async def run_job(cluster: Cluster, given: Parameters, task_id: str) -> Json:
    """Create a Job; its answer. The same task finds the Job that it has made already.

    LogOptions have an effect only where somebody waits for the end of the Job, as at AWS.
    """
    job = given.object("Job")
    _check_logs(given.fields.get("LogOptions", {}))
    namespace = given.name("Namespace", JOB_NAMESPACE)
    return result_of(await created(cluster, namespace, _marked(job, mark_of(task_id))))


async def created(cluster: Cluster, namespace: str, job: Mapping[str, Any]) -> Answer:
    """The Job that the server has made, or that the same task had it make. Raises Refused."""
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    try:
        return await cluster.client.ask(Request(method="POST", path=path, body=body_of(dict(job))))
    except Refused as refused:
        if refused.answer.status != HTTPStatus.CONFLICT:
            raise
        own = Request(method="GET", path=f"{path}/{job['metadata'].get('name')}")
        answer = await cluster.client.send(own, "repeatable")
        if answer.status != HTTPStatus.OK or _mark_of(answer.body) != _mark_of(job):
            raise
        return answer


def result_of(answer: Answer) -> Json:
    """The answer as AWS gives it to the state."""
    headers: dict[str, Json] = {}
    for name, value in answer.headers:
        headers.setdefault(name, []).append(value)
    return {
        "Headers": headers,
        "ResponseBody": answer.body,
        "StatusCode": answer.status,
        "StatusText": answer.text,
    }


def mark_of(task_id: str) -> str:
    """What the annotation of a Job says of the task that made it."""
    return hashlib.sha256(task_id.encode()).hexdigest()[:20]


def is_reading(parameters: Json) -> bool:
    """Whether an eks:call only reads."""
    return isinstance(parameters, dict) and parameters.get("Method") in ("GET", "HEAD")


def _content_type(method: str, body: Json) -> str:
    """What a body is: AWS does not say how a patch is told, so it is by its form."""
    if method != "PATCH":
        return "application/json"
    return f"application/{'json' if isinstance(body, list) else 'merge'}-patch+json"


def _marked(job: Mapping[str, Any], mark: str) -> dict[str, Any]:
    """The Job with our annotation, and a name of its own instead of one to be generated."""
    metadata = job.get("metadata")
    if not isinstance(metadata, dict):
        raise BadRequest("Job must have metadata with a name")
    annotations = {**(metadata.get("annotations") or {}), TASK_ANNOTATION: mark}
    named = {**metadata, "annotations": annotations}
    if "name" not in named and "generateName" in named:
        named["name"] = f"{named.pop('generateName')}{mark[:10]}"
    return {"apiVersion": "batch/v1", "kind": "Job", **job, "metadata": named}


def _mark_of(body: Json) -> Json:
    metadata = body.get("metadata") if isinstance(body, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations.get(TASK_ANNOTATION) if isinstance(annotations, dict) else None


def _check_logs(options: Json) -> None:
    """Refuse options that AWS does not have."""
    if not isinstance(options, dict):
        raise BadRequest("LogOptions must be an object")
    given = Parameters(options)
    for name in options:
        if name not in ("LogParameters", "RawLogs", "RetrieveLogs"):
            raise BadRequest(f'The field "LogOptions.{name}" is not supported by Step Functions')
    given.flag("RetrieveLogs")
    given.flag("RawLogs")
    given.lists("LogParameters")
