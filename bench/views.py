"""Measure what drawing costs: `make bench-views`. Nothing runs, histories are made here.

A frame must stay far below the eighth of a second that it is shown for, however long the history is
and however many items a Map has.
"""

import io
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.cli.live import LiveView
from asw.draw.diagram import diagram_of
from asw.draw.svg import svg_text
from asw.engine.history import Event
from asw.executions.port import RunSnapshot
from asw.executions.progress import HistoryReader
from asw.executions.run import Run

ITEMS = 6_000
"""Four events each: the history is nearly as long as AWS allows."""
NEW_EVENTS = 40
"""How many come between two frames: forty items at once, each a step further."""
FRAMES = 100
STATES = 300
START = datetime(2026, 1, 1, tzinfo=UTC)
PASS: Json = {"Type": "Pass", "End": True}


def long_history() -> list[Event]:
    """A Map whose items pass one state each."""
    events: list[Event] = []

    def tell(previous: int, type_: str, **details: Json) -> int:
        at = START + timedelta(milliseconds=len(events))
        events.append(Event(len(events) + 1, previous, type_, at, details))
        return len(events)

    tell(0, "ExecutionStarted")
    started = tell(tell(0, "MapStateEntered", name="M"), "MapStateStarted", length=ITEMS)
    for index in range(ITEMS):
        item: dict[str, Json] = {"name": "M", "index": index}
        last = tell(started, "MapIterationStarted", **item)
        last = tell(tell(last, "PassStateEntered", name="I"), "PassStateExited", name="I")
        tell(last, "MapIterationSucceeded", **item)
    return events


def a_run() -> Run:
    """An execution that runs."""
    instant = "2026-01-01T00:00:00.000Z"
    metadata = {"name": "run-1", "namespace": "default", "uid": "u", "creationTimestamp": instant}
    return Run({"metadata": metadata, "status": {"phase": "Running", "startTime": instant}})


def seconds_of(action: Callable[[], object]) -> float:
    """How long it takes."""
    began_at = time.perf_counter()
    action()
    return time.perf_counter() - began_at


def frames(events: list[Event]) -> list[float]:
    """Seconds of the last frames of the history, each with some new events."""
    each = {"StartAt": "I", "States": {"I": PASS}}
    states = {"M": {"Type": "Map", "ItemProcessor": each, "End": True}}
    machine = parse(to_text({"StartAt": "M", "States": states}))
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=30)
    view = LiveView(console, is_moving=True)
    begin = len(events) - FRAMES * NEW_EVENTS
    view.take(RunSnapshot(run=a_run(), events=tuple(events[:begin]), machine=machine))
    found = []
    with view:
        for at in range(begin, len(events), NEW_EVENTS):
            new = RunSnapshot(
                run=a_run(), events=tuple(events[at : at + NEW_EVENTS]), machine=machine
            )
            began_at = time.perf_counter()
            view.take(new)
            view.draw()
            found.append(time.perf_counter() - began_at)
    return found


def large_machine() -> Json:
    """A chain in which every state catches into the last."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "end"}]
    task = {"Type": "Task", "Resource": "asw:function:f", "Catch": catch}
    names = [*(f"s{number}" for number in range(STATES)), "end"]
    states: dict[str, Json] = {
        name: {**task, "Next": names[at + 1]} for at, name in enumerate(names[:-1])
    }
    return {"StartAt": "s0", "States": {**states, "end": {"Type": "Succeed"}}}


def main() -> int:
    """Print one table."""
    events, flow = long_history(), diagram_of(parse(to_text(large_machine())), None)
    drawn = frames(events)
    table = Table(title="what drawing costs")
    for column in ("what", "ms", "must"):
        table.add_column(column, justify="left" if column == "what" else "right")
    rows = (
        (f"read {len(events):,} events", seconds_of(lambda: HistoryReader().feed(events)), 1000),
        (f"frame with {NEW_EVENTS} new events, median", statistics.median(drawn), 12.5),
        (f"frame with {NEW_EVENTS} new events, longest", max(drawn), 125),
        (f"SVG of {STATES} states that all catch", seconds_of(lambda: svg_text(flow, "s")), 10_000),
    )
    for what, seconds, must in rows:
        table.add_row(what, f"{1000 * seconds:,.1f}", f"<= {must:,}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
