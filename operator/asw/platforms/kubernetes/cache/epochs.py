"""Which end of an Execution counts: a redrive opens a new epoch, and watches lag behind. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from asw.api.instants import parse_instant
from asw.api.names import CONDITION_REDRIVEN
from asw.api.phases import FINAL_PHASES

Object = Mapping[str, Any]


class EpochSource(Protocol):
    """What is known of an Execution by now."""

    is_finished: bool
    redrive_count: int
    ended_at: datetime | None


def end(status: Object, known: EpochSource | None) -> tuple[bool, int]:
    """Whether an Execution that shows this status is over, and after how many redrives.

    What was saved here may be newer than what a watch shows. Within one epoch the end counts; of
    two epochs the later one.
    """
    is_finished = status.get("phase") in FINAL_PHASES
    redrive_count = int(status.get("redriveCount", 0))
    if known is None or redrive_count > known.redrive_count:
        return is_finished, redrive_count
    if redrive_count < known.redrive_count:
        return known.is_finished, known.redrive_count
    return is_finished or known.is_finished, redrive_count


def ended_at(status: Object, known: EpochSource | None) -> datetime | None:
    """When an Execution ended that is over; None if its status does not say so legibly."""
    if status.get("phase") not in FINAL_PHASES:
        return None if known is None else known.ended_at
    try:
        return parse_instant(status["completionTime"])
    except (KeyError, TypeError, ValueError):
        return None


def is_redrive_due(item: Object, redrive_count: int) -> bool:
    """Whether a redrive was requested that was neither carried out nor refused."""
    number = (item["spec"].get("redrive") or {}).get("number", 0)
    if number <= redrive_count:
        return False
    generation, status = item["metadata"].get("generation"), item.get("status", {})
    return not any(
        each["type"] == CONDITION_REDRIVEN
        and each["status"] == "False"
        and each.get("observedGeneration") == generation
        for each in status.get("conditions", ())
    )
