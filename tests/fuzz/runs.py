"""One document: read it, run it with a random outside, and hold it to what is promised of all.

A document may be refused, and an execution may wait for ever; any other exception is a fault, and
so is a record that its text does not give back, a step that is not settled, or an end without an
outcome.
"""

import random
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from unittest import mock

from asw.asl.execution_input import check_input_text
from asw.asl.jsonata import engine as jsonata_engine
from asw.asl.model import StateMachine
from asw.asl.parse import find_problems, parse
from asw.asl.problems import InvalidDefinition
from asw.asl.values import Json, from_text, to_text
from asw.engine import simulation
from asw.engine import step as engine_step
from asw.engine.answers import Answer, Lost, Raised, Returned, SimulationError
from asw.engine.commands import StartTask
from asw.engine.facts import Fact
from asw.engine.record import Header, Record
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.simulation import MapItem, simulate
from asw.engine.step import Step, begin, step
from asw.lint.analysis.check import Assumptions, check_flow
from asw.lint.analysis.schema import of_samples
from asw.lint.analysis.shapes import of_value
from asw.lint.analysis.walk import Walk
from tests.conformance.objects import Objects
from tests.fuzz.documents import Document
from tests.fuzz.mutations import random_json
from tests.support.flow_check import contradictions

MOST_STEPS = 400
MOST_EVENTS = 4_000
MOST_SECONDS = 1.0
"""Where a run is cut: by what it and its children take together, seconds of the processor last."""
STEPS_LOOKED_AT = 6
"""The first steps of a run, each of which is taken twice and written as text."""

EXPRESSION_SECONDS = 0.05
TRANSITIONS = 10
"""What one JSONata expression gets, and how many states one step enters: less than in earnest, for
a loop may evaluate the slowest of expressions for ever."""

End = Literal["refused", "ran", "cut", "waits forever", "FAULT"]

_HEADER = Header(
    uid="0d5f9d3e-7a2b-4a55-9d0a-3f4f1b6c7e01",
    name="run",
    arn="arn:aws:states:us-east-1:123456789012:execution:flow:run",
    workflow_name="flow",
    workflow_arn="arn:aws:states:us-east-1:123456789012:stateMachine:flow",
    role_arn="arn:aws:iam::123456789012:role/flow",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How it went; ``detail`` of a FAULT says what is wrong and where."""

    end: End
    detail: str = ""
    status: str = ""


class BrokenPromise(Exception):
    """Something that is promised of every document does not hold of this one."""


class _Cut(Exception):
    """The run is longer than is looked at."""


def judge(document: Document) -> Verdict:
    """Read and run it."""
    try:
        return _judge(document)
    except Exception as error:  # noqa: BLE001 - any exception is the finding
        return Verdict(end="FAULT", detail=described(error))


def described(error: BaseException) -> str:
    """The exception and the last places in our own code that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/asw/" in frame.filename] or frames
    places = [f"{Path(it.filename).name}:{it.lineno} {it.name}" for it in ours[-3:]]
    return f"{type(error).__name__}: {str(error)[:200]} at {' > '.join(places)}"


def _judge(document: Document) -> Verdict:
    given = _input(document.input_text)
    problems = find_problems(document.text, document.dialect)
    has_errors = any(problem.severity == "ERROR" for problem in problems)
    try:
        machine = parse(document.text, document.dialect)
    except InvalidDefinition as refused:
        _require(has_errors, "refused without an error")
        _require(bool(str(refused)), "refused without a word")
        return Verdict(end="refused")
    _require(not has_errors, "not refused in spite of an error")
    return _run(document, machine, given)


def _input(text: str) -> Json:
    """The input where it can be one, else an empty object."""
    sentence = check_input_text(text)
    if sentence is not None:
        return {}
    return from_text(text)


def _run(document: Document, machine: StateMachine, given: Json) -> Verdict:
    outside, objects = _Outside(document.seed), Objects(document.objects)
    definition = from_text(document.text)
    check_flow(machine, definition)
    check_flow(machine, definition, Assumptions(input=of_samples([given]), source="samples"))
    try:
        with _bounded():
            seen = simulate(machine, begin(_HEADER, given), outside, objects=objects)
    except _Cut:
        return Verdict(end="cut")
    except SimulationError as error:
        if "beyond the year 9999" in str(error):
            return Verdict(end="cut")
        _require("waits forever" in str(error), str(error))
        _require(outside.has_silence, "waits forever though every task answers")
        return Verdict(end="waits forever")
    to_text(seen.outcome.output)
    said = contradictions(Walk(machine, of_value(given)), seen)
    _require(not said, f"the data-flow check says otherwise: {said[:1]}")
    return Verdict(end="ran", status=seen.outcome.status)


@contextmanager
def _bounded() -> Iterator[None]:
    """Within, plays are cut by their bound, and their first steps are looked at."""
    steps = events = 0
    until = time.process_time() + MOST_SECONDS

    def bounded(
        machine: StateMachine, record: Record, facts: Sequence[Fact], now: datetime
    ) -> Step:
        nonlocal steps, events
        made = step(machine, record, facts, now)
        steps, events = steps + 1, events + len(made.history)
        if steps <= STEPS_LOOKED_AT:
            _look(machine, made, facts, now)
        if steps > MOST_STEPS or events > MOST_EVENTS or time.process_time() > until:
            raise _Cut
        return made

    hasty = mock.patch.dict(jsonata_engine._LIMITS, timeout=EXPRESSION_SECONDS)
    short = mock.patch.object(engine_step, "STEP_TRANSITIONS", TRANSITIONS)
    with mock.patch.object(simulation, "step", bounded), hasty, short:
        yield


def _look(machine: StateMachine, made: Step, facts: Sequence[Fact], now: datetime) -> None:
    record = made.record
    _require(from_record_text(to_record_text(record)) == record, "the record's text lost something")
    for event in made.history:
        to_text(event.details)
    if made.wake_at is None or made.wake_at > now:
        again = step(machine, record, facts, now)
        _require(again.record is record, "a second step changes the record")
        _require(again.commands == made.commands, "a second step asks for something else")


class _Outside:
    """Tasks that do anything: values, errors, silence, and vanishing.

    ``has_silence`` tells whether one of them never ended.
    """

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(f"{seed}/outside")
        self.has_silence = False

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """What this start does."""
        chance, seconds = self.chance, self.chance.choice([0, 0, 0.5, 3, 1e9])
        roll = chance.random()
        if roll < 0.55:
            return Answer(end=Returned(self._output(command)), seconds=seconds)
        if roll < 0.85:
            error = chance.choice(["E", "States.Timeout", "States.Runtime", "", "语", "a\u0000"])
            cause = chance.choice([None, "", "x" * 40_000, "because"])
            return Answer(end=Raised(error, cause), seconds=seconds)
        if roll < 0.93:
            return Answer(end=Lost("the node is gone"), seconds=seconds)
        self.has_silence = True
        return Answer(end=None, heartbeats=(0.5, 3))

    def _output(self, command: StartTask) -> Json:
        roll = self.chance.random()
        if roll < 0.3:
            return command.payload
        if roll < 0.33:
            return "x" * self.chance.choice([262_142, 262_143, 1_000_000])
        # What a platform takes is what JSON text can say.
        return _as_read(random_json(self.chance, 4))


def _as_read(value: Json) -> Json:
    try:
        to_text(value).encode()
    except ValueError:
        return None
    return value


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise BrokenPromise(sentence)
