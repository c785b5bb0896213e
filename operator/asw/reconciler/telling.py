"""Who wants to know what executions did, once it is saved: for log lines and traces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from asw.asl.model import StateMachine
from asw.engine.facts import Fact
from asw.engine.history import Event
from asw.engine.record import Header, Record
from asw.engine.step import Step
from asw.reconciler.platform import ExecutionKey


@dataclass(frozen=True, slots=True)
class SavedStep:
    """A step that was taken from ``before`` on these facts at that instant, and is saved."""

    machine: StateMachine
    before: Record
    step: Step
    facts: Sequence[Fact]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """New events of an execution, whose record is of this header and redrive.

    ``saved`` is the step that they are of, None if it ended before it had a record. A step may
    have none: an expression that fails in a branch can only make its Parallel wait to retry.
    """

    header: Header
    redrive_count: int
    events: Sequence[Event]
    saved: SavedStep | None = None


@runtime_checkable
class Telling(Protocol):
    """A platform that tells others. It must not wait for them; what it raises is a fault."""

    def tell(self, key: ExecutionKey, told: Told) -> None:
        """These events are saved; those of a crash in between are told by nobody."""
        ...
