"""How an execution is ended that has killed the process twice: alone, and without being worked on.

Where its record was read each time, its record ends, so that it can be redriven once the cause is
mended. Where reading may be what kills, it ends unread, as one that never began.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from asw.asl.errors import STEP_KILLED_OPERATOR, Failure
from asw.engine.step import Step
from asw.reconciler.machines import NOTHING
from asw.reconciler.marks import LOADING, Death
from asw.reconciler.oversize import endings, save_an_end
from asw.reconciler.platform import Save, Stored, TooLarge
from asw.reconciler.redriving import wanted_redrive

REMEDY = (
    "find out what takes so much memory or time there (large inputs, expressions, a Map over very "
    "many items), or give the operator more memory"
)


def is_unreadable(death: Death) -> bool:
    """Whether the execution is to be ended without being read."""
    return death.next_event == LOADING


def why_killed(death: Death) -> str:
    """The cause, with the remedy."""
    place = "while it was loaded or took its first step"
    then = "then start a new execution"
    if not is_unreadable(death):
        place = f"in a step after event {death.next_event - 1} of its history"
        then = "then redrive it, or start a new execution"
    return f"the operator died {death.count} times in a row {place}: {REMEDY}; {then}"


async def end_killer(
    stored: Stored, death: Death, save: Callable[[Save], Awaitable[None]], now: datetime
) -> Step | None:
    """Save the end of the execution, or that its redrive is refused; the step, if one ends it.

    One that is over already needs neither.
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
