"""Which facts are worth a write now, and which may wait for a write that is due anyway. Pure.

That a task started, or is still alive, is worth recording but not worth an immediate write of its
own. It is held back for two seconds (``Settings.hold``) unless something else changes the record.
The start of a task that must not be repeated is recorded at once, or it could be forgotten. So is
that of an execution which its task does not await: it is the task's answer. That whoever has the
token of a callback is still alive is recorded when the silence before that would have been too
long, so one write at most is made for it in HeartbeatSeconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from asw.engine.facts import Fact, TaskFact, TaskHeartbeat, TaskStarted
from asw.engine.nested import is_awaited_child, is_child
from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId
from asw.reconciler.tasks import awaited_callbacks, awaited_of_maps, listening_tasks

FirstSeen = Mapping[tuple[TaskId, type], datetime]
"""When a fact of the kind was first seen and not handed on."""
Chosen: TypeAlias = tuple[tuple[Fact, ...], datetime | None]
"""The facts for a step, and when the facts that are held back must be handed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFacts:
    """``facts`` for the step; with ``until`` there are none, and all are due at that instant.

    ``first_seen`` is an argument of the next call.
    """

    facts: tuple[TaskFact, ...]
    until: datetime | None
    first_seen: FirstSeen


def hold_back(
    facts: Sequence[TaskFact],
    awaited: Mapping[TaskId, OnTask | None],
    first_seen: FirstSeen,
    now: datetime,
    hold: timedelta,
) -> HeldFacts:
    """All facts if one of them is due now, else none and when the first will be due.

    Facts about tasks that nobody awaits (they are being cancelled) are never due themselves.
    What a distributed Map waits for is not a task: None in ``awaited``.
    """
    seen = {key: first_seen.get(key, now) for key in map(_key, facts)}
    due = [
        at
        for fact in facts
        if fact.task_id in awaited
        and (at := _due_at(fact, awaited[fact.task_id], seen[_key(fact)], hold)) is not None
    ]
    until = min(due, default=None)
    if until is not None and until <= now:
        return HeldFacts(facts=tuple(facts), until=None, first_seen={})
    return HeldFacts(facts=(), until=until, first_seen=seen)


def _key(fact: TaskFact) -> tuple[TaskId, type]:
    return fact.task_id, type(fact)


def _due_at(
    fact: TaskFact, task: OnTask | None, seen_at: datetime, hold: timedelta
) -> datetime | None:
    """When the fact must be handed on; None if the record already has it."""
    match fact:
        case TaskStarted():
            if task is None or task.started_at:
                return None
            if not fact.may_repeat or (is_child(task) and not is_awaited_child(task)):
                return seen_at
            return min(seen_at + hold, _deadline(fact.at, task))
        case TaskHeartbeat():
            if (
                task is None
                or task.heartbeat_seconds is None
                or not _is_newer(fact.at, task.heartbeat_at)
            ):
                return None
            return seen_at + hold
        case _:
            return seen_at


def _deadline(started_at: datetime, task: OnTask) -> datetime:
    """When a time-out that counts from the start would fire: holding must not delay it."""
    spans = [task.timeout_seconds, task.heartbeat_seconds]
    seconds = min((span for span in spans if span is not None), default=None)
    return (
        datetime.max.replace(tzinfo=started_at.tzinfo)
        if seconds is None
        else (started_at + timedelta(seconds=seconds))
    )


def _is_newer(at: datetime, than: datetime | None) -> bool:
    return than is None or at > than


def _without_early_beats(
    record: Record, facts: Sequence[TaskFact], now: datetime
) -> Sequence[TaskFact]:
    """The facts without heartbeats of callbacks that the record can do without until a deadline."""
    if not any(isinstance(fact, TaskHeartbeat) for fact in facts):
        return facts
    until = {id_: it.deadlines()[1] for id_, it in awaited_callbacks(record).items()}
    return [
        fact
        for fact in facts
        if not isinstance(fact, TaskHeartbeat) or (until.get(fact.task_id) or now) <= now
    ]


class Choice:
    """Which facts a pass of one execution hands to its step: all, or for a while none but orders.

    ``is_fresh`` until the first step on what was loaded; ``wake_at`` is when time alone changes
    something. Both need all facts. ``has_news`` if what was chosen last is more than signs of life.
    """

    def __init__(self, hold: timedelta) -> None:
        self.is_fresh = True
        self.wake_at: datetime | None = None
        self.has_news = False
        self._hold = hold
        self._first_seen: FirstSeen = {}

    def stepped(self, wake_at: datetime | None) -> None:
        """A step was taken; it must be repeated at ``wake_at``."""
        self.is_fresh, self.wake_at = False, wake_at

    def choose(
        self, record: Record, facts: Sequence[TaskFact], orders: Sequence[Fact], now: datetime
    ) -> Chosen:
        """All facts if a step is due anyway, else what ``hold_back`` lets through."""
        chosen = self._chosen(record, _without_early_beats(record, facts, now), orders, now)
        self.has_news = not all(isinstance(it, TaskStarted | TaskHeartbeat) for it in chosen[0])
        return chosen

    def _chosen(
        self, record: Record, facts: Sequence[TaskFact], orders: Sequence[Fact], now: datetime
    ) -> Chosen:
        is_timer_due = self.wake_at is not None and self.wake_at <= now
        if self.is_fresh or is_timer_due or (orders and record.outcome is None):
            self._first_seen = {}
            return tuple(facts), None
        tasks: dict[TaskId, OnTask | None] = {**listening_tasks(record)}
        awaited = tasks | dict.fromkeys(awaited_of_maps(record))
        held = hold_back(facts, awaited, self._first_seen, now, self._hold)
        self._first_seen = held.first_seen
        return held.facts, held.until

    def set_back(self, span: timedelta) -> None:
        """The clock was set back by the span: hold nothing longer because of that."""
        self._first_seen = {key: at - span for key, at in self._first_seen.items()}
