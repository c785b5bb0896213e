"""One execution, pass by pass: load, observe, step, save, perform.

Between passes the record stays in memory. A failure drops it, but not what was delivered or done.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter

from asw.api.names import REASON_WAITING_FOR_SLOT
from asw.asl.errors import RECORD_TOO_LARGE, REVISION_LOST, Failure
from asw.asl.model import StateMachine
from asw.asl.problems import InvalidDefinition
from asw.engine.children import NoSuchMap
from asw.engine.facts import Fact, RedriveRequested, StopRequested, Suspended
from asw.engine.record import Record
from asw.engine.step import Step, begin
from asw.reconciler.deliveries import Deliveries, Delivery
from asw.reconciler.distributed import Parent
from asw.reconciler.effects import Effects, Starts
from asw.reconciler.event_log import ABOUT
from asw.reconciler.holding import Choice
from asw.reconciler.machines import NOTHING
from asw.reconciler.marks import Death, Subject
from asw.reconciler.observing import Observer, Snapshot
from asw.reconciler.opening import (
    SUSPENDED,
    Begin,
    CannotBegin,
    Opening,
    WaitForWorkflow,
    cannot_parse,
    find_opening,
    lost_revision,
    no_such_map,
    what_is_amiss,
)
from asw.reconciler.oversize import end_killer, endings, is_unreadable, save_an_end
from asw.reconciler.platform import (
    ExecutionKey,
    Gone,
    PlatformError,
    Redrive,
    Refused,
    Save,
    Stored,
    TooLarge,
)
from asw.reconciler.redriving import RedriveRefused, definition_for, wanted_redrive
from asw.reconciler.scheduler import QueuePosition
from asw.reconciler.shared import Shared
from asw.reconciler.slots import WaitForSlot
from asw.reconciler.tasks import count_children, has_nothing_running
from asw.reconciler.telling import SavedStep


class Runner:
    """Runs the passes of one execution.

    ``run_once`` returns when to run again, None once all is done; ``pass_gap`` is how long news
    must wait. ``is_settled`` if the last pass found nothing to save.
    """

    def __init__(self, key: ExecutionKey, shared: Shared) -> None:
        self.key = key
        self.deliveries = Deliveries()
        self.pass_gap = timedelta(0)
        self.is_settled = False
        self.subject = Subject(key, lambda: self.record)
        self._shared, self._platform = shared, shared.platform
        self._effects = own = Effects(key, shared, self.deliveries)
        self.retry = self._effects.retry
        self._observer = Observer(self.deliveries, own.starts, own.cancels, shared.term)
        self._stored: Stored | None = None
        self._stale_at: datetime | None = None
        self._choice = Choice(shared.settings.hold)
        self._waits_since: datetime | None = None

    @property
    def record(self) -> Record | None:
        """The record as last loaded or saved, None if it is not in memory."""
        return self._stored.record if self._stored else None

    @property
    def may_passivate(self) -> bool:
        """Whether it waits only for time, a report or an order, and everything is saved."""
        record = self.record
        if record is None or self.key.owner is not None or not self.deliveries.is_empty:
            return False
        return record.outcome is None and has_nothing_running(record)

    @property
    def _is_suspended(self) -> bool:
        return self._stored is not None and self._stored.is_suspended

    def expire(self) -> None:
        """Have the next pass load it again, because memory may be out of date."""
        self._stale_at = None

    async def run_once(self) -> datetime | None:
        """One pass. Raises what the platform raises, and NotActingError."""
        self._shared.require_may_act(self.key)
        ABOUT.set(self.key)
        self._shared.counters.passes += 1
        if set_back := self._effects.keep_time(self._platform.now()):
            self._choice.set_back(set_back)
            self.expire()
        try:
            if (death := self._shared.turns.marks.last_death(self.key.uid)) is not None:
                return await self._end_killer(death)
            return await self._run()
        except Refused:
            self._shared.slots.step_aside(self.key)
            raise

    async def _run(self) -> datetime | None:
        stored = await self._load()
        order = wanted_redrive(stored)
        if order is not None:
            return await self._redrive(stored, order)
        if stored.is_unobserved:
            await self._save(Save(observed=True, at=self._platform.now()))
        if stored.record is not None:
            return await self._go_on(stored, stored.record)
        if stored.is_finished:
            self._shared.counters.late_results += self.deliveries.answer_all(Delivery.LATE)
            return None
        return await self._open(stored)

    async def _end_killer(self, death: Death) -> datetime:
        """End an execution that has killed this process, and would again; cancel its tasks."""
        stored = await self._load(is_glance=is_unreadable(death))
        now = self._platform.now()
        step = await end_killer(stored, death, self._save, now)
        if step is not None and stored.record is not None:
            self._shared.note_step(self.key, SavedStep(NOTHING, stored.record, step, (), now))
            self._settle(stored.record, step)
        elif stored.record is None:
            await self._effects.cancel_all()
        return now

    # Load

    async def _load(self, *, is_glance: bool = False) -> Stored:
        """The execution in memory, read again if it may be out of date."""
        now = self._platform.now()
        if self._stored is None or self._stale_at is None or self._stale_at <= now:
            spread = 0.8 + 0.4 * self._shared.chance()  # all were loaded at once when we took over
            self._stale_at = now + self._shared.settings.resync * spread
            self._stored, self._choice.is_fresh = None, True
            self._shared.counters.loads += 1
            read = self._platform.glance if is_glance else self._platform.load
            self._stored = await read(self.key)
            if self._stored is None:
                self._shared.slots.ended(self.key)
                raise Gone(f"execution {self.key.namespace}/{self.key.name} is gone")
            self._shared.slots.note(self._stored)
        return self._stored

    # Before the start

    async def _open(self, stored: Stored) -> datetime | None:
        now = self._platform.now()
        self._shared.counters.late_results += self.deliveries.answer_all(Delivery.LATE)
        if (why := what_is_amiss(stored)) is not None:
            return await self._fail(why)
        if stored.is_suspended and stored.stop is None:
            self._shared.slots.step_aside(self.key)
            if stored.said != SUSPENDED:
                await self._save(Save(waiting=SUSPENDED, at=now))
            return self._stale_at
        opening = await find_opening(self._platform, stored, now, self._shared.settings)
        return await self._open_by(stored, opening, now)

    async def _open_by(self, stored: Stored, opening: Opening, now: datetime) -> datetime | None:
        if isinstance(opening, Begin) and stored.stop is None:
            turn = await self._turn(stored, now)
            if isinstance(turn, datetime):
                return turn
            opening = turn or opening
        else:
            self._shared.slots.step_aside(self.key)
        if isinstance(opening, Begin):
            return await self._begin(stored, opening, now)
        if stored.stop is not None:
            return await self._advance(NOTHING, self._newborn(stored, now), None)
        if isinstance(opening, CannotBegin):
            return await self._fail(opening)
        return await self._wait(stored, opening, now)

    async def _turn(self, stored: Stored, now: datetime) -> CannotBegin | datetime | None:
        """None once it has a slot; else why it never will, or how long it may sleep.

        It is woken when there is a slot.
        """
        turn = self._shared.slots.ask(stored)
        if not isinstance(turn, WaitForSlot):
            return turn if isinstance(turn, CannotBegin) else None
        say_at = await self._say(REASON_WAITING_FOR_SLOT, turn.message, now)
        return say_at or self._stale_at or now

    async def _begin(self, stored: Stored, opening: Begin, now: datetime) -> datetime | None:
        try:
            machine = await self._shared.machines.parse(self.key.namespace, opening.revision)
        except InvalidDefinition as error:
            if stored.stop is not None:
                return await self._advance(NOTHING, self._newborn(stored, now), None)
            return await self._fail(cannot_parse(error))
        return await self._advance(machine, self._newborn(stored, now), opening.revision.name)

    def _newborn(self, stored: Stored, now: datetime) -> Record:
        return begin(self._shared.describe(stored, now), stored.input)

    async def _fail(self, why: CannotBegin) -> datetime | None:
        now = self._platform.now()
        await self._save(Save(failed_before_start=(why.error, why.cause), at=now))
        return now if self._stored and wanted_redrive(self._stored) else None

    async def _wait(self, stored: Stored, why: WaitForWorkflow, now: datetime) -> datetime:
        """Say why it waits, and look again."""
        settings = self._shared.settings
        if (say_at := await self._say(why.reason, why.message, now)) is not None:
            return say_at
        end_at = stored.created_at + settings.workflow_wait
        return min(now + settings.workflow_recheck, max(end_at, now))

    async def _say(self, reason: str, message: str, now: datetime) -> datetime | None:
        """Say why it waits, once, after a grace; returns when, if that is not yet."""
        self._waits_since = self._waits_since or now
        say_at = self._waits_since + self._shared.settings.workflow_grace
        if now < say_at:
            return say_at
        said = self._stored.said if self._stored else None
        is_said = said is not None and said[0] == reason
        if said != (reason, message) and not (is_said and reason == REASON_WAITING_FOR_SLOT):
            await self._save(Save(waiting=(reason, message), at=now))
        return None

    # From the start on

    async def _redrive(self, stored: Stored, order: Redrive) -> datetime | None:
        """Begin the redrive, or say why not and continue as if nobody had asked."""
        now = self._platform.now()
        try:
            name, machine = await definition_for(
                self._platform, self._shared.machines, stored, order
            )
            turn = await self._turn(stored, now)
            if isinstance(turn, datetime):
                return turn
            if turn is None:
                assert stored.record is not None, "there is a definition for records only"
                request = RedriveRequested(number=order.number)
                return await self._advance(machine, stored.record, name, (request,))
            why = turn.cause
        except (RedriveRefused, TooLarge) as error:
            why = str(error)
        await self._save(Save(refusal=f"redrive {order.number} is refused: {why}", at=now))
        return now

    async def _go_on(self, stored: Stored, record: Record) -> datetime | None:
        name = stored.revision or ""
        if record.outcome is not None:
            return await self._advance(NOTHING, record, name)
        try:
            machine = await self._shared.machines.pinned(
                self._platform, self.key, name, stored.map_state
            )
        except InvalidDefinition as error:
            raise Refused(f"this version cannot run revision {name!r}") from error
        except NoSuchMap as error:
            return await self._fail(no_such_map(name, error))
        if machine is None:
            end = StopRequested(error=REVISION_LOST, cause=lost_revision(self.key, name))
            return await self._advance(NOTHING, record, name, (end,))
        return await self._advance(machine, record, name)

    async def _advance(
        self,
        machine: StateMachine,
        record: Record,
        revision: str | None,
        orders: Sequence[Fact] = (),
    ) -> datetime | None:
        """Observe, step, save, perform. ``orders`` are facts that nothing outside shows."""
        now = self._platform.now()
        view = self._observer.look(self._platform, self.key, record)
        orders = self._orders(orders, record, now)
        chosen, held_until = self._choice.choose(record, view.facts, orders, now)
        held = self._effects.waits.held(record, view, now)
        facts: Sequence[Fact] = (*chosen, *held, *orders, *[Suspended()] * self._is_suspended)
        stepping = partial(self._shared.step, machine, record, facts, now)
        step = await self._shared.step_on(self.key.namespace, self.subject, stepping)
        parent = Parent(header=record.header, revision=revision or "")
        is_child = self._stored is not None and self._stored.map_state is not None
        group = self._platform.task_group(self.key)
        place = QueuePosition.of(self.key, group, record, is_child=is_child)
        starts = self._effects.due_starts(step, view, parent, place, now)
        try:
            with self._effects.bound(starts, step) as (starts, step):
                unprepared = await self._save_and_prepare(record, step, revision, starts)
        except TooLarge as error:
            failure = Failure(RECORD_TOO_LARGE, f"the execution's state cannot be saved: {error}")
            ends = endings(machine, record, failure, self._platform.now())
            step = await save_an_end(self._save, ends, revision, error)
            starts, unprepared = Starts(), None
        if step.record is not record:
            self._shared.note_step(self.key, SavedStep(machine, record, step, facts, now))
        self._settle(record, step)
        self._effects.forget_closed(step)
        self._choice.stepped(step.wake_at)
        self.pass_gap = self._shared.settings.pass_gap * count_children(step.record)
        self.is_settled = step.record is record
        cancels = self._effects.due_cancels(step, view, now)
        if await self._effects.perform(starts, cancels, unprepared):
            return now
        return self._rest(step, view, held_until, now)

    def _orders(self, orders: Sequence[Fact], record: Record, now: datetime) -> Sequence[Fact]:
        """These orders, what people answered, and an order to stop if anything requests the end."""
        assert self._stored is not None
        orders = (*orders, *self._effects.waits.judged(record, self._stored.answers, now))
        stop = self._stored.stop or self._shared.slots.replacement(self.key)
        return orders if stop is None else (stop, *orders)

    async def _save_and_prepare(
        self, record: Record, step: Step, revision: str | None, starts: Starts
    ) -> PlatformError | None:
        """Save what changed, and prepare the starts meanwhile. Raises what saving raises."""
        now, waits = self._platform.now(), self._effects.waits
        waiting = SUSPENDED if self._is_suspended and step.record.outcome is None else None
        is_untold = record.outcome is None and self._stored and self._stored.said != waiting
        is_news = waits.must_say(now) or is_untold  # the status still says otherwise
        if step.record is record and not is_news:
            return await self._effects.prepare(starts.tasks)
        save = Save(
            record=step.record,
            revision=revision,
            history=step.history,
            note=waits.sentence(),
            trouble=waits.trouble(),
            waiting=waiting,
            is_certain=not self._choice.has_news,
            at=now,
        )
        prepared = None
        if not starts.tasks:
            await self._save(save)
        else:
            saving = self._shared.turns.paced(
                self.key.namespace, lambda: self._save(save), self.subject
            )
            preparing = self._effects.prepare(starts.tasks)
            saved, prepared = await asyncio.gather(saving, preparing, return_exceptions=True)
            if saved is not None:
                raise saved
        waits.said(save.note)
        if prepared is None or isinstance(prepared, PlatformError):
            return prepared
        raise prepared

    async def _save(self, save: Save) -> None:
        """Write, and keep what was written with its new fence."""
        assert self._stored is not None
        self._shared.require_may_act(self.key)
        began = perf_counter()
        fence = await self._platform.save(self.key, save, self._stored.fence)
        self._shared.counters.save_seconds.add(perf_counter() - began)
        self._shared.counters.saves += 1
        if save.refusal is not None:
            self._stored = replace(self._stored, fence=fence, is_redrive_refused=True)
            self._shared.slots.note(self._stored)
            return
        self._stored = replace(self._stored, fence=fence, said=save.waiting, is_unobserved=False)
        if save.record is not None:
            self._stored = replace(self._stored, record=save.record, revision=save.revision)
        if save.failed_before_start is not None:
            self._stored = replace(self._stored, is_finished=True)
            self._shared.note_failure_to_start(self._stored, save)
        self._shared.slots.note(self._stored)

    def _settle(self, before: Record, step: Step) -> None:
        saved, late = self.deliveries.settle(before, step.record, step.heard)
        self._shared.counters.saved_results += saved
        self._shared.counters.late_results += late

    def _rest(
        self, step: Step, view: Snapshot, held_until: datetime | None, now: datetime
    ) -> datetime | None:
        """When to run again; None if the execution is over and nothing is left to do."""
        stored = self._stored
        if stored and (wanted_redrive(stored) or (stored.answers and not self.is_settled)):
            return now  # an answer may have been there before its question was asked
        if step.record.outcome is not None and self._effects.is_done(step, view):
            return None
        instants = (step.wake_at, held_until, self._effects.next_at(step, view))
        return min((self._stale_at or now, *filter(None, instants)))
