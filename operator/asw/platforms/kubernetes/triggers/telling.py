"""What a Trigger is worth and what it did: its status, and what is worth a notice. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from asw.api import names
from asw.api.instants import instant_text
from asw.api.trigger import TriggerStatus
from asw.asl.values import from_text
from asw.platforms.kubernetes.client.resources import TRIGGERS
from asw.platforms.kubernetes.notices.notice import Notice, Subject
from asw.platforms.kubernetes.notices.occasions import unready
from asw.platforms.kubernetes.storage.status import conditions_plain
from asw.platforms.kubernetes.triggers.watched import MOST_TRIGGERS, Watched
from asw.platforms.kubernetes.workflows.judgements import (
    READY,
    Before,
    Judgement,
    conditions_after,
)
from asw.triggers.ends import MOST_DEPTH

STARTED: Final = "RunStarted"
FAILED: Final = "EventFailed"
"""Filter or input failed on an event, which starts nothing."""
TOO_DEEP: Final = "ChainTooLong"
"""The event would continue a chain of Triggers that is as long as one may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a status says besides the Trigger itself. ``grace``: how long others may take."""

    has_workflow: bool
    now: datetime
    grace: timedelta


def status_of(known: Watched, around: Surroundings) -> dict[str, Any]:
    """The status of the Trigger."""
    old = TriggerStatus.model_validate(from_text(known.told))
    before = Before(known.generation, old.conditions)
    judgement = _judge(known, around)
    conditions = conditions_after(before, judgement, around.now, around.grace)
    made: dict[str, Any] = {
        "observedGeneration": known.generation,
        "conditions": conditions_plain(conditions),
        "source": None if known.wants is None else known.wants.source,
        "lastEventTime": _text(known.last_event),
        "lastExecution": known.last_execution,
        "started": known.started,
        "filtered": known.filtered,
        "failed": known.failed,
        "lastFailure": known.last_failure,
        "since": _text(known.since),
        "handledUntil": _text(known.until),
        "suspended": known.was_suspended,
    }
    return {name: value for name, value in made.items() if value is not None}


def of_status(known: Watched, before: str, after: Mapping[str, Any]) -> Sequence[Notice]:
    """What a status that was written is worth telling; the one before is JSON text."""
    was, now = map(TriggerStatus.model_validate, (from_text(before), after))
    lacks = unready(was.conditions, now.conditions)
    return () if lacks is None else (_warning(known, lacks.reason, lacks.message),)


def started(known: Watched, run: str) -> Notice:
    """A run was created."""
    message = f"Execution {run}"
    return Notice(about=_about(known), reason=STARTED, message=message, is_routine=True)


def failed(known: Watched, problem: str) -> Notice:
    """Filter or input failed on an event. Payloads stay out: the status has the sentence."""
    place = problem.partition(":")[0] if problem.startswith("spec.") else "spec.input"
    message = f"{place} failed on an event, which starts nothing (status.lastFailure tells more)"
    return _warning(known, FAILED, message)


def too_deep(known: Watched) -> Notice:
    """An event continues a chain that has come to its end."""
    message = f"an event at the end of {MOST_DEPTH} Triggers in a row starts nothing"
    return _warning(known, TOO_DEEP, message)


def _judge(known: Watched, around: Surroundings) -> Judgement:
    if known.wants is None or known.mistakes:
        return Judgement(names.REASON_INVALID_TRIGGER, known.mistakes)
    if known.is_spare:
        message = f"its namespace has {MOST_TRIGGERS} Triggers, and no more have effects"
        return Judgement(names.REASON_TOO_MANY, message, may_pass=True)
    if known.trouble:
        return Judgement(names.REASON_CANNOT_START, known.trouble, may_pass=True)
    if not around.has_workflow:
        message = f"Workflow {known.wants.workflow!r} does not exist; runs wait for it for a while"
        return Judgement(names.REASON_WORKFLOW_NOT_FOUND, message, may_pass=True)
    return READY


def _warning(known: Watched, reason: str, message: str) -> Notice:
    return Notice(about=_about(known), reason=reason, message=message, is_warning=True)


def _about(known: Watched) -> Subject:
    return Subject(resource=TRIGGERS, namespace=known.namespace, name=known.name, uid=known.uid)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)
