"""Plays a machine to its end on the bare engine, with scripted tasks and a clock of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from asw.asl.errors import TASK_LOST
from asw.asl.model import StateMachine
from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.children import child_finished, child_header, child_machine
from asw.engine.commands import (
    CancelChild,
    CancelTask,
    Command,
    ReadItems,
    StartChild,
    StartExecution,
    StartTask,
    WriteResults,
)
from asw.engine.facts import (
    ChildFinished,
    Fact,
    RedriveRequested,
    TaskFact,
    TaskFailed,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.history import Event
from asw.engine.items import ObjectStore
from asw.engine.record import Header, Outcome, Record
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.step import Step, begin, step
from asw.engine.task_ids import TaskId
from asw.engine.transfers import transferred

START = datetime(2026, 1, 1, tzinfo=UTC)
UID = "0d5f9d3e-7a2b-4a55-9d0a-3f4f1b6c7e01"


class Raised(Exception):
    """A scripted task that fails with an error and a cause."""

    def __init__(self, error: str, cause: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Later:
    """What a scripted task gives, and after how many seconds."""

    seconds: float
    output: Json


class Lost(Exception):
    """A scripted task that vanishes, for a reason and in a way that has a name."""

    def __init__(self, reason: str, kind: str = TASK_LOST, *, may_repeat: bool = True) -> None:
        super().__init__(reason)
        self.kind = kind
        self.may_repeat = may_repeat


Nested: TypeAlias = Callable[[StartExecution, datetime], Sequence[TaskFact]]
"""What the outside shows of an execution that a task starts at this instant."""


@dataclass
class Play:
    """What was seen; ``started`` in order of their ids, ``children`` likewise."""

    record: Record
    functions: dict[str, Callable[[Json], Json]] = field(default_factory=dict)
    objects: ObjectStore | None = None
    now: datetime = START
    history: list[Event] = field(default_factory=list)
    started: list[StartTask] = field(default_factory=list)
    children: list[StartChild] = field(default_factory=list)
    cancelled: list[TaskId] = field(default_factory=list)
    facts: dict[TaskId, list[TaskFact]] = field(default_factory=dict)
    executions: list[StartExecution] = field(default_factory=list)
    nested: Nested = lambda _start, _now: ()

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        assert self.record.outcome is not None
        return self.record.outcome

    def types(self) -> list[str]:
        """The types of the events, in order."""
        return [event.type for event in self.history]

    def details(self, type_: str) -> list[dict[str, Json]]:
        """The details of every event of a type."""
        return [dict(event.details) for event in self.history if event.type == type_]


def header(**changes: Any) -> Header:
    """A header that fits all tests; ``changes`` replace fields."""
    plain = Header(
        uid=UID,
        name="run-1",
        arn="arn:aws:states:us-east-1:123456789012:execution:flow:run-1",
        workflow_name="flow",
        workflow_arn="arn:aws:states:us-east-1:123456789012:stateMachine:flow",
        role_arn="arn:aws:iam::123456789012:role/flow",
        started_at=START,
    )
    return replace(plain, **changes)


def task(name: str = "work", **fields: Json) -> dict[str, Json]:
    """A Task state that calls the function ``name``; an end state unless ``Next`` is given."""
    state = {"Type": "Task", "Resource": f"asw:function:{name}", **fields}
    return state if "Next" in fields else {**state, "End": True}


def definition(start_at: str, /, **states: Json) -> dict[str, Json]:
    """A definition of these states."""
    return {"StartAt": start_at, "States": states}


def distributed(execution_type: str = "EXPRESS", **fields: Any) -> dict[str, Json]:
    """A machine of one distributed Map, M, whose children call the function once each."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": execution_type},
        **definition("T", T=task()),
    }
    state = {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}
    return definition("M", M=state)


def in_turn(*answers: Json | Raised) -> Callable[[Json], Json]:
    """A scripted function that gives or raises these answers, one a call."""
    left = iter(answers)

    def answer(_event: Json) -> Json:
        given = next(left)
        if isinstance(given, Raised):
            raise given
        return given

    return answer


def play(
    machine: dict[str, Json],
    input_value: Json = None,
    functions: dict[str, Callable[[Json], Json]] | None = None,
    *,
    facts: Sequence[Fact] = (),
    facts_later: Sequence[Fact] = (),
    through_text: bool = True,
    execution: Header | None = None,
    objects: ObjectStore | None = None,
    nested: Nested = lambda _start, _now: (),
) -> Play:
    """Run to the end. Time jumps to the next instant that matters.

    ``facts`` are there from the beginning, ``facts_later`` from the second step on. With
    ``through_text`` the record is written and read back between any two steps, as it is when an
    operator restarts.
    """
    seen = Play(
        record=begin(execution or header(), input_value),
        functions=functions or {},
        objects=objects,
        nested=nested,
    )
    return _played(parse(to_text(machine)), seen, facts, facts_later, through_text=through_text)


