"""Who wants to know what executions did, once it is saved: for log lines and traces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from asw.engine.history import Event
from asw.engine.record import Header
from asw.reconciler.platform import ExecutionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """New events of an execution, whose record is of this header and redrive."""

    header: Header
    redrive_count: int
    events: Sequence[Event]


@runtime_checkable
class Telling(Protocol):
    """A platform that tells others. It must not wait for them; what it raises is a fault."""

    def tell(self, key: ExecutionKey, told: Told) -> None:
        """These events are saved; those of a crash in between are told by nobody."""
        ...
