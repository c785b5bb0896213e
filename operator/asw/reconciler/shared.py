"""What all workers of a reconciler share."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Protocol

from asw.asl.model import StateMachine
from asw.engine.facts import Fact
from asw.engine.history import Event
from asw.engine.limits import Pace, unhurried
from asw.engine.record import Header, Record
from asw.engine.step import Step
from asw.reconciler.counters import Counters
from asw.reconciler.distributed import Transfers
from asw.reconciler.evaluating import Evaluating
from asw.reconciler.event_log import note_failure_to_start, note_step
from asw.reconciler.express import WithExpress
from asw.reconciler.machines import Machines
from asw.reconciler.marks import Subject
from asw.reconciler.nesting import Nesting
from asw.reconciler.observing import Term
from asw.reconciler.places import Places
from asw.reconciler.platform import ExecutionKey, NotActingError, Platform, Save, Stored
from asw.reconciler.settings import Settings
from asw.reconciler.slots import Slots
from asw.reconciler.task_queue import TaskQueue
from asw.reconciler.telling import SavedStep, Telling, Told
from asw.reconciler.turns import Turns

MayAct = Callable[[str], bool]
"""Whether we may have effects in this namespace now: we hold the Lease and the claim."""
Describe = Callable[[Stored, datetime], Header]
"""The header of an execution that begins now: its names as ARNs."""


class StepFunction(Protocol):
    """``asw.engine.step.step``, or a stand-in."""

    def __call__(
        self,
        machine: StateMachine,
        record: Record,
        facts: Sequence[Fact],
        now: datetime,
        may_go_on: Pace = unhurried,
    ) -> Step:
        """Take one step; pure."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The platform, the settings and the common books of all workers.

    ``children`` is the platform again; so are ``transfers``, ``nesting``, None if Tasks start no
    executions there, and ``telling``, None if nobody wants to know.
    ``task_queue`` says which tasks may start, ``starting`` how many executions may start tasks at
    a time, ``turns`` whose work continues next, ``places`` how many passes of a namespace are
    under way. ``term`` is when we began to act, ``chance`` draws jitter.
    """

    platform: Platform
    children: WithExpress
    transfers: Transfers
    nesting: Nesting | None
    telling: Telling | None
    settings: Settings
    describe: Describe
    may_act: MayAct
    step: StepFunction
    evaluating: Evaluating
    machines: Machines
    slots: Slots
    task_queue: TaskQueue
    starting: asyncio.Semaphore
    turns: Turns
    places: Places
    counters: Counters
    chance: Callable[[], float]
    term: Term = field(default_factory=Term)

    def require_may_act(self, key: ExecutionKey) -> None:
        """Raise NotActingError if effects are not allowed now."""
        if not self.may_act(key.namespace):
            raise NotActingError

    def note_step(self, key: ExecutionKey, saved: SavedStep) -> None:
        """A step is saved: count it, log it, and tell who wants to know."""
        step = saved.step
        note_step(self.counters, saved.before, step, saved.facts)
        if self.telling is not None:
            record = step.record
            told = Told(
                header=record.header,
                redrive_count=record.redrive_count,
                events=step.history,
                saved=saved,
            )
            self.telling.tell(key, told)

    def note_failure_to_start(self, stored: Stored, save: Save) -> None:
        """The same for an execution that ended before it had a record, and has no history."""
        assert save.failed_before_start is not None
        error, cause = save.failed_before_start
        note_failure_to_start(self.counters, error)
        if self.telling is not None:
            details = {"error": error, "cause": cause}
            event = Event(1, 0, "ExecutionFailed", save.at, details)
            header = self.describe(stored, save.at)
            self.telling.tell(stored.key, Told(header=header, redrive_count=0, events=(event,)))

    async def step_on(self, namespace: str, subject: Subject, step: Callable[[Pace], Step]) -> Step:
        """Take the step of one execution, cut if it gets long; costly parts are evaluated outside.

        Raises Unavailable if nobody can evaluate them now.
        """
        began = perf_counter()
        made = await self.evaluating.run(namespace, lambda: step(self.turns.pace(subject)))
        self.counters.step_seconds.add(perf_counter() - began)
        return made
