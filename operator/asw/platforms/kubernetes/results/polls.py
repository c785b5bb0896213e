"""What ``asw serve`` and the operator say to each other about workers of activities. Pure.

AWS: GetActivityTask. Errors have AWS's names in ``__type``; messages never repeat what was sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from asw.api.names import NAME_PATTERN
from asw.asl.values import Json
from asw.platforms.kubernetes.results.callback_reports import ReportRefused, not_valid

READY: Final = "/v1/activities/ready"
"""Which of these activities have tasks: answered once one has, or after ``READY_SECONDS``."""
TAKE: Final = "/v1/activities/take"
"""A task for this worker, which is started by that."""
READY_SECONDS: Final = 8.0
"""Less than a replica waits for the holder of the Lease."""
MOST_PLACES: Final = 1000
LONGEST_NAME: Final = 80
"""Characters (AWS: name, workerName)."""
_NAMESPACE: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ACTIVITY: Final = re.compile(NAME_PATTERN)

Place: TypeAlias = tuple[str, str]
"""Namespace and public name of an activity."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A worker asks for a task; ``worker`` is the name that it gives itself."""

    place: Place
    worker: str | None


def no_activity(place: Place) -> ReportRefused:
    """Nobody has made the activity."""
    namespace, name = place
    return ReportRefused(
        "ActivityDoesNotExist",
        f"Activity Does Not Exist: '{name}' in namespace '{namespace}'; apply an Activity",
    )


def asked(said: Mapping[str, Json]) -> Asked:
    """What a worker asks for. Raises ReportRefused, with the field."""
    if strange := said.keys() - {"namespace", "activity", "worker"}:
        raise not_valid(f"{len(strange)} unknown fields: there are namespace, activity and worker")
    worker = said.get("worker")
    if worker is not None and not _is_worker(worker):
        raise not_valid(f"worker: a text of 1 to {LONGEST_NAME} printable characters is needed")
    return Asked(_place(said.get("namespace"), said.get("activity")), worker)


def places_of(said: Mapping[str, Json]) -> list[Place]:
    """The activities that somebody waits for. Raises ReportRefused."""
    listed = said.get("activities")
    if not isinstance(listed, list) or len(listed) > MOST_PLACES:
        raise not_valid(f"activities: a list of {MOST_PLACES} at most is needed")
    return [_place(*it) for it in listed if isinstance(it, list) and len(it) == 2]


def _place(namespace: Json, activity: Json) -> Place:
    if not isinstance(namespace, str) or _NAMESPACE.fullmatch(namespace) is None:
        raise not_valid("namespace: the name of a namespace is needed")
    is_name = isinstance(activity, str) and 0 < len(activity) <= LONGEST_NAME
    if not is_name or _ACTIVITY.search(str(activity)) is None:
        raise not_valid("activity: the name of an activity is needed, not its ARN")
    return namespace, str(activity)


def _is_worker(text: Json) -> bool:
    return isinstance(text, str) and 0 < len(text) <= LONGEST_NAME and text.isprintable()
