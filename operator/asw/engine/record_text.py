"""The Record as text: versioned, opaque to all others, exact for every JSON value.

``to_plain`` makes a tree of JSON values in which fields at their defaults are left out and instants
are RFC 3339; ``from_plain`` is its inverse. Stores that keep large values apart work on the plain
tree: ``PAYLOAD_FIELDS`` lists the keys that hold users' values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from datetime import datetime
from functools import partial
from typing import Any

from asw.asl.errors import TASK_LOST, Failure
from asw.asl.resources import (
    ActivityInvocation,
    FunctionInvocation,
    Invocation,
    ServiceInvocation,
)
from asw.asl.values import Json, from_text, to_text
from asw.engine.outputs import Outputs
from asw.engine.record import (
    Entering,
    Failed,
    Frame,
    Header,
    MapRun,
    OnBranches,
    OnIterations,
    OnMapRun,
    OnReading,
    OnRetry,
    OnTask,
    OnTimer,
    OnWriting,
    Outcome,
    Ranges,
    Record,
    Tolerance,
)

RECORD_VERSION = 2

PAYLOAD_FIELDS = frozenset(
    {"answer", "input", "payload", "output", "outputs", "items", "parameters", "variables"}
)
"""Keys of the plain tree that hold users' values; ``outputs`` maps indexes to values, ``variables``
names."""

OUTPUTS_FIELDS = ("outputs", "failures")
"""Keys that hold ``Outputs``; no index is in both."""

_RANGED = frozenset({"open_children", "cancelling_children"})
"""Keys with many numbers, most of them consecutive."""

_TAGGED: dict[str, type[Any]] = {
    "entering": Entering,
    "task": OnTask,
    "timer": OnTimer,
    "retry": OnRetry,
    "branches": OnBranches,
    "iterations": OnIterations,
    "reading": OnReading,
    "map run": OnMapRun,
    "writing": OnWriting,
    "failed": Failed,
}
_TAG_OF = {cls: tag for tag, cls in _TAGGED.items()}


class UnreadableRecord(Exception):
    """The text is not a record of a version that this engine can read."""


def to_plain(record: Record) -> dict[str, Json]:
    """The record as a tree of JSON values; users' values are shared, not copied."""
    return _to_plain(record, lambda item: {str(index): value for index, value in item.items()})


def to_plain_with_outputs(record: Record) -> dict[str, Any]:
    """The same, but with each ``Outputs`` as it is, so a large one costs nothing."""
    return _to_plain(record, lambda item: item)


def _to_plain(record: Record, outputs: Callable[[Outputs], Any]) -> dict[str, Any]:
    plain = _plain_fields(record, outputs)
    plain["version"] = RECORD_VERSION
    plain["frames"] = [_plain_frame(frame, outputs) for frame in record.frames.values()]
    return plain


def from_plain(plain: Mapping[str, Json]) -> Record:
    """The inverse of ``to_plain``. Raises UnreadableRecord."""
    if plain.get("version") != RECORD_VERSION:
        raise UnreadableRecord(
            f"record version {plain.get('version')!r}; this engine reads version {RECORD_VERSION}"
        )
    try:
        frames = [_frame(item) for item in plain["frames"]]
        rest = {key: value for key, value in plain.items() if key not in ("version", "frames")}
        record: Record = _build(Record, {**rest, "frames": {frame.id: frame for frame in frames}})
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableRecord(f"not a record: {error!r}") from error
    return record


def to_record_text(record: Record) -> str:
    """The record as one JSON text."""
    return to_text(to_plain(record))


def from_record_text(text: str) -> Record:
    """The inverse of ``to_record_text``. Raises UnreadableRecord."""
    try:
        plain = from_text(text)
    except ValueError as error:
        raise UnreadableRecord(f"not JSON: {error}") from error
    return from_plain(plain)


