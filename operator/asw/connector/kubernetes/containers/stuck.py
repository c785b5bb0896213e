"""Jobs whose containers cannot be started: how that shows, and what ECS says of it. Pure.

AWS: "Stopped tasks error codes", in the developer guide of ECS. Kubernetes tries again for ever; a
Job that was given up says so in an annotation, so that whoever asks later gets the same answer.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from asw.api.waiting_reasons import CONTAINER_TROUBLE, grace_of
from asw.asl.values import JsonObject

STOPPED_ANNOTATION: Final = "asw.dev/stopped"
_LONGEST_REASON: Final = 1000
_NO_SECRET: Final = ("CreateContainerConfigError", "CreatePodSandboxError")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A Job was given up ``at`` an instant, as its ``container`` does not start."""

    container: str
    reason: str
    at: str

    def change(self, job: JsonObject) -> dict[str, Any]:
        """The merge patch that ends this very Job, as it is now, and says why."""
        known = {name: job["metadata"][name] for name in ("uid", "resourceVersion")}
        told = {STOPPED_ANNOTATION: json.dumps(asdict(self))}
        return {"metadata": {**known, "annotations": told}, "spec": {"activeDeadlineSeconds": 1}}


def stopped_of(job: JsonObject) -> Stopped | None:
    """Why the Job was given up; None if it was not."""
    told = (job["metadata"].get("annotations") or {}).get(STOPPED_ANNOTATION)
    return None if told is None else Stopped(**json.loads(told))


def may_be_stuck(status: Mapping[str, Any]) -> bool:
    """Whether the Job has pods, none of which is ready."""
    return bool(status.get("active")) and not status.get("ready")


def stuck_in(pods: Iterable[JsonObject], now: datetime) -> Stopped | None:
    """Why none of the pods will start; None if one of them runs, or still may."""
    found = [_stuck(it, now) for it in pods]
    return found[0] if found and all(found) else None


def _stuck(pod: JsonObject, now: datetime) -> Stopped | None:
    status = pod.get("status") or {}
    states = [
        (it.get("name", ""), it.get("state") or {})
        for part in ("initContainerStatuses", "containerStatuses")
        for it in status.get(part) or ()
    ]
    since = max(map(datetime.fromisoformat, _instants(pod, states)))
    for name, state in states:
        waiting = state.get("waiting") or {}
        grace = grace_of(waiting)
        if grace is not None and (not grace or now - since >= grace):
            return Stopped(
                container=name, reason=_reason(waiting), at=now.isoformat("T", "seconds")
            )
    return None


def _instants(pod: JsonObject, states: Iterable[tuple[str, JsonObject]]) -> Iterable[str]:
    """When something went on: it got its node, or a container before this one came or went."""
    yield pod["metadata"]["creationTimestamp"]
    yield from filter(None, [(pod.get("status") or {}).get("startTime")])
    for _, state in states:
        yield from filter(None, [(state.get("running") or {}).get("startedAt")])
        yield from filter(None, [(state.get("terminated") or {}).get("finishedAt")])


def _reason(waiting: JsonObject) -> str:
    kind = waiting["reason"]
    name = "CannotPullContainerError"
    if kind in CONTAINER_TROUBLE:
        name = "ResourceInitializationError" if kind in _NO_SECRET else "CannotStartContainerError"
    return f"{name}: {kind}: {waiting.get('message', '')}".rstrip(": ")[:_LONGEST_REASON]
