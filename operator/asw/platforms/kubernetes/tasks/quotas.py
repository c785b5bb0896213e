"""A ResourceQuota that refuses: how Kubernetes says it, and what we make of it. Pure.

Source: Kubernetes' admission plugin ResourceQuota, in answers and in events of the Job controller.
If there is no room it says ``exceeded quota: NAME, requested: R=1, used: R=3, limited: R=3``, with
only the resources that exceed. If a pod sets no amounts for what is counted it says ``failed
quota: NAME: must specify requests.cpu for: CONTAINER,CONTAINER; ...``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from asw.api.pod_template import CONTAINER
from asw.api.quantities import quantity

_WORDS = "exceeded quota"
_EXCEEDED: Final = re.compile(
    r"exceeded quota: (?P<quota>[^,\s]+), requested: (?P<requested>\S+), "
    r"used: (?P<used>\S+), limited: (?P<limited>\S+)"
)
_UNSPECIFIED: Final = re.compile(r"failed quota: (?P<quota>\S+): must specify (?P<what>.+)")
_PART: Final = re.compile(r"(?P<resource>\S+) for: (?P<containers>\S+)")
COUNTS_JOBS: Final = "count/jobs.batch"
COUNTS_PODS: Final = "count/pods"
"""Quotas that count ended objects too; pods, cpu and memory count those not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceeded:
    """What has no room in a quota, as quantities by resource."""

    quota: str
    requested: Mapping[str, str]
    limited: Mapping[str, str]

    def counts_kept(self) -> bool:
        """Whether it counts what is only kept: ended Jobs and their pods."""
        return not {COUNTS_JOBS, COUNTS_PODS}.isdisjoint(self.requested)

    def never_has_room(self) -> str | None:
        """A resource of which one task asks for more than the whole quota, if there is one."""
        for resource, text in self.requested.items():
            if quantity(text) > quantity(self.limited.get(resource, text)):
                return resource
        return None


def is_over_quota(message: str) -> bool:
    """Whether the refusal may pass by itself when others of the namespace end."""
    return _WORDS in message


def exceeded(message: str) -> Exceeded | None:
    """What the refusal says of a full quota; None if it is another refusal or other words."""
    found = _EXCEEDED.search(message)
    if found is None:
        return None
    try:
        asked, most = _amounts(found["requested"]), _amounts(found["limited"])
    except ValueError:
        return None
    return Exceeded(quota=found["quota"], requested=asked, limited=most)


def over_quota(message: str, patience: timedelta) -> str:
    """The cause of a task that waited in vain."""
    return f"no room within {patience.total_seconds():g} s: {message}; {_remedy(message)}"


def _remedy(message: str) -> str:
    found = exceeded(message)
    if found is None:
        return "raise the ResourceQuota, or delete what else it counts"
    name = f"ResourceQuota {found.quota!r}"
    if (resource := found.never_has_room()) is not None:
        return f"one task asks for more than {name} allows in all: raise its {resource}"
    kept = "; ended Jobs that asw only keeps went first" if found.counts_kept() else ""
    return (
        f"what runs, or is not asw's, takes up {name}{kept}: raise the ResourceQuota, delete what "
        "else it counts, or, if other tasks run, let fewer run at once "
        "(spec.maxActiveTasks of the Workflow)"
    )


def unspecified(message: str) -> str | None:
    """The cause for a task whose pod lacks amounts that a quota counts; None if it has them.

    This does not pass by itself: no pod of this Job will ever be accepted.
    """
    found = _UNSPECIFIED.search(message)
    parts = [] if found is None else list(_PART.finditer(found["what"]))
    if found is None or not parts:
        return None
    strange = {
        name for it in parts for name in it["containers"].strip(";").split(",") if name != CONTAINER
    }
    wanted = " and ".join(it["resource"] for it in parts)
    whose = f"container {min(strange)}, which was injected, names" if strange else "the task names"
    remedy = (
        "see who injects it"
        if strange
        else "set spec.resources of the Function, or spec.taskTemplate.resources of the Workflow"
    )
    return (
        f"ResourceQuota {found['quota']!r} counts {wanted}, and {whose} none: {remedy}, or give "
        "the namespace a LimitRange with defaults"
    )


def _amounts(text: str) -> dict[str, str]:
    """Amounts by resource. Raises ValueError if there are none."""
    found = dict(each.split("=", 1) for each in text.rstrip(",").split(","))
    for amount in found.values():
        quantity(amount)
    return found
