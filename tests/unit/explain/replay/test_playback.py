"""Playing executions again: the engine makes the history anew, whatever the outside did."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asw.asl.errors import NODE_LOST, RECORD_TOO_LARGE, Failure
from asw.asl.model import StateMachine
from asw.asl.parse import parse
from asw.asl.values import ABSENT, to_text
from asw.engine.answers import Answer, Lost, Raised, Ran, Returned, SimulationError
from asw.engine.commands import CancelChild, CancelTask, StartTask
from asw.engine.facts import (
    Fact,
    RedriveRequested,
    StopRequested,
    Suspended,
    TaskFact,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.history import Event
from asw.engine.simulation import Request, simulate
from asw.engine.step import begin, end, step
from asw.engine.task_ids import TaskId
from asw.explain.replay.playback import play_back
from tests.conformance.objects import Objects
from tests.support.cases import stored
from tests.support.machines import ERRORS, machines
from tests.support.play import START, definition, header, play, task
from tests.support.play import Raised as Raises

INPUT = {"items": [1, None, "三"]}
SPANS = (0, 0, 0.0004, 0.5, 1, 1.0003, 3, 7)
OUTPUTS = (1, {"a": [1]}, None, "x")

playing = settings(max_examples=60, suppress_health_check=list(HealthCheck))


class Dice:
    """An outside whose tasks do what chance says."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.may_repeat = chance.random() < 0.7

    def answer(self, _command: StartTask, _around: object) -> Answer:
        """See Outside."""
        kind, seconds = self.chance.random(), self.chance.choice(SPANS)
        if kind < 0.55:
            return Answer(end=Returned(self.chance.choice(OUTPUTS)), seconds=seconds)
        if kind < 0.85:
            return Answer(end=Raised(self.chance.choice(ERRORS), "c"), seconds=seconds)
        return Answer(end=Lost("gone", may_repeat=self.may_repeat), seconds=seconds)


def requests_of(chance: random.Random) -> list[Request]:
    """Sometimes somebody stops the execution, and redrives what did not succeed."""
    found = []
    if chance.random() < 0.3:
        stop = StopRequested(error="S", cause="s")
        found.append(Request(seconds=chance.choice([0.5, 1, 2]), fact=stop))
    if chance.random() < 0.5:
        again = RedriveRequested(number=1)
        found.append(Request(seconds=chance.choice([5, 20]), fact=again))
    return found


def assert_made_anew(machine: StateMachine, events: list[Event]) -> None:
    """Every event is made as it was recorded."""
    playback = play_back(machine, header(), events)
    assert playback.difference is None
    assert playback.verified == len(events)


@playing
@given(machines(), st.integers(0, 10**9))
def test_a_simulated_history_is_made_anew(outline, seed):
    """Random machines, answers, retries, losses, stops and redrives; instants cut as stored."""
    chance, machine = random.Random(seed), parse(to_text(outline))
    try:
        seen = simulate(machine, begin(header(), INPUT), Dice(chance), requests=requests_of(chance))
    except SimulationError:
        return
    assert_made_anew(machine, stored(seen.history))


@playing
@given(machines(distributed=True), st.integers(0, 10**9))
def test_a_history_with_distributed_maps_is_made_anew(outline, seed):
    """What their children did is in no event: their ends are taken, all else is made."""
    chance, machine = random.Random(seed), parse(to_text(outline))
    objects = Objects([{"bucket": "b", "key": "k", "body": "[1,2]"}])
    try:
        seen = simulate(machine, begin(header(), INPUT), Dice(chance), objects=objects)
    except SimulationError:
        return
    assert_made_anew(machine, stored(seen.history))


NAP = {"Type": "Wait", "Seconds": 3, "End": True}
"""What a child does that ends well."""


