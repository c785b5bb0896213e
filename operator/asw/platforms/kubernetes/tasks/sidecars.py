"""Pods that only injected sidecars keep, and the deadline that ends them so that logs stay. Pure.

A plain container that somebody injected (a mesh's proxy, a log shipper) does not know that the task
is over, and a pod is over only when all its containers are. Deleting pod or Job would end it, but
lose the logs. ``activeDeadlineSeconds`` of a pod, one of the few fields that may be set while
it runs, has the kubelet end the containers (SIGTERM, then SIGKILL after the grace period) and leave
the pod. Native sidecars (restartable init containers) are ended by the kubelet itself.
"""

import math
from datetime import timedelta

from asw.api.instants import parse_instant
from asw.platforms.kubernetes.tasks.observations import PodObservation

_SECOND = timedelta(seconds=1)


def is_lingering(pod: PodObservation) -> bool:
    """Whether its task has ended, and only a sidecar keeps it running."""
    if pod.phase in ("Failed", "Succeeded") or pod.deleted_at is not None:
        return False
    is_kept = any("terminated" not in state for _, state in pod.sidecars)
    return is_kept and "terminated" in pod.container


def ending_deadline(pod: PodObservation) -> int | None:
    """The activeDeadlineSeconds that makes the kubelet end it now; None if none need be set.

    It lies right after the end of the task's container, so that later readers of the pod see that
    the task ended in time. Both instants are by the node's clock: no clocks are compared.
    """
    finished_at = pod.container.get("terminated", {}).get("finishedAt")
    if pod.started_at is None or not finished_at:
        return None
    ran = parse_instant(finished_at) - pod.started_at
    deadline = max(math.floor(ran / _SECOND), 0) + 1
    if pod.deadline is not None and pod.deadline <= timedelta(seconds=deadline):
        return None
    return deadline


def is_ended_by_deadline(pod: PodObservation) -> bool:
    """Whether the pod's deadline ended its task, and not just what outlived the task."""
    if pod.reason != "DeadlineExceeded":
        return False
    finished_at = pod.container.get("terminated", {}).get("finishedAt")
    if not finished_at or pod.started_at is None or pod.deadline is None:
        return True
    return parse_instant(finished_at) >= pod.started_at + pod.deadline
