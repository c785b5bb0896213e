"""What the watches showed of tasks, in memory: the Job and the Pods of each, by place.

Fed by events in any order and with gaps. ``Cache`` knows who owns a task.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from asw.asl.errors import TASK_DELETED
from asw.engine.facts import TaskFact, TaskVanished
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.retention import KeptJobs
from asw.platforms.kubernetes.cache.seen import SeenTask, VanishedTask
from asw.platforms.kubernetes.cache.untailed import Untailed
from asw.platforms.kubernetes.tasks.losses import is_held_back, told_of
from asw.platforms.kubernetes.tasks.observations import (
    JobObservation,
    PodObservation,
    TaskObservation,
)
from asw.platforms.kubernetes.tasks.pending_reasons import pending_reason_of
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.platforms.kubernetes.tasks.sidecars import is_lingering
from asw.reconciler.platform import ExecutionKey


class TaskCache:
    """Jobs and Pods by task; each update says whether it is news."""

    def __init__(
        self,
        spans: Spans,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spans = spans
        self.now = now
        self.clock = clock
        self.tasks: dict[TaskKey, SeenTask] = {}
        self.kept = KeptJobs()
        self.to_remove: set[TaskKey] = set()
        """Lost tasks whose Jobs may make further pods: these Jobs have to go first."""
        self.untailed: Untailed | None = None
        """Whose logs are still to be kept, where there is an archive."""
        self._vanished: dict[str, dict[TaskKey, VanishedTask]] = {}

    def put_job(self, job: JobObservation) -> bool:
        """Take a Job; True if that changes what is known of its task. Only its first Job counts."""
        seen = self._seen_task(job.place)
        self._put_job(job.place, seen, job)
        return self._refresh(seen)

    def first_job(self, place: TaskKey) -> str | None:
        """Uid of the Job that was taken for the task's own, even if it vanished since.

        It is the only one: whoever removed it made the later ones.
        """
        seen = self.tasks.get(place)
        if seen is not None and seen.job is not None:
            return seen.job.uid
        vanished = self._vanished_task(place)
        return None if vanished is None else vanished.job_uid

    def add_job(self, job: JobObservation, *, is_sole: bool = False) -> None:
        """Take a Job that we just created, unless a watch was faster.

        What its pod may show by now is reported with the next event: here nobody would be woken.
        ``is_sole``: no other request for this Job can still arrive.
        """
        seen = self._seen_task(job.place)
        seen.is_sole = is_sole
        if seen.job is None:
            self._put_job(job.place, seen, job)
            seen.seen_at = self.clock()

    def doubt_all(self) -> None:
        """Note that another replica may have requested any of these Jobs as well."""
        for seen in self.tasks.values():
            seen.is_sole = False

    def drop_job(
        self, place: TaskKey, uid: str, *, is_awaited: bool = False, is_ended_by_us: bool = False
    ) -> bool:
        """Forget a Job that is gone; True if that means the end of its task.

        Its existence is remembered, so that a task is not started twice. So is the end that it had
        shown if it ``is_awaited``, because that may not be recorded yet. A task with a pod that may
        still run is not forgotten before that pod has ended, unless it ``is_ended_by_us``.
        """
        seen = self.tasks.get(place)
        if seen is None or seen.job is None or seen.job.uid != uid:
            return False
        had_ended = seen.has_ended()
        if not had_ended and not is_ended_by_us:
            seen.job = replace(seen.job, is_gone=True)
            self._refresh(seen)
            if not seen.has_ended():
                return False
        if not had_ended or is_awaited:
            facts = seen.facts if seen.has_ended() else (self._deleted(seen.job),)
            self._note_vanished(place, VanishedTask(uid, facts))
        self._put_job(place, seen, None)
        seen.facts = ()
        self.to_remove.discard(place)
        self._forget_if_empty(place, seen)
        return True

    def _deleted(self, job: JobObservation) -> TaskVanished:
        return TaskVanished(
            task_id=job.task_id,
            at=self.now(),
            reason="its Job was deleted",
            error=TASK_DELETED,
            may_repeat=job.may_repeat,
        )

    def forget_vanished(self, uid: str) -> None:
        """Forget tasks of this Execution that are gone: nobody asks for them any more."""
        self._vanished.pop(uid, None)

    def put_pod(self, pod: PodObservation) -> bool:
        """Take a Pod; True if that changes what is known of its task."""
        seen = self._seen_task(pod.place)
        seen.pods[pod.uid] = pod
        return self._refresh(seen)

    def drop_pod(self, place: TaskKey, uid: str) -> bool:
        """Forget a Pod that is gone; True if that changes what is known of its task."""
        seen = self.tasks.get(place)
        if seen is None or seen.pods.pop(uid, None) is None:
            return False
        changed = self._refresh(seen)
        self._forget_if_empty(place, seen)
        return changed

    def set_trouble(self, place: TaskKey, trouble: str) -> bool:
        """Note why a Job has no pod; True if that is news."""
        seen = self.tasks.get(place)
        if seen is None:
            return False
        seen.trouble = trouble
        return self._refresh(seen, is_heard=False)

    def take_look(
        self,
        job: JobObservation,
        pods: Iterable[PodObservation],
        scaling_at: datetime | None = None,
    ) -> bool:
        """Take all that exists of a task now; True if that changes what is known of it.

        Only this may conclude that time is over or a pod is missing, because it just asked.
        ``scaling_at`` is when an autoscaler last said that it adds a node for the pod.
        """
        seen = self._seen_task(job.place)
        self._put_job(job.place, seen, job)
        seen.pods = {pod.uid: pod for pod in pods}
        seen.scaling_at = scaling_at
        return self._refresh(seen, is_fresh=True)

    def refresh(self) -> list[TaskKey]:
        """Tasks that show more than was reported when their Jobs were added."""
        changed = [
            place
            for place, seen in self.tasks.items()
            if not seen.has_ended() and self._refresh(seen, is_heard=False)
        ]
        for place, seen in list(self.tasks.items()):
            if seen.job is not None and seen.job.is_gone and seen.has_ended():
                self.drop_job(place, seen.job.uid, is_awaited=True)
        return changed

    def lingering(self) -> dict[TaskKey, PodObservation]:
        """Pods that only sidecars keep running: the task's own container has ended."""
        return {
            place: seen.own
            for place, seen in self.tasks.items()
            if seen.own is not None and seen.own.uid in seen.pods and is_lingering(seen.own)
        }

    def doubtful(self) -> list[TaskKey]:
        """Tasks that would have ended if they have not changed since they were last seen.

        A broken watch gives the same picture, so they must be looked at.
        """
        return [
            place for place, seen in self.tasks.items() if seen.is_doubtful(self._spans, self.now())
        ]

    def facts(self, key: ExecutionKey, task_id: TaskId) -> tuple[TaskFact, ...] | None:
        """What a task of the Execution shows; None if it has no Job and never had one."""
        place = TaskKey.of(key, task_id)
        seen = self.tasks.get(place)
        if seen is not None and seen.job is not None:
            return seen.facts if seen.job.owner_uid == key.root.uid else None
        vanished = self._vanished_task(place)
        return None if vanished is None else vanished.facts

    def pending_reason(self, key: ExecutionKey, task_id: TaskId) -> str | None:
        """What keeps a task from running, once it has a Job."""
        seen = self.tasks.get(TaskKey.of(key, task_id))
        return None if seen is None else seen.pending_reason

    def _seen_task(self, place: TaskKey) -> SeenTask:
        seen = self.tasks.get(place)
        if seen is None:
            seen = self.tasks[place] = SeenTask(seen_at=self.clock())
        return seen

    def _put_job(self, place: TaskKey, seen: SeenTask, job: JobObservation | None) -> None:
        before = None if seen.job is None else seen.job.finished_at
        self.kept.renew(place, before, None if job is None else job.finished_at)
        if self.untailed is not None:
            if job is None:
                self.untailed.lose(place)
            elif seen.job is None:
                self.untailed.open(job)
        seen.job = job

    def _note_vanished(self, place: TaskKey, vanished: VanishedTask) -> None:
        self._vanished.setdefault(place.task_id.execution_uid, {})[place] = vanished

    def _vanished_task(self, place: TaskKey) -> VanishedTask | None:
        return self._vanished.get(place.task_id.execution_uid, {}).get(place)

    def _refresh(self, seen: SeenTask, *, is_heard: bool = True, is_fresh: bool = False) -> bool:
        if is_heard:
            seen.seen_at = self.clock()
        before = seen.own
        observation = self._observation(seen, is_fresh=is_fresh)
        if self.untailed is not None and observation is not None:
            self.untailed.look(observation.job.place, seen)
        is_other_pod = before is not None and seen.own is not None and before.uid != seen.own.uid
        if seen.has_ended() and not is_other_pod:
            return False
        facts = () if observation is None else told_of(observation, self._spans, self.now())
        if observation is not None and observation.is_pod_gone:
            self._hold_back(observation)
        changed = [type(fact) for fact in facts] != [type(fact) for fact in seen.facts]
        if changed or is_other_pod:
            seen.facts = facts
        pending_reason = (
            None if observation is None or seen.has_ended() else pending_reason_of(observation)
        )
        changed |= (pending_reason is None) != (seen.pending_reason is None)
        seen.pending_reason = pending_reason
        return changed or is_other_pod

    def hold_back(self, place: TaskKey) -> None:
        """Have the Job of a lost task removed if the Job does not end by itself."""
        seen = self.tasks.get(place)
        if seen is not None and (observation := seen.observation(is_fresh=True)) is not None:
            self._hold_back(observation)

    def _observation(self, seen: SeenTask, *, is_fresh: bool) -> TaskObservation | None:
        observation = seen.observation(is_fresh=is_fresh)
        if observation is None or not observation.is_pod_gone or seen.gone_at is not None:
            return observation
        seen.gone_at = self.now()
        return replace(observation, gone_at=seen.gone_at)

    def _hold_back(self, observation: TaskObservation) -> None:
        if is_held_back(observation, self._spans, self.now()):
            self.to_remove.add(observation.job.place)

    def _forget_if_empty(self, place: TaskKey, seen: SeenTask) -> None:
        if seen.job is not None or seen.pods:
            return
        del self.tasks[place]
