"""The outcome that a task reports, by push or by its result file: one check for both.

``{"output": any}`` or ``{"error": text, "cause": text}``. Pure.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asw.asl.errors import EVENT_LOST, RESULT_LOST
from asw.asl.values import Json, to_text
from asw.engine.facts import TaskFailed, TaskSucceeded, TaskVanished
from asw.engine.task_ids import TaskId

ERROR_LIMIT = 256
CAUSE_LIMIT = 32_768

_UNDELIVERED: Final = frozenset({EVENT_LOST, RESULT_LOST})
"""Errors by which our runtimes say that they did not reach the result server: not the fault of
whoever wrote the function."""


class InvalidOutcome(ValueError):
    """The value is not an outcome; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``output`` counts where ``error`` is None."""

    output: Json = None
    error: str | None = None
    cause: str | None = None


def outcome_of(value: Json) -> Outcome:
    """The outcome in the value. Raises InvalidOutcome."""
    if not isinstance(value, dict):
        raise InvalidOutcome("an outcome is a JSON object")
    if "error" in value:
        return _failure(value)
    if "output" not in value:
        raise InvalidOutcome('an outcome has "output" or "error"')
    _require_utf8(value["output"])
    return Outcome(output=value["output"])


def end_of(
    task_id: TaskId, outcome: Outcome, at: datetime, *, started_at: datetime | None = None
) -> TaskSucceeded | TaskFailed | TaskVanished:
    """The fact that a task with this outcome has ended."""
    error, cause = outcome.error, outcome.cause
    if error is None:
        return TaskSucceeded(task_id=task_id, at=at, output=outcome.output, started_at=started_at)
    if error in _UNDELIVERED:
        return TaskVanished(task_id=task_id, at=at, error=error, reason=cause or "")
    return TaskFailed(task_id=task_id, at=at, error=error, cause=cause, started_at=started_at)


def _failure(value: dict[str, Json]) -> Outcome:
    error, cause = value["error"], value.get("cause")
    if not isinstance(error, str) or not error:
        raise InvalidOutcome('"error" is a text of 1 to 256 characters')
    if cause is not None and not isinstance(cause, str):
        raise InvalidOutcome('"cause" is a text')
    _require_utf8([error, cause])
    return Outcome(error=error[:ERROR_LIMIT], cause=None if cause is None else cause[:CAUSE_LIMIT])


def _require_utf8(value: Json) -> None:
    """Refuse half of a surrogate pair: JSON can spell it, but nothing can store it."""
    try:
        to_text(value).encode()
    except UnicodeEncodeError as error:
        raise InvalidOutcome(f"not UTF-8: {error.reason}") from error
