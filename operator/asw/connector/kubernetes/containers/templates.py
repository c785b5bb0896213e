"""A Job from a CronJob, as ``kubectl create job --from=cronjob/NAME`` makes it, with overrides.

A CronJob that is suspended is Kubernetes' own template of Jobs: whoever may edit it says image,
account and volumes, and a state machine names it as it named the definition at AWS. Pure.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asw.asl.values import Json, JsonObject
from asw.connector.calls import Call
from asw.connector.kubernetes.calls import TASK_ANNOTATION
from asw.connector.kubernetes.parameters import BadRequest, Parameters

REQUEST_ANNOTATION: Final = "asw.dev/request"
"""What was asked for by name, as JSON: the service repeats it in its answers."""
KEPT_SECONDS: Final = 86_400
"""How long a Job is kept after its end, unless its template says so."""
_LONGEST_STEM: Final = 40
"""Of a name of 63 characters, as labels have them at most; the rest tells one Job from another."""
_GPU: Final = "nvidia.com/gpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What a call changes of one container; ``container`` None is the first one.

    ``arguments`` stand for the image's command (Docker: CMD). ``requests`` and ``limits`` are
    quantities of Kubernetes by resource.
    """

    container: str | None = None
    arguments: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)


class NoContainer(Exception):
    """The template has no container of that name."""


def template_name(given: str) -> str:
    """The CronJob's name for a definition by name, ``name:revision`` or ARN.

    ``Resize_Image:3`` is ``resize-image``: the revision is the cluster's own, and names of
    Kubernetes have small letters and no underscores.
    """
    name = given.rpartition("/")[2].partition(":")[0]
    return name.lower().replace("_", "-")


def arn_of(call: Call, service: str, resource: str) -> str:
    """An ARN of the service, in the region and account of the execution that calls."""
    parts = (call.origin[-1] if call.origin else "").split(":")
    region, account = (parts[3], parts[4]) if len(parts) > 4 else ("", "")
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def job_of(template: JsonObject, request: JsonObject, mark: str) -> dict[str, Any]:
    """The Job as the template has it, with a name of its own."""
    given = (template.get("spec") or {}).get("jobTemplate") or {}
    metadata, spec = given.get("metadata") or {}, copy.deepcopy(given.get("spec") or {})
    annotations = {
        **(metadata.get("annotations") or {}),
        TASK_ANNOTATION: mark,
        REQUEST_ANNOTATION: json.dumps(request),
    }
    stem = template["metadata"]["name"][:_LONGEST_STEM].rstrip("-.")
    spec.setdefault("ttlSecondsAfterFinished", KEPT_SECONDS)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{stem}-{mark[:12]}",
            "labels": metadata.get("labels") or {},
            "annotations": annotations,
        },
        "spec": spec,
    }


def copies(job: JsonObject, count: int) -> list[JsonObject]:
    """So many Jobs like this one, with names that are the same for the same task."""
    name = job["metadata"]["name"]
    names = [name, *(f"{name}-{number}" for number in range(1, count))]
    return [{**job, "metadata": {**job["metadata"], "name": it}} for it in names]


def containers_of(job: JsonObject) -> list[dict[str, Any]]:
    """The containers of the Job's pods, as the server has checked them in the template."""
    found: list[dict[str, Any]] = job["spec"]["template"]["spec"]["containers"]
    return found


def override(job: dict[str, Any], change: Override) -> None:
    """Change one container of the Job. Raises NoContainer."""
    container = _container(job, change.container)
    if change.arguments is not None:
        container["args"] = list(change.arguments)
    if change.environment:
        kept = [it for it in container.get("env") or () if it["name"] not in change.environment]
        added = [{"name": name, "value": value} for name, value in change.environment.items()]
        container["env"] = [*kept, *added]
    for part, wanted in (("requests", change.requests), ("limits", change.limits)):
        if wanted:
            resources = container.setdefault("resources", {})
            resources[part] = {**(resources.get(part) or {}), **wanted}


def _container(job: JsonObject, name: str | None) -> dict[str, Any]:
    for container in containers_of(job):
        if name in (None, container["name"]):
            return container
    raise NoContainer(name)


def texts(given: Json, name: str) -> tuple[str, ...]:
    """A list of texts. Raises BadRequest."""
    if not isinstance(given, list) or not all(isinstance(it, str) for it in given):
        raise BadRequest(f"{name} must be a list of texts")
    return tuple(given)


def objects(given: Json, name: str) -> list[Parameters]:
    """A list of objects; none if it is missing. Raises BadRequest."""
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(it, dict) for it in given):
        raise BadRequest(f"{name} must be a list of objects")
    return [Parameters({key: it for key, it in each.items() if it is not None}) for each in given]


def environment(given: Json, name: str) -> dict[str, str]:
    """Variables from AWS's list of names and values. Raises BadRequest."""
    found = {}
    for each in objects(given, name):
        value = each.fields.get("Value", "")
        if not isinstance(value, str):
            raise BadRequest(f"{name}: Value of {each.text('Name')} must be a text")
        found[each.text("Name")] = value
    return found


def resources(given: Json, name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Requests and limits from AWS's ResourceRequirements. Raises BadRequest."""
    wanted = {}
    for each in objects(given, name):
        kind, value = each.one_of("Type", ("GPU", "MEMORY", "VCPU")), each.text("Value")
        key, unit = {"GPU": (_GPU, ""), "MEMORY": ("memory", "Mi"), "VCPU": ("cpu", "")}[kind]
        wanted[key] = f"{value}{unit}"
    return {key: it for key, it in wanted.items() if key != _GPU}, wanted
