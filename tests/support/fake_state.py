"""What the fake platform holds: executions and tasks, and what can be told of them."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from asw.asl.values import Json
from asw.engine.commands import StartTask
from asw.engine.facts import (
    StopRequested,
    TaskFact,
    TaskFailed,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.history import Event
from asw.engine.record import Record
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import ExecutionKey, Redrive, Save, Stored
from asw.reconciler.slots import Slots
from tests.support.behaviours import Answer
from tests.support.fake_maps import Birth
from tests.support.virtual_time import virtual_now

# Tests look again and again while virtual time passes; records are frozen, so one parse serves all.
_parsed = lru_cache(maxsize=256)(from_record_text)


@dataclass
class FakeExecution:
    """One execution as it is stored, and every save that was made of it."""

    key: ExecutionKey
    workflow_name: str
    created_at: datetime
    input: Json = None
    name: str | None = None
    input_problem: str | None = None
    stop: StopRequested | None = None
    is_suspended: bool = False
    redrive: Redrive | None = None
    refused: tuple[Redrive | None, str] | None = None
    revision: str | None = None
    fence: int = 1
    record_text: str | None = None
    waiting: tuple[str, str] | None = None
    failed: tuple[str, str] | None = None
    birth: Birth | None = None
    history: list[Event] = field(default_factory=list)
    saves: list[Save] = field(default_factory=list)

    @property
    def execution_name(self) -> str:
        """Its public name."""
        return self.name or self.key.name

    @property
    def record(self) -> Record | None:
        """The record as it was last saved."""
        return None if self.record_text is None else _parsed(self.record_text)

    @property
    def is_finished(self) -> bool:
        """Whether its status shows an end."""
        record = self.record
        return self.failed is not None or (record is not None and record.outcome is not None)


@dataclass
class FakeTask:
    """One started task; it shows from ``shown_at`` on."""

    command: StartTask
    shown_at: datetime
    facts: list[TaskFact] = field(default_factory=list)
    running: asyncio.Task[None] | None = None
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Whether its code has more to do."""
        return self.running is not None and not self.running.done()


def stored(found: FakeExecution) -> Stored:
    """What ``load`` answers."""
    return Stored(
        key=found.key,
        execution_name=found.execution_name,
        workflow_name=found.workflow_name,
        created_at=found.created_at,
        fence=str(found.fence),
        input=found.input,
        input_problem=found.input_problem,
        stop=found.stop,
        is_suspended=found.is_suspended,
        redrive=found.redrive,
        is_redrive_refused=found.refused is not None and found.refused[0] == found.redrive,
        revision=found.revision,
        record=found.record,
        said=found.waiting,
        map_state=found.birth.map_state if found.birth else None,
        is_finished=found.is_finished,
    )


def show(slots: Slots, execution: FakeExecution) -> None:
    """Tell the book of slots of an execution as it is stored."""
    if execution.birth is not None or execution.is_finished:
        return
    if execution.record_text is not None:
        slots.begun(execution)
    elif execution.stop is None:
        slots.expect(execution)


def apply(found: FakeExecution, save: Save) -> None:
    """Write what was saved."""
    found.fence += 1
    found.saves.append(save)
    if save.refusal is not None:
        found.refused = (found.redrive, save.refusal)
        return
    found.history.extend(save.history)
    found.waiting = save.waiting
    found.failed = save.failed_before_start
    if save.record is not None:
        found.record_text = to_record_text(save.record)
        found.revision = save.revision


def fact_of(task_id: TaskId, answer: Answer, started_at: datetime) -> TaskFact:
    """What such an answer shows once it is there."""
    if answer.is_lost:
        return vanished(task_id, "the node was drained", may_repeat=answer.may_repeat)
    if answer.error is not None:
        return TaskFailed(
            task_id=task_id,
            at=virtual_now(),
            error=answer.error,
            cause=answer.cause,
            started_at=started_at,
        )
    return TaskSucceeded(
        task_id=task_id, at=virtual_now(), output=answer.output, started_at=started_at
    )


def vanished(task_id: TaskId, reason: str, *, may_repeat: bool = True) -> TaskVanished:
    """The task is gone without an outcome."""
    return TaskVanished(task_id=task_id, at=virtual_now(), reason=reason, may_repeat=may_repeat)


def end_run(task: FakeTask) -> None:
    """Its code runs no more."""
    if task.running is not None:
        task.running.cancel()
