"""What a task's Job and Pods say: facts for the engine. Pure; the one place that reads a Pod.

An ordered list of checks; the first that knows an end wins. Whose fault it was decides between
``TaskFailed`` (the code, its limits, its manifest, or what waits for a human) and ``TaskVanished``
(machinery, as ``removals`` tells), whose kinds have free retries of their own.

What an object says counts whenever it was seen. Silence for some time, or a missing object, counts
only if somebody has just looked (``TaskObservation.is_fresh``): the watch may be broken while the
task keeps running.
"""

from datetime import datetime

from asw.api.names import MESSAGE_LIMIT_BYTES
from asw.api.waiting_reasons import CONTAINER_TROUBLE
from asw.asl import errors
from asw.asl.values import from_text
from asw.engine.facts import TaskFact, TaskStarted, TaskSucceeded
from asw.platforms.kubernetes.tasks.looks import (
    Check,
    Look,
    finished_at_of,
    in_seconds,
    started_at_of,
    terminated_of,
)
from asw.platforms.kubernetes.tasks.observations import Object, TaskObservation
from asw.platforms.kubernetes.tasks.removals import SIGNALS_OF_REMOVAL, is_being_removed, removal_of
from asw.platforms.kubernetes.tasks.reported import InvalidOutcome, end_of, outcome_of
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.platforms.kubernetes.tasks.sidecars import is_ended_by_deadline
from asw.platforms.kubernetes.tasks.starts import (
    cannot_start,
    never_started,
    prepared_badly,
    start_cause,
)

UNDELIVERED = 75
"""Exit code of our runtimes if a private outcome could not be delivered (EX_TEMPFAIL)."""
SIGNALLED = 128
"""Exit codes above it mean a signal, as shells and container runtimes count."""
_KILLED = "signal 9 may be the kernel's, when the node ran out of memory without saying so"


def facts_of(observation: TaskObservation, spans: Spans, now: datetime) -> tuple[TaskFact, ...]:
    """That the task started, and how it ended, as far as its objects show."""
    look = Look(observation=observation, spans=spans, now=now)
    started_at = started_at_of(observation.pod)
    facts: list[TaskFact] = []
    if started_at is not None:
        facts.append(TaskStarted(task_id=observation.job.task_id, at=started_at))
    end = next((fact for check in _CHECKS if (fact := check(look)) is not None), None)
    return (*facts, end) if end is not None else tuple(facts)


def _own_word(look: Look) -> TaskFact | None:
    """The outcome that the container left in its termination message."""
    terminated = terminated_of(look)
    if terminated is None or not (message := terminated.get("message")):
        return None
    at = finished_at_of(terminated, look)
    try:
        outcome = outcome_of(from_text(message))
    except (InvalidOutcome, ValueError) as error:
        return _unreadable(look, terminated, error)
    is_failure = outcome.error is not None
    if is_failure and _is_word_of_removal(look, terminated):
        return None
    if not is_failure and terminated["exitCode"] != 0:
        return None
    return end_of(look.observation.job.task_id, outcome, at, started_at=started_at_of(look.pod))


def _unreadable(look: Look, terminated: Object, error: Exception) -> TaskFact | None:
    if terminated["exitCode"] != 0:
        return None  # it crashed; what it wrote is shown with the crash
    at = finished_at_of(terminated, look)
    if len(terminated["message"].encode()) >= MESSAGE_LIMIT_BYTES - 4:
        return look.failed(
            errors.RESULT_TRUNCATED,
            f"the outcome in the result file was cut at {MESSAGE_LIMIT_BYTES} bytes; "
            "post larger ones to $ASW_RESULT_URL",
            at,
        )
    return look.failed(
        errors.INVALID_RESULT, f"the result file holds no outcome: {error}; {look.logs}", at
    )


def _is_word_of_removal(look: Look, terminated: Object) -> bool:
    """Whether the error only says that the process was told to end, with its pod."""
    is_ended = terminated["exitCode"] in SIGNALS_OF_REMOVAL
    return is_ended and look.pod is not None and is_being_removed(look.pod)


def _machinery(look: Look) -> TaskFact | None:
    """The pod was taken away."""
    if look.pod is None:
        return None
    deleted_at = look.pod.deleted_at
    removal = removal_of(
        look.pod,
        is_gone=look.observation.is_pod_gone,
        is_overdue=deleted_at is not None and look.is_past(deleted_at + look.spans.node_lost_after),
    )
    return None if removal is None else look.vanished(removal.error, removal.reason)


