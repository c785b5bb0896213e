"""``step``: from record, facts and now to the next record, its commands and history. Pure.

Four laws hold for it (tests/unit/engine): pure, settled, level, final.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asw.asl.model import StateMachine
from asw.asl.values import Json
from asw.engine.commands import Command
from asw.engine.facts import Fact
from asw.engine.history import Event
from asw.engine.record import Header, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step decided.

    ``record`` is the given one (same object) where nothing changed. ``history`` holds the new
    events only. ``wake_at`` is the next instant at which time alone changes something, None for
    never; it is not after ``now`` when the step stopped at its bound of transitions and wants to
    go on at once.
    """

    record: Record
    commands: tuple[Command, ...] = ()
    history: tuple[Event, ...] = ()
    wake_at: datetime | None = None


def begin(header: Header, input_value: Json) -> Record:
    """The record of an execution that has not run yet: no frames, no events."""
    return Record(header=header, input=input_value)


def step(machine: StateMachine, record: Record, facts: Sequence[Fact], now: datetime) -> Step:
    """Run every line of control on until it waits, and say what the outside must do.

    A record without frames (from ``begin``) is started: ExecutionStarted is its first event.
    """
    raise NotImplementedError
