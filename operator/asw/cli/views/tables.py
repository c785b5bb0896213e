"""Histories, graphs and outcomes, for rich. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.json import JSON
from rich.text import Text

from asw.asl.values import Json, to_text
from asw.draw.boxes import shorten, width_of
from asw.draw.graph import MARKS
from asw.engine.history import Event
from asw.executions.causes import message_in, object_in
from asw.executions.progress import Reading
from asw.executions.run import Run
from asw.messages.spans import span_text
from asw.messages.visible import one_line, visible

STYLES: Mapping[str, str] = {
    MARKS["done"]: "green",
    MARKS["caught"]: "yellow",
    MARKS["running"]: "cyan",
    MARKS["failed"]: "bold red",
    MARKS["stopped"]: "red",
    MARKS["idle"]: "dim",
}
"""Colour of each mark."""

_PHASE_STYLES = {
    "Succeeded": "green",
    "Running": "cyan",
    "Pending": "dim",
    "Suspended": "yellow",
}
PIPED_CELLS = 200
"""Width of a history where there is no terminal: a payload of 256 KiB is nothing for a log."""
_STATE_CELLS = 32
_GAPS = 10
_SHORTEST_DETAIL = 20


def history_lines(
    events: Sequence[Event],
    reading: Reading,
    *,
    began_at: datetime,
    width: int | None,
    least: Sequence[int] = (0,) * 5,
) -> Iterator[Text]:
    """A header and one line an event: id, time, how long what it ends took, type, state, details.

    Details get what is left of the ``width``, the other columns what they need, and no less than
    ``least``: a table that grows has to begin with room. A width of None cuts nothing.
    """
    header = ("ID", "TIME", "TOOK", "EVENT", "STATE")
    rows = [header, *(_history_row(event, reading, began_at) for event in events)]
    columns = zip(*rows, strict=True)
    cells = [max(width_of(column), few) for column, few in zip(columns, least, strict=True)]
    room = None if width is None else max(width - sum(cells) - _GAPS, _SHORTEST_DETAIL)
    yield _history_line(header, cells, "DETAIL", style="bold")
    for event, row in zip(events, rows[1:], strict=True):
        detail = event_detail(event, is_whole=room is None)
        if room is not None:
            detail = shorten(detail, room)
        yield _history_line(row, cells, detail, style=_event_style(event.type))


def room_for_events(names: Iterable[str]) -> tuple[int, ...]:
    """Widths for the columns of a history that is not known yet, for these states."""
    state = min(width_of(("STATE", *names)), _STATE_CELLS)
    return (4, 7, 7, width_of(("LambdaFunctionScheduled",)), state)


def _history_row(event: Event, reading: Reading, began_at: datetime) -> tuple[str, ...]:
    took = reading.took.get(event.id)
    state = one_line(reading.states.get(event.id, ""))
    return (
        str(event.id),
        span_text(event.at - began_at),
        "" if took is None else span_text(took),
        event.type,
        shorten(state, _STATE_CELLS),
    )


def _history_line(row: Sequence[str], cells: Sequence[int], detail: str, *, style: str) -> Text:
    """Numbers and times stand at the right of their columns."""
    text = Text(no_wrap=True)
    for at, (word, room) in enumerate(zip(row, cells, strict=True)):
        space = " " * (room - width_of((word,)))
        is_number = at < 3
        text.append(space if is_number else "")
        text.append(word, style=style if at == 3 or style == "bold" else "")
        text.append("  " if is_number else f"{space}  ")
    text.append(detail, style=style if style == "bold" else "dim")
    text.rstrip()
    return text


def graph_text(lines: Iterable[str]) -> Text:
    """The graph with its marks in colour."""
    text = Text("\n".join(line.rstrip() for line in lines))
    for mark, style in STYLES.items():
        text.highlight_regex(f"(?<=[│─] ){mark}(?= )", style)
    return text


def phase_text(run: Run) -> Text:
    """Where an execution is, in its colour."""
    phase = run.shown_phase
    return Text(phase, style=_PHASE_STYLES.get(phase, "bold red"))


def failure_text(error: str | None, cause: str | None) -> RenderableType:
    """Error and cause; a cause in Lambda's manner as message and stack trace."""
    head = Text(visible(error or "(no error name)"), style="bold red")
    if not cause:
        return head
    details = object_in(cause)
    if "errorMessage" in details:
        return Group(head.append(visible(f": {details['errorMessage']}")), *_trace(details))
    if details:
        return Group(head, JSON(cause))
    return head.append(visible(f": {cause}"))


def _trace(details: Mapping[str, Json]) -> list[RenderableType]:
    trace = details.get("stackTrace") or details.get("trace") or []
    lines = [trace] if isinstance(trace, str) else [str(line) for line in trace]
    text = "\n".join(line.rstrip("\n") for line in lines)
    return [Text(visible(text), style="dim")] if text else []


def _event_style(event_type: str) -> str:
    if event_type.endswith(("Failed", "TimedOut", "Aborted")):
        return "red"
    return "green" if event_type == "ExecutionSucceeded" else ""


def event_detail(event: Event, *, is_whole: bool = False) -> str:
    """What the event carries, as one line, without what the other columns show.

    Of a cause in Lambda's manner the message alone is told, unless all ``is_whole``. It comes
    last, behind the error: an API server sorts the fields of what it keeps.
    """
    parts = [
        f"{key}: {one_line(_detail_text(key, value, is_whole=is_whole))}"
        for key, value in sorted(event.details.items(), key=lambda item: item[0] == "cause")
        if key not in ("name", "roleArn", "inputDetails", "outputDetails")
    ]
    return "  ".join(parts)


def _detail_text(key: str, value: Json, *, is_whole: bool) -> str:
    if not isinstance(value, str):
        return to_text(value)
    if key == "cause" and not is_whole:
        return message_in(value)
    return value
