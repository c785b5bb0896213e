"""The part of the port that distributed Maps need: child executions, and objects in buckets.

A platform that has these methods runs distributed Maps. One that lacks them refuses definitions
that have any (``runnable``), so that no command for it ever comes up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias, runtime_checkable

from asw.engine.children import child_header
from asw.engine.commands import CancelChild, ReadItems, StartChild, WriteResults
from asw.engine.record import Header, Record
from asw.engine.step import begin
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import ExecutionKey

Transfer: TypeAlias = ReadItems | WriteResults


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child execution about to be made, with all that it is born with.

    Its parent knows it by ``task_id``. It runs the ItemProcessor of the Map ``map_state`` in the
    parent's ``revision``, from a ``record`` that has begun and not run; uid and name are the
    record's.
    """

    task_id: TaskId
    map_state: str
    revision: str
    record: Record


@runtime_checkable
class DistributedMaps(Protocol):
    """See the module; a ``Platform`` that implements this too runs distributed Maps.

    Its ``observe`` knows children (TaskStarted, then ChildFinished) and transfers by their
    TaskIds as it knows tasks, its ``load`` says of a child which Map it belongs to, and it wakes
    the parent when a child was saved for the last time.
    """

    async def start_children(self, key: ExecutionKey, children: Sequence[Child]) -> None:
        """Create children of the execution and have them run.

        One that is there already is success: its uid follows from its TaskId.
        """
        ...

    async def cancel_children(self, key: ExecutionKey, children: Sequence[CancelChild]) -> None:
        """Ask to abort children; one that is over, or was never made, is success."""
        ...

    async def transfer(self, key: ExecutionKey, transfers: Sequence[Transfer]) -> None:
        """Begin to read items or write results, in the background.

        The outcome is stored before ``observe`` shows it. A transfer that a crash interrupts is
        Unknown afterwards and is begun anew.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What children inherit."""

    header: Header
    revision: str

    def born(self, starts: Iterable[StartChild], at: datetime) -> list[Child]:
        """The children of these starts, born at the instant."""
        return [
            Child(
                task_id=start.task_id,
                map_state=start.state,
                revision=self.revision,
                record=begin(child_header(self.header, start, at), start.input),
            )
            for start in starts
        ]
