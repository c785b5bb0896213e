"""The newest task of each Function, from the labels of Jobs: nothing is written for it.

The operator keeps the Jobs of finished tasks for a while, so this is a list of what is kept, not of
all executions; a status that every task writes would cost more than the task.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from asw.api.instants import parse_instant
from asw.api.names import LABEL_EXECUTION, LABEL_FUNCTION, LABEL_KIND, label_value
from asw.executions.cluster.access import Access
from asw.executions.port import LastCall
from asw.platforms.kubernetes.client.resources import JOBS
from asw.platforms.kubernetes.tasks.code import CODE_VOLUME

_PHASES: Final[Mapping[str | None, Literal["Running", "Succeeded", "Failed"]]] = {
    None: "Running",
    "Complete": "Succeeded",
    "Failed": "Failed",
}
"""What the condition of a Job's end means for its task; None if it has none."""


async def last_calls(access: Access, functions: Sequence[str]) -> Mapping[str, LastCall]:
    """By the Function's object name; those without a Job are left out. Raises Failure."""
    by_label = {label_value(name): name for name in functions}
    only = f"={next(iter(by_label))}" if len(by_label) == 1 else ""
    labels = f"{LABEL_KIND}=task,{LABEL_FUNCTION}{only}"
    jobs = await access.list(JOBS, access.place.namespace, labels=labels)
    newest: dict[str, Mapping[str, Any]] = {}
    for job in sorted(jobs, key=lambda it: str(it["metadata"]["creationTimestamp"])):
        newest[job["metadata"]["labels"][LABEL_FUNCTION]] = job
    return {by_label[it]: _last_call(job) for it, job in newest.items() if it in by_label}


def _last_call(job: Mapping[str, Any]) -> LastCall:
    metadata, status = job["metadata"], job.get("status") or {}
    ends = {
        it["type"]: it["lastTransitionTime"]
        for it in status.get("conditions", ())
        if it["status"] == "True" and it["type"] in ("Complete", "Failed")
    }
    end = next(iter(ends), None)
    return LastCall(
        execution=metadata["labels"].get(LABEL_EXECUTION, ""),
        phase=_PHASES[end],
        at=parse_instant(metadata["creationTimestamp"] if end is None else ends[end]),
        code=_code_of(job),
    )


def _code_of(job: Mapping[str, Any]) -> str | None:
    """Name of the ConfigMap whose code it runs, of several the first; None for an image."""
    spec = job["spec"]["template"]["spec"]
    for container in spec.get("containers", ()):
        for variable in container.get("env", ()):
            if variable["name"] == "ASW_CODE":
                return str(variable["valueFrom"]["configMapKeyRef"]["name"])
    for volume in spec.get("volumes", ()):
        if volume["name"] == CODE_VOLUME:
            first = volume["projected"]["sources"][0] if "projected" in volume else volume
            return str(first["configMap"]["name"])
    return None
