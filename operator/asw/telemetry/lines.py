"""What is delivered of an execution's history: AWS's lines, by level. Pure.

AWS: "Using CloudWatch Logs to log execution history in Step Functions", log levels and payloads.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from asw.api.history import PAYLOAD_FIELDS, VARIABLES_FIELD, event_to_line
from asw.api.workflow import Logging
from asw.asl.values import Json
from asw.engine.history import Event

Severity: TypeAlias = Literal["ALL", "ERROR", "FATAL"]
"""The most discreet level at which an event is delivered."""
LINE_LIMIT: Final = 248 * 1024
"""AWS: so many bytes of one payload are delivered, the rest is cut off."""

_FATAL: Final = frozenset({"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"})
_ERRORS: Final = ("Failed", "TimedOut", "Aborted")
_REACHES: Final = {
    "ALL": ("ALL", "ERROR", "FATAL"),
    "ERROR": ("ERROR", "FATAL"),
    "FATAL": ("FATAL",),
}
_WITH_DETAILS: Final = ("input", "output")
_DATA: Final = PAYLOAD_FIELDS | {VARIABLES_FIELD, "cause"}
"""Details that hold, or may hold, what users process: causes often quote it."""
_ENVELOPE: Final = ("id", "type", "previousEventId", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Which execution a line is about; ``execution`` and ``workflow`` are names of objects."""

    namespace: str
    execution: str
    workflow: str
    arn: str
    redrive_count: int


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it is delivered."""

    event: Event
    severity: Severity
    about: About
    details: dict[str, Json]

    def as_json(self) -> dict[str, Json]:
        """AWS's fields, all of them texts, and the names of the objects."""
        return {
            "id": str(self.event.id),
            "type": self.event.type,
            "details": self.details,
            "redrive_count": str(self.about.redrive_count),
            "previous_event_id": str(self.event.previous_event_id),
            "event_timestamp": str(milliseconds(self.event)),
            "execution_arn": self.about.arn,
            "namespace": self.about.namespace,
            "workflow": self.about.workflow,
            "execution": self.about.execution,
        }


def milliseconds(event: Event) -> int:
    """When it happened, since 1970."""
    return round(event.at.timestamp() * 1000)


def severity_of(event_type: str) -> Severity:
    """At which levels AWS delivers events of this type."""
    if event_type in _FATAL:
        return "FATAL"
    if event_type == "FailStateEntered" or event_type.endswith(_ERRORS):
        return "ERROR"
    return "ALL"


def lines_of(events: Iterable[Event], logging: Logging, about: About) -> Iterator[Line]:
    """What the Workflow wants delivered of these events."""
    reached = _REACHES.get(logging.level, ())
    for event in events:
        severity = severity_of(event.type)
        if severity in reached:
            details = _details(event, has_data=logging.include_execution_data)
            yield Line(event, severity, about, details)


def _details(event: Event, *, has_data: bool) -> dict[str, Json]:
    if not has_data:
        return {name: value for name, value in event.details.items() if name not in _DATA}
    found: dict[str, Json] = {}
    for name, whole in event_to_line(event).items():
        if name in _ENVELOPE:
            continue
        found[name], is_cut = _cut(name, whole)
        if name in _WITH_DETAILS:
            found[f"{name}Details"] = {"truncated": is_cut}
    return found


def _cut(name: str, value: Json) -> tuple[Json, bool]:
    """The value within the limit, and whether something is missing."""
    if isinstance(value, str):
        if len(value) <= LINE_LIMIT // 4:
            return value, False
        data = value.encode(errors="replace")
        is_long = len(data) > LINE_LIMIT
        return (data[:LINE_LIMIT].decode(errors="ignore"), True) if is_long else (value, False)
    if name == VARIABLES_FIELD and isinstance(value, dict):
        found: dict[str, Json] = {}
        left = LINE_LIMIT
        for key, text in value.items():
            left -= len(key) + len(str(text).encode(errors="replace"))
            if left < 0:
                return found, True
            found[key] = text
        return found, False
    return value, False
