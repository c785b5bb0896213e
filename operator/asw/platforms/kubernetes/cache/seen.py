"""What the cache holds of one Execution and of one task, and what follows from it."""

from dataclasses import dataclass, field
from datetime import datetime

from asw.engine.facts import TaskFact, TaskStarted
from asw.platforms.kubernetes.cache.lineage import Starter
from asw.platforms.kubernetes.cache.retention_index import RetentionEntry
from asw.platforms.kubernetes.tasks.observations import (
    JobObservation,
    PodObservation,
    TaskObservation,
)
from asw.platforms.kubernetes.tasks.outcomes import facts_of
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.tasks.propagation import NOTHING, Propagated
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.reconciler.platform import ExecutionKey


@dataclass(slots=True, kw_only=True)
class SeenExecution:
    """What everybody but its worker needs to know of an Execution."""

    key: ExecutionKey
    workflow_name: str
    generation: int
    revision: str | None
    phase: str
    is_finished: bool
    is_suspended: bool
    redrive_count: int
    is_to_redrive: bool
    """Whether it is over and a redrive was requested."""
    may_run: bool
    """Whether it runs or may be redriven: true unless it succeeded."""
    has_begun: bool
    created_at: datetime
    seen_at: float
    ended_at: datetime | None = None
    """When it ended, as its status says."""
    parent: TaskKey | None = None
    """The id by which its parent knows it, if a distributed Map started it."""
    starter: Starter | None = None
    """The Task that started it, if one did."""
    entry: RetentionEntry | None = None
    """Its place among those that will be deleted some day, once it is over."""
    version: str = ""
    """Its resourceVersion, as it was last seen or written."""
    propagated: Propagated = NOTHING
    """Labels and annotations that its Jobs and pods carry."""

    @property
    def known_as(self) -> TaskKey | None:
        """The id by which the Execution that started it knows it."""
        return self.parent if self.starter is None else self.starter.place

    @property
    def descends_from(self) -> TaskKey | None:
        """The same, of one that is held, stopped and waited for with the one that started it."""
        return None if self.starter is not None and not self.starter.is_awaited else self.known_as


@dataclass(frozen=True, slots=True)
class VanishedTask:
    """A task whose Job is gone, and what to report about it."""

    job_uid: str
    facts: tuple[TaskFact, ...]


@dataclass(slots=True, kw_only=True)
class SeenTask:
    """One task's Job and Pods. ``seen_at`` is when either was last heard of.

    ``own`` is the Job's own pod, kept after it is gone: with a backoffLimit of 0 a Job makes one
    and no other. A later one was made by somebody else and adopted for its labels.

    ``is_sole`` if the Job came from the only request that was ever made for it, and that request
    was answered: no other can come late and find the name free.
    """

    seen_at: float
    job: JobObservation | None = None
    pods: dict[str, PodObservation] = field(default_factory=dict)
    trouble: str | None = None
    facts: tuple[TaskFact, ...] = ()
    pending_reason: str | None = None
    own: PodObservation | None = None
    is_sole: bool = False
    gone_at: datetime | None = None
    """When the Job's own pod was found to be gone."""
    scaling_at: datetime | None = None
    """When an autoscaler last said that it adds a node for the pod."""

    def observation(self, *, is_fresh: bool = False) -> TaskObservation | None:
        """What is seen of the task, but for Pods of others; None without a Job."""
        if self.job is None:
            return None
        self.own = self._own_pod(self.job.uid)
        return TaskObservation(
            job=self.job,
            pod=self.own,
            is_pod_gone=self.own is not None and self.own.uid not in self.pods,
            gone_at=self.gone_at,
            trouble=self.trouble,
            is_fresh=is_fresh,
            scaling_at=self.scaling_at,
            others=tuple(
                pod
                for uid, pod in self.pods.items()
                if pod.job_uid == self.job.uid and (self.own is None or uid != self.own.uid)
            ),
        )

    def _own_pod(self, job_uid: str) -> PodObservation | None:
        """The oldest pod of the Job that was ever seen, as last seen."""
        known = self.own if self.own is not None and self.own.job_uid == job_uid else None
        there = [pod for pod in self.pods.values() if pod.job_uid == job_uid]
        oldest = min(there, key=lambda pod: pod.created_at, default=None)
        if known is None or (oldest is not None and oldest.created_at < known.created_at):
            return oldest
        return self.pods.get(known.uid, known)

    def is_doubtful(self, spans: Spans, now: datetime) -> bool:
        """Whether it shows no end, but would have ended if it has not changed since."""
        observation = None if self.has_ended() else self.observation(is_fresh=True)
        if observation is None or observation.job.finished_at is not None:
            return observation is not None
        facts = facts_of(observation, spans, now)
        return any(not isinstance(fact, TaskStarted) for fact in facts)

    def has_ended(self) -> bool:
        """Whether it shows how it ended."""
        return any(not isinstance(fact, TaskStarted) for fact in self.facts)
