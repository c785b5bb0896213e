"""Who removed a task's pod, if somebody did: the kind of loss and a sentence. Pure.

Sources, the most exact first: the pod's own reason, from the kubelet; its condition
DisruptionTarget (Kubernetes "Pod disruption conditions"); that it is being deleted or gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from asw.asl import errors
from asw.platforms.kubernetes.tasks.observations import PodObservation

SIGNALS_OF_REMOVAL: Final = frozenset({128 + 9, 128 + 15})
"""Exit codes of containers that the kubelet ends: SIGTERM, then SIGKILL after the grace."""

_DRAINED = "a PodDisruptionBudget keeps running tasks from being drained"


@dataclass(frozen=True, slots=True)
class Removal:
    """``error`` is the kind of loss, ``reason`` the sentence that says what happened to the pod."""

    error: str
    reason: str


_POD_REASONS: Final[Mapping[str, Removal]] = {
    "Evicted": Removal(
        errors.TASK_EVICTED,
        "its node evicted it; ask for what it uses in spec.resources.requests of the Function",
    ),
    "Preempting": Removal(
        errors.TASK_PREEMPTED, "its node needed the room for a pod that the node cannot do without"
    ),
    "NodeLost": Removal(errors.NODE_LOST, "its node was lost"),
    "NodeShutdown": Removal(errors.NODE_LOST, "its node was shut down"),
    "Terminated": Removal(errors.NODE_LOST, "its node was shut down"),
    "Shutdown": Removal(errors.NODE_LOST, "its node was shut down"),
    "UnexpectedAdmissionError": Removal(errors.NODE_REFUSED, "its node could not take it"),
    "NodeAffinity": Removal(errors.NODE_REFUSED, "its node's labels changed"),
}
_OUT_OF = "OutOf"
"""Prefix of the kubelet's reasons OutOfcpu, OutOfmemory, OutOfpods: the node was full."""

_DISRUPTIONS: Final[Mapping[str, Removal]] = {
    "EvictionByEvictionAPI": Removal(
        errors.TASK_EVICTED, f"it was evicted, as in a drain of its node; {_DRAINED}"
    ),
    "PreemptionByScheduler": Removal(
        errors.TASK_PREEMPTED,
        "a pod of higher priority took its place; "
        "set spec.taskTemplate.priorityClassName of the Workflow, or add nodes",
    ),
    "DeletionByTaintManager": Removal(
        errors.NODE_LOST, "its node does not answer, or was tainted NoExecute"
    ),
    "DeletionByPodGC": Removal(errors.NODE_LOST, "its node no longer exists"),
    "TerminationByKubelet": Removal(
        errors.TASK_EVICTED, "its node ended it, being short of something or about to stop"
    ),
}
_DISRUPTED = Removal(errors.TASK_EVICTED, "its pod was removed")


def removal_of(pod: PodObservation, *, is_gone: bool, is_overdue: bool) -> Removal | None:
    """What removed the pod from its task, once its container has ended; None if nothing did.

    A pod that is being removed may still deliver its outcome. It counts as removed when it has
    ended, is gone, or is overdue for so long that its node must be gone.
    """
    if (by_kubelet := _by_kubelet(pod)) is not None:
        return by_kubelet
    is_over = is_gone or "terminated" in pod.container or pod.phase in ("Failed", "Succeeded")
    if is_over:
        return _by_others(pod, is_gone=is_gone)
    if is_overdue:
        return _told(pod, Removal(errors.NODE_LOST, "its node does not answer"))
    return None


def is_being_removed(pod: PodObservation) -> bool:
    """Whether somebody is about to remove the pod."""
    return pod.deleted_at is not None or _disruption(pod) is not None


def _by_kubelet(pod: PodObservation) -> Removal | None:
    if pod.reason.startswith(_OUT_OF):
        found = Removal(errors.NODE_REFUSED, f"its node had no room left ({pod.reason})")
    elif pod.reason in _POD_REASONS:
        found = _POD_REASONS[pod.reason]
    else:
        return None
    return _told(pod, found, pod.message)


def _by_others(pod: PodObservation, *, is_gone: bool) -> Removal | None:
    disruption = _disruption(pod)
    if disruption is not None:
        found = _DISRUPTIONS.get(disruption.get("reason", ""), _DISRUPTED)
        return _told(pod, found, disruption.get("message", ""))
    if is_gone or pod.deleted_at is not None:
        return _told(pod, Removal(errors.TASK_DELETED, "somebody deleted its pod"))
    return None


def _disruption(pod: PodObservation) -> Mapping[str, str] | None:
    found = pod.conditions.get("DisruptionTarget")
    return found if found is not None and found.get("status") == "True" else None


def _told(pod: PodObservation, removal: Removal, said: str = "") -> Removal:
    """The removal with pod, node and the words of Kubernetes."""
    node = f" on node {pod.node}" if pod.node else ""
    words = f" ({said.strip().rstrip('.')})" if said.strip() else ""
    return Removal(removal.error, f"{removal.reason}: pod {pod.name}{node}{words}")
