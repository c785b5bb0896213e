"""Jobs of AWS Batch as Jobs: ``submitJob``, ``describeJobs`` and ``terminateJob``.

AWS: "Run AWS Batch workloads with Step Functions", and the API reference of Batch. What says where
AWS would run the job (JobQueue, ShareIdentifier, priorities, tags) has no effect: the template says
it, and Kueue or a PriorityClass there orders them.
"""

from typing import Any, Final

from asw.asl.values import Json, JsonObject
from asw.connector.calls import Call
from asw.connector.kubernetes.calls import mark_of
from asw.connector.kubernetes.containers import jobs
from asw.connector.kubernetes.containers.jobs import Run
from asw.connector.kubernetes.containers.templates import (
    Override,
    arn_of,
    containers_of,
    environment,
    job_of,
    override,
    resources,
    template_name,
    texts,
)
from asw.connector.kubernetes.objects import Cluster
from asw.connector.kubernetes.parameters import BadRequest, Parameters

_ITS_TEMPLATE: Final = "let the CronJob of that name say what its pods are"
_ELSEWHERE: Final = {
    "DependsOn": "let the state machine wait for the other job (.sync) in a state before this one",
    "EcsPropertiesOverride": _ITS_TEMPLATE,
    "EksPropertiesOverride": _ITS_TEMPLATE,
    "NodeOverrides": _ITS_TEMPLATE,
}
"""Fields that would change what runs, and that a Job has no place for, with the remedy."""
_REFERENCE: Final = "Ref::"
"""AWS: how a definition's command names a parameter."""
_INDEX: Final = "AWS_BATCH_JOB_ARRAY_INDEX"
_INDEX_ANNOTATION: Final = "batch.kubernetes.io/job-completion-index"
_NEVER_STARTED: Final = "Task failed to start"
_MOST_CHILDREN: Final = 10_000
_RETRIES_OF_KUBERNETES: Final = 6
"""The backoffLimit of a Job that has none."""
_MOST_ATTEMPTS: Final = 10
_LONGEST_ATTEMPT_SECONDS: Final = 31_536_000


async def submit_job(cluster: Cluster, given: Parameters, call: Call) -> Json:
    """Create the Job."""
    for name, remedy in _ELSEWHERE.items():
        if given.fields.get(name):
            raise BadRequest(f"{name} is not supported where jobs are Jobs of Kubernetes: {remedy}")
    definition, name = given.text("JobDefinition"), given.text("JobName")
    queue = given.text("JobQueue")
    template = await jobs.template(cluster, template_name(definition))
    request = {"definition": definition, "name": name, "queue": queue}
    job = job_of(template, request, mark_of(call.task_id))
    _refer(job, given.part("Parameters").fields)
    _shape(job, given)
    override(job, _override(given.part("ContainerOverrides"), job, queue))
    made = await jobs.create(cluster, job)
    return {
        "JobArn": arn_of(call, "batch", f"job/{made.name}"),
        "JobId": made.name,
        "JobName": name,
    }


async def describe_jobs(cluster: Cluster, given: Parameters, call: Call) -> Json:
    """How the jobs are; those that nobody knows are missing."""
    names = texts(given.fields.get("Jobs"), "Jobs")
    found = [await jobs.read(cluster, name, mark_of(call.task_id)) for name in names]
    return {"Jobs": [_job(it, call) for it in found if it is not None]}


async def terminate_job(cluster: Cluster, given: Parameters, call: Call) -> Json:
    """Delete the Job, if it goes on."""
    await jobs.delete(cluster, given.text("JobId"), mark_of(call.task_id))
    return {}


def _refer(job: JsonObject, parameters: JsonObject) -> None:
    """Put the parameters into commands that name them."""
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise BadRequest(f"Parameters: {name} must be a text")
    for container in containers_of(job):
        for part in ("command", "args"):
            if part in container:
                container[part] = [_referred(it, parameters) for it in container[part]]


def _referred(text: str, parameters: JsonObject) -> str:
    found: str = parameters.get(text.removeprefix(_REFERENCE), text)
    return found if text.startswith(_REFERENCE) else text


