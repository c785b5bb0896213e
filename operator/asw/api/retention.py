"""How long runs that have ended are kept: one rule, for clusters and for one machine. Pure.

Who says nothing keeps those that succeeded for a week, and the others for a month, in which they
can be redriven; and never more than a hundred of each kind, so that a busy Workflow fills no store.
With an archive it is an hour, or ten, and two weeks.
"""

from collections.abc import Mapping
from math import inf
from typing import Final

from asw.api.workflow import OutcomeRetention, Retention

DAY: Final = 86_400
_SUCCEEDED: Final = OutcomeRetention(ttl_seconds=7 * DAY, limit=100)
_UNSUCCESSFUL: Final = OutcomeRetention(ttl_seconds=30 * DAY, limit=100)

DEFAULT_RETENTION: Final = Retention(
    succeeded=_SUCCEEDED, failed=_UNSUCCESSFUL, timed_out=_UNSUCCESSFUL, aborted=_UNSUCCESSFUL
)
"""Unless somebody says otherwise."""
_ARCHIVED: Final = OutcomeRetention(ttl_seconds=3600, limit=10)
_TO_REDRIVE: Final = OutcomeRetention(ttl_seconds=14 * DAY, limit=100)

ARCHIVED_RETENTION: Final = Retention(
    succeeded=_ARCHIVED, failed=_TO_REDRIVE, timed_out=_TO_REDRIVE, aborted=_TO_REDRIVE
)
"""The same with an archive: what succeeded is read there, what did not can be redriven."""
FOR_EVER: Final = Retention()
"""Nothing is ever deleted."""

FIELD_OF: Final[Mapping[str, str]] = {
    "Succeeded": "succeeded",
    "Failed": "failed",
    "TimedOut": "timed_out",
    "Aborted": "aborted",
}
"""The field of Retention for runs that ended in this phase."""


def rule_of(phase: str, own: Retention | None, defaults: Retention) -> OutcomeRetention:
    """How long such runs of a Workflow are kept, which says all of an outcome or nothing.

    If it took one bound from elsewhere, "a year" would mean a year or a hundred of them.
    """
    name = FIELD_OF[phase]
    special: OutcomeRetention | None = None if own is None else getattr(own, name)
    if special is not None and special != OutcomeRetention():
        return special
    return getattr(defaults, name) or OutcomeRetention()


def due_at(rule: OutcomeRetention, ended_at: float, count: int) -> float:
    """From when on the oldest of so many runs is to be deleted; infinity if it is not."""
    if rule.limit is not None and count > rule.limit:
        return ended_at
    return inf if rule.ttl_seconds is None else ended_at + rule.ttl_seconds
