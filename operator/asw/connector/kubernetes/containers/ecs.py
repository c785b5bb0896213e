"""Tasks of Amazon ECS as Jobs: ``runTask``, ``describeTasks`` and ``stopTask``.

AWS: "Run Amazon ECS or Fargate tasks with Step Functions", and the API reference of ECS. What says
where and as whom AWS would run the task (Cluster, LaunchType, NetworkConfiguration, roles ...) has
no effect: the template says it.
"""

from collections.abc import Mapping
from typing import Final

from asw.asl.values import Json, JsonObject
from asw.connector.calls import Call
from asw.connector.kubernetes.calls import mark_of
from asw.connector.kubernetes.containers import jobs
from asw.connector.kubernetes.containers.jobs import Run
from asw.connector.kubernetes.containers.templates import (
    NoContainer,
    Override,
    arn_of,
    copies,
    environment,
    job_of,
    objects,
    override,
    resources,
    template_name,
    texts,
)
from asw.connector.kubernetes.objects import Cluster
from asw.connector.kubernetes.parameters import BadRequest, Parameters

_MOST_TASKS: Final = 10
"""AWS: "Count", of RunTask."""
_UNITS_OF_A_CPU: Final = 1024
_MOST_UNITS: Final = 10_000_000
_ENDED_WELL: Final = "EssentialContainerExited"
_NEVER_STARTED: Final = "TaskFailedToStart"


async def run_task(cluster: Cluster, given: Parameters, call: Call) -> Json:
    """Create the Job of each task."""
    count = given.whole("Count", 1, _MOST_TASKS)
    definition = given.text("TaskDefinition")
    template = await jobs.template(cluster, template_name(definition))
    job = job_of(template, {"definition": definition}, mark_of(call.task_id))
    overrides = given.part("Overrides").fields
    for each in objects(overrides.get("ContainerOverrides"), "ContainerOverrides"):
        change = _override(each)
        try:
            override(job, change)
        except NoContainer:
            raise BadRequest(
                f"Override for container named {change.container} is not a container in the"
                " TaskDefinition"
            ) from None
    made = await jobs.create_all(cluster, copies(job, count))
    return {"Failures": [], "Tasks": [_task(it, cluster, call) for it in made]}


async def describe_tasks(cluster: Cluster, given: Parameters, call: Call) -> Json:
    """How the tasks are."""
    tasks, failures = [], []
    for arn in texts(given.fields.get("Tasks"), "Tasks"):
        found = await jobs.read(cluster, arn.rpartition("/")[2], mark_of(call.task_id))
        if found is None:
            failures.append({"Arn": arn, "Reason": "MISSING"})
        else:
            tasks.append(_task(found, cluster, call))
    return {"Failures": failures, "Tasks": tasks}


async def stop_task(cluster: Cluster, given: Parameters, call: Call) -> Json:
    """Delete the task's Job, if it goes on."""
    await jobs.delete(cluster, given.text("Task").rpartition("/")[2], mark_of(call.task_id))
    return {}


def _override(given: Parameters) -> Override:
    if "EnvironmentFiles" in given.fields:
        raise BadRequest("EnvironmentFiles are S3's: use envFrom in the template")
    requests, limits = resources(given.fields.get("ResourceRequirements"), "ResourceRequirements")
    if "Cpu" in given.fields:
        units = given.whole("Cpu", 1, _MOST_UNITS)
        requests["cpu"] = f"{units * 1000 // _UNITS_OF_A_CPU}m"
    if "MemoryReservation" in given.fields:
        requests["memory"] = f"{given.whole('MemoryReservation', 1, _MOST_UNITS)}Mi"
    if "Memory" in given.fields:
        limits["memory"] = f"{given.whole('Memory', 1, _MOST_UNITS)}Mi"
        requests.setdefault("memory", limits["memory"])
    command = given.fields.get("Command")
    return Override(
        container=given.text("Name"),
        arguments=None if command is None else texts(command, "Command"),
        environment=environment(given.fields.get("Environment"), "Environment"),
        requests=requests,
        limits=limits,
    )


def _task(run: Run, cluster: Cluster, call: Call) -> JsonObject:
    arn = arn_of(call, "ecs", f"task/{cluster.namespace}/{run.name}")
    ended = run.ended_containers()
    task: dict[str, Json] = {
        "ClusterArn": arn_of(call, "ecs", f"cluster/{cluster.namespace}"),
        "Containers": [
            _container(arn, name, image, ended.get(name), run) for name, image in run.images()
        ],
        "DesiredStatus": "STOPPED" if run.is_over else "RUNNING",
        "LastStatus": _status(run),
        "TaskArn": arn,
        "TaskDefinitionArn": run.request.get("definition"),
        **run.times(),
    }
    if run.is_over:
        task["StopCode"] = _ENDED_WELL if ended else _NEVER_STARTED
        task["StoppedReason"] = run.why or "Essential container in task exited"
        if run.has_succeeded and not ended:  # its pods are gone, and it says that all was well
            task["StopCode"] = _ENDED_WELL
            task["Containers"] = [{**it, "ExitCode": 0} for it in task["Containers"]]
    return task


def _container(
    arn: str, name: str, image: str, ended: Mapping[str, Json] | None, run: Run
) -> JsonObject:
    found = {"Image": image, "LastStatus": _status(run), "Name": name, "TaskArn": arn}
    if run.stopped is not None and run.stopped.container == name:
        return {**found, "Reason": run.stopped.reason}
    if ended is None:
        return found
    why = ended.get("message") or ended.get("reason") or ""
    return {**found, "ExitCode": ended.get("exitCode"), "Reason": why, "LastStatus": "STOPPED"}


def _status(run: Run) -> str:
    if run.is_over:
        return "STOPPED"
    if run.status.get("ready"):
        return "RUNNING"
    return "PENDING" if run.status.get("active") else "PROVISIONING"