@pytest.mark.parametrize("pattern", ["", ".sync", ".sync:2"])
@pytest.mark.parametrize(
    ("end", "fields"),
    [
        (Ran(parse(to_text(definition("N", N=NAP)))), {}),
        (Ran(parse(to_text(definition("N", N=NAP)))), {"TimeoutSeconds": 2}),
        (Ran(parse(to_text(definition("F", F={"Type": "Fail", "Error": "E"})))), {}),
        (Raised("StepFunctions.StateMachineDoesNotExistException", "c"), {}),
    ],
    ids=["ends well", "is stopped", "fails", "is refused"],
)
def test_a_task_that_starts_an_execution_is_made_anew(pattern, end, fields):
    """What was submitted, and what the child ended with, are taken from the events."""
    request = {"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m"}
    state = {
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": request,
        **fields,
    }
    nap = {"Type": "Wait", "Timestamp": "2026-01-01T00:00:00.0007Z", "Next": "S"}
    machine = parse(to_text(definition("W", W=nap, S=task(**state))))

    class Outside:
        def answer(self, _command: StartTask, _around: object) -> Answer:
            return Answer(end=end)

    seen = simulate(machine, begin(header(), INPUT), Outside())
    assert_made_anew(machine, stored(seen.history))


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        (Answer(end=Returned(7), submission={}, seconds=3), {}),
        (Answer(end=Raised("E", "c"), submission={}, seconds=3), {}),
        (Answer(end=None, submission={}, heartbeats=(1.0, 2.5)), {"HeartbeatSeconds": 2}),
        (Answer(end=Raised("StepFunctions.StateMachineDoesNotExistException", "c")), {}),
    ],
    ids=["success", "failure", "silence", "is refused"],
)
def test_a_task_that_hands_its_token_to_an_execution_is_made_anew(answer, fields):
    """The report is told from the answer to the start."""
    request = {"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m"}
    resource = "arn:aws:states:::states:startExecution.waitForTaskToken"
    state = {"Resource": resource, "Parameters": request, **fields}
    machine = parse(to_text(definition("S", S=task(**state))))

    class Outside:
        def answer(self, _command: StartTask, _around: object) -> Answer:
            return answer

    seen = simulate(machine, begin(header(), INPUT), Outside())
    assert_made_anew(machine, stored(seen.history))


class Lazy:
    """A platform that looks seldom: a step sees much at once, late, and may be suspended."""

    def __init__(self, machine: StateMachine, chance: random.Random) -> None:
        self.machine = machine
        self.chance = chance
        self.record = begin(header(), INPUT)
        self.history: list[Event] = []
        self.coming: list[tuple[datetime, TaskFact]] = []
        self.known: set[TaskId] = set()

    def run(self) -> list[Event]:
        """The history, to the end or to where nobody looks any more."""
        now, is_suspended = START, False
        for moment in range(200):
            is_suspended = self.chance.random() < 0.15 and moment < 150
            facts: list[Fact] = [fact for at, fact in self.coming if at <= now]
            facts += [Suspended()] if is_suspended else []
            made = step(self.machine, self.record, facts, now)
            self.record = made.record
            self.history += made.history
            if made.record.outcome is not None:
                break
            for command in made.commands:
                if isinstance(command, StartTask) and command.task_id not in self.known:
                    self.known.add(command.task_id)
                    self.start(command.task_id, now)
                elif isinstance(command, CancelTask | CancelChild):
                    gone = TaskVanished(task_id=command.task_id, at=now, reason="cancelled")
                    self.coming.append((now, gone))
            now += timedelta(microseconds=self.chance.choice([1, 300, 40_000, 900_000, 2_500_000]))
        return self.history

    def start(self, task_id: TaskId, now: datetime) -> None:
        """Decide what the task will show, and when."""
        chance = self.chance
        began = now + timedelta(seconds=chance.choice(SPANS))
        ended = began + timedelta(seconds=chance.choice(SPANS))
        if chance.random() < 0.8:
            self.coming.append((began, TaskStarted(task_id=task_id, at=began)))
        if chance.random() < 0.5:
            self.coming.append((ended, TaskHeartbeat(task_id=task_id, at=ended)))
        kind = chance.random()
        fact: TaskFact
        if kind < 0.6:
            fact = TaskSucceeded(task_id=task_id, at=ended, output=chance.choice(OUTPUTS))
        elif kind < 0.85:
            error = chance.choice(ERRORS)
            fact = TaskFailed(task_id=task_id, at=ended, error=error, started_at=began)
        else:
            fact = TaskVanished(task_id=task_id, at=ended, reason="gone", error=NODE_LOST)
        self.coming.append((ended, fact))


