"""What is saved instead of a record that the platform finds too large."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from asw.asl.errors import Failure
from asw.asl.model import StateMachine
from asw.engine.record import Record
from asw.engine.step import Step, end
from asw.reconciler.platform import Save, TooLarge


async def save_an_end(
    save: Callable[[Save], Awaitable[None]],
    ends: Iterable[Step],
    revision: str | None,
    error: TooLarge,
) -> Step:
    """Save the first of the ends that is taken; raises the error where none is."""
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
    """Ends of the last saved record, each smaller than the one before; none of one that ended.

    The step that led to the refused record never happened: what it would have started was not
    started, and history goes on from what was written last. At first all is kept that a redrive
    needs; then nothing but names, counters, and the tasks that are still to be cancelled.
    """
    if saved.outcome is not None:
        return
    whole = end(machine, saved, failure, now)
    yield whole
    yield replace(whole, record=replace(whole.record, input=None, frames={}))
