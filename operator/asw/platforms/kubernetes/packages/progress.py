"""How an installation is doing, by its Job and pods. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from asw.api.instants import parse_instant
from asw.api.names import KIND_PACKAGES, LABEL_KIND
from asw.platforms.kubernetes.client.objects import controller_uid

LONGEST_WORDS: Final = 700
"""Of the installer, in a condition: its last lines."""

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Installed:
    """The environment is there."""


@dataclass(frozen=True, slots=True)
class Installing:
    """It is on its way: ``why`` says what it waits for, ``until`` when it ends at the latest."""

    why: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be installed, since then."""

    why: str
    since: datetime


Progress = Installed | Installing | Failed


def is_of_claim(job: Object, claim_uid: str) -> bool:
    """Whether the Job installs into this very claim."""
    labels = job["metadata"].get("labels", {})
    return labels.get(LABEL_KIND) == KIND_PACKAGES and controller_uid(job) == claim_uid


def is_active(job: Object) -> bool:
    """Whether the Job may still have pods that run."""
    return not any(_is_true(job, kind) for kind in ("Complete", "Failed"))


def progress_of(job: Object, pods: Sequence[Object], limit: timedelta) -> Progress:
    """How far the Job is; ``limit`` is how long it may take."""
    if _is_true(job, "Complete"):
        return Installed()
    created_at = parse_instant(job["metadata"]["creationTimestamp"])
    failed = _condition(job, "Failed")
    if failed is not None and failed.get("status") == "True":
        since = failed.get("lastTransitionTime")
        return Failed(_failure(failed, pods), parse_instant(since) if since else created_at)
    waits_for = _waits_for(pods)
    why = "its packages are being installed" + (f": {waits_for}" if waits_for else "")
    return Installing(why, created_at + limit)


def _failure(failed: Object, pods: Sequence[Object]) -> str:
    words = _last_words(pods)
    if failed.get("reason") == "DeadlineExceeded":
        waits_for = words or _waits_for(pods)
        told = "the installation took longer than functions.packageIndex.timeoutSeconds allows"
        return f"{told}: {waits_for}" if waits_for else told
    return words or f"{failed.get('reason', 'Failed')}: {failed.get('message', '')}".rstrip(": ")


def _last_words(pods: Sequence[Object]) -> str:
    """What the latest of the pods that failed said."""
    for pod in sorted(pods, key=_created, reverse=True):
        for state in _states(pod):
            ended = state.get("terminated") or {}
            if ended.get("exitCode"):
                said = str(ended.get("message") or ended.get("reason") or "").strip()
                return said[-LONGEST_WORDS:]
    return ""


def _waits_for(pods: Sequence[Object]) -> str:
    """What keeps the latest pod from running, in the words of Kubernetes."""
    for pod in sorted(pods, key=_created, reverse=True):
        for condition in pod.get("status", {}).get("conditions", ()):
            if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
                return f"no node takes its pod: {condition.get('message', '')}"[:LONGEST_WORDS]
        for state in _states(pod):
            waiting = state.get("waiting") or {}
            if waiting.get("message"):
                words = f"{waiting.get('reason', '')}: {waiting['message']}"
                return words[:LONGEST_WORDS]
    return ""


def _states(pod: Object) -> Iterable[Object]:
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return (each.get("state", {}) for each in statuses)


def _created(pod: Object) -> str:
    return str(pod["metadata"].get("creationTimestamp", ""))


def _condition(job: Object, kind: str) -> Object | None:
    conditions: Iterable[Object] = job.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each.get("type") == kind), None)


def _is_true(job: Object, kind: str) -> bool:
    found = _condition(job, kind)
    return found is not None and found.get("status") == "True"
