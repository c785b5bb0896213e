"""Plays a machine and holds the run to what the analysis says of it."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from asw.asl.model import StateMachine
from asw.asl.values import Json
from asw.engine.answers import Answer, Raised, Returned
from asw.engine.commands import StartTask
from asw.engine.history import Event
from asw.engine.record import Header
from asw.engine.simulation import MapItem, Simulation, simulate
from asw.engine.step import begin
from asw.lint.analysis.shapes import Shape, joined
from asw.lint.analysis.walk import Walk
from tests.support.flows import any_value
from tests.support.shapes import contains

MOST_TASKS = 30
"""Then each further task fails with what nobody catches, so that no loop goes on."""
HEADER = Header(
    uid="0d5f9d3e-7a2b-4a55-9d0a-3f4f1b6c7e01",
    name="run",
    arn="arn:aws:states:us-east-1:123456789012:execution:flow:run",
    workflow_name="flow",
    workflow_arn="arn:aws:states:us-east-1:123456789012:stateMachine:flow",
    role_arn="arn:aws:iam::123456789012:role/flow",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class _Outside:
    """Tasks that return anything, or fail."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.answered = 0

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """What this start does."""
        self.answered += 1
        if self.answered > MOST_TASKS:
            return Answer(end=Raised("States.Runtime", "enough"))
        if self.chance.random() < 0.25:
            return Answer(end=Raised(self.chance.choice(["E", "States.Timeout"]), "cause"))
        if self.chance.random() < 0.2:
            return Answer(end=Returned(command.payload))
        return Answer(end=Returned(any_value(self.chance, 2)))


def play(machine: StateMachine, value: Json, chance: random.Random) -> Simulation:
    """A run on this input with random tasks."""
    return simulate(machine, begin(HEADER, value), _Outside(chance))


def contradictions(walk: Walk, run: Simulation) -> list[str]:
    """Everything in the run that the analysis says never happens."""
    found = surprises(walk, run.history)
    outcome = run.outcome
    if outcome.status == "SUCCEEDED" and not contains(walk.output, outcome.output):
        found.append(f"the machine never gives {outcome.output!r}")
    return found


def surprises(walk: Walk, history: Sequence[Event]) -> list[str]:
    """Every entry and exit of a state in the history that the analysis does not expect."""
    entered_after = {
        event.previous_event_id: event for event in history if event.type.endswith("StateEntered")
    }
    found: list[str] = []
    for event in history:
        if event.type.endswith("StateEntered"):
            found += _entered(walk, event)
        elif event.type.endswith("StateExited"):
            found += _exited(walk, event, entered_after.get(event.id))
    return found


def _entered(walk: Walk, event: Event) -> list[str]:
    name, value = event.details["name"], event.details["input"]
    world = walk.entries.get(name)
    if world is None:
        return [f"{name} is never reached"]
    return [] if contains(world.input, value) else [f"{value!r} never enters {name}"]


def _exited(walk: Walk, event: Event, after: Event | None) -> list[str]:
    name, value = event.details["name"], event.details["output"]
    if name not in walk.entries:
        return []
    edges: Sequence[Any] = walk.passages[name].edges
    if after is not None:
        target = after.details["name"]
        edges = [edge for edge in edges if edge.target == target]
        if not edges:
            return [f"{name} never leads to {target}"]
    left: Shape = joined(edge.world.input for edge in edges)
    return [] if contains(left, value) else [f"{value!r} never leaves {name}"]
