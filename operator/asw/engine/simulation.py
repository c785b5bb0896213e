"""Plays a state machine to its end in virtual time: no waiting, no input or output, no threads.

The clock jumps to the next instant that matters: a fact that becomes known, a request, a timer of
the machine. The caller's ``Outside`` says what each task does; the engine decides the rest, exactly
as it does on a cluster.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from asw.asl.model import StateMachine
from asw.asl.values import ABSENT, Json
from asw.engine.answers import (
    Answer,
    Raised,
    Ran,
    Refused,
    Returned,
    SimulationError,
    fact_of,
    report_of,
)
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
    RedriveRequested,
    StopRequested,
    TaskHeartbeat,
    TaskStarted,
    TaskVanished,
)
from asw.engine.history import Event
from asw.engine.items import ObjectStore
from asw.engine.nested import nested_header, refusal_of
from asw.engine.record import OnIterations, Outcome, Record
from asw.engine.run import Taken
from asw.engine.stage import Stage, later
from asw.engine.step import begin, step
from asw.engine.task_ids import TaskId
from asw.engine.transfers import transferred

DEEPEST: Final = 20
"""How many executions may start one another in a play, which has no limits of a namespace."""


@dataclass(frozen=True, slots=True)
class MapItem:
    """An item of a Map: the Map's name, the item's number from 0, and its value.

    If a distributed Map makes batches, ``index`` and ``value`` are those of the child's batch.
    """

    state: str
    index: int
    value: Json


class Outside(Protocol):
    """The world beside the engine: its tasks. Its exceptions end the play."""

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """What this task does; called once for each start. Only a nested call may have ``Ran``.

        ``items`` are those of the Maps around its state, the innermost first.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody stops or redrives the execution, this many seconds after its start."""

    seconds: float
    fact: StopRequested | RedriveRequested


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A finished play.

    ``started`` lists every task in the order of the starts, ``taken`` the paths that states with
    several took; both include those of child executions of Maps, which ``children`` lists in the
    order of their ends. Executions of other machines are no part of it. ``ends_at`` is the virtual
    instant at which nothing was left to happen.
    """

    record: Record
    history: tuple[Event, ...]
    started: tuple[StartTask, ...]
    ends_at: datetime
    taken: tuple[Taken, ...] = ()
    children: tuple["PlayedChild", ...] = ()

    @property
    def outcome(self) -> Outcome:
        """How the execution ended."""
        assert self.record.outcome is not None, "a play goes on to the end"
        return self.record.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedChild:
    """A child execution of a distributed Map; ``items`` as an Outside sees them."""

    items: tuple[MapItem, ...]
    history: tuple[Event, ...]


def simulate(
    machine: StateMachine,
    record: Record,
    outside: Outside,
    *,
    objects: ObjectStore | None = None,
    requests: Sequence[Request] = (),
) -> Simulation:
    """Play an execution from its start to its end, through all redrives.

    ``record`` is what ``begin`` makes of a header and an input; time begins with it. Distributed
    Maps read and write ``objects``; their children are played as well. Raises SimulationError if
    the execution waits for something that never comes.
    """
    stage = Stage(now=record.header.started_at)
    for request in requests:
        at = _after(record.header.started_at, request.seconds)
        if at is not None:
            stage.expect(at, request.fact)
    play = _Play(machine, record, _World(outside, objects), stage)
    while play.is_on():
        play.step()
    return Simulation(
        record=play.record,
        history=tuple(play.history),
        started=tuple(play.started),
        ends_at=stage.now,
        taken=tuple(play.taken),
        children=tuple(play.children),
    )


@dataclass(frozen=True, slots=True)
class _World:
    """The world beside the engine; ``items`` are those of the Maps around the execution.

    ``depth`` counts the executions around it that started one another.
    """

    outside: Outside
    objects: ObjectStore | None
    items: tuple[MapItem, ...] = ()
    depth: int = 0


