"""The five laws of ``step``, over random machines, facts, orders of facts and moments."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from asw.asl.model import StateMachine
from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.engine.commands import (
    CancelChild,
    CancelTask,
    Command,
    ReadItems,
    StartChild,
    StartTask,
    WriteResults,
)
from asw.engine.facts import (
    ChildFinished,
    Fact,
    Order,
    RedriveRequested,
    StopRequested,
    Suspended,
    TaskFact,
    TaskFailed,
    TaskHeld,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.history import Event
from asw.engine.record import OnBranches, OnIterations, OnTask, Record, Waiting, awaited
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.run import Taken
from asw.engine.step import Step, begin, step
from asw.engine.task_ids import TaskId
from tests.support.machines import ERRORS, machines
from tests.support.play import START, header

INPUT = {"items": [1, None, "三"]}
MOMENTS = 60

STARTS = (StartTask, StartChild, ReadItems, WriteResults)

laws = settings(max_examples=80)


class World:
    """What is outside: tasks that were started, and what they show by and by."""

    def __init__(self, machine: StateMachine, seed: int) -> None:
        self.machine = machine
        self.chance = random.Random(seed)
        self.record = begin(header(), INPUT)
        self.now = START
        self.shown: dict[TaskId, list[TaskFact]] = {}
        self.held: dict[TaskId, TaskHeld] = {}
        self.kinds: dict[TaskId, type[Command]] = {}
        self.last: Step | None = None
        self.is_suspended = False
        self.redrives = 0

    def facts(self) -> list[Fact]:
        """All that is known of the record's open tasks, in any order."""
        facts: list[Fact] = [f for id_ in self.record.open_tasks() for f in self.shown.get(id_, [])]
        facts += [self.held[id_] for id_ in self.record.open_tasks() if id_ in self.held]
        facts += [Suspended()] * self.is_suspended
        facts += [RedriveRequested(number=self.redrives)] * bool(self.redrives)
        self.chance.shuffle(facts)
        return facts

    def step(self, facts: list[Fact]) -> Step:
        """One step, which becomes the last one."""
        self.last = step(self.machine, self.record, facts, self.now)
        return self.last

    def perform(self, made: Step) -> None:
        """Keep the record; start some of what is asked for (a crash may lose the rest)."""
        self.record = made.record
        for command in made.commands:
            if isinstance(command, STARTS) and self.chance.random() < 0.8:
                self.kinds[command.task_id] = type(command)
                self.shown[command.task_id] = [TaskStarted(task_id=command.task_id, at=self.now)]
            elif isinstance(command, StartTask):
                self.held[command.task_id] = TaskHeld(task_id=command.task_id, at=self.now)

    def pass_time(self) -> None:
        """Some tasks end; the clock goes on, often to the instant that matters next.

        Now and then somebody suspends the execution, or lets it go on.
        """
        if self.chance.random() < (0.4 if self.is_suspended else 0.1):
            self.is_suspended = not self.is_suspended
        for id_, facts in self.shown.items():
            if len(facts) == 1 and self.chance.random() < 0.6:
                facts.append(self._end(id_))
        wake_at = self.last.wake_at if self.last else None
        if wake_at is not None and self.chance.random() < 0.7:
            self.now = max(self.now, wake_at)
        else:
            self.now += timedelta(seconds=self.chance.random())

    def _end(self, id_: TaskId) -> TaskFact:
        roll = self.chance.random()
        if self.kinds[id_] is StartChild:
            status = "SUCCEEDED" if roll < 0.8 else self.chance.choice(["FAILED", "ABORTED"])
            output = [roll] if status == "SUCCEEDED" else None
            error = None if status == "SUCCEEDED" else "Oops"
            return ChildFinished(
                task_id=id_, at=self.now, status=status, output=output, error=error
            )
        if roll < 0.6:
            return TaskSucceeded(task_id=id_, at=self.now, output=[roll, None])
        if roll < 0.9:
            return TaskFailed(task_id=id_, at=self.now, error=self.chance.choice(ERRORS))
        return TaskVanished(task_id=id_, at=self.now, reason="the node is gone")


def worlds() -> st.SearchStrategy[World]:
    """Worlds with a random machine each."""
    return st.builds(
        lambda definition, seed: World(parse(to_text(definition)), seed),
        machines(distributed=True),
        st.integers(0, 2**32),
    )


def moments(world: World) -> Any:
    """Live through the execution, yielding the facts of each moment before its step.

    One that fails, or lasts too long and is stopped, is redriven, up to two times.
    """
    for _ in range(3):
        for _ in range(MOMENTS):
            facts = world.facts()
            yield facts
            world.perform(world.step(facts))
            if world.record.outcome is not None:
                break
            world.pass_time()
        else:
            facts = [StopRequested(error="Stop")]
            yield facts
            world.perform(world.step(facts))
        assert world.record.outcome is not None
        if world.record.outcome.status == "SUCCEEDED":
            return
        world.pass_time()
        world.redrives += 1


@laws
@given(worlds())
def test_pure(world: World) -> None:
    """The same record, facts and now give the same Step, whatever the order of the facts."""
    for facts in moments(world):
        first = step(world.machine, world.record, facts, world.now)
        copy = from_record_text(to_record_text(world.record))
        world.chance.shuffle(facts)
        again = step(world.machine, copy, facts, world.now)
        assert again == first


@laws
@given(worlds())
def test_settled(world: World) -> None:
    """Stepping again on the same facts at the same time changes nothing and asks for the same."""
    for facts in moments(world):
        first = step(world.machine, world.record, facts, world.now)
        again = step(world.machine, first.record, facts, world.now)
        assert again.record is first.record
        assert again.history == ()
        assert again.commands == first.commands
        assert again.wake_at == first.wake_at


