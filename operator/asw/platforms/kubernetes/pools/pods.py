"""What a watch shows of a warm pod. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from typing import Any

from asw.api.instants import parse_instant
from asw.api.names import KIND_POOL, LABEL_FUNCTION_UID, LABEL_KIND, LABEL_POOL
from asw.api.pod_template import CONTAINER
from asw.platforms.kubernetes.client.objects import controller
from asw.platforms.kubernetes.pools.pool import PoolKey
from asw.platforms.kubernetes.tasks.observations import LONGEST_GRACE_SECONDS

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPod:
    """A warm pod. ``trouble`` is what keeps it from working, in Kubernetes' words.

    ``replica_set`` names its controller. ``last_end`` is how its container ended the last time,
    such as OOMKilled; empty if it never did.
    """

    key: PoolKey
    name: str
    uid: str
    replica_set: str
    phase: str
    is_ready: bool
    deleted_at: datetime | None
    grace: timedelta
    node: str
    is_running: bool
    trouble: str = ""
    last_end: str = ""
    ended_at: datetime | None = None
    """When its container ended the last time: a whole second of the node's clock."""

    @property
    def has_ended(self) -> bool:
        """Whether none of its containers will run again."""
        return self.phase in ("Failed", "Succeeded")

    def outlived(self, started_at: float | None) -> bool:
        """Whether a process that began then, by the node's clock too, is gone for certain.

        One that began within the very second in which a container ended may be the next one.
        """
        return (
            started_at is not None
            and self.ended_at is not None
            and floor(started_at) < self.ended_at.timestamp()
        )


def is_of_pool(item: Object) -> bool:
    """Whether the object's labels say that it belongs to a pool."""
    labels = item["metadata"].get("labels", {})
    return bool(labels.get(LABEL_KIND) == KIND_POOL)


def seen_pod(item: Object) -> SeenPod | None:
    """What matters of the pod, None if it is no warm pod."""
    metadata, status, spec = item["metadata"], item.get("status", {}), item.get("spec", {})
    labels, owner = metadata.get("labels", {}), controller(item)
    function_uid, digest = labels.get(LABEL_FUNCTION_UID), labels.get(LABEL_POOL)
    if not is_of_pool(item) or not function_uid or not digest or owner is None:
        return None
    deleted_at = metadata.get("deletionTimestamp")
    container = _container(status)
    state, last = container.get("state", {}), container.get("lastState", {})
    ended = state.get("terminated") or last.get("terminated") or {}
    ended_at = ended.get("finishedAt")
    grace = min(spec.get("terminationGracePeriodSeconds", 30), LONGEST_GRACE_SECONDS)
    return SeenPod(
        key=PoolKey(metadata["namespace"], function_uid, digest),
        name=metadata["name"],
        uid=metadata["uid"],
        replica_set=owner["name"],
        phase=status.get("phase", "Pending"),
        is_ready=bool(container.get("ready")),
        deleted_at=parse_instant(deleted_at) if deleted_at else None,
        grace=timedelta(seconds=grace),
        node=spec.get("nodeName", ""),
        is_running="running" in state,
        trouble=_trouble(status, state),
        last_end=ended.get("reason", ""),
        ended_at=parse_instant(ended_at) if ended_at else None,
    )


def _container(status: Object) -> Object:
    statuses = status.get("containerStatuses", ())
    found: Object = next((it for it in statuses if it.get("name") == CONTAINER), {})
    return found


def _trouble(status: Object, state: Object) -> str:
    waiting = state.get("waiting", {})
    if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
        return f"{waiting['reason']}: {waiting.get('message', '')}".removesuffix(": ")
    for condition in status.get("conditions", ()):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"{condition.get('reason', '')}: {condition.get('message', '')}"
    return ""
