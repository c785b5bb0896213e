"""What the archive finds a run by: a row, made of a finished Execution. Pure.

Inputs, labels and error names are of tenants. A row of theirs must neither be large nor refused by
the database, which would keep all others of its batch from the archive too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from asw.api.instants import parse_instant
from asw.api.names import GROUP
from asw.asl.values import Json
from asw.executions.run import Run

MOST_FIELDS: Final = 64
"""Fields of an input that it is found by: the first ones, in the order they were written."""
MOST_LABELS: Final = 64
"""Labels that it is found by: ours, then the first ones. Kubernetes has no limit of its own."""
LONGEST_NAME: Final = 256
"""Characters of a field's name; fields with longer ones are not found."""
LONGEST_VALUE: Final = 256
"""Characters of a value; runs are found by no value that is longer."""
DEEPEST: Final = 4
"""Levels of the input in which fields are looked for."""
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedRun:
    """A run as lists show it. Instants are milliseconds since 1970.

    ``epoch`` counts its redrives: of two rows of a uid the one of the higher epoch is newer.
    ``fields`` holds scalars of the input as text by their path, such as ``order.id``. A private run
    has none: whoever may list runs, but not read Payloads, could find its values by trying.
    """

    uid: str
    namespace: str
    name: str
    workflow: str
    phase: str
    error: str | None
    started_at: int | None
    ended_at: int
    epoch: int
    labels: Mapping[str, str]
    fields: Mapping[str, str]
    is_private: bool = False


def row_of(run: Run, run_input: Json) -> ArchivedRun:
    """The row of a run that is over, with the input that it ran on. Raises ValueError if not."""
    ended_at = _millis(run.status.get("completionTime"))
    if not run.is_over or ended_at is None:
        raise ValueError(f"{run.namespace}/{run.name} is not over")
    error = run.status.get("error")
    is_private = run.status.get("payloads") == "Private"
    return ArchivedRun(
        uid=run.uid,
        namespace=run.namespace,
        name=run.name,
        workflow=run.workflow,
        phase=run.phase,
        error=None if error is None else storable(str(error))[:LONGEST_VALUE],
        started_at=_millis(run.status.get("startTime")),
        ended_at=ended_at,
        epoch=run.redrive_count,
        labels=labels_of(run.labels),
        fields={} if is_private else fields_of(run_input),
        is_private=is_private,
    )


def labels_of(labels: Mapping[str, str]) -> dict[str, str]:
    """As many of the labels as a row has, ours among them."""
    ours_first = sorted(labels.items(), key=lambda it: not it[0].startswith(f"{GROUP}/"))
    return dict(islice(ours_first, MOST_LABELS))


def fields_of(value: Json) -> dict[str, str]:
    """Scalars in objects of the value by their paths, as text. Arrays are not looked into."""
    found: dict[str, str] = {}
    for path, text in _scalars(value, "", 1):
        found[path] = text
        if len(found) == MOST_FIELDS:
            break
    return found


def _scalars(value: Json, above: str, level: int) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict) or level > DEEPEST:
        return
    for key, inner in value.items():
        path = storable(f"{above}{key}")
        if len(path) > LONGEST_NAME:
            continue
        if isinstance(inner, dict):
            yield from _scalars(inner, f"{path}.", level + 1)
        elif (text := _text(inner)) is not None and len(text) <= LONGEST_VALUE:
            yield path, text


def _text(value: Json) -> str | None:
    """A scalar as JSON writes it, without quotes; None for what is not searched by."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return storable(value)
        case int() | float():
            return _number(value)
    return None


def _number(value: float) -> str | None:
    """A number as text; whole ones alike, however they were written. None if it is too long."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value) if value.bit_length() < LONGEST_VALUE else None


def storable(text: str) -> str:
    """The text without what JSON may hold and databases refuse: NUL and lone surrogates."""
    return "".join(_REPLACEMENT if it == "\0" or "\ud800" <= it <= "\udfff" else it for it in text)


def _millis(instant: str | None) -> int | None:
    return None if instant is None else round(parse_instant(instant).timestamp() * 1000)
