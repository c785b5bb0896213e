"""One look at a task: what a check of its end may ask. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from asw.api.instants import parse_instant
from asw.engine.facts import TaskFact, TaskFailed, TaskVanished
from asw.platforms.kubernetes.tasks.observations import Object, PodObservation, TaskObservation
from asw.platforms.kubernetes.tasks.settings import Spans

_ZERO_YEAR = 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything that a check may ask."""

    observation: TaskObservation
    spans: Spans
    now: datetime

    @property
    def pod(self) -> PodObservation | None:
        """The task's pod."""
        return self.observation.pod

    def failed(self, error: str, cause: str, at: datetime | None = None) -> TaskFailed:
        """The task failed."""
        return TaskFailed(
            task_id=self.observation.job.task_id,
            at=at or self.now,
            error=error,
            cause=cause,
            started_at=started_at_of(self.pod),
        )

    def vanished(self, error: str, reason: str) -> TaskVanished:
        """The task is gone through the fault of machinery."""
        task_id = self.observation.job.task_id
        return TaskVanished(task_id=task_id, at=self.now, reason=reason, error=error)

    def is_past(self, at: datetime) -> bool:
        """Whether it is later than that, and the task was looked at just now."""
        return self.observation.is_fresh and self.now >= at

    @property
    def start_timeout(self) -> timedelta:
        """How long the task's pod may take to start."""
        own = self.observation.job.start_timeout
        return self.spans.start_timeout if own is None else own

    @property
    def logs(self) -> str:
        """How to read the task's output."""
        job = self.observation.job
        return f"see: kubectl logs -n {job.namespace} job/{job.name}"


Check: TypeAlias = Callable[[Look], TaskFact | None]


def started_at_of(pod: PodObservation | None) -> datetime | None:
    """When the task's container began to run; None if it has not."""
    if pod is None:
        return None
    for state in ("running", "terminated"):
        if at := pod.container.get(state, {}).get("startedAt"):
            started_at = parse_instant(at)
            # Container runtimes report the zero of their clock if nothing could be started.
            return started_at if started_at.year > _ZERO_YEAR else None
    return None


def terminated_of(look: Look) -> Object | None:
    """The end of the task's container; None if it has none."""
    return None if look.pod is None else look.pod.container.get("terminated")


def finished_at_of(terminated: Object, look: Look) -> datetime:
    """When the container ended, or else now."""
    at = terminated.get("finishedAt")
    return parse_instant(at) if at else look.now


def in_seconds(span: timedelta) -> str:
    """The span as people read it."""
    return f"{span.total_seconds():g} s"
