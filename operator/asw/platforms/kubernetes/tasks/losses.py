"""When a loss may be reported: once nothing of the task runs, or can come to run. Pure.

A lost task is started again under another id, and must not run twice at once. A Job whose pod
vanished before the Job controller counted it (somebody removed its finalizers) makes another one.
So the Job must have ended, or be gone, and so must all its pods. Nobody can know this of a node
that does not answer: after ``nodeLostAfter`` it counts as lost, and only then may two run.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from asw.engine.facts import TaskFact, TaskStarted, TaskVanished
from asw.platforms.kubernetes.tasks.observations import (
    JobObservation,
    PodObservation,
    TaskObservation,
)
from asw.platforms.kubernetes.tasks.outcomes import facts_of
from asw.platforms.kubernetes.tasks.settings import Spans

KUBELET_NOTICES = timedelta(seconds=5)
"""The longest time until a kubelet hears that a pod is gone and has killed what is left."""


def told_of(observation: TaskObservation, spans: Spans, now: datetime) -> tuple[TaskFact, ...]:
    """The facts about the task, without a loss that is not certain yet."""
    facts = facts_of(observation, spans, now)
    if not observation.job.may_repeat:
        facts = tuple(map(_once, facts))
    if not _has_loss(facts) or _is_settled(observation, spans, now):
        return facts
    return tuple(fact for fact in facts if not isinstance(fact, TaskVanished))


def _once(fact: TaskFact) -> TaskFact:
    if isinstance(fact, TaskStarted | TaskVanished):
        return replace(fact, may_repeat=False)
    return fact


def is_held_back(observation: TaskObservation, spans: Spans, now: datetime) -> bool:
    """Whether the task is lost, and its Job must go before that may be reported."""
    job = observation.job
    if job.is_gone or job.is_deleted or not _has_loss(facts_of(observation, spans, now)):
        return False
    lost_at = now - spans.node_lost_after
    return not _makes_no_pod(job) or any(_may_run(pod, lost_at) for pod in observation.others)


def _has_loss(facts: tuple[TaskFact, ...]) -> bool:
    return any(isinstance(fact, TaskVanished) for fact in facts)


def _is_settled(observation: TaskObservation, spans: Spans, now: datetime) -> bool:
    job, own = observation.job, observation.pod
    if not _makes_no_pod(job) and not (job.is_deleted and observation.is_fresh):
        return False
    there = observation.others
    if own is not None and observation.is_pod_gone:
        if _is_being_ended(own, observation.gone_at, now):
            return False
    elif own is not None:
        there = (own, *there)
    lost_at = now - spans.node_lost_after if observation.is_fresh else None
    return not any(_may_run(pod, lost_at) for pod in there)


def _makes_no_pod(job: JobObservation) -> bool:
    return job.is_gone or job.finished_at is not None or job.failure is not None


def _may_run(pod: PodObservation, lost_at: datetime | None) -> bool:
    """Whether a pod may run, or come to run; not if it should have ended by ``lost_at``."""
    if _has_ended(pod):
        return False
    return pod.deleted_at is None or lost_at is None or pod.deleted_at > lost_at


def _is_being_ended(pod: PodObservation, gone_at: datetime | None, now: datetime) -> bool:
    """Whether the kubelet may still be ending a pod whose object was removed by force.

    It gives the containers their whole grace period all the same.
    """
    if _has_ended(pod) or not pod.node or gone_at is None:
        return False
    return now < gone_at + pod.grace + KUBELET_NOTICES


def _has_ended(pod: PodObservation) -> bool:
    return "terminated" in pod.container or pod.phase in ("Failed", "Succeeded")