def _shape(job: JsonObject, given: Parameters) -> None:
    """How many pods, attempts and seconds."""
    spec: dict[str, Any] = job["spec"]
    array = given.part("ArrayProperties")
    if array.fields:
        size = array.whole("Size", 2, _MOST_CHILDREN)
        spec.update(completionMode="Indexed", completions=size, parallelism=size)
    retry = given.part("RetryStrategy")
    if retry.fields.get("EvaluateOnExit"):
        raise BadRequest("RetryStrategy.EvaluateOnExit: use podFailurePolicy in the template")
    if array.fields and spec["template"]["spec"].get("restartPolicy") == "Never":
        # each child has tries of its own, as at AWS: the others go on when one fails
        spec.setdefault("backoffLimitPerIndex", spec.pop("backoffLimit", _RETRIES_OF_KUBERNETES))
    if "Attempts" in retry.fields:
        key = "backoffLimitPerIndex" if "backoffLimitPerIndex" in spec else "backoffLimit"
        spec[key] = retry.whole("Attempts", 1, _MOST_ATTEMPTS) - 1
    timeout = given.part("Timeout")
    if timeout.fields:
        seconds = timeout.whole("AttemptDurationSeconds", 60, _LONGEST_ATTEMPT_SECONDS)
        spec["template"]["spec"]["activeDeadlineSeconds"] = seconds


def _override(given: Parameters, job: JsonObject, queue: str) -> Override:
    requests, limits = resources(given.fields.get("ResourceRequirements"), "ResourceRequirements")
    for name, key, unit in (("Memory", "memory", "Mi"), ("Vcpus", "cpu", "")):
        if name in given.fields:
            requests[key] = limits[key] = f"{given.whole(name, 1, 10_000_000)}{unit}"
    if job["spec"].get("completionMode") == "Indexed":
        container = containers_of(job)[0]
        field = {"fieldRef": {"fieldPath": f"metadata.annotations['{_INDEX_ANNOTATION}']"}}
        container["env"] = [*(container.get("env") or ()), {"name": _INDEX, "valueFrom": field}]
    command = given.fields.get("Command")
    return Override(
        arguments=None if command is None else texts(command, "Command"),
        environment={
            "AWS_BATCH_JOB_ID": str(job["metadata"]["name"]),
            "AWS_BATCH_JQ_NAME": queue.rpartition("/")[2],
            **environment(given.fields.get("Environment"), "Environment"),
        },
        requests=requests,
        limits=limits,
    )


def _job(run: Run, call: Call) -> JsonObject:
    spec, request = run.job["spec"], run.request
    job: dict[str, Json] = {
        "JobArn": arn_of(call, "batch", f"job/{run.name}"),
        "JobDefinition": request.get("definition"),
        "JobId": run.name,
        "JobName": request.get("name"),
        "JobQueue": request.get("queue"),
        "Status": _status(run),
        **run.times(),
    }
    is_array = spec.get("completionMode") == "Indexed"
    if run.stopped is not None and not is_array:
        job["StatusReason"] = _NEVER_STARTED  # as at AWS, where its container says why
    elif run.is_over and run.why:
        job["StatusReason"] = run.why
    if is_array:
        job["ArrayProperties"] = {"Size": spec.get("completions"), "StatusSummary": _summary(run)}
    else:
        job["Container"] = _container(run)
    return job


def _container(run: Run) -> JsonObject:
    name, image = run.images()[0]
    found: dict[str, Json] = {"Image": image}
    if run.pod is not None:
        found["LogStreamName"] = run.pod["metadata"]["name"]
    if (ended := run.ended_containers().get(name)) is not None:
        found["ExitCode"] = ended.get("exitCode")
        found["Reason"] = ended.get("message") or ended.get("reason") or ""
    if run.stopped is not None:
        found["Reason"] = run.stopped.reason
    return found


def _summary(run: Run) -> JsonObject:
    known = {"SUCCEEDED": "succeeded", "FAILED": "failed", "RUNNING": "ready"}
    found = {name: run.status.get(key) or 0 for name, key in known.items()}
    if indexes := run.status.get("failedIndexes"):
        found["FAILED"] = _length(indexes)  # of children, not of tries
    return found


def _length(indexes: str) -> int:
    """How many are in a list such as ``0,3-5``, as a Job writes it."""
    spans = [it.partition("-") for it in indexes.split(",")]
    return sum(int(last or first) - int(first) + 1 for first, _, last in spans)


def _status(run: Run) -> str:
    if run.is_over:
        return "SUCCEEDED" if run.has_succeeded else "FAILED"
    if run.status.get("ready"):
        return "RUNNING"
    return "STARTING" if run.status.get("active") else "RUNNABLE"
