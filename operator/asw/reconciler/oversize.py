"""Ends that no step decides: of a record that is too large to save, or kills the operator.

An execution that has killed the process twice is ended alone, without being worked on. If its
record was read each time, the record ends, so that it can be redriven once the cause is fixed. If
reading it may be what kills, it ends unread, as one that never began.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from asw.asl.errors import STEP_KILLED_OPERATOR, Failure
from asw.asl.model import StateMachine
from asw.engine.record import Record
from asw.engine.step import Step, end
from asw.reconciler.machines import NOTHING
from asw.reconciler.marks import LOADING, Death
from asw.reconciler.platform import Save, Stored, TooLarge
from asw.reconciler.redriving import wanted_redrive

REMEDY = (
    "find out what takes so much memory or time there (large inputs, expressions, a Map over very "
    "many items), or give the operator more memory"
)


async def save_an_end(
    save: Callable[[Save], Awaitable[None]],
    ends: Iterable[Step],
    revision: str | None,
    error: TooLarge,
) -> Step:
    """Save the first of the ends that is accepted; raises the error if none is."""
    for step in ends:
        assert step.record.outcome is not None
        at = step.record.outcome.at
        try:
            await save(Save(record=step.record, revision=revision, history=step.history, at=at))
        except TooLarge:
            continue
        return step
    raise error


def endings(
    machine: StateMachine, saved: Record, failure: Failure, now: datetime
) -> Iterator[Step]:
    """Ends of the last saved record, each smaller than the one before; none if it has ended.

    The step that led to the refused record never happened: what it would have started was not
    started, and history continues from what was written last. The first end keeps all that a
    redrive needs; the second keeps only names, counters, and tasks still to be cancelled.
    """
    if saved.outcome is not None:
        return
    whole = end(machine, saved, failure, now)
    yield whole
    yield replace(whole, record=replace(whole.record, input=None, frames={}))


def is_unreadable(death: Death) -> bool:
    """Whether the execution must be ended without being read."""
    return death.next_event == LOADING


def why_killed(death: Death) -> str:
    """The cause with its remedy."""
    place = "while it was loaded or took its first step"
    then = "then start a new execution"
    if not is_unreadable(death):
        place = f"in a step after event {death.next_event - 1} of its history"
        then = "then redrive it, or start a new execution"
    return f"the operator died {death.count} times in a row {place}: {REMEDY}; {then}"


async def end_killer(
    stored: Stored, death: Death, save: Callable[[Save], Awaitable[None]], now: datetime
) -> Step | None:
    """Save the end of the execution, or that its redrive is refused; returns the ending step.

    An execution that is over needs neither.
    """
    cause, record, order = why_killed(death), stored.record, wanted_redrive(stored)
    if order is not None:
        await save(Save(refusal=f"redrive {order.number} is refused: {cause}", at=now))
    elif record is not None and record.outcome is None:
        ends = endings(NOTHING, record, Failure(STEP_KILLED_OPERATOR, cause), now)
        return await save_an_end(save, ends, stored.revision, TooLarge(cause))
    elif record is None and not stored.is_finished:
        await save(Save(failed_before_start=(STEP_KILLED_OPERATOR, cause), at=now))
    return None
