"""The part of the port that distributed Maps need: child executions, and objects in buckets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from asw.engine.children import child_header
from asw.engine.commands import CancelChild, ReadItems, StartChild, WriteResults
from asw.engine.record import Header, Record
from asw.engine.step import begin
from asw.engine.task_ids import TaskId
from asw.reconciler.platform import ExecutionKey, Platform

Transfer: TypeAlias = ReadItems | WriteResults


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child execution about to be created, with its initial state.

    Its parent knows it by ``task_id``. It runs the ItemProcessor of the Map ``map_state`` in the
    parent's ``revision``, from a ``record`` that has begun but not run; uid and name are the
    record's. An express child runs in memory (``express``).
    """

    task_id: TaskId
    map_state: str
    revision: str
    record: Record
    is_express: bool = False


class ChildExecutions(Protocol):
    """A platform that has child executions.

    A platform's ``observe`` knows children (TaskStarted, then ChildFinished) by their TaskIds as
    it knows tasks, its ``load`` says of a child which Map it belongs to, and it wakes the parent
    when a child was saved for the last time.
    """

    async def start_children(self, key: ExecutionKey, children: Sequence[Child]) -> None:
        """Create children of the execution and have them run.

        An existing child is success: its uid, or its name, follows from its TaskId.
        """
        ...

    async def cancel_children(self, key: ExecutionKey, children: Sequence[CancelChild]) -> None:
        """Ask to abort children; one that is over, or was never created, is success."""
        ...

    def forget_child(self, key: ExecutionKey) -> None:
        """Hold nothing of the tasks of an express child that is over: nobody asks about them."""
        ...


class Transfers(Protocol):
    """A platform that reads and writes objects in buckets."""

    async def transfer(self, key: ExecutionKey, transfers: Sequence[Transfer]) -> None:
        """Begin to read items or write results, in the background.

        ``observe`` knows transfers as it knows tasks. One whose outcome was not saved when a crash
        came is Unknown afterwards and starts again: reading and writing twice does no harm.
        """
        ...


class Hosting(Platform, ChildExecutions, Transfers, Protocol):
    """The part of the port that every platform has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What children inherit."""

    header: Header
    revision: str

    def born(self, starts: Iterable[StartChild], at: datetime) -> list[Child]:
        """The children of these starts, created at the instant."""
        return [
            Child(
                task_id=start.task_id,
                map_state=start.state,
                revision=self.revision,
                record=begin(child_header(self.header, start, at), start.input),
                is_express=start.execution_type == "EXPRESS",
            )
            for start in starts
        ]
