"""What the watches show of one task: its Job and Pods, cut down to what decides. Pure.

A Job counts only if its controller is the Execution's uid and its name is the one that follows
from that; a Pod counts only if its controller is the Job. Both are looked up only in the
Execution's namespace (``places``). The seal tells whether the operator made the Job.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asw.api.function import DEFAULT_TAIL_BYTES, LONGEST_TIMEOUT, MOST_TAIL_BYTES
from asw.api.instants import parse_instant
from asw.api.names import (
    ANNOTATION_ATTEMPT,
    ANNOTATION_LOG_TAIL,
    ANNOTATION_ON_LOST,
    ANNOTATION_SEAL,
    ANNOTATION_START_TIMEOUT,
    ANNOTATION_STATE,
    LABEL_CHILD_UID,
    LABEL_EXECUTION_UID,
    LABEL_QUEUE,
    LABEL_TASK,
    job_name,
)
from asw.api.pod_template import CONTAINER
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.objects import controller, controller_name, controller_uid
from asw.platforms.kubernetes.tasks.jobs import PAYLOADS, PRIVATE, job_claim
from asw.platforms.kubernetes.tasks.places import TaskKey

Object = Mapping[str, Any]

LONGEST_STATE = 256
MOST_ATTEMPTS = 2**31 - 1
LONGEST_GRACE_SECONDS = 3600
"""The longest grace a pod is believed to have: ours have 30 s, forgeries may claim more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobObservation:
    """A Job of ours, as last seen."""

    namespace: str
    name: str
    uid: str
    task_id: TaskId
    owner_uid: str
    """Uid of the Execution that owns it: the task's, or the one around an express child."""
    owner_name: str
    created_at: datetime
    is_deleted: bool
    finished_at: datetime | None
    failure: tuple[str, str] | None
    """Reason and message of its condition Failed, or FailureTarget while its pod is ending."""
    runs_image: bool
    """Whether the user's own image runs, which may end without an outcome."""
    timeout: timedelta | None
    is_private: bool
    """Whether its pod shows no outcome, so that what it does not push is lost."""
    seal: str
    may_repeat: bool = True
    """Whether the task may be started again if it is lost."""
    start_timeout: timedelta | None = None
    """How long its pod may take to start; None: as the operator's settings say."""
    queue: str | None = None
    """The queue of Kueue that it is in."""
    is_suspended: bool = False
    """Whether it gets no pod until somebody, such as Kueue, resumes it."""
    resumed_at: datetime | None = None
    """When it was resumed."""
    is_gone: bool = False
    """Whether it is gone."""
    state: str = ""
    """The state whose task it is, and which start of it, from 0."""
    attempt: int = 0
    tail_bytes: int = DEFAULT_TAIL_BYTES
    """How much of the end of its log the archive is to keep."""

    @property
    def place(self) -> TaskKey:
        """The task that it belongs to."""
        return TaskKey(self.namespace, self.task_id)

    @property
    def starts_at(self) -> datetime:
        """When the wait for its pod began."""
        return self.resumed_at or self.created_at

    @property
    def claim(self) -> str:
        """What its seal must confirm."""
        return job_claim(self.namespace, self.name, self.owner_uid, self.task_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodObservation:
    """A Pod of such a Job."""

    namespace: str
    name: str
    uid: str
    job_uid: str
    task_id: TaskId
    created_at: datetime
    deleted_at: datetime | None
    phase: str
    reason: str
    message: str
    conditions: Mapping[str, Object]
    container: Object
    """The container's ``state``: waiting, running or terminated."""
    node: str = ""
    """The node that it was assigned to; empty before."""
    grace: timedelta = timedelta(seconds=30)
    """How long its containers may take to end once they are told to."""
    initial: tuple[tuple[str, Object], ...] = ()
    """Name and ``state`` of containers that somebody injected to run before the task's."""
    sidecars: tuple[tuple[str, Object], ...] = ()
    """Name and ``state`` of those that somebody injected beside it, which nobody ends."""
    started_at: datetime | None = None
    """When its node accepted it, by the node's clock: ``deadline`` counts from then."""
    deadline: timedelta | None = None
    """The pod's own activeDeadlineSeconds."""
    is_nominated: bool = False
    """Whether a node is being made free, or added, for it."""

    @property
    def place(self) -> TaskKey:
        """The task that it belongs to."""
        return TaskKey(self.namespace, self.task_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskObservation:
    """All that is seen of one task. ``trouble`` is why its Job has no pod, if known.

    A pod that was found to be gone at ``gone_at`` is shown as it was last seen. ``others`` are
    further existing pods of the Job. ``scaling_at`` is when an autoscaler last said that it adds a
    node for the pod. ``is_fresh`` if Job and pods were requested just now: a
    silent watch may be broken.
    """

    job: JobObservation
    pod: PodObservation | None = None
    is_pod_gone: bool = False
    gone_at: datetime | None = None
    trouble: str | None = None
    is_fresh: bool = False
    others: tuple[PodObservation, ...] = ()
    scaling_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs or will run."""
        if self.job.finished_at is not None or self.is_pod_gone:
            return True
        return self.pod is not None and "terminated" in self.pod.container


def task_id_of(item: Object) -> TaskId | None:
    """The start that our labels name, None if they are not ours.

    Under the uid of the express child if there is one, else under the Execution's.
    """
    labels = item["metadata"].get("labels", {})
    ordinal = whole_number(labels.get(LABEL_TASK, ""), sys.maxsize)
    if ordinal is None or LABEL_EXECUTION_UID not in labels:
        return None
    return TaskId(labels.get(LABEL_CHILD_UID) or labels[LABEL_EXECUTION_UID], ordinal)


def place_of(item: Object) -> TaskKey | None:
    """The task that the object's labels name, None if they are not ours."""
    task_id = task_id_of(item)
    return None if task_id is None else TaskKey(item["metadata"]["namespace"], task_id)


def job_observation(item: Object) -> JobObservation | None:
    """What matters of the Job, None if it is not a task of the Execution that it names."""
    task_id = task_id_of(item)
    if task_id is None or not _is_named_for_its_owner(item, task_id):
        return None
    metadata, status = item["metadata"], item.get("status", {})
    annotations = metadata.get("annotations", {})
    environment = _environment(item)
    conditions = {each["type"]: each for each in status.get("conditions", ())}
    ended = next((c for t in ("Complete", "Failed") if (c := _holding(conditions, t))), None)
    failed = next((c for t in ("Failed", "FailureTarget") if (c := _holding(conditions, t))), None)
    return JobObservation(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        task_id=task_id,
        owner_uid=metadata["labels"][LABEL_EXECUTION_UID],
        owner_name=controller_name(item),
        created_at=parse_instant(metadata["creationTimestamp"]),
        is_deleted="deletionTimestamp" in metadata,
        finished_at=parse_instant(ended["lastTransitionTime"]) if ended else None,
        failure=(failed.get("reason", ""), failed.get("message", "")) if failed else None,
        runs_image="ASW_HANDLER" not in environment,
        timeout=_seconds(environment.get("ASW_TIMEOUT_SECONDS", "")),
        is_private=environment.get(PAYLOADS) == PRIVATE,
        seal=annotations.get(ANNOTATION_SEAL, ""),
        may_repeat=annotations.get(ANNOTATION_ON_LOST) != "Fail",
        start_timeout=_seconds(annotations.get(ANNOTATION_START_TIMEOUT, "")),
        queue=metadata["labels"].get(LABEL_QUEUE),
        is_suspended=bool(item["spec"].get("suspend"))
        or _holding(conditions, "Suspended") is not None,
        resumed_at=_resumed_at(conditions),
        state=sys.intern(annotations.get(ANNOTATION_STATE, "")[:LONGEST_STATE]),
        attempt=whole_number(annotations.get(ANNOTATION_ATTEMPT, ""), MOST_ATTEMPTS) or 0,
        tail_bytes=_tail_bytes(annotations.get(ANNOTATION_LOG_TAIL, "")),
    )


def _seconds(text: str) -> timedelta | None:
    seconds = whole_number(text, LONGEST_TIMEOUT)
    return None if seconds is None else timedelta(seconds=seconds)


def _tail_bytes(text: str) -> int:
    found = whole_number(text, MOST_TAIL_BYTES)
    return DEFAULT_TAIL_BYTES if found is None else found


def _is_suspended(item: Object, conditions: Mapping[str, Object]) -> bool:
    """Also while the Job controller has not yet acted on a change of spec.suspend."""
    return bool(item["spec"].get("suspend")) or _holding(conditions, "Suspended") is not None


def _resumed_at(conditions: Mapping[str, Object]) -> datetime | None:
    """The Job controller says so by the condition Suspended, False once it was resumed."""
    suspended = conditions.get("Suspended")
    if suspended is None or suspended.get("status") != "False":
        return None
    return parse_instant(suspended["lastTransitionTime"])


def _is_named_for_its_owner(item: Object, task_id: TaskId) -> bool:
    owner, metadata = controller(item), item["metadata"]
    if owner is None or owner["uid"] != metadata["labels"][LABEL_EXECUTION_UID]:
        return False
    name: str = metadata["name"]
    return name == job_name(owner["name"], *task_id)


def pod_observation(item: Object) -> PodObservation | None:
    """What matters of the Pod, None if it is not a task's."""
    task_id, job_uid = task_id_of(item), controller_uid(item)
    if task_id is None or job_uid is None:
        return None
    metadata, status, spec = item["metadata"], item.get("status", {}), item.get("spec", {})
    deleted_at, started_at = metadata.get("deletionTimestamp"), status.get("startTime")
    deadline = spec.get("activeDeadlineSeconds")
    states = {each["name"]: each.get("state", {}) for each in status.get("containerStatuses", ())}
    first = [(each["name"], each.get("state", {})) for each in _initial(status)]
    return PodObservation(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        job_uid=job_uid,
        task_id=task_id,
        created_at=parse_instant(metadata["creationTimestamp"]),
        deleted_at=parse_instant(deleted_at) if deleted_at else None,
        phase=status.get("phase", "Pending"),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        conditions={each["type"]: each for each in status.get("conditions", ())},
        container=states.get(CONTAINER, {}),
        node=spec.get("nodeName", ""),
        grace=timedelta(
            seconds=min(spec.get("terminationGracePeriodSeconds", 30), LONGEST_GRACE_SECONDS)
        ),
        initial=tuple(first),
        sidecars=tuple(it for it in states.items() if it[0] != CONTAINER),
        started_at=parse_instant(started_at) if started_at else None,
        deadline=None if deadline is None else timedelta(seconds=deadline),
        is_nominated="nominatedNodeName" in status,
    )


def whole_number(text: str, most: int) -> int | None:
    """The number in a label or variable of ours; None for what we never write.

    Whoever may create Jobs can make one that looks like ours.
    """
    if not text.isascii() or not text.isdigit() or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if number <= most else None


def _initial(status: Object) -> Iterable[Object]:
    found: Iterable[Object] = status.get("initContainerStatuses", ())
    return found


def _environment(item: Object) -> dict[str, str]:
    containers = item["spec"]["template"]["spec"]["containers"]
    variables = (each for c in containers if c["name"] == CONTAINER for each in c.get("env", ()))
    return {each["name"]: each.get("value", "") for each in variables}


def _holding(conditions: Mapping[str, Object], kind: str) -> Object | None:
    found = conditions.get(kind)
    return found if found is not None and found.get("status") == "True" else None
