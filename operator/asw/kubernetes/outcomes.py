"""What a task's Job and Pods say: facts for the engine. Pure; the one place that reads a Pod.

An ordered list of checks; the first that knows an end wins. Whose fault it was decides between
``TaskFailed`` (the code, its limits, its manifest) and ``TaskVanished`` (machinery: a drained or
lost node, a pod that somebody deleted), which has free retries of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from asw.api.instants import parse_instant
from asw.api.names import MESSAGE_LIMIT_BYTES
from asw.asl import errors
from asw.asl.values import from_text
from asw.engine.facts import TaskFact, TaskFailed, TaskStarted, TaskSucceeded, TaskVanished
from asw.kubernetes.reported import InvalidOutcome, outcome_of
from asw.kubernetes.settings import Spans
from asw.kubernetes.sightings import Object, PodSighting, Sighting

ASKING = timedelta(seconds=15)
"""How much longer a Job without a pod is waited for while nobody knows why it has none."""
SIGNALLED = 128
"""Exit codes above it: ended by that signal, as shells and container runtimes count."""

_NEVER_STARTS = frozenset({"InvalidImageName", "ErrImageNeverPull"})
_PULL_TROUBLE = frozenset({"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"})
_CONTAINER_TROUBLE = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "CreatePodSandboxError",
        "StartError",
    }
)
_MACHINERY = {
    "Evicted": "its node evicted it",
    "Preempting": "it was preempted by a pod of higher priority",
    "NodeLost": "its node was lost",
    "NodeShutdown": "its node was shut down",
    "Terminated": "its node was shut down",
    "Shutdown": "its node was shut down",
    "UnexpectedAdmissionError": "its node could not take it",
    "OutOfcpu": "its node had no CPU left",
    "OutOfmemory": "its node had no memory left",
    "OutOfpods": "its node had no room left",
    "NodeAffinity": "its node's labels changed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything that a check may ask."""

    sighting: Sighting
    spans: Spans
    now: datetime

    @property
    def pod(self) -> PodSighting | None:
        """The task's pod."""
        return self.sighting.pod

    def failed(self, error: str, cause: str, at: datetime | None = None) -> TaskFailed:
        """The task failed."""
        return TaskFailed(
            task_id=self.sighting.job.task_id,
            at=at or self.now,
            error=error,
            cause=cause,
            started_at=_started_at(self.pod),
        )

    def vanished(self, reason: str) -> TaskVanished:
        """The task is gone by the fault of machinery."""
        return TaskVanished(task_id=self.sighting.job.task_id, at=self.now, reason=reason)

    @property
    def logs(self) -> str:
        """How to read the task's output."""
        job = self.sighting.job
        return f"see: kubectl logs -n {job.namespace} job/{job.name}"


Check: TypeAlias = Callable[[Look], TaskFact | None]


def facts_of(sighting: Sighting, spans: Spans, now: datetime) -> tuple[TaskFact, ...]:
    """That the task started, and how it ended, as far as it shows."""
    look = Look(sighting=sighting, spans=spans, now=now)
    started_at = _started_at(sighting.pod)
    facts: list[TaskFact] = []
    if started_at is not None:
        facts.append(TaskStarted(task_id=sighting.job.task_id, at=started_at))
    end = next((fact for check in _CHECKS if (fact := check(look)) is not None), None)
    return (*facts, end) if end is not None else tuple(facts)


def _started_at(pod: PodSighting | None) -> datetime | None:
    if pod is None:
        return None
    for state in ("running", "terminated"):
        if at := pod.container.get(state, {}).get("startedAt"):
            return parse_instant(at)
    return None


def _own_word(look: Look) -> TaskFact | None:
    """The outcome that the container left in its termination message."""
    terminated = _terminated(look)
    if terminated is None or not (message := terminated.get("message")):
        return None
    at = _finished_at(terminated, look)
    try:
        outcome = outcome_of(from_text(message))
    except (InvalidOutcome, ValueError) as error:
        return _unreadable(look, terminated, error)
    if outcome.error is not None:
        return look.failed(outcome.error, outcome.cause or "", at)
    if terminated["exitCode"] != 0:
        return None
    return TaskSucceeded(
        task_id=look.sighting.job.task_id,
        at=at,
        output=outcome.output,
        started_at=_started_at(look.pod),
    )


def _unreadable(look: Look, terminated: Object, error: Exception) -> TaskFact | None:
    if terminated["exitCode"] != 0:
        return None  # it crashed; what it wrote is shown with that
    at = _finished_at(terminated, look)
    if len(terminated["message"].encode()) >= MESSAGE_LIMIT_BYTES - 4:
        return look.failed(
            errors.RESULT_TRUNCATED,
            f"the outcome in the result file was cut at {MESSAGE_LIMIT_BYTES} bytes; "
            "larger ones are to be posted to $ASW_RESULT_URL",
            at,
        )
    return look.failed(
        errors.INVALID_RESULT, f"the result file holds no outcome: {error}; {look.logs}", at
    )


def _machinery(look: Look) -> TaskFact | None:
    """The pod was taken away from it."""
    if look.pod is None or (reason := _removal(look, look.pod)) is None:
        return None
    return look.vanished(reason.rstrip(": "))


