"""Tables of objects as kubectl prints them: plain columns, names never cut. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from rich.cells import cell_len, set_cell_size

from asw.api.instants import parse_instant
from asw.asl.values import JsonObject, to_text
from asw.draw.boxes import shorten
from asw.executions.run import Run
from asw.messages.spans import span_text

GAP = 3
NARROW_CELLS = 40
"""Width of a list of states in a table that is not wide."""
OUTPUT_CELLS = 60

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}
_AGES: Final = (
    (120, "s", ""),
    (600, "m", "s"),
    (3 * 3600, "m", ""),
    (8 * 3600, "h", "m"),
    (48 * 3600, "h", ""),
    (8 * 86400, "d", "h"),
    (2 * 365 * 86400, "d", ""),
    (8 * 365 * 86400, "y", "d"),
)
"""Kubernetes: ages below this many seconds have this unit, and this smaller one."""

PHASE_STYLES: Final[Mapping[str, str]] = {
    "Succeeded": "green",
    "Running": "cyan",
    "Failed": "red",
    "TimedOut": "red",
    "Aborted": "yellow",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and the colour that it has where colours are shown."""

    text: str
    colour: str | None = None


Row = Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Which columns a table has: more of them, and the namespace, only on request."""

    is_wide: bool = False
    has_namespace: bool = False
    has_head: bool = True


def runs_table(runs: Sequence[Run], look: Look, now: datetime) -> tuple[list[str], list[Row]]:
    """Head and rows of executions."""
    head = ["NAME", "WORKFLOW", "PHASE", "STATES", "AGE", "DURATION"]
    wide = ["STARTED", "REDRIVES", "ERROR", "OUTPUT"] if look.is_wide else []
    rows = [_run_row(run, look, now) for run in runs]
    return with_namespaces([*head, *wide], rows, [run.manifest for run in runs], look)


class MoreCells(Protocol):
    """Further columns of a wide table."""

    head: Sequence[str]

    def cells(self, item: JsonObject, now: datetime) -> list[Cell]:
        """Those of one object."""


def objects_table(
    kind: str,
    items: Sequence[JsonObject],
    look: Look,
    now: datetime,
    more: MoreCells | None = None,
) -> tuple[list[str], list[Row]]:
    """Head and rows of Workflows, Functions or Connections."""
    row, columns = _ROWS[kind]
    head = [*columns]
    rows = [[*map(Cell, row(item)), Cell(_age_of(item, now))] for item in items]
    if more is not None:
        head += more.head
        rows = [[*cells, *more.cells(item, now)] for cells, item in zip(rows, items, strict=True)]
    return with_namespaces(head, rows, items, look)


def aligned(head: Sequence[str], rows: Sequence[Row], look: Look) -> list[list[Cell]]:
    """Lines of cells as wide as their columns; the last cell of a line is as long as its text."""
    lines = [[Cell(name) for name in head]] if look.has_head else []
    lines += [list(row) for row in rows]
    widths = [max(map(cell_len, (cell.text for cell in column))) for column in zip(*lines)]  # noqa: B905 -- all are equally long
    return [padded(line, widths) for line in lines]


def widths_of(head: Sequence[str], rows: Sequence[Row]) -> list[int]:
    """Cells that each column takes: for tables that grow line by line."""
    lines = [list(map(Cell, head)), *rows]
    return [max(cell_len(line[at].text) for line in lines) for at in range(len(head))]


def age_text(age: timedelta) -> str:
    """The age as kubectl has it: one unit, two while the first is small."""
    seconds = max(int(age.total_seconds()), 0)
    for below, unit, smaller in _AGES:
        if seconds < below:
            size = _SECONDS[unit]
            rest = seconds % size // _SECONDS[smaller] if smaller else 0
            return f"{seconds // size}{unit}{rest}{smaller}" if rest else f"{seconds // size}{unit}"
    return f"{seconds // _SECONDS['y']}y"


def _run_row(run: Run, look: Look, now: datetime) -> list[Cell]:
    phase = run.shown_phase
    row = [
        Cell(run.name),
        Cell(run.workflow),
        Cell(phase, PHASE_STYLES.get(phase, "yellow")),
        Cell(run.states if look.is_wide else shorten(run.states, NARROW_CELLS)),
        Cell(age_text(now - run.created_at)),
        Cell(_duration(run, now)),
    ]
    if look.is_wide:
        started = run.started_at
        output = run.status.get("output") if run.phase == "Succeeded" else None
        row += [
            Cell("" if started is None else f"{started.astimezone():%Y-%m-%d %H:%M:%S}"),
            Cell(str(run.redrive_count)),
            Cell(run.error or ""),
            Cell("" if output is None else shorten(to_text(output), OUTPUT_CELLS)),
        ]
    return row


def _duration(run: Run, now: datetime) -> str:
    if run.started_at is None:
        return ""
    return span_text((run.ended_at or now) - run.started_at)


def _workflow_row(item: JsonObject) -> list[str]:
    status = item.get("status") or {}
    functions = status.get("functions") or ()
    return [
        item["metadata"]["name"],
        _ready(status),
        shorten(", ".join(functions), NARROW_CELLS),
        status.get("revision") or "",
    ]


def _function_row(item: JsonObject) -> list[str]:
    return [item["metadata"]["name"], item["spec"]["runtime"], _ready(item.get("status") or {})]


def _connection_row(item: JsonObject) -> list[str]:
    spec = item["spec"]
    endpoint, ready = spec.get("endpoint") or "", _ready(item.get("status") or {})
    return [item["metadata"]["name"], spec["kind"], endpoint, ready]


_ROWS: Final[Mapping[str, tuple[Callable[[JsonObject], list[str]], Sequence[str]]]] = {
    "Workflow": (_workflow_row, ("NAME", "READY", "FUNCTIONS", "REVISION", "AGE")),
    "Function": (_function_row, ("NAME", "RUNTIME", "READY", "AGE")),
    "Connection": (_connection_row, ("NAME", "KIND", "ENDPOINT", "READY", "AGE")),
}
"""By kind: the cells of an object but its age, and the head of the table."""


def trouble(item: JsonObject) -> str:
    """What its condition Ready says unless all is well."""
    for condition in (item.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Ready" and condition["status"] != "True":
            return str(condition.get("message") or "")
    return ""


def _ready(status: JsonObject) -> str:
    """Status of the condition, or its reason if it is not True. Empty if there is none."""
    for condition in status.get("conditions") or ():
        if condition["type"] == "Ready":
            return str(
                condition["status"] if condition["status"] == "True" else condition["reason"]
            )
    return ""


def _age_of(item: JsonObject, now: datetime) -> str:
    created = item["metadata"].get("creationTimestamp")
    return "" if created is None else age_text(now - parse_instant(created))


def with_namespaces(
    head: list[str], rows: list[list[Cell]], items: Sequence[JsonObject], look: Look
) -> tuple[list[str], list[Row]]:
    """The table, with the namespace of each object before it where that is wanted."""
    if not look.has_namespace:
        return head, list(rows)
    spaces = [Cell(item["metadata"]["namespace"]) for item in items]
    return ["NAMESPACE", *head], [[space, *row] for space, row in zip(spaces, rows, strict=True)]


def padded(row: Row, widths: Sequence[int]) -> list[Cell]:
    """The row with cells as wide as that, or wider; the last one stays as it is."""
    *cells, last = row
    made = [
        Cell(set_cell_size(cell.text, max(width, cell_len(cell.text))) + " " * GAP, cell.colour)
        for cell, width in zip(cells, widths, strict=False)
    ]
    return [*made, last]
