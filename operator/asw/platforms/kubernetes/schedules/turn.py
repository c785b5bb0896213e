"""One turn of a Schedule: start what is due, stop what is replaced, resume who waited."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from asw.platforms.kubernetes.cache.scheduled import Run, Scheduled
from asw.platforms.kubernetes.notices.notice import Tell, tell_nobody
from asw.platforms.kubernetes.schedules.occasions import backfilled, of_decision, started
from asw.platforms.kubernetes.schedules.runs import ScheduledRuns
from asw.platforms.kubernetes.schedules.telling import next_of
from asw.platforms.kubernetes.schedules.watched import Wants, Watched
from asw.schedules import backfill
from asw.schedules.due import decide


def wake_at(known: Watched, now: datetime, *, has_runs: bool) -> datetime | None:
    """When the Schedule needs its next turn, unless one of its runs ends before."""
    wants = known.wants
    if wants is None:
        return None
    instant = next_of(known)
    times = [] if instant is None else [instant + wants.offset]
    if is_backfilling(known) and not _is_blocked(wants, has_runs=has_runs):
        assert wants.order is not None
        assert known.progress is not None
        times.append(backfill.may_start_at(wants.order, known.progress) or now)
    if not times:
        return None
    at = min(times)
    return at if known.retry_at is None else max(at, known.retry_at)


def is_backfilling(known: Watched) -> bool:
    """Whether an order to run instants of the past is not carried out yet."""
    wants, progress = known.wants, known.progress
    if wants is None or wants.order is None or progress is None:
        return False
    return not wants.is_suspended and not progress.is_over


def _is_blocked(wants: Wants, *, has_runs: bool) -> bool:
    """Whether a backfill waits until no run is left: only Allow lets runs overlap."""
    return has_runs and wants.rules.concurrency != "Allow"


@dataclass(slots=True, kw_only=True)
class Turn:
    """Takes turns. ``is_current`` says whether a Schedule is still what is known of it.

    ``tell`` takes notices about what was done, and about what was not.
    """

    scheduled: Scheduled
    runs: ScheduledRuns
    now: Callable[[], datetime]
    is_current: Callable[[Watched], bool]
    tell: Tell = tell_nobody

    async def take(self, known: Watched) -> None:
        """Do what is due now. Raises PlatformError; what was done by then is noted."""
        wants = known.wants
        if wants is None:
            return
        if not wants.is_suspended:
            await self._start_due(known, wants)
            await self._backfill(known, wants)
        await self._resume(known)

    def _of(self, known: Watched) -> list[Run]:
        return list(self.scheduled.of(known.namespace, known.uid).values())

    async def _start_due(self, known: Watched, wants: Wants) -> None:
        now, before = self.now(), self._of(known)
        waiting = [run.waits for run in before]
        due = decide(wants.table, wants.rules, known.until, now - wants.offset, waiting)
        if due.replaces:
            for run in before:
                await self.runs.stop(run)
        for start in due.starts:
            name = await self.runs.start(known, start.instant, waits=start.waits)
            self.tell(started(known, name, waits=start.waits))
            if not self.is_current(known):
                return
            known.until = max(known.until, start.instant)
            known.last, known.last_execution = start.instant, name
        known.until = max(known.until, due.until)
        known.missed += due.missed
        for notice in of_decision(known, wants.rules, due):
            self.tell(notice)

    async def _backfill(self, known: Watched, wants: Wants) -> None:
        """Start one run of the past, if it is time."""
        order, progress, now = wants.order, known.progress, self.now()
        if order is None or progress is None or not is_backfilling(known):
            return
        at = backfill.may_start_at(order, progress)
        if (at is not None and at > now) or _is_blocked(wants, has_runs=bool(self._of(known))):
            return
        instant = backfill.next_of(wants.table, order, progress, now)
        if instant is not None:
            name = await self.runs.start(known, instant, backfill=order.number)
            self.tell(started(known, name))
            made = replace(progress, started=progress.started + 1, until=instant, last_start=now)
        else:
            made, known.completed_at = replace(progress, is_over=True), now
            self.tell(backfilled(known, made))
        if known.progress is progress:  # no later order came meanwhile
            known.progress = made

    async def _resume(self, known: Watched) -> None:
        """Let the oldest run go on that waits, once no other one is under way."""
        runs = self._of(known)
        if runs and all(run.waits for run in runs):
            await self.runs.resume(min(runs, key=lambda run: run.instant))