def _plain_frame(frame: Frame, outputs: Callable[[Outputs], Any]) -> dict[str, Any]:
    plain = _plain_fields(frame, outputs)
    waiting = _plain_fields(frame.waiting, outputs)
    plain["waiting"] = {"on": _TAG_OF[type(frame.waiting)], **waiting}
    return plain


def _plain_fields(
    value: Any, outputs: Callable[[Outputs], Any] = lambda item: item
) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for spec in fields(value):
        item = getattr(value, spec.name)
        if spec.name in ("frames", "waiting") or _is_default(spec, item):
            continue
        is_many = isinstance(item, Outputs)
        plain[spec.name] = outputs(item) if is_many else _plain_value(spec.name, item)
    return plain


def _is_default(spec: "Field[Any]", item: Any) -> bool:
    if spec.default is not MISSING:
        return type(item) is type(spec.default) and bool(item == spec.default)
    return spec.default_factory is not MISSING and not item


def _plain_value(name: str, item: Any) -> Json:
    if name in _RANGED:
        return to_ranges(item)
    if name in PAYLOAD_FIELDS:
        return item
    if isinstance(item, datetime):
        return item.isoformat()
    if isinstance(item, tuple):
        return list(item)
    if isinstance(item, Header | Outcome | Failure | Invocation | MapRun | Tolerance):
        return _plain_fields(item)
    return item


def _frame(plain: Mapping[str, Json]) -> Frame:
    waiting = dict(plain["waiting"])
    built = _build(_TAGGED[waiting.pop("on")], waiting)
    frame: Frame = _build(Frame, {**plain, "waiting": built})
    return frame


def _build(cls: type[Any], plain: Mapping[str, Json]) -> Any:
    return cls(**{name: _field_value(name, item) for name, item in plain.items()})


def _field_value(name: str, item: Json) -> Any:
    reader = _READERS.get(name)
    return item if reader is None else reader(item)


def _ranges(item: Json) -> Ranges:
    return tuple(map(tuple, item))


def _outputs(item: Json) -> Outputs:
    return Outputs({int(index): value for index, value in item.items()})


def to_ranges(numbers: Sequence[int]) -> str:
    """The numbers as text, consecutive ones by their first and last: ``0-41,44``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def from_ranges(text: Json) -> tuple[int, ...]:
    """The inverse of ``to_ranges``; old records hold a list."""
    if not isinstance(text, str):
        return tuple(text)
    ends = [each.partition("-")[::2] for each in text.split(",") if each]
    return tuple(n for first, last in ends for n in range(int(first), int(last or first) + 1))


def _invocation(item: Json) -> Invocation:
    kinds = {"service": ServiceInvocation, "activity": ActivityInvocation}
    kind = next((kinds[name] for name in kinds if name in item), FunctionInvocation)
    called: Invocation = _build(kind, item)
    return called


def _free_retries(item: Json) -> Mapping[str, int]:
    """Counts per kind of loss; old records knew one kind and hold a number."""
    return {TASK_LOST: item} if isinstance(item, int) else item


_READERS: Mapping[str, Callable[[Json], Any]] = {
    "outputs": _outputs,
    "failures": _outputs,
    "map_run": partial(_build, MapRun),
    "tolerance": partial(_build, Tolerance),
    "open_children": from_ranges,
    "again": tuple,
    "restarts": _ranges,
    "moved": _ranges,
    "cancelling_children": from_ranges,
    "at": datetime.fromisoformat,
    "until": datetime.fromisoformat,
    "entered_at": datetime.fromisoformat,
    "timeout_at": datetime.fromisoformat,
    "held_at": datetime.fromisoformat,
    "started_at": datetime.fromisoformat,
    "scheduled_at": datetime.fromisoformat,
    "heartbeat_at": datetime.fromisoformat,
    "attempts": tuple,
    "free_retries": _free_retries,
    "cancelling": tuple,
    "header": partial(_build, Header),
    "outcome": partial(_build, Outcome),
    "failure": partial(_build, Failure),
    "invocation": _invocation,
}
