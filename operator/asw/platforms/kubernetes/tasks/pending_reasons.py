"""Why a task that has a Job does not run yet, in the words of Kubernetes. Pure.

Not failures yet (``outcomes`` says when they become one), nor anything that passes by itself in a
moment: a container that is being created is not pending for a reason.
"""

from asw.api.pod_template import CONTAINER
from asw.api.waiting_reasons import passes
from asw.platforms.kubernetes.tasks.observations import PodObservation, TaskObservation

LONGEST = 300
"""Characters: it goes into a condition, beside others."""


def pending_reason_of(observation: TaskObservation) -> str | None:
    """What keeps the task from running; None if nothing does, as far as its objects show."""
    job, pod = observation.job, observation.pod
    if job.is_suspended and pod is None:
        found: str | None = _of_suspended(job.queue)
    else:
        found = observation.trouble if pod is None else _of_pod(pod)
    return found if found is None or len(found) <= LONGEST else f"{found[: LONGEST - 1]}…"


def _of_suspended(queue: str | None) -> str:
    if queue is None:
        return "its Job is suspended, until somebody sets spec.suspend of the Job to false"
    return f"it waits for Kueue, in queue {queue}: see kubectl get workloads"


def _of_pod(pod: PodObservation) -> str | None:
    if pod.container.get("running") or pod.container.get("terminated"):
        return None
    scheduled = pod.conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"no node takes its pod: {scheduled.get('message', '')}".rstrip(": ")
    for name, state in ((CONTAINER, pod.container), *pod.initial):
        waiting = state.get("waiting", {})
        if not passes(waiting):
            whose = "" if name == CONTAINER else f"container {name}: "
            return f"{whose}{waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")
    return None
