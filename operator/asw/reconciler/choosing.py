"""Which facts a pass hands to its step: all that are known, or for a while none but orders.

Holding back is ``hold_back``'s decision; here is what it must remember from pass to pass.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from asw.engine.facts import Fact, Order, TaskFact
from asw.engine.record import Record
from asw.reconciler.holding import FirstSeen, hold_back
from asw.reconciler.tasks import awaited_of_maps, awaited_tasks

Chosen: TypeAlias = tuple[tuple[Fact, ...], datetime | None]
"""The facts for a step, and when those that it does without must be handed on."""


class Choice:
    """See the module; one per execution.

    ``is_fresh`` until the first step on what was loaded, ``wake_at`` is when time alone changes
    something: both want all facts.
    """

    def __init__(self, hold: timedelta) -> None:
        self.is_fresh = True
        self.wake_at: datetime | None = None
        self._hold = hold
        self._first_seen: FirstSeen = {}

    def stepped(self, wake_at: datetime | None) -> None:
        """A step was taken, which wants to be woken then."""
        self.is_fresh, self.wake_at = False, wake_at

    def choose(
        self, record: Record, facts: Sequence[TaskFact], orders: Sequence[Order], now: datetime
    ) -> Chosen:
        """All facts where a step is due anyway, else what ``hold_back`` lets through."""
        is_timer_due = self.wake_at is not None and self.wake_at <= now
        if self.is_fresh or is_timer_due or (orders and record.outcome is None):
            self._first_seen = {}
            return tuple(facts), None
        awaited = awaited_tasks(record) | dict.fromkeys(awaited_of_maps(record))
        held = hold_back(facts, awaited, self._first_seen, now, self._hold)
        self._first_seen = held.first_seen
        return held.facts, held.until

    def set_back(self, span: timedelta) -> None:
        """The clock was set back by the span: nothing is held longer for that."""
        self._first_seen = {key: at - span for key, at in self._first_seen.items()}