class _Play:
    """One execution, played step by step."""

    def __init__(self, machine: StateMachine, record: Record, world: _World, stage: Stage) -> None:
        self.machine = machine
        self.record = record
        self.world = world
        self.stage = stage
        self.child_machines: dict[str, StateMachine] = {}
        self.history: list[Event] = []
        self.started: list[StartTask] = []
        self.taken: list[Taken] = []
        self.children: list[PlayedChild] = []

    def is_on(self) -> bool:
        """Whether anything is left to happen."""
        return self.record.outcome is None or self.stage.has_redrives()

    def step(self) -> None:
        """One step of the engine, its commands, and on to the next instant that matters."""
        stage, before = self.stage, self.record
        try:
            made = step(self.machine, before, stage.facts(), stage.now)
        except OverflowError:  # a loop of waits or retries, each of up to a year
            raise SimulationError("the play goes on beyond the year 9999") from None
        self.record = made.record
        self.history += made.history
        self.taken += made.taken
        if made.record.outcome is not None:
            stage.asked = [fact for fact in stage.asked if isinstance(fact, RedriveRequested)]
        stage.keep(set(made.record.open_tasks()))
        for command in made.commands:
            self._perform(command)
        if self.is_on():
            self._wait(made.wake_at, has_changed=made.record is not before)

    def _perform(self, command: Command) -> None:
        match command:
            case StartTask():
                if command.task_id not in self.stage.known:
                    self._start(command)
            case StartChild():
                if command.task_id not in self.stage.known:
                    self._start_child(command)
            case StartExecution():
                if command.task_id not in self.stage.known:
                    self._start_execution(command)
            case ReadItems() | WriteResults():
                if command.task_id not in self.stage.known:
                    self._move(command)
            case CancelTask(task_id=task_id) | CancelChild(task_id=task_id):
                now = self.stage.now
                self.stage.known.setdefault(task_id, [])
                self.stage.expect(now, TaskVanished(task_id=task_id, at=now, reason="cancelled"))

    def _start(self, command: StartTask) -> None:
        task_id, now = command.task_id, self.stage.now
        self.started.append(command)
        self.stage.known[task_id] = []
        answer = self.world.outside.answer(command, self._items(command))
        if isinstance(answer.end, Refused):
            self.stage.expect(now, fact_of(task_id, answer.end, now, now))
            return
        self.stage.expect(now, TaskStarted(task_id=task_id, at=now, worker=answer.worker))
        is_submitted = answer.submission is not ABSENT
        if is_submitted:
            self.stage.expect(now, fact_of(task_id, Returned(answer.submission), now, now))
        self._beat(task_id, answer)
        at = _after(now, answer.seconds)
        if at is not None and answer.end is not None:
            make = report_of if is_submitted else fact_of
            self.stage.expect(at, make(task_id, answer.end, now, at))

    def _beat(self, task_id: TaskId, answer: Answer) -> None:
        lasts = math.inf if answer.end is None else answer.seconds
        for seconds in answer.heartbeats:
            at = _after(self.stage.now, seconds)
            if at is not None and seconds <= lasts:
                self.stage.expect(at, TaskHeartbeat(task_id=task_id, at=at))

    def _items(self, command: StartTask) -> tuple[MapItem, ...]:
        """The Map items of the task's line of control."""
        frames, found = self.record.frames, []
        frame = frames[command.frame]
        while frame.parent is not None:
            parent = frames[frame.parent]
            if isinstance(parent.waiting, OnIterations):
                value = parent.waiting.items[frame.index]
                found.append(MapItem(parent.state, frame.index, value))
            frame = parent
        return (*found, *self.world.items)

    def _start_child(self, command: StartChild) -> None:
        """Play the child to its end at once: it shares only the outside with its parent."""
        machine = self.child_machines.get(command.state)
        if machine is None:
            machine = child_machine(self.machine, command.state)
            self.child_machines[command.state] = machine
        task_id, now = command.task_id, self.stage.now
        record = begin(child_header(self.record.header, command, now), command.input)
        item = MapItem(command.state, command.index, command.input)
        world = replace(self.world, items=(item, *self.world.items))
        play = self._play(machine, record, world)
        self.taken += play.taken
        self.children.append(PlayedChild(items=world.items, history=tuple(play.history)))
        self.children += play.children
        self.started += play.started
        outcome = play.outcome
        self.stage.known[task_id] = [TaskStarted(task_id=task_id, at=now)]
        self.stage.expect(outcome.at, child_finished(task_id, outcome))

    def _start_execution(self, command: StartExecution) -> None:
        """Play the execution that a task starts, or what stands in for it."""
        task_id, now = command.task_id, self.stage.now
        self.started.append(command.call)
        self.stage.known[task_id] = []
        answer = self.world.outside.answer(command.call, self._items(command.call))
        end, at = answer.end, _after(now, answer.seconds)
        if isinstance(end, Ran) and (refused := refusal_of(command)) is not None:
            end = Raised(str(refused.failure.error), refused.failure.cause)
        is_submitted = command.call.is_request and (
            not isinstance(end, Raised) or answer.submission is not ABSENT
        )
        if isinstance(end, Ran) or is_submitted:
            self.stage.expect(now, TaskStarted(task_id=task_id, at=now))
        self._beat(task_id, answer)
        if isinstance(end, Ran):
            outcome = self._nested(command, end.machine)
            self.stage.expect(outcome.at, child_finished(task_id, outcome, now))
        elif at is not None and end is not None:
            make = report_of if is_submitted else fact_of
            self.stage.expect(at, make(task_id, end, now, at))

    def _nested(self, command: StartExecution, machine: StateMachine) -> Outcome:
        if self.world.depth == DEEPEST:
            raise SimulationError(f"more than {DEEPEST} executions started one another")
        world = replace(self.world, items=(), depth=self.world.depth + 1)
        header = nested_header(self.record.header, command, self.stage.now)
        return self._play(machine, begin(header, command.input), world).outcome

    def _play(self, machine: StateMachine, record: Record, world: _World) -> "_Play":
        """Play another execution to its end."""
        play = _Play(machine, record, world, Stage(now=self.stage.now))
        while play.is_on():
            play.step()
        return play

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        assert self.record.outcome is not None, "a play goes on to the end"
        return self.record.outcome

    def _move(self, command: ReadItems | WriteResults) -> None:
        """Read or write objects, which takes no time."""
        now, objects = self.stage.now, self.world.objects
        if objects is None:
            raise SimulationError("the machine reads or writes objects, and the play has none")
        self.stage.known[command.task_id] = []
        self.stage.expect(now, transferred(command, objects, now))

    def _wait(self, wake_at: datetime | None, *, has_changed: bool) -> None:
        """Jump to the next instant that matters.

        A timer that has expired without effect is no reason to look again.
        """
        now = self.stage.now
        instants = [self.stage.next_at(), wake_at if has_changed else later(wake_at, now)]
        at = min((instant for instant in instants if instant is not None), default=None)
        if at is None:
            states = ", ".join(sorted(set(self.record.current_states()))) or "no state"
            raise SimulationError(
                f"the execution waits forever in {states}: no task will answer, no timer runs"
            )
        self.stage.now = max(at, now)


def _after(start: datetime, seconds: float) -> datetime | None:
    """The instant, None if it is beyond the calendar."""
    if math.isnan(seconds) or seconds < 0:
        raise SimulationError(f"nothing happens after {seconds} seconds")
    try:
        return start + timedelta(seconds=seconds)
    except OverflowError:
        return None