@laws
@given(worlds(), st.randoms(use_true_random=False))
def test_cut(world: World, chance: random.Random) -> None:
    """A step that is cut anywhere and gone on with decides, writes and asks what a whole one does.

    Only what comes after the timeout of an execution is not gone on with.
    """
    for facts in moments(world):
        whole = step(world.machine, world.record, facts, world.now)
        if whole.record.timeout_at is not None and whole.record.timeout_at <= world.now:
            continue
        record, history, taken = world.record, list[Event](), list[Taken]()
        while True:
            cut = step(world.machine, record, facts, world.now, lambda: chance.random() < 0.5)
            history, taken = [*history, *cut.history], [*taken, *cut.taken]
            if cut.record is record:
                break
            record = cut.record
        assert tuple(history) == whole.history
        assert tuple(taken) == whole.taken
        assert to_record_text(record) == to_record_text(whole.record)
        assert cut.commands == whole.commands
        assert cut.wake_at == whole.wake_at


@laws
@given(worlds())
def test_a_cut_step_wants_to_go_on_at_once(world: World) -> None:
    """A step that may make one transition makes it, and is due again where more can be made."""
    for facts in moments(world):
        whole = step(world.machine, world.record, facts, world.now)
        cut = step(world.machine, world.record, facts, world.now, lambda: False)
        is_less = cut.record.next_event < whole.record.next_event
        assert (cut.record is world.record) == (whole.record is world.record)
        if is_less and cut.record.outcome is None:
            assert cut.wake_at is not None
            assert cut.wake_at <= world.now


@laws
@given(worlds())
def test_level(world: World) -> None:
    """Commands are what the record calls for minus what the facts show, after a crash too."""
    for facts in moments(world):
        made = step(world.machine, world.record, facts, world.now)
        shown = {fact.task_id for fact in facts if not isinstance(fact, Order | TaskHeld)}
        asked = [c.task_id for c in made.commands if isinstance(c, STARTS)]
        wanted = [
            made.record.task_id(ordinal)
            for frame in made.record.frames.values()
            for ordinal in _not_started(frame.waiting)
        ]
        if made.record.outcome is not None or Suspended() in facts:
            wanted = []
        assert asked == [id_ for id_ in wanted if id_ not in shown]
        assert len(set(asked)) == len(asked)


def _not_started(waiting: Waiting) -> Sequence[int]:
    """The ordinals of what is waited for, but for a task that was seen to start."""
    if isinstance(waiting, OnTask) and waiting.started_at is not None:
        return ()
    return awaited(waiting)


@laws
@given(worlds(), st.booleans())
def test_final(world: World, is_stopped: bool) -> None:
    """Once there is an outcome no fact and no time changes the record; only cancels are left."""
    for _facts in moments(world):
        pass
    final = world.record
    if final.outcome is None:  # restarted by the last redrive
        world.perform(world.step([StopRequested(error="Stop", cause="now")]))
        final = world.record
    late: list[Fact] = [
        TaskSucceeded(task_id=TaskId(final.header.uid, n), at=world.now, output=n)
        for n in range(1, final.next_ordinal)
    ]
    if is_stopped:
        late += [StopRequested(), Suspended(), RedriveRequested(number=final.redrive_count)]
    for facts in ([], late):
        made = step(world.machine, final, facts, world.now + timedelta(days=400))
        assert made.record is final
        assert made.history == ()
        assert made.wake_at is None
        assert all(isinstance(command, CancelTask | CancelChild) for command in made.commands)


@laws
@given(worlds())
def test_history_is_a_tree_with_ids_from_one(world: World) -> None:
    """Ids count from 1 without a gap, and every event follows an earlier one."""
    history = []
    for _facts in moments(world):
        if world.last is not None:
            history += world.last.history
    assert world.last is not None
    history += world.last.history
    assert [event.id for event in history] == list(range(1, len(history) + 1))
    assert all(event.previous_event_id < event.id for event in history)
    assert world.record.next_event == len(history) + 1


@laws
@given(worlds())
def test_record_survives_text(world: World) -> None:
    """A record that was written and read back is the same record."""
    for _facts in moments(world):
        copy: Record = from_record_text(to_record_text(world.record))
        assert copy == world.record


@laws
@given(worlds())
def test_nothing_begins_while_suspended(world: World) -> None:
    """No state is entered, no try begun and no start asked for; time alone never spins."""
    for facts in moments(world):
        if Suspended() not in facts or any(isinstance(fact, StopRequested) for fact in facts):
            continue
        made = step(world.machine, world.record, facts, world.now)
        begun = [
            event.type
            for event in made.history
            if event.type.endswith(("StateEntered", "Scheduled", "IterationStarted"))
        ]
        assert begun == []
        assert not any(isinstance(command, STARTS) for command in made.commands)
        assert made.wake_at is None or made.wake_at > world.now


@laws
@given(worlds())
def test_what_has_finished_is_not_open(world: World) -> None:
    """A branch or iteration is open, ended or still to come, never two of them: redriven or not."""
    for _facts in moments(world):
        record = world.record
        if record.outcome is not None:
            continue
        for frame in record.frames.values():
            indexes = [it.index for it in record.frames.values() if it.parent == frame.id]
            assert len(set(indexes)) == len(indexes)
            match frame.waiting:
                case OnBranches(outputs=outputs):
                    assert not outputs.keys() & set(indexes)
                case OnIterations() as waiting:
                    ended = [*waiting.outputs, *waiting.failures]
                    begun = [*indexes, *ended, *waiting.again]
                    assert sorted(begun) == list(range(waiting.next_index))
