"""What is kept of what is over, and for how long: finished Jobs, and finished Executions. Pure.

Jobs are kept for ``kubectl logs``, and to guard their names. Executions are deleted when their own
``spec.ttlSecondsAfterFinished`` says so, else by the rule of ``asw.api.retention``.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from asw.api.instants import parse_instant
from asw.api.retention import FIELD_OF
from asw.api.workflow import Retention
from asw.platforms.kubernetes.cache.epochs import is_redrive_due
from asw.platforms.kubernetes.tasks.observations import JobObservation
from asw.platforms.kubernetes.tasks.places import TaskKey

KEPT_AT_LEAST = timedelta(seconds=60)
"""A late request to create a Job must find its name taken."""
KEPT_PER_EXECUTION = 20
KEPT_IN_ALL = 2000
"""A few thousand finished Jobs make the Job controller slow (kubernetes#95492)."""

Object = Mapping[str, Any]


# Jobs


class HasJob(Protocol):
    """A task that may have a Job."""

    job: JobObservation | None


def superfluous_jobs(
    tasks: Mapping[TaskKey, HasJob],
    now: datetime,
    keep_for: Callable[[str, str], timedelta | None] = lambda _namespace, _uid: None,
) -> list[TaskKey]:
    """Finished Jobs that are past their time, or beyond the newest of an execution or of all.

    ``keep_for`` tells, by namespace and uid of an execution, how long its Jobs are kept; None: no
    limit.
    """
    by_execution: dict[tuple[str, str], list[tuple[datetime, TaskKey]]] = defaultdict(list)
    for place, seen in tasks.items():
        if seen.job is not None and seen.job.finished_at is not None:
            owner = (place.namespace, seen.job.owner_uid)
            by_execution[owner].append((seen.job.finished_at, place))
    beyond: list[tuple[datetime, TaskKey]] = []
    kept: list[tuple[datetime, TaskKey]] = []
    for owner, entries in by_execution.items():
        entries.sort(reverse=True)
        span = keep_for(*owner)
        young = [it for it in entries if span is None or now - it[0] < span]
        count = min(KEPT_PER_EXECUTION, len(young))
        kept += entries[:count]
        beyond += entries[count:]
    beyond += sorted(kept, reverse=True)[KEPT_IN_ALL:]
    return [place for at, place in beyond if now - at >= KEPT_AT_LEAST]


class KeptJobs:
    """Ended Jobs of each namespace in the order of their ends: kept for logs and names alone.

    An event costs O(log n) comparisons in the ended Jobs of its namespace.
    """

    def __init__(self) -> None:
        self._ends: dict[str, list[tuple[datetime, TaskKey]]] = {}

    def renew(self, place: TaskKey, before: datetime | None, after: datetime | None) -> None:
        """A Job's end changed; None if it has none, or the Job is gone."""
        if before == after:
            return
        ends = self._ends.setdefault(place.namespace, [])
        if before is not None:
            index = bisect_left(ends, (before, place))
            if index < len(ends) and ends[index] == (before, place):
                del ends[index]
        if after is not None:
            insort(ends, (after, place))
        if not ends:
            del self._ends[place.namespace]

    def oldest_first(self, namespace: str) -> Iterator[TaskKey]:
        """All of a namespace, the earliest end first; do not change them while iterating."""
        return (place for _, place in self._ends.get(namespace, ()))


# Executions


def job_span(own: Retention | None, defaults: Retention) -> timedelta | None:
    """How long finished Jobs are kept; None: as long as their Execution."""
    seconds = defaults.job_seconds if own is None or own.job_seconds is None else own.job_seconds
    return None if seconds is None else timedelta(seconds=seconds)


def resting(item: Object, *, is_child: bool) -> tuple[tuple[str, str, str] | None, float | None]:
    """The group of an Execution and its place there; None if it will not be deleted.

    Children of a distributed Map are deleted with their parent. An Execution that will be redriven
    runs again, perhaps after waiting for a slot. An emptied one has nothing left to delete, unless
    emptying was interrupted: then it is due at once.
    """
    spec, status = item["spec"], item.get("status", {})
    phase, text = status.get("phase"), status.get("completionTime")
    if phase not in FIELD_OF or text is None or is_child:
        return None, None
    ended_at = parse_instant(text).timestamp()
    if status.get("emptied"):
        return None, (ended_at if status.get("pages") else None)
    if is_redrive_due(item, int(status.get("redriveCount", 0))):
        return None, None
    if (ttl := spec.get("ttlSecondsAfterFinished")) is not None:
        return None, ended_at + ttl
    return (item["metadata"]["namespace"], spec["workflowRef"]["name"], phase), ended_at


def is_tracked(metadata: Object) -> bool:
    """Whether Helm, Flux or Argo CD tracks the object: they would create, and run, it again."""
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    is_helms = (
        labels.get("app.kubernetes.io/managed-by") == "Helm"
        and "meta.helm.sh/release-name" in annotations
    )
    return (
        is_helms
        or any(name.startswith(_FLUX) for name in labels)
        or "argocd.argoproj.io/tracking-id" in annotations
        or not _ARGO_LABELS.isdisjoint(labels)
    )


_FLUX = ("kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/")
_ARGO_LABELS = frozenset({"argocd.argoproj.io/instance", "app.kubernetes.io/instance"})


def tombstone(status: Object, left: Sequence[Object]) -> dict[str, Any]:
    """What stays of the status of an emptied Execution; ``left`` is still to be deleted."""
    kept = {name: status[name] for name in _KEPT if name in status}
    return {**kept, "emptied": True, **({"pages": list(left)} if left else {})}


_KEPT = (
    "observedGeneration",
    "phase",
    "startTime",
    "completionTime",
    "error",
    "cause",
    "redriveCount",
    "conditions",
)