def redrive(machine: dict[str, Json], seen: Play) -> Play:
    """What did not succeed is redriven once, and played on to its end."""
    parsed, again = parse(to_text(machine)), RedriveRequested(number=seen.record.redrive_count + 1)
    made = step(parsed, seen.record, [again], seen.now)
    seen.history += made.history
    seen.record = made.record
    for command in made.commands:
        _perform(seen, parsed, command)
    return _played(parsed, seen, [again], through_text=True)


def _played(
    machine: StateMachine,
    seen: Play,
    facts: Sequence[Fact] = (),
    facts_later: Sequence[Fact] = (),
    *,
    through_text: bool,
) -> Play:
    while seen.record.outcome is None:
        open_facts = [f for id_ in seen.record.open_tasks() for f in seen.facts.get(id_, ())]
        known = [fact for fact in open_facts if fact.at <= seen.now]
        further = [*facts, *(facts_later if seen.history else ())]
        made = step(machine, seen.record, [*known, *further], seen.now)
        seen.history += made.history
        seen.record = made.record
        if through_text:
            seen.record = from_record_text(to_record_text(made.record))
        news = [_perform(seen, machine, command) for command in made.commands]
        is_told = bool(facts_later) and len(further) == len(facts)
        if not any(news) and not is_told and made.record.outcome is None:
            seen.now = _next_instant(made, open_facts, seen.now)
    return seen


def _perform(seen: Play, machine: StateMachine, command: Command) -> bool:
    """Whether the command made news."""
    match command:
        case CancelTask(task_id=task_id):
            seen.cancelled.append(task_id)
            return False
        case CancelChild(task_id=task_id):
            seen.cancelled.append(task_id)
            gone = ChildFinished(task_id=task_id, at=seen.now, status="ABORTED")
            seen.facts[task_id] = [gone]
            return False
        case StartTask():
            seen.started.append(command)
            end: TaskFact = _answer(command, seen.functions, seen.now)
        case StartChild():
            seen.children.append(command)
            end = _child_end(seen, machine, command)
        case StartExecution():
            seen.executions.append(command)
            told = seen.nested(command, seen.now)
            seen.facts[command.task_id] = list(told)
            return bool(told)
        case ReadItems() | WriteResults():
            assert seen.objects is not None
            end = transferred(command, seen.objects, seen.now)
    started = TaskStarted(task_id=command.task_id, at=seen.now)
    seen.facts[command.task_id] = [started, end]
    return True


def _child_end(seen: Play, machine: StateMachine, command: StartChild) -> ChildFinished:
    """The child is played to its end at once, its record through text as well."""
    born = child_header(seen.record.header, command, seen.now)
    child = Play(
        record=begin(born, command.input),
        functions=seen.functions,
        objects=seen.objects,
        now=seen.now,
    )
    _played(child_machine(machine, command.state), child, through_text=True)
    seen.started += child.started
    return child_finished(command.task_id, child.outcome)


def _next_instant(made: Step, facts: Sequence[TaskFact], now: datetime) -> datetime:
    instants = [fact.at for fact in facts if fact.at > now]
    instants += [] if made.wake_at is None else [made.wake_at]
    assert instants, "it waits for ever"
    return max(min(instants), now)


def _answer(
    command: StartTask, functions: dict[str, Callable[[Json], Json]], now: datetime
) -> TaskFact:
    started = now
    try:
        output = functions[command.invocation.name](command.payload)
    except Raised as raised:
        return TaskFailed(
            task_id=command.task_id,
            at=now,
            error=raised.error,
            cause=raised.cause,
            started_at=started,
        )
    except Lost as lost:
        return TaskVanished(
            task_id=command.task_id,
            at=now,
            reason=str(lost),
            error=lost.kind,
            may_repeat=lost.may_repeat,
        )
    if isinstance(output, Later):
        now, output = now + timedelta(seconds=output.seconds), output.output
    return TaskSucceeded(task_id=command.task_id, at=now, output=output, started_at=started)


def later(seconds: float) -> datetime:
    """An instant after the start of the test's time."""
    return START + timedelta(seconds=seconds)