@playing
@given(machines(), st.integers(0, 10**9))
def test_a_history_of_a_platform_that_looks_seldom_is_made_anew(outline, seed):
    """Many facts in one step, late timers, suspensions: the order of events tells them."""
    chance, machine = random.Random(seed), parse(to_text(outline))
    assert_made_anew(machine, stored(Lazy(machine, chance).run()))


def test_heartbeats_that_nobody_recorded_are_made_up_as_they_must_have_been():
    """A task with a heartbeat lived until it was missed, or to its end."""
    machine = parse(to_text(definition("A", A=task(HeartbeatSeconds=2, TimeoutSeconds=60))))
    record, history = begin(header(), {}), []
    first = TaskId(header().uid, 1)
    lives = [
        TaskStarted(task_id=first, at=START),
        TaskHeartbeat(task_id=first, at=START + timedelta(seconds=9)),
    ]
    for seconds, facts in ((0, []), (1, lives[:1]), (9.5, lives), (12, lives)):
        made = step(machine, record, facts, START + timedelta(seconds=seconds))
        record = made.record
        history += made.history
    assert record.outcome is not None
    assert_made_anew(machine, stored(history))


SEND = {
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
    "TimeoutSeconds": 9,
    "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}],
}
CALL = {
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "f", "Payload.$": "$$.Task.Token"},
    "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}],
}
PUT = {
    "Resource": "arn:aws:states:::dynamodb:putItem",
    "Parameters": {"TableName": "t", "Item": {}},
}
STAMP = {"Resource": "asw:activity:stamp", "HeartbeatSeconds": 4}
SAID = [
    Answer(end=Returned([1]), seconds=3, submission={"MessageId": "1"}, worker="w"),
    Answer(end=Raised("E", "why"), seconds=3, submission={"MessageId": "1"}),
    Answer(end=Raised(None), seconds=1, submission=7),
    Answer(end=Raised("E"), seconds=1),
    Answer(end=None, submission=7),
]


@pytest.mark.parametrize("said", SAID, ids=["done", "fails", "says nothing", "refused", "never"])
@pytest.mark.parametrize("state", [SEND, CALL, STAMP], ids=["callback", "function", "activity"])
def test_what_waited_for_others_is_made_anew(state, said):
    """The answer to a call is told from what was reported later."""
    answers = iter((said, SAID[0]))

    class Says:
        def answer(self, _command: StartTask, _around: object) -> Answer:
            """See Outside."""
            given = next(answers)
            return given if "." in state["Resource"] else replace(given, submission=ABSENT)

    machine = parse(to_text(definition("A", A=task(**{"TimeoutSeconds": 20, **state}))))
    seen = simulate(machine, begin(header(), {}), Says())
    assert_made_anew(machine, stored(seen.history))


def test_the_answer_of_a_service_is_made_anew():
    """Only lambda:invoke wraps what was answered."""
    machine = parse(to_text(definition("A", A=task(**PUT))))
    seen = play(definition("A", A=task(**PUT)), {}, {"dynamodb:putItem": lambda _: {"Payload": 1}})
    assert_made_anew(machine, stored(seen.history))