def _timed_out(look: Look) -> TaskFact | None:
    """The Function's own timeout is over: what our runtimes report themselves, for any image."""
    job, started_at = look.observation.job, started_at_of(look.pod)
    is_by_kubernetes = (look.pod is not None and is_ended_by_deadline(look.pod)) or (
        job.failure is not None
        and job.failure[0] == "DeadlineExceeded"
        and (look.pod is not None or look.observation.is_fresh)
    )
    is_by_us = (
        job.timeout is not None
        and started_at is not None
        and terminated_of(look) is None
        and look.is_past(started_at + job.timeout + look.spans.timeout_grace)
    )
    if is_by_us or (is_by_kubernetes and _is_past_timeout(look)):
        assert job.timeout is not None
        return look.failed(
            errors.FUNCTION_TIMED_OUT, f"the task ran longer than {in_seconds(job.timeout)}"
        )
    if is_by_kubernetes:
        return look.failed(
            errors.DEADLINE_EXCEEDED,
            "Kubernetes ended the task at its activeDeadlineSeconds: starting, running and "
            "delivering took longer than asw allows for them; the operator may have been away",
        )
    return None


def _is_past_timeout(look: Look) -> bool:
    """Whether the container is known to have run for its Function's whole timeout."""
    job, started_at = look.observation.job, started_at_of(look.pod)
    if job.timeout is None or started_at is None:
        return False
    terminated = terminated_of(look)
    ended_at = job.finished_at or look.now
    if terminated is not None:
        ended_at = finished_at_of(terminated, look)
    return ended_at >= started_at + job.timeout


def _ended(look: Look) -> TaskFact | None:
    """The container ended without an outcome."""
    terminated = terminated_of(look)
    if terminated is None:
        return None
    at, code = finished_at_of(terminated, look), terminated["exitCode"]
    reason = terminated.get("reason", "")
    if reason == "OOMKilled":
        return look.failed(
            errors.OUT_OF_MEMORY,
            "the container used more memory than its limit; "
            "raise spec.resources.limits.memory of the Function",
            at,
        )
    if reason in CONTAINER_TROUBLE or reason == "ContainerCannotRun":
        return look.failed(errors.START_FAILED, start_cause(terminated), at)
    if look.observation.job.is_private and code in (0, UNDELIVERED):
        return _undelivered(look, code, at)
    if code == 0 and look.observation.job.runs_image:
        return TaskSucceeded(
            task_id=look.observation.job.task_id,
            at=at,
            output=None,
            started_at=started_at_of(look.pod),
        )
    return look.failed(errors.TASK_CRASHED, _crash_cause(look, terminated), at)


def _undelivered(look: Look, code: int, at: datetime) -> TaskFact:
    cause = (
        f"the process ended with exit code {code}, and no outcome had been posted to "
        f"$ASW_RESULT_URL: payloads are private, so that nothing else counts; {look.logs}"
    )
    if code == UNDELIVERED:
        return look.vanished(errors.RESULT_LOST, cause)
    return look.failed(errors.RESULT_LOST, cause, at)


def _crash_cause(look: Look, terminated: Object) -> str:
    code = terminated["exitCode"]
    end = f"signal {code - SIGNALLED}" if code > SIGNALLED else f"exit code {code}"
    said = terminated.get("message", "").strip()
    hint = f"; {_KILLED}" if code == SIGNALLED + 9 else ""
    told = f"the process ended with {end} and no outcome{': ' if said else ''}{said}"
    return f"{told}{hint}; {look.logs}"


def _job_over(look: Look) -> TaskFact | None:
    """The Job is over, and its pod does not exist to say how.

    A pod that is being deleted counts as failed for its Job while its process still runs.
    """
    job, pod = look.observation.job, look.pod
    if job.finished_at is None:
        return None
    if pod is None:
        reason = "Complete" if job.failure is None else job.failure[0]
        is_lost, state = look.observation.is_fresh, ""
    else:
        reason = "" if job.failure is None else job.failure[0]
        is_lost = bool(reason) and pod.phase in ("Failed", "Succeeded")
        state = f": {pod.reason}: {pod.message}" if pod.reason else ""
    if not is_lost:
        return None
    return look.vanished(errors.TASK_LOST, f"its pod is gone ({reason}){state}")


def _job_deleted(look: Look) -> TaskFact | None:
    job = look.observation.job
    if job.is_gone or (job.is_deleted and look.pod is None and look.observation.is_fresh):
        return look.vanished(errors.TASK_DELETED, "somebody deleted its Job")
    return None


_CHECKS: tuple[Check, ...] = (
    _own_word,
    _timed_out,
    _machinery,
    _ended,
    cannot_start,
    prepared_badly,
    _job_over,
    _job_deleted,
    never_started,
)
