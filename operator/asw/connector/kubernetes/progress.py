"""How far a rollout is, and which pods will not come up: by what the objects show. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from asw.api.waiting_reasons import NO_IMAGE, PASSING

Object: TypeAlias = Mapping[str, Any]
WORKLOADS: Final = ("Deployment", "StatefulSet", "DaemonSet")

_PASSING: Final = PASSING | {"CrashLoopBackOff"}
_CRASHES: Final = 3
"""A container that was restarted so often, and crashes again, will not come up."""
_REVISION: Final = "deployment.kubernetes.io/revision"
_HASH: Final = "pod-template-hash"
_GENERATION: Final = "deprecated.daemonset.template.generation"


@dataclass(frozen=True, slots=True)
class Progress:
    """``told`` says what is missing, or why it is over."""

    state: Literal["going", "done", "failed"]
    told: str = ""


def progress_of(kind: str, item: Object) -> Progress:
    """How far the workload is, as ``kubectl rollout status`` sees it."""
    metadata, spec, status = item["metadata"], item["spec"], item.get("status") or {}
    if "deletionTimestamp" in metadata:
        return Progress("failed", "it is being deleted")
    if metadata.get("generation", 0) > status.get("observedGeneration", 0):
        return Progress("going", "its controller has not seen it yet")
    return _BY_KIND[kind](spec, status)


def _deployment(spec: Object, status: Object) -> Progress:
    conditions = {it.get("type"): it for it in status.get("conditions") or ()}
    going = conditions.get("Progressing", {})
    if going.get("reason") == "ProgressDeadlineExceeded":
        return Progress("failed", f"ProgressDeadlineExceeded: {going.get('message', '')}")
    if spec.get("paused"):
        return Progress("failed", "it is paused: spec.paused")
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    failing = conditions.get("ReplicaFailure", {})
    why = f"; {failing.get('message', '')}" if failing.get("status") == "True" else ""
    if updated < wanted:
        return Progress("going", f"{updated} of {wanted} pods are of the new revision{why}")
    if (old := status.get("replicas", 0) - updated) > 0:
        return Progress("going", f"{old} pods of an old revision are still there")
    available = status.get("availableReplicas", 0)
    if available < updated:
        return Progress("going", f"{available} of {updated} pods are available")
    return Progress("done")


def _daemon_set(spec: Object, status: Object) -> Progress:
    if (spec.get("updateStrategy") or {}).get("type", "RollingUpdate") != "RollingUpdate":
        return Progress("failed", "its updateStrategy is not RollingUpdate")
    wanted = status.get("desiredNumberScheduled", 0)
    updated = status.get("updatedNumberScheduled", 0)
    if updated < wanted:
        return Progress("going", f"{updated} of {wanted} pods are of the new revision")
    available = status.get("numberAvailable", 0)
    if available < wanted:
        return Progress("going", f"{available} of {wanted} pods are available")
    return Progress("done")


def _stateful_set(spec: Object, status: Object) -> Progress:
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return Progress("failed", "its updateStrategy is not RollingUpdate")
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if ready < wanted:
        return Progress("going", f"{ready} of {wanted} pods are ready")
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    updated, parted = status.get("updatedReplicas", 0), max(0, wanted - partition)
    if partition:
        is_done = updated >= parted
    else:
        is_done = status.get("updateRevision") == status.get("currentRevision")
    told = f"{updated} of {parted} pods are of the new revision"
    return Progress("done") if is_done else Progress("going", told)


_BY_KIND: Final = {
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
}


def new_replica_set(item: Object, replica_sets: Iterable[Object]) -> Object | None:
    """The ReplicaSet of the Deployment's newest revision."""
    uid = item["metadata"].get("uid")
    revision = (item["metadata"].get("annotations") or {}).get(_REVISION)
    for each in replica_sets:
        metadata = each["metadata"]
        owners = {it.get("uid") for it in metadata.get("ownerReferences") or ()}
        annotations = metadata.get("annotations") or {}
        if uid in owners and annotations.get(_REVISION) == revision:
            return each
    return None


def mark_of(kind: str, item: Object, replica_set: Object | None) -> tuple[str, str] | None:
    """The label, and its value, by which pods of the newest revision are told from older ones."""
    match kind:
        case "Deployment":
            labels = {} if replica_set is None else replica_set["metadata"].get("labels") or {}
            return (_HASH, str(labels[_HASH])) if _HASH in labels else None
        case "StatefulSet":
            revision = (item.get("status") or {}).get("updateRevision")
            return None if revision is None else ("controller-revision-hash", str(revision))
    generation = (item["metadata"].get("annotations") or {}).get(_GENERATION)
    return None if generation is None else ("pod-template-generation", str(generation))


def selector_of(item: Object) -> str:
    """The pods of the workload, as a labelSelector."""
    selector = item["spec"].get("selector") or {}
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, values = each["key"], ",".join(each.get("values") or ())
        parts.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[each["operator"]]
        )
    return ",".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a container of a pod does not run; ``is_final`` if no waiting mends it."""

    pod: str
    container: str
    why: str
    is_final: bool

    def __str__(self) -> str:
        return f"pod {self.pod}, container {self.container}: {self.why}"


def trouble_of(pod: Object) -> Trouble | None:
    """The first container of the pod that does not come up."""
    status = pod.get("status") or {}
    listed = [
        *(status.get("initContainerStatuses") or ()),
        *(status.get("containerStatuses") or ()),
    ]
    for container in listed:
        waiting = (container.get("state") or {}).get("waiting") or {}
        reason = waiting.get("reason", "")
        crashes = _crashes(container) if reason == "CrashLoopBackOff" else ""
        if not crashes and reason in _PASSING:
            continue
        message = waiting.get("message", "")
        return Trouble(
            pod=pod["metadata"]["name"],
            container=container.get("name", ""),
            why=crashes or f"{reason}: {message}".rstrip(": "),
            is_final=bool(crashes) or reason in NO_IMAGE,
        )
    return None


def _crashes(container: Object) -> str:
    """Why it crashes, if it did so often enough."""
    times = container.get("restartCount", 0)
    if times < _CRASHES:
        return ""
    last = (container.get("lastState") or {}).get("terminated") or {}
    how = f"exit code {last.get('exitCode')}, {last.get('reason', 'Error')}"
    message = f": {last['message']}" if last.get("message") else ""
    return f"CrashLoopBackOff: it was restarted {times} times; {how}{message}"


@dataclass(slots=True)
class Troubles:
    """Which troubles last: a registry or a Secret that is late is given ``patience`` seconds."""

    patience: float
    _since: dict[tuple[str, str], float] = field(default_factory=dict)

    def hopeless(self, pods: Sequence[Object], now: float) -> Trouble | None:
        """A trouble that will not pass, by what the pods show ``now``."""
        found = [it for it in map(trouble_of, pods) if it is not None]
        self._since = {
            (it.pod, it.container): self._since.get((it.pod, it.container), now) for it in found
        }
        for each in found:
            began = self._since[each.pod, each.container]
            if each.is_final or now - began >= self.patience:
                return each
        return None