def a_history():
    """A machine and what became of it."""
    outline = definition("A", A=task(Next="B"), B={"Type": "Pass", "End": True})
    seen = play(outline, {"n": 1}, {"work": lambda event: event["n"] + 1})
    return parse(to_text(outline)), stored(seen.history)


@pytest.mark.parametrize(
    ("number", "changes", "fields"),
    [
        (6, {"details": {"name": "A", "output": 3}}, ["output"]),
        (7, {"type": "WaitStateEntered"}, ["type"]),
        (7, {"previous_event_id": 2}, ["previousEventId"]),
        (7, {"details": {"name": "C", "input": 2}}, ["name"]),
    ],
)
def test_a_changed_history_is_told_by_its_first_event_that_differs(number, changes, fields):
    """What was verified before it stays so, and the fields that differ are named."""
    machine, events = a_history()
    events[number - 1] = events[number - 1]._replace(**changes)
    playback = play_back(machine, header(), events)
    assert not playback.is_proven
    assert playback.verified == number - 1
    assert playback.difference is not None
    assert playback.difference.recorded == events[number - 1]
    assert list(playback.difference.fields()) == fields


def test_another_definition_is_told_by_where_it_goes_another_way():
    """The definition is a part of what is proven."""
    _, events = a_history()
    other = definition("A", A=task(Next="B"), B={"Type": "Pass", "Result": 9, "End": True})
    playback = play_back(parse(to_text(other)), header(), events)
    assert playback.verified == 7
    assert playback.difference is not None
    assert list(playback.difference.fields()) == ["output"]


def test_another_uid_draws_other_chances():
    """Chance is seeded by the execution: the header is a part of what is proven, too."""
    outline = definition(
        "A", A={"Type": "Pass", "Parameters": {"x.$": "States.UUID()"}, "End": True}
    )
    seen, machine = play(outline, {}), parse(to_text(outline))
    assert play_back(machine, header(), stored(seen.history)).is_proven
    other = replace(header(), uid="11111111-7a2b-4a55-9d0a-3f4f1b6c7e01")
    assert not play_back(machine, other, stored(seen.history)).is_proven


def test_the_record_at_an_event_is_the_one_after_its_step():
    """What waited then can be told from it."""
    outline = definition("A", A={"Type": "Wait", "Seconds": 5, "Next": "B"}, B={"Type": "Succeed"})
    seen, machine = play(outline, {}), parse(to_text(outline))
    playback = play_back(machine, header(), stored(seen.history))
    at_entry = playback.record_at(2)
    assert at_entry is not None
    assert at_entry.current_states() == ["A"]
    last = playback.record_at(len(seen.history))
    assert last is not None
    assert last.outcome is not None


def test_a_large_map_is_played_again_step_by_step():
    """Hundreds of iterations that end at one instant are one step."""
    each = {"StartAt": "T", "States": {"T": task()}}
    outline = definition("M", M={"Type": "Map", "ItemProcessor": each, "End": True})
    seen = play(outline, list(range(300)), {"work": lambda n: n})
    playback = play_back(parse(to_text(outline)), header(), stored(seen.history))
    assert playback.is_proven
    assert playback.total > 1500


def test_an_execution_that_the_platform_ended_is_made_anew():
    """Its end was none of its states' doing."""
    machine = parse(to_text(definition("A", A=task())))
    made = step(machine, begin(header(), {}), [], START)
    ended = end(machine, made.record, Failure(RECORD_TOO_LARGE, "too large"), START)
    assert_made_anew(machine, stored([*made.history, *ended.history]))


def test_a_function_that_raises_is_no_loss():
    """An error of a function goes to Retry, whatever its name says of it."""

    def fails(_event):
        raise Raises("Asw.Custom", "x")

    outline = definition("A", A=task(Retry=[{"ErrorEquals": ["Asw.Custom"]}]))
    seen = play(outline, {}, {"work": fails})
    assert_made_anew(parse(to_text(outline)), stored(seen.history))
