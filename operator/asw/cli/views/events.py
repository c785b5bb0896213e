"""Chooses events of an execution, and puts them into AWS's shape. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from asw.api.history import event_to_line
from asw.asl.values import Json
from asw.engine.history import Event
from asw.executions.progress import Reading

_ENVELOPE = ("timestamp", "type", "id", "previousEventId")
_STATE_EVENTS = ("StateEntered", "StateExited")
_PAYLOADS = ("input", "output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which events are wanted: those that meet all conditions.

    ``types`` are names or patterns such as ``*Failed``, capitals aside; ``states`` names. Events
    after the one of id ``since``, the newest first where ``is_reverse``; of those in that order
    the first ``limit``, as AWS's maxResults.
    """

    types: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: int = 0
    limit: int | None = None
    is_reverse: bool = False

    def of(self, events: Sequence[Event], reading: Reading) -> list[Event]:
        """The events that are wanted, in the order that is wanted."""
        chosen = [
            event
            for event in events
            if event.id > self.since
            and (not self.types or any(_is_of(event.type, wanted) for wanted in self.types))
            and (not self.states or reading.states.get(event.id) in self.states)
        ]
        return (chosen[::-1] if self.is_reverse else chosen)[: self.limit]


def _is_of(event_type: str, wanted: str) -> bool:
    return fnmatchcase(event_type.casefold(), wanted.casefold())


def aws_history(events: Sequence[Event]) -> Json:
    """As AWS answers GetExecutionHistory: payloads are JSON text, details under their own name."""
    return {"events": [_aws_event(event) for event in events]}


def _aws_event(event: Event) -> dict[str, Json]:
    line = event_to_line(event)
    plain: dict[str, Json] = {key: line.pop(key) for key in _ENVELOPE}
    details = _with_truncation(line)
    if details:
        plain[details_field(event.type)] = details
    return plain


def details_field(event_type: str) -> str:
    """Name of the member that holds an event's details; all kinds of states share two.

    AWS: HistoryEvent.
    """
    for ending in _STATE_EVENTS:
        if event_type.endswith(ending):
            event_type = ending
    return f"{event_type[0].lower()}{event_type[1:]}EventDetails"


def _with_truncation(details: Mapping[str, Json]) -> dict[str, Json]:
    """AWS says whether each payload was cut; here none is."""
    whole = dict(details)
    for name in _PAYLOADS:
        if name in details:
            whole[f"{name}Details"] = {"truncated": False}
    if "assignedVariables" in details:
        whole["assignedVariablesDetails"] = {"truncated": False}
    return whole
