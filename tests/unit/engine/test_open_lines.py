"""How many lines of control an execution has open: all of them are in each write of its record."""

from datetime import timedelta
from typing import Any

from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.limits import OPEN_LINES
from asw.engine.record import Record
from asw.engine.step import begin, step
from tests.support.play import START, header

WAIT = {"Type": "Wait", "Seconds": 5, "End": True}


def lived(definition: dict[str, Any], value: Json) -> tuple[list[int], Record]:
    """How many lines are open after each step of the execution, and its last record."""
    machine, record, now = parse(to_text(definition)), begin(header(), value), START
    lines = []
    while record.outcome is None:
        made = step(machine, record, [], now)
        record, now = made.record, max(now, made.wake_at or now)
        lines.append(len(record.frames))
        now += timedelta(milliseconds=1)
    return lines, record


def test_a_parallel_opens_no_more_branches_than_there_is_room() -> None:
    """Further branches begin as others end; each gives its output, in its place."""
    count = OPEN_LINES + 500
    branches = [
        {"StartAt": f"W{n}", "States": {f"W{n}": WAIT | {"OutputPath": f"$.at[{n}]"}}}
        for n in range(count)
    ]
    parallel = {"Type": "Parallel", "Branches": branches, "End": True}
    value = {"at": list(range(count))}
    lines, record = lived({"StartAt": "P", "States": {"P": parallel}}, value)
    assert max(lines) <= OPEN_LINES + 1
    assert record.outcome is not None
    assert record.outcome.output == list(range(count))


def test_maps_within_maps_open_little_more_than_there_is_room() -> None:
    """Three Maps of 40 within each other are 64,000 lines: each has one at least, not forty."""
    inner: dict[str, Any] = {"StartAt": "W", "States": {"W": WAIT}}
    for name in "ABC":
        one = {"Type": "Map", "ItemsPath": "$.all", "ItemSelector": {"all.$": "$.all"}}
        state = one | {"ItemProcessor": inner, "End": True}
        inner = {"StartAt": name, "States": {name: state}}
    machine, record = parse(to_text(inner)), begin(header(), {"all": list(range(40))})
    while (made := step(machine, record, [], START)).record is not record:
        record = made.record
    assert OPEN_LINES < len(record.frames) < 3 * OPEN_LINES
