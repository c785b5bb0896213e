"""One execution, pass by pass: load, observe, step, save, perform.

The record stays in memory between passes; whatever goes wrong drops it, so that the next pass
reads it again. What was delivered, and what was just performed, is kept across such losses.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter

from asw.api.names import REASON_WAITING_FOR_SLOT
from asw.asl.errors import INVALID_INPUT, RECORD_LOST, REVISION_LOST
from asw.asl.model import Block, StateMachine, SucceedState
from asw.asl.problems import InvalidDefinition
from asw.engine.facts import Fact, StopRequested
from asw.engine.record import OnMapRun, Record
from asw.engine.step import Step, begin
from asw.reconciler.admission import Place
from asw.reconciler.chronicle import ABOUT, note_failure_to_start, note_step
from asw.reconciler.deliveries import Deliveries, Delivery
from asw.reconciler.distributed import Parent
from asw.reconciler.effects import Effects, Starts
from asw.reconciler.holding import FirstSeen, hold_back
from asw.reconciler.opening import (
    Begin,
    CannotBegin,
    Opening,
    WaitForWorkflow,
    cannot_parse,
    lost_revision,
    open_by_revision,
    open_by_workflow,
)
from asw.reconciler.oversize import endings
from asw.reconciler.platform import (
    ExecutionKey,
    Gone,
    PlatformError,
    Refused,
    Save,
    Stored,
    TooLarge,
)
from asw.reconciler.shared import Shared
from asw.reconciler.slots import WaitForSlot
from asw.reconciler.tasks import awaited_of_maps, awaited_tasks
from asw.reconciler.view import Lookout, View

NOTHING = StateMachine(block=Block(start_at="End", states={"End": SucceedState(name="End")}))
"""Stands in for a machine that cannot be had, in a step that only ends the execution."""


class Runner:
    """See the module.

    ``run_once`` says when to run again, None once all is done; ``pass_gap`` how long news must
    wait for that.
    """

    def __init__(self, key: ExecutionKey, shared: Shared) -> None:
        self.key = key
        self.deliveries = Deliveries()
        self.pass_gap = timedelta(0)
        self._shared = shared
        self._platform = shared.platform
        self._effects = Effects(key, shared, self.deliveries)
        self._lookout = Lookout(self.deliveries, self._effects.starts, self._effects.cancels)
        self._stored: Stored | None = None
        self._stale_at: datetime | None = None
        self._wake_at: datetime | None = None
        self._is_fresh = True
        self._first_seen: FirstSeen = {}
        self._waits_since: datetime | None = None
        self._said: tuple[str, str] | None = None

    @property
    def record(self) -> Record | None:
        """The record as last loaded or saved, None where it is not in memory."""
        return self._stored.record if self._stored else None

    def expire(self) -> None:
        """What is in memory may be out of date: the next pass loads it again."""
        self._stale_at = None

    async def run_once(self) -> datetime | None:
        """One pass. Raises what the platform raises, and NotActingError."""
        self._shared.require_may_act()
        ABOUT.set(self.key)
        self._shared.counters.passes += 1
        try:
            return await self._run()
        except Refused:
            self._shared.slots.step_aside(self.key)
            raise

    async def _run(self) -> datetime | None:
        stored = await self._load()
        if stored.record is not None:
            return await self._go_on(stored, stored.record)
        if stored.is_finished:
            self._shared.counters.late_results += self.deliveries.answer_all(Delivery.LATE)
            return None
        return await self._open(stored)

    # Load

    async def _load(self) -> Stored:
        """The execution in memory, read again where it may be out of date."""
        now = self._platform.now()
        if self._stored is None or self._stale_at is None or self._stale_at <= now:
            self._stale_at = now + self._shared.settings.resync
            self._stored, self._is_fresh = None, True
            self._shared.counters.loads += 1
            self._stored = await self._platform.load(self.key)
            if self._stored is None:
                self._shared.slots.ended(self.key)
                raise Gone(f"execution {self.key.namespace}/{self.key.name} is gone")
            self._said = self._stored.said or self._said
            self._tell_slots()
        return self._stored

    async def _machine(self, name: str, map_state: str | None) -> StateMachine | None:
        """The machine of a pinned revision, None when the revision is gone."""
        machines, namespace = self._shared.machines, self.key.namespace
        known = machines.find(namespace, name, map_state)
        if known is not None:
            return known
        revision = await self._platform.revision(self.key, name)
        if revision is None:
            return None
        machine = machines.parse(namespace, revision)
        return machine if map_state is None else machines.find(namespace, name, map_state)

    # Before the start

    async def _open(self, stored: Stored) -> datetime | None:
        now = self._platform.now()
        self._shared.counters.late_results += self.deliveries.answer_all(Delivery.LATE)
        if (why := _flaw(stored)) is not None:
            return await self._fail(why)
        opening = await self._look_for_machine(stored, now)
        if isinstance(opening, Begin) and stored.stop is None:
            return await self._begin_in_turn(stored, opening, now)
        self._shared.slots.step_aside(self.key)
        if isinstance(opening, Begin):
            return await self._begin(stored, opening, now)
        if stored.stop is not None:
            return await self._advance(NOTHING, self._newborn(stored, now), None)
        if isinstance(opening, CannotBegin):
            return await self._fail(opening)
        return await self._wait(stored, opening, now)

    async def _look_for_machine(self, stored: Stored, now: datetime) -> Opening:
        if stored.revision is not None:
            revision = await self._platform.revision(self.key, stored.revision)
            return open_by_revision(self.key, stored.revision, revision)
        workflow = await self._platform.workflow(self.key, stored.workflow_name)
        return open_by_workflow(stored, workflow, now, self._shared.settings)

    async def _begin_in_turn(
        self, stored: Stored, opening: Begin, now: datetime
    ) -> datetime | None:
        """Begin if the Workflow has a slot for it; else it is woken when there is one."""
        match self._shared.slots.ask(stored):
            case CannotBegin() as why:
                return await self._fail(why)
            case WaitForSlot(message):
                if (say_at := await self._say(REASON_WAITING_FOR_SLOT, message, now)) is None:
                    return self._stale_at or now
                return say_at
            case _:
                return await self._begin(stored, opening, now)

    async def _begin(self, stored: Stored, opening: Begin, now: datetime) -> datetime | None:
        try:
            machine = self._shared.machines.parse(self.key.namespace, opening.revision)
        except InvalidDefinition as error:
            return await self._fail(cannot_parse(error))
        return await self._advance(machine, self._newborn(stored, now), opening.revision.name)

    def _newborn(self, stored: Stored, now: datetime) -> Record:
        return begin(self._shared.describe(stored, now), stored.input)

    async def _fail(self, why: CannotBegin) -> datetime | None:
        await self._save(Save(failed_before_start=(why.error, why.cause), at=self._platform.now()))
        return None

    async def _wait(self, stored: Stored, why: WaitForWorkflow, now: datetime) -> datetime:
        """Say why it waits, and look again."""
        settings = self._shared.settings
        if (say_at := await self._say(why.reason, why.message, now)) is not None:
            return say_at
        end_at = stored.created_at + settings.workflow_wait
        return min(now + settings.workflow_recheck, max(end_at, now))

    async def _say(self, reason: str, message: str, now: datetime) -> datetime | None:
        """Say why it waits, once and not at once; when, where that is not yet."""
        self._waits_since = self._waits_since or now
        say_at = self._waits_since + self._shared.settings.workflow_grace
        if now < say_at:
            return say_at
        is_said = self._said is not None and self._said[0] == reason
        if self._said != (reason, message) and not (is_said and reason == REASON_WAITING_FOR_SLOT):
            await self._save(Save(waiting=(reason, message), at=now))
            self._said = (reason, message)
        return None

    # From the start on

    async def _go_on(self, stored: Stored, record: Record) -> datetime | None:
        name = stored.revision or ""
        try:
            machine = await self._machine(name, stored.map_state)
        except InvalidDefinition as error:
            raise Refused(f"this version cannot run revision {name!r}") from error
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
        view = self._lookout.look(self._platform, self.key, record)
        facts, held_until = self._choose_facts(record, view, orders, now)
        began = perf_counter()
        step = self._shared.step(machine, record, facts, now)
        self._shared.counters.step_seconds.add(perf_counter() - began)
        parent = Parent(header=record.header, revision=revision or "")
        starts = self._effects.due_starts(step, view, parent, self._place(record), now)
        try:
            unprepared = await self._save_and_prepare(record, step, revision, starts)
        except TooLarge as error:
            step = await self._end_oversize(machine, record, revision, error)
            starts, unprepared = Starts(), None
        if step.record is not record:
            note_step(self._shared.counters, record, step, facts)
        self._settle(record, step.record)
        self._effects.forget_closed(step)
        self._wake_at, self._is_fresh = step.wake_at, False
        self.pass_gap = self._shared.settings.pass_gap * _count_children(step.record)
        cancels = self._effects.due_cancels(step, view, now)
        if await self._effects.perform(starts, cancels, unprepared):
            return now
        return self._rest(step, view, held_until, now)

    def _choose_facts(
        self, record: Record, view: View, orders: Sequence[Fact], now: datetime
    ) -> tuple[tuple[Fact, ...], datetime | None]:
        """The facts for this step, and when those that it does without must be handed on."""
        stop = self._stored.stop if self._stored else None
        stop = stop or self._shared.slots.replacement(self.key)
        if stop is not None:
            orders = (stop, *orders)
        is_timer_due = self._wake_at is not None and self._wake_at <= now
        if self._is_fresh or is_timer_due or (orders and record.outcome is None):
            self._first_seen = {}
            return (*view.facts, *orders), None
        hold = self._shared.settings.hold
        awaited = awaited_tasks(record) | dict.fromkeys(awaited_of_maps(record))
        held = hold_back(view.facts, awaited, self._first_seen, now, hold)
        self._first_seen = held.first_seen
        return (*held.facts, *orders), held.until

    def _place(self, record: Record) -> Place:
        """Where the execution is in the order of starts; children of a Map are a party of it."""
        is_child = self._stored is not None and self._stored.map_state is not None
        return Place(
            key=self.key,
            group=self._platform.task_group(self.key),
            party=record.header.workflow_name if is_child else "",
        )

    async def _save_and_prepare(
        self, record: Record, step: Step, revision: str | None, starts: Starts
    ) -> PlatformError | None:
        """Save what changed, and make ready for the starts meanwhile. Raises what saving raises."""
        now, waits = self._platform.now(), self._effects.waits
        if step.record is record and not waits.must_say(now):
            return await self._effects.prepare(starts.tasks)
        save = Save(
            record=step.record,
            revision=revision,
            history=step.history,
            note=waits.sentence(),
            at=now,
        )
        saved, prepared = await asyncio.gather(
            self._save(save), self._effects.prepare(starts.tasks), return_exceptions=True
        )
        if saved is not None:
            raise saved
        waits.said(save.note)
        if prepared is None or isinstance(prepared, PlatformError):
            return prepared
        raise prepared

    async def _end_oversize(
        self, machine: StateMachine, record: Record, revision: str | None, error: TooLarge
    ) -> Step:
        """Save the end of the last saved record instead; raises where not even that is taken."""
        if record.outcome is not None:
            raise error
        now = self._platform.now()
        for step in endings(machine, record, str(error), now):
            try:
                await self._save(
                    Save(record=step.record, revision=revision, history=step.history, at=now)
                )
            except TooLarge:
                continue
            return step
        raise error

    async def _save(self, save: Save) -> None:
        """Write, and keep what was written with its new fence."""
        assert self._stored is not None
        self._shared.require_may_act()
        began = perf_counter()
        fence = await self._platform.save(self.key, save, self._stored.fence)
        self._shared.counters.save_seconds.add(perf_counter() - began)
        self._shared.counters.saves += 1
        self._stored = replace(self._stored, fence=fence)
        if save.record is not None:
            self._stored = replace(self._stored, record=save.record, revision=save.revision)
        if save.failed_before_start is not None:
            self._stored = replace(self._stored, is_finished=True)
            note_failure_to_start(self._shared.counters, save.failed_before_start[0])
        self._tell_slots()

    def _tell_slots(self) -> None:
        """An execution that runs has a slot, and none once it is over; children need none."""
        stored = self._stored
        if stored is None or stored.map_state is not None:
            return
        if stored.is_finished or (stored.record is not None and stored.record.outcome is not None):
            self._shared.slots.ended(self.key)
        elif stored.record is not None:
            self._shared.slots.begun(stored)

    def _settle(self, before: Record, after: Record) -> None:
        saved, late = self.deliveries.settle(before, after)
        self._shared.counters.saved_results += saved
        self._shared.counters.late_results += late

    def _rest(
        self, step: Step, view: View, held_until: datetime | None, now: datetime
    ) -> datetime | None:
        """When to run again; None when the execution is over and nothing is left to be done."""
        if step.record.outcome is not None and self._effects.is_done(step, view):
            return None
        next_effect_at = self._effects.next_at(step, view)
        say_at = self._effects.waits.say_at()
        instants = (step.wake_at, held_until, next_effect_at, say_at, self._stale_at or now)
        return min(at for at in instants if at is not None)


def _flaw(stored: Stored) -> CannotBegin | None:
    """What is wrong with the execution itself, whatever its Workflow."""
    if stored.record_problem is not None:
        return CannotBegin(error=RECORD_LOST, cause=stored.record_problem)
    if stored.input_problem is not None:
        return CannotBegin(error=INVALID_INPUT, cause=stored.input_problem)
    return None


def _count_children(record: Record) -> int:
    """How many children the record's distributed Maps have open."""
    waits = (frame.waiting for frame in record.frames.values())
    return sum(len(it.open_children) for it in waits if isinstance(it, OnMapRun))
