"""Pods that only injected sidecars keep, and the deadline that ends them so that logs stay. Pure.

A plain container that somebody injected (a mesh's proxy, a shipper of logs) does not know that the
task is over, and a pod is over when all of its containers are. Deleting pod or Job would end it and
take the logs along. ``activeDeadlineSeconds`` of a pod, one of the few fields that may be set while
it runs, has the kubelet end the containers (SIGTERM, then SIGKILL after the grace period) and leave
the pod. Native sidecars (restartable init containers) are ended by the kubelet itself.
"""

import math
from datetime import timedelta

from asw.api.instants import parse_instant
from asw.platforms.kubernetes.tasks.observations import PodObservation

_SECOND = timedelta(seconds=1)


def is_lingering(pod: PodObservation) -> bool:
    """Whether its task has ended, and a sidecar alone keeps it from being over."""
    if pod.phase in ("Failed", "Succeeded") or pod.deleted_at is not None:
        return False
    is_kept = any("terminated" not in state for _, state in pod.sidecars)
    return is_kept and "terminated" in pod.container


def ending_deadline(pod: PodObservation) -> int | None:
    """The activeDeadlineSeconds by which the kubelet ends it now; None where nothing is to be set.

    It is right behind the end of the task's container, so that who reads the pod later sees that
    this ended before it was up. Both instants are the node's: no clocks are compared.
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
    """Whether the pod's deadline ended its task, and not just what outlived that."""
    if pod.reason != "DeadlineExceeded":
        return False
    finished_at = pod.container.get("terminated", {}).get("finishedAt")
    if not finished_at or pod.started_at is None or pod.deadline is None:
        return True
    return parse_instant(finished_at) >= pod.started_at + pod.deadline
