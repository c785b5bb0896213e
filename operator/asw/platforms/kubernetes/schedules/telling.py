"""What a Schedule is worth and how far it is, as its status says it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asw.api import names
from asw.api.instants import instant_text
from asw.api.schedule import ScheduleStatus
from asw.asl.values import from_text
from asw.platforms.kubernetes.cache.scheduled import Run
from asw.platforms.kubernetes.schedules.watched import Wants, Watched
from asw.platforms.kubernetes.storage.status import conditions_plain
from asw.platforms.kubernetes.workflows.judgements import (
    READY,
    Before,
    Judgement,
    conditions_after,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a status says besides the Schedule itself. ``grace``: how long others may take."""

    runs: Collection[Run]
    has_workflow: bool
    now: datetime
    grace: timedelta


def status_of(known: Watched, around: Surroundings) -> dict[str, Any]:
    """The status of the Schedule."""
    old = ScheduleStatus.model_validate(from_text(known.told))
    judgement = _judge(known, around)
    before = Before(known.generation, old.conditions)
    conditions = conditions_after(before, judgement, around.now, around.grace)
    wants = known.wants
    made: dict[str, Any] = {
        "observedGeneration": known.generation,
        "conditions": conditions_plain(conditions),
        "times": None if wants is None else wants.times,
        "nextScheduleTime": _text(next_of(known)),
        "lastScheduleTime": _text(known.last),
        "lastExecution": known.last_execution,
        "lastOutcome": known.last_outcome,
        "lastSuccessTime": _text(known.last_success),
        "active": len(around.runs),
        "waiting": sum(run.waits for run in around.runs),
        "missed": known.missed,
        "decidedUntil": _text(known.until),
        "suspended": known.was_suspended,
        "backfill": _backfill(known),
    }
    return {name: value for name, value in made.items() if value is not None}


def next_of(known: Watched) -> datetime | None:
    """The next instant for which a run is to be started; None if there is none."""
    wants = known.wants
    if wants is None or wants.is_suspended:
        return None
    return wants.table.after(known.until)


def _judge(known: Watched, around: Surroundings) -> Judgement:
    if known.wants is None:
        return Judgement(names.REASON_INVALID_SCHEDULE, known.mistakes)
    if known.trouble:
        return Judgement(names.REASON_CANNOT_START, known.trouble, may_pass=True)
    if not around.has_workflow:
        return Judgement(names.REASON_WORKFLOW_NOT_FOUND, _missing(known.wants), may_pass=True)
    return READY


def _missing(wants: Wants) -> str:
    return f"Workflow {wants.workflow!r} does not exist; runs wait for it for a while"


def _backfill(known: Watched) -> Mapping[str, Any] | None:
    progress = known.progress
    if progress is None or not progress.number:
        return None
    made = {
        "number": progress.number,
        "started": progress.started,
        "until": _text(progress.until),
        "completionTime": _text(known.completed_at),
    }
    return {name: value for name, value in made.items() if value is not None}


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)