def _removal(look: Look, pod: PodSighting) -> str | None:
    if pod.reason in _MACHINERY:
        return f"{_MACHINERY[pod.reason]}: {pod.message}"
    disruption = pod.conditions.get("DisruptionTarget", {})
    is_over = "terminated" in pod.container or pod.phase in ("Failed", "Succeeded")
    if disruption.get("status") == "True" and is_over:
        return f"its pod was removed: {disruption.get('message', '')}"
    if look.sighting.is_pod_gone or (pod.deleted_at is not None and is_over):
        return "somebody deleted its pod"
    if pod.deleted_at is not None and look.now >= pod.deleted_at + look.spans.node_lost_after:
        return "its node does not answer"
    return None


def _timed_out(look: Look) -> TaskFact | None:
    """Past the Function's own timeout: what our runtimes say themselves, said for any image."""
    job, started_at = look.sighting.job, _started_at(look.pod)
    is_by_kubernetes = (look.pod is not None and look.pod.reason == "DeadlineExceeded") or (
        job.failure is not None and job.failure[0] == "DeadlineExceeded"
    )
    is_by_us = (
        job.timeout is not None
        and started_at is not None
        and _terminated(look) is None
        and look.now >= started_at + job.timeout + look.spans.timeout_grace
    )
    if not is_by_kubernetes and not is_by_us:
        return None
    span = f"{job.timeout.total_seconds():g} s" if job.timeout else "its deadline"
    return look.failed(errors.FUNCTION_TIMED_OUT, f"the task ran longer than {span}")


def _ended(look: Look) -> TaskFact | None:
    """The container ended without a word."""
    terminated = _terminated(look)
    if terminated is None:
        return None
    at, code = _finished_at(terminated, look), terminated["exitCode"]
    reason = terminated.get("reason", "")
    if reason == "OOMKilled":
        return look.failed(
            errors.OUT_OF_MEMORY,
            "the container used more memory than its limit; raise resources.limits.memory",
            at,
        )
    if reason in _CONTAINER_TROUBLE or reason == "ContainerCannotRun":
        return look.failed(errors.START_FAILED, _start_cause(terminated), at)
    if code == 0 and look.sighting.job.runs_image:
        return TaskSucceeded(
            task_id=look.sighting.job.task_id, at=at, output=None, started_at=_started_at(look.pod)
        )
    return look.failed(errors.TASK_CRASHED, _crash_cause(look, terminated), at)


def _crash_cause(look: Look, terminated: Object) -> str:
    code = terminated["exitCode"]
    end = f"signal {code - SIGNALLED}" if code > SIGNALLED else f"exit code {code}"
    said = terminated.get("message", "").strip()
    return f"the process ended with {end} and no outcome{': ' if said else ''}{said}; {look.logs}"


def _cannot_start(look: Look) -> TaskFact | None:
    """The kubelet says that the container does not start."""
    pod = look.pod
    if pod is None or not (waiting := pod.container.get("waiting")):
        return None
    reason = waiting.get("reason", "")
    grace = {
        **dict.fromkeys(_PULL_TROUBLE, look.spans.image_pull_grace),
        **dict.fromkeys(_CONTAINER_TROUBLE, look.spans.container_grace),
    }.get(reason)
    if reason not in _NEVER_STARTS and (grace is None or look.now < pod.created_at + grace):
        return None
    return look.failed(errors.START_FAILED, _start_cause(waiting))


def _start_cause(state: Object) -> str:
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


def _job_failed(look: Look) -> TaskFact | None:
    """The Job gave up, and its pod is not there to say why."""
    failure = look.sighting.job.failure
    if failure is None:
        return None
    return look.vanished(f"its pod is gone ({failure[0]})")


def _job_deleted(look: Look) -> TaskFact | None:
    if look.sighting.job.is_deleted and look.pod is None:
        return look.vanished("somebody deleted its Job")
    return None


def _never_started(look: Look) -> TaskFact | None:
    """No pod, or one that no node takes, for too long."""
    job, pod = look.sighting.job, look.pod
    if look.now < job.created_at + look.spans.start_timeout:
        return None
    if pod is None:
        trouble = look.sighting.trouble
        if trouble is None and look.now < job.created_at + look.spans.start_timeout + ASKING:
            return None
        trouble = trouble or "the Job controller made none"
        return look.failed(errors.START_FAILED, f"no pod: {trouble}")
    if pod.container.get("running") or _terminated(look):
        return None
    scheduled = pod.conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        cause = f"{scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}"
    else:
        waiting = pod.container.get("waiting", {})
        cause = f"{waiting.get('reason', 'Pending')}: {waiting.get('message', '')}"
    span = f"{look.spans.start_timeout.total_seconds():g} s"
    return look.failed(errors.START_FAILED, f"not started within {span}: {cause}".rstrip(": "))


def _terminated(look: Look) -> Object | None:
    return None if look.pod is None else look.pod.container.get("terminated")


def _finished_at(terminated: Object, look: Look) -> datetime:
    at = terminated.get("finishedAt")
    return parse_instant(at) if at else look.now


_CHECKS: tuple[Check, ...] = (
    _own_word,
    _timed_out,
    _machinery,
    _ended,
    _cannot_start,
    _job_failed,
    _job_deleted,
    _never_started,
)
