"""The tasks of an Execution as a reader finds them: Jobs, their Pods, and their troubles. Pure.

The operator itself uses the cache; this is for readers who ask once.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asw.api.names import ANNOTATION_ATTEMPT, ANNOTATION_STATE, LABEL_FUNCTION
from asw.engine.facts import TaskFailed, TaskVanished
from asw.platforms.kubernetes.tasks.observations import (
    PodObservation,
    TaskObservation,
    job_observation,
    pod_observation,
    task_id_of,
    whole_number,
)
from asw.platforms.kubernetes.tasks.outcomes import facts_of
from asw.platforms.kubernetes.tasks.pending_reasons import pending_reason_of
from asw.platforms.kubernetes.tasks.settings import Spans

OUR_ERRORS = "Asw."
"""Prefix of the names of errors that come from the platform, not from the function."""

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTask:
    """One start of a task: its Job, and its Pod while that exists."""

    ordinal: int
    state: str
    attempt: int
    function: str
    job: str
    pod: PodObservation | None
    trouble: str


def found_tasks(
    jobs: Iterable[Object], pods: Iterable[Object], troubles: Mapping[str, str], now: datetime
) -> list[FoundTask]:
    """The tasks of these Jobs by ordinal; ``troubles`` says why a Job (uid) has no pod."""
    own: dict[str, PodObservation] = {}
    for pod in filter(None, map(pod_observation, pods)):
        known = own.get(pod.job_uid)
        if known is None or pod.created_at < known.created_at:  # a later one was adopted
            own[pod.job_uid] = pod
    found = [
        _found(item, own.get(item["metadata"]["uid"]), troubles, now)
        for item in jobs
        if task_id_of(item) is not None
    ]
    return sorted((each for each in found if each is not None), key=lambda each: each.ordinal)


def _found(
    item: Object, pod: PodObservation | None, troubles: Mapping[str, str], now: datetime
) -> FoundTask | None:
    job = job_observation(item)
    if job is None:
        return None
    metadata = item["metadata"]
    annotations = metadata.get("annotations", {})
    observation = TaskObservation(job=job, pod=pod, trouble=troubles.get(job.uid), is_fresh=True)
    is_without_word = job.finished_at is not None and job.failure is None and pod is None
    return FoundTask(
        ordinal=job.task_id.ordinal,
        state=annotations.get(ANNOTATION_STATE, ""),
        attempt=whole_number(annotations.get(ANNOTATION_ATTEMPT, ""), sys.maxsize) or 0,
        function=metadata["labels"].get(LABEL_FUNCTION, ""),
        job=job.name,
        pod=pod,
        trouble="" if is_without_word else _trouble(observation, now),
    )


def _trouble(observation: TaskObservation, now: datetime) -> str:
    """What keeps the task from running, or removed it; not what its code says."""
    for fact in facts_of(observation, Spans(), now):
        match fact:
            case TaskFailed(error=error, cause=cause) if error.startswith(OUR_ERRORS):
                return ": ".join(filter(None, (error, cause)))
            case TaskVanished(error=error, reason=reason):
                return ": ".join(filter(None, (error, reason)))
            case TaskFailed():
                return ""
    return pending_reason_of(observation) or ""
