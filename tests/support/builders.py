"""Small builders for definitions and records, so that a test shows only what matters to it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from asw.asl.resources import FunctionInvocation
from asw.asl.values import Json
from asw.engine.record import Frame, OnTask, Outcome, Record, Waiting
from asw.engine.task_ids import TaskId
from tests.support.play import START, UID, definition, header, task


def chain(*functions: str) -> dict[str, Json]:
    """A definition that calls the functions one after the other, in states S1, S2, ..."""
    states = {
        f"S{n}": task(name) if n == len(functions) else task(name, Next=f"S{n + 1}")
        for n, name in enumerate(functions, start=1)
    }
    return definition("S1", **states)


def fan_out(function: str, count: int) -> dict[str, Json]:
    """A definition that calls the function in as many branches, beside each other."""
    branches = [definition(f"B{n}", **{f"B{n}": task(function)}) for n in range(count)]
    return definition("P", P={"Type": "Parallel", "Branches": branches, "End": True})


def task_id(ordinal: int = 1) -> TaskId:
    """An id of the execution that builders make records of."""
    return TaskId(UID, ordinal)


def on_task(ordinal: int = 1, **changes: Any) -> OnTask:
    """A wait for a task, not started yet; ``changes`` replace fields."""
    plain = OnTask(
        ordinal=ordinal,
        invocation=FunctionInvocation(name="work"),
        payload=None,
        call="function",
        scheduled_at=START,
    )
    return replace(plain, **changes)


def a_record(*waits: Waiting, cancelling: tuple[int, ...] = ()) -> Record:
    """A running record with one frame per wait."""
    frames = {n: _frame(n, waiting) for n, waiting in enumerate(waits, start=1)}
    return Record(header=header(), input=None, frames=frames, cancelling=cancelling)


def finished(record: Record, at: datetime = START) -> Record:
    """The record once it succeeded."""
    return replace(record, frames={}, outcome=Outcome(status="SUCCEEDED", at=at))


def _frame(number: int, waiting: Waiting) -> Frame:
    return Frame(
        id=number,
        parent=None,
        index=0,
        last_event=2,
        state="Work",
        state_event=2,
        entered_at=START,
        input=None,
        waiting=waiting,
    )
