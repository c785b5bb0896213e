"""Executions to be explained and replayed: played on the bare engine, shown as by the port."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from asw.api.history import event_from_line, event_to_line
from asw.api.instants import instant_text
from asw.api.phases import PHASE_OF
from asw.asl.model import Dialect
from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.facts import Fact
from asw.engine.history import Event
from asw.engine.record import Record
from asw.engine.step import begin, step
from asw.executions.port import LogLine, TaskSnapshot
from asw.executions.run import Run
from asw.executions.visits import read_visits
from asw.explain.case import Case
from tests.support.play import START, UID, Nested, header, later, play, redrive


def a_run(record: Record | None, **status: Json) -> Run:
    """The Execution ``run-1`` of Workflow ``flow`` as this record leaves it."""
    outcome = record.outcome if record else None
    shown: dict[str, Json] = {"phase": "Running" if record else "Pending"}
    if record is not None:
        shown["startTime"] = instant_text(record.header.started_at)
    if outcome is not None:
        shown["phase"] = PHASE_OF[outcome.status]
        shown["completionTime"] = instant_text(outcome.at)
        shown["output"] = outcome.output
    if outcome is not None and outcome.failure is not None:
        shown |= {"error": outcome.failure.error, "cause": outcome.failure.cause}
    return Run(
        {
            "apiVersion": "asw.dev/v1alpha1",
            "kind": "Execution",
            "metadata": {
                "name": "run-1",
                "namespace": "default",
                "uid": UID,
                "creationTimestamp": instant_text(START),
            },
            "spec": {"workflowRef": {"name": "flow"}},
            "status": {**shown, **status},
        }
    )


def a_case(
    machine: Mapping[str, Any],
    input_value: Json = None,
    functions: Mapping[str, Any] | None = None,
    *,
    dialect: Dialect = "ASL",
    lines: Sequence[LogLine] = (),
    tasks: Sequence[TaskSnapshot] = (),
    redrives: int = 0,
    nested: Nested = lambda _start, _now: (),
) -> Case:
    """The case of a machine that was played to its end, and redriven so many times after that."""
    seen = play(dict(machine), input_value, dict(functions or {}), nested=nested)
    for _ in range(redrives):
        seen = redrive(dict(machine), seen)
    return _case(machine, seen.record, seen.history, seen.now, dialect, lines=lines, tasks=tasks)


def an_open_case(
    machine: Mapping[str, Any],
    input_value: Json = None,
    *,
    facts: Sequence[tuple[float, Sequence[Fact]]] = ((0, ()),),
    seen_at: float = 0,
    tasks: Sequence[TaskSnapshot] = (),
    lines: Sequence[LogLine] = (),
) -> Case:
    """The case of a machine that was stepped at these seconds, on these facts, and is not over."""
    record, history = begin(header(), input_value), []
    for seconds, known in facts:
        made = step(parse(to_text(machine)), record, known, later(seconds))
        record = made.record
        history += made.history
    return _case(machine, record, history, later(seen_at), "ASL", tasks=tasks, lines=lines)


def stored(events: Sequence[Event]) -> list[Event]:
    """The events as they come back from where they are stored: to the millisecond."""
    return [event_from_line(event_to_line(event)) for event in events]


def with_status(case: Case, **status: Json) -> Case:
    """The case with these fields of its status."""
    manifest = {**case.run.manifest, "status": {**case.run.status, **status}}
    return replace(case, run=Run(manifest))


def _case(
    machine: Mapping[str, Any],
    record: Record,
    history: Sequence[Event],
    now: datetime,
    dialect: Dialect,
    **more: Any,
) -> Case:
    events = stored(history)
    return Case(
        run=a_run(record),
        events=events,
        visits=read_visits(events),
        machine=parse(to_text(dict(machine)), dialect=dialect),
        record=record,
        now=now,
        **more,
    )
