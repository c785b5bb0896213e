"""History events as they are stored and served: flat, payloads as JSON text (AWS: HistoryEvent).

The engine's details hold plain values. AWS shows payloads as JSON text, which also preserves them:
an API server would sort keys, write 1.0 as 1 and might drop nulls.
"""

from collections.abc import Callable, Mapping

from asw.api.instants import instant_text, parse_instant
from asw.asl.values import Json, JsonObject, from_text, to_text
from asw.engine.history import Event

PAYLOAD_FIELDS = frozenset({"input", "output", "parameters", "result"})
"""Details stored as JSON text; a string is quoted, so it reads back as a string."""
VARIABLES_FIELD = "assignedVariables"
"""AWS: an object of variables, the value of each as JSON text."""

_ENVELOPE = frozenset({"id", "previousEventId", "timestamp", "type"})


def event_to_line(event: Event, write: Callable[[Json], str] = to_text) -> dict[str, Json]:
    """The event as a flat object: id, previousEventId, timestamp, type and its details.

    ``write`` turns a payload into JSON text.
    """
    return {
        "id": event.id,
        "previousEventId": event.previous_event_id,
        "timestamp": instant_text(event.at),
        "type": event.type,
        **_details(event.details, write),
    }


def event_from_line(line: JsonObject) -> Event:
    """The inverse of ``event_to_line``. Raises KeyError or ValueError for anything else."""
    return Event(
        id=line["id"],
        previous_event_id=line["previousEventId"],
        type=line["type"],
        at=parse_instant(line["timestamp"]),
        details=_details(
            {key: value for key, value in line.items() if key not in _ENVELOPE}, from_text
        ),
    )


def _details(details: JsonObject, convert: Callable[[Json], Json]) -> dict[str, Json]:
    return {key: _converted(key, value, convert) for key, value in details.items()}


def _converted(key: str, value: Json, convert: Callable[[Json], Json]) -> Json:
    if key in PAYLOAD_FIELDS:
        return convert(value)
    if key == VARIABLES_FIELD and isinstance(value, Mapping):
        return {name: convert(each) for name, each in value.items()}
    return value
