"""What is worth a notice of a Schedule: what it started, missed, replaced and lacks. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from asw.api.schedule import ScheduleStatus
from asw.asl.values import from_text
from asw.platforms.kubernetes.client.resources import SCHEDULES
from asw.platforms.kubernetes.notices.notice import Notice, Subject
from asw.platforms.kubernetes.notices.occasions import unready
from asw.platforms.kubernetes.schedules.watched import Watched
from asw.schedules.backfill import Progress
from asw.schedules.due import Decision, Rules

STARTED: Final = "RunStarted"
REPLACED: Final = "RunsReplaced"
MISSED: Final = "InstantMissed"
BARRED: Final = "RunForbidden"
"""An instant came while another run was under way, and the concurrencyPolicy lets none start."""
BACKFILLED: Final = "Backfilled"


def started(known: Watched, run: str, *, waits: bool = False) -> Notice:
    """A run was created; one that ``waits`` goes on when those before it ended."""
    message = f"Execution {run}" + (" waits for the runs before it" if waits else "")
    return Notice(about=_about(known), reason=STARTED, message=message, is_routine=True)


def of_decision(known: Watched, rules: Rules, made: Decision) -> list[Notice]:
    """What is worth telling of a decision that was carried out, besides its starts.

    Messages are the same each time, so that what repeats is one Event with a count.
    """
    about, told = _about(known), list[Notice]()
    if made.replaces:
        message = "the runs before were stopped (concurrencyPolicy: Replace)"
        told.append(Notice(about=about, reason=REPLACED, message=message))
    if late := made.missed - made.barred:
        allowed = f"{rules.on_time.total_seconds():g} s"
        message = f"no run for {_instants(late)}, late by more than {allowed}"
        told.append(Notice(about=about, reason=MISSED, message=message, is_warning=True))
    if made.barred:
        message = f"no run for {_instants(made.barred)}: {_barrier(rules)}"
        told.append(Notice(about=about, reason=BARRED, message=message, is_warning=True))
    return told


def backfilled(known: Watched, progress: Progress) -> Notice:
    """An order to run instants of the past was carried out."""
    message = f"order {progress.number} is carried out, by {progress.started} runs"
    return Notice(about=_about(known), reason=BACKFILLED, message=message)


def of_status(known: Watched, before: str, after: Mapping[str, Any]) -> Sequence[Notice]:
    """What a status that was written is worth telling; the one before is JSON text."""
    if all(it["status"] != "False" for it in after["conditions"]):
        return ()
    was, now = map(ScheduleStatus.model_validate, (from_text(before), after))
    lacks = unready(was.conditions, now.conditions)
    if lacks is None:
        return ()
    about = _about(known)
    return (Notice(about=about, reason=lacks.reason, message=lacks.message, is_warning=True),)


def _about(known: Watched) -> Subject:
    return Subject(resource=SCHEDULES, namespace=known.namespace, name=known.name, uid=known.uid)


def _instants(count: int) -> str:
    return "an instant" if count == 1 else f"{count} instants"


def _barrier(rules: Rules) -> str:
    if rules.concurrency == "Queue":
        return f"{rules.limit} runs wait already (concurrencyPolicy: Queue)"
    if rules.concurrency == "Forbid":
        return "a run is under way (concurrencyPolicy: Forbid)"
    return "later ones came at once (concurrencyPolicy: Replace)"
