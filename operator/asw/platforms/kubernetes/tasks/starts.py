"""Whether a task's pod does not start: what keeps it, and for how long that is borne. Pure."""

from datetime import timedelta

from asw.api.pod_template import CONTAINER
from asw.api.waiting_reasons import NO_IMAGE, PULL_TROUBLE, grace_of
from asw.asl import errors
from asw.engine.facts import TaskFact, TaskFailed
from asw.platforms.kubernetes.tasks.looks import Look, in_seconds, terminated_of
from asw.platforms.kubernetes.tasks.observations import Object, PodObservation
from asw.platforms.kubernetes.tasks.quotas import is_over_quota, over_quota, unspecified

ASKING = timedelta(seconds=15)
"""Extra time for a Job without a pod while nobody knows why it has none."""
_NOT_OURS = "see podTemplate of Function and Workflow, or who injected it"


def cannot_start(look: Look) -> TaskFact | None:
    """The kubelet says that a container does not start: the task's, or one that it waits for.

    A sidecar does not count: the kubelet starts the task's container regardless of it.
    """
    pod = look.pod
    if pod is None or "running" in pod.container:
        return None
    for name, state in ((CONTAINER, pod.container), *pod.initial):
        waiting = state.get("waiting")
        if waiting and _is_hopeless(waiting, pod, look):
            return _stuck(look, name, waiting)
    return None


def prepared_badly(look: Look) -> TaskFact | None:
    """A container that has to succeed before the task's has failed.

    Only once the Job is over: a task that ends before its Job has the Job deleted, with its logs.
    """
    pod = look.pod
    if pod is None or look.observation.job.finished_at is None or terminated_of(look) is not None:
        return None
    for name, state in pod.initial:
        code = state.get("terminated", {}).get("exitCode", 0)
        if code != 0:
            cause = f"container {name} ended with exit code {code} before the task began"
            logs = f"see: kubectl logs -n {pod.namespace} {pod.name} -c {name}"
            return look.failed(errors.START_FAILED, f"{cause}; {logs}")
    return None


def _is_hopeless(waiting: Object, pod: PodObservation, look: Look) -> bool:
    grace = grace_of(waiting, look.spans.image_pull_grace, look.spans.container_grace)
    return grace is not None and (not grace or look.is_past(pod.created_at + grace))


def _stuck(look: Look, name: str, waiting: Object) -> TaskFailed:
    whose = "" if name == CONTAINER else f"container {name}, which is not the Function's: "
    if waiting["reason"] in NO_IMAGE | PULL_TROUBLE:
        remedy = "check spec.image and spec.imagePullSecrets of the Function, and its registry"
        cause = f"{start_cause(waiting)}; {remedy if not whose else _NOT_OURS}"
        return look.failed(errors.IMAGE_PULL_FAILED, whose + cause)
    return look.failed(errors.START_FAILED, whose + start_cause(waiting))


def start_cause(state: Object) -> str:
    """Why a container did not start, in the words of Kubernetes, and the remedy if it is known."""
    message = state.get("message", "")
    cause = f"{state.get('reason', '')}: {message}".strip(": ")
    return cause + _remedy(message)


def _remedy(message: str) -> str:
    if any(words in message for words in ("runAsNonRoot", "non-root", "run as root")):
        return (
            "; asw runs tasks as user 65532: give the image a numeric user, or say otherwise in "
            "spec.securityContext of the Function"
        )
    if "read-only file system" in message:
        return "; set readOnlyRootFilesystem in spec.securityContext of the Function"
    if "permission denied" in message:
        return "; user 65532 may not run it: see spec.securityContext of the Function"
    return ""


def never_started(look: Look) -> TaskFact | None:
    """For too long, there was no pod, or no node accepted it."""
    job, pod, trouble = look.observation.job, look.pod, look.observation.trouble or ""
    if pod is None and look.observation.is_fresh and (cause := unspecified(trouble)) is not None:
        return look.failed(errors.START_FAILED, cause)
    if not look.is_past(job.starts_at + look.start_timeout):
        return None
    if pod is None:
        return None if job.is_suspended else _podless(look)
    if pod.container.get("running") or terminated_of(look) or _is_node_coming(look, pod):
        return None
    scheduled = pod.conditions.get("PodScheduled", {})
    patience = in_seconds(look.start_timeout)
    if scheduled.get("status") == "False":
        said = f"{scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}"
        return look.failed(
            errors.UNSCHEDULABLE,
            f"no node took pod {pod.name} within {patience}: {said.rstrip(': ')}; see resources, "
            "nodeSelector and tolerations of Function and Workflow, add nodes, or run fewer tasks "
            "at once (spec.maxActiveTasks)",
        )
    return _still_waiting(look, pod)


def _still_waiting(look: Look, pod: PodObservation) -> TaskFailed:
    """A node took the pod, and its container has not begun. It is the image's doing, if it is."""
    waiting = pod.container.get("waiting", {})
    if waiting.get("reason") in PULL_TROUBLE:  # the pod came so late that its grace is not over
        return _stuck(look, CONTAINER, waiting)
    said = f"{waiting.get('reason', 'Pending')}: {waiting.get('message', '')}"
    patience = in_seconds(look.start_timeout)
    return look.failed(errors.START_FAILED, f"not started within {patience}: {said}".rstrip(": "))


def _is_node_coming(look: Look, pod: PodObservation) -> bool:
    """Whether the scheduler or an autoscaler is at work for the pod: that takes its time."""
    if pod.node:
        return False
    at = look.observation.scaling_at
    return pod.is_nominated or (at is not None and look.now < at + look.spans.scale_up)


def _podless(look: Look) -> TaskFact | None:
    job, trouble = look.observation.job, look.observation.trouble
    if trouble is None and look.now < job.starts_at + look.start_timeout + ASKING:
        return None
    patience = in_seconds(look.start_timeout)
    if trouble is not None and is_over_quota(trouble):
        return look.failed(errors.QUOTA_EXCEEDED, over_quota(trouble, look.start_timeout))
    told = trouble or "the Job controller made none"
    return look.failed(errors.START_FAILED, f"no pod within {patience}: {told}")
