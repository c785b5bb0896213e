"""A Schedule as the operator keeps it: small, for there may be ten thousand.

Its object is read once for each generation. A long input is not kept, but read when it is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from asw.api.conditions import mistakes_of
from asw.api.instants import parse_instant
from asw.api.objects import InvalidObject
from asw.api.schedule import Schedule, ScheduleStatus
from asw.asl.values import ABSENT, Absent, to_text
from asw.platforms.kubernetes.tasks.propagation import NOTHING, Propagated, propagated
from asw.schedules.backfill import Order, Progress, progress_of
from asw.schedules.due import Rules, offset
from asw.schedules.timetable import Timetable

KEPT_INPUT: Final = 1024
"""Characters of an input that is kept; a longer one is read again for each run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What the spec of a Schedule says.

    ``input`` is a template as text: ABSENT if there is none, None if it is too long to keep.
    """

    table: Timetable
    rules: Rules
    offset: timedelta
    workflow: str
    revision: str | None
    input: str | Absent | None
    is_suspended: bool
    order: Order | None
    times: str
    propagated: Propagated = NOTHING


@dataclass(slots=True, kw_only=True)
class Watched:
    """A Schedule, and how far it is. ``wants`` is None if its spec cannot be read: ``mistakes``.

    ``told`` is the status as it was last read or written, as JSON text.
    """

    namespace: str
    name: str
    uid: str
    version: str
    generation: int
    wants: Wants | None
    until: datetime
    mistakes: str = ""
    last: datetime | None = None
    last_execution: str | None = None
    last_outcome: str | None = None
    last_success: datetime | None = None
    outcome_of: datetime | None = None
    missed: int = 0
    progress: Progress | None = None
    completed_at: datetime | None = None
    was_suspended: bool = False
    trouble: str = ""
    """Why the last run could not be created; it is tried again."""
    retry_at: datetime | None = None
    """Before this nothing is tried again."""
    told: str = "{}"

    def follow(self, wants: Wants, now: datetime, known_times: str | None) -> None:
        """From now on want this. What another timetable, or a pause, left undone stays so.

        ``known_times`` are those of before: empty if they could not be read, None if nobody looked.
        """
        is_other = known_times is not None and known_times != wants.times
        if is_other or (self.was_suspended and not wants.is_suspended):
            self.until = max(self.until, now)
        self.was_suspended = wants.is_suspended
        self.wants = wants
        self.mistakes = ""
        if wants.order is not None:
            before, self.progress = self.progress, progress_of(wants.order, self.progress)
            if before is not self.progress:
                self.completed_at = None

    def ended(self, instant: datetime, phase: str) -> None:
        """A run for that instant is over."""
        if self.outcome_of is None or instant >= self.outcome_of:
            self.outcome_of, self.last_outcome = instant, phase
        if phase == "Succeeded" and (self.last_success is None or instant > self.last_success):
            self.last_success = instant


def watched(item: Mapping[str, Any], prefixes: tuple[str, ...], now: datetime) -> Watched:
    """The Schedule as its object shows it: what it wants, and how far it was."""
    metadata, status = item["metadata"], _status(item)
    created_at = parse_instant(metadata["creationTimestamp"])
    backfill = status.backfill
    made = Watched(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        version=metadata.get("resourceVersion", ""),
        generation=metadata.get("generation", 0),
        wants=None,
        until=created_at if status.decided_until is None else status.decided_until,
        last=status.last_schedule_time,
        last_execution=status.last_execution,
        last_outcome=status.last_outcome,
        last_success=status.last_success_time,
        missed=status.missed,
        progress=None if backfill is None else backfill.progress,
        completed_at=None if backfill is None else backfill.completion_time,
        was_suspended=status.suspended,
        told=to_text(dict(item.get("status", {}))),
    )
    is_new = status.observed_generation < 0
    read(made, item, prefixes, now, None if is_new else status.times or "")
    return made


def read(
    made: Watched,
    item: Mapping[str, Any],
    prefixes: tuple[str, ...],
    now: datetime,
    known_times: str | None,
) -> None:
    """Take the spec of the object; one that bypassed its schema is remembered as such."""
    made.generation = item["metadata"].get("generation", 0)
    try:
        wants = wants_of(Schedule.parse(dict(item)), item, prefixes)
    except InvalidObject as error:
        made.wants = None
        made.mistakes = mistakes_of(error)
        return
    made.follow(wants, now, known_times)


def wants_of(schedule: Schedule, item: Mapping[str, Any], prefixes: tuple[str, ...]) -> Wants:
    """What the Schedule wants."""
    spec, metadata = schedule.spec, schedule.metadata
    assert metadata.creation_timestamp is not None, "the API server sets it"
    return Wants(
        table=spec.timetable(metadata.creation_timestamp),
        rules=spec.rules,
        offset=offset(metadata.uid, timedelta(seconds=spec.jitter_seconds)),
        workflow=spec.workflow_ref.name,
        revision=spec.workflow_ref.revision,
        input=_kept(item["spec"]),
        is_suspended=spec.suspend,
        order=None if spec.backfill is None else spec.backfill.order,
        times=spec.times,
        propagated=propagated(item["metadata"], prefixes),
    )


def _status(item: Mapping[str, Any]) -> ScheduleStatus:
    """Its status; one that somebody else broke counts for nothing."""
    try:
        return ScheduleStatus.model_validate(item.get("status", {}))
    except ValidationError:
        return ScheduleStatus()


def _kept(spec: Mapping[str, Any]) -> str | Absent | None:
    if "input" not in spec:
        return ABSENT
    text = to_text(spec["input"])
    return text if len(text) <= KEPT_INPUT else None
