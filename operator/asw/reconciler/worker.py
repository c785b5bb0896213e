"""One asyncio worker per live execution: a mailbox, and what to do when a pass fails.

A worker never dies of an error, and always knows when to run again.
"""

import asyncio
import contextlib
import logging
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta

from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import (
    Conflict,
    Gone,
    NotActingError,
    PlatformError,
    Refused,
    Unavailable,
)
from asw.reconciler.runner import Runner
from asw.reconciler.shared import Shared

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """How long the worker sleeps.

    Until ``not_before`` only closing wakes it, afterwards news does too.
    """

    until: datetime
    not_before: datetime | None = None


class Worker:
    """The worker of one execution. Its mailbox holds one thing: look again."""

    def __init__(self, runner: Runner, shared: Shared) -> None:
        self.runner = runner
        self._shared = shared
        self._platform = shared.platform
        self._mail = asyncio.Event()
        self._is_closing = asyncio.Event()
        self._passing: asyncio.Timeout | None = None
        self._failures = 0
        self._conflicts = 0
        self._complaint = ""
        self.passivated_until: float | None = None
        """Set at the end, if there is nothing to do before the loop's clock shows this."""

    def wake(self) -> None:
        """Look again."""
        if not self._mail.is_set():
            self._shared.counters.waiting += 1
            self._mail.set()

    def stand_down(self) -> None:
        """Others act: give up the pass at hand wherever it waits, and trust memory no longer.

        It was admitted in a term that is over. If it went on in the next one, what it starts would
        have no slot.
        """
        self.runner.expire()
        if self._passing is not None and not self._passing.expired():
            self._passing.reschedule(asyncio.get_running_loop().time())
        self.wake()

    def close(self) -> None:
        """End after the pass at hand."""
        self._is_closing.set()
        self.wake()

    async def work(self) -> None:
        """Run passes until the execution is over or gone, or this worker may not act any more."""
        try:
            while not self._is_closing.is_set():
                self._empty_mailbox()
                rest = await self._run_once()
                if rest is not None:
                    await self._sleep(rest)
                    if self.passivated_until is not None:
                        break
                elif not self._mail.is_set():
                    break
        finally:
            self._empty_mailbox()

    def _empty_mailbox(self) -> None:
        if self._mail.is_set():
            self._shared.counters.waiting -= 1
            self._mail.clear()

    async def _run_once(self) -> Rest | None:
        """Run one pass, and turn its failure into a rest. None ends the worker."""
        try:
            until = await self._run_in_its_place()
        except Gone:
            self.runner.deliveries.answer_all(Delivery.GONE)
            return None
        except NotActingError:
            return self._rest_unless_over()
        except PlatformError as error:
            self.runner.expire()
            return self._rest_after(error)
        except Exception as error:  # noqa: BLE001  a worker outlives our own faults
            self.runner.expire()
            return self._rest_after_fault(error)
        self._failures = self._conflicts = 0
        self._complaint = ""
        self._shared.turns.marks.survive(self.runner.key.uid)
        if until is None:
            return None
        gap = self.runner.pass_gap
        return Rest(until=until, not_before=self._platform.now() + gap if gap else None)

    async def _run_in_its_place(self) -> datetime | None:
        async with self._shared.places.place(self.runner.key.namespace):
            if self._is_closing.is_set():
                raise NotActingError
            try:
                async with asyncio.timeout(None) as passing:
                    self._passing = passing
                    return await self.runner.run_once()
            except TimeoutError as error:
                if not passing.expired():
                    raise
                raise NotActingError("the pass was given up") from error
            finally:
                self._passing = None

    def _rest_unless_over(self) -> Rest | None:
        """An effect was refused; the Lease may be ours again by now, without notice to us."""
        if self._shared.may_act(self.runner.key.namespace):
            self.runner.expire()
            return self._deaf(timedelta(0))
        self.close()
        return None

    def _rest_after(self, error: PlatformError) -> Rest:
        """The error says when to try again."""
        counters, settings = self._shared.counters, self._shared.settings
        if isinstance(error, Conflict):
            counters.conflicts += 1
            self._conflicts += 1
            if self._conflicts <= settings.conflict_retries:
                return self._deaf(timedelta(0))
            return self._back_off()
        if isinstance(error, Refused):
            counters.refused += 1
            self._complain(str(error))
            return self._deaf(settings.refused_pause)
        counters.unavailable += 1
        return self._back_off()

    def _rest_after_fault(self, error: Exception) -> Rest:
        """Log where it happened, without its message, which may be somebody's data."""
        self._shared.counters.errors += 1
        where = "".join(traceback.format_tb(error.__traceback__))
        self._complain(f"internal error, {type(error).__name__} at\n{where}")
        return self._back_off()

    def _complain(self, sentence: str) -> None:
        """Log; the same thing only once in a row."""
        if sentence != self._complaint:
            key = self.runner.key
            log.error("execution %s/%s (%s): %s", key.namespace, key.name, key.uid, sentence)
            self._complaint = sentence

    def _back_off(self) -> Rest:
        self._failures += 1
        return self._deaf(self._shared.settings.pause(self._failures, self._shared.chance))

    def _deaf(self, span: timedelta) -> Rest:
        at = self._platform.now() + span
        return Rest(until=at, not_before=at)

    async def _sleep(self, rest: Rest) -> None:
        """Sleep until the instant, or until woken; in any case let other workers run.

        All spans are computed now, so a jump of the wall clock changes none.
        """
        now, begun = self._platform.now(), asyncio.get_running_loop().time()
        if rest.not_before is not None:
            wait = (rest.not_before - now).total_seconds()
            await _sleep_until(begun + wait, self._is_closing)
        until = begun + (rest.until - now).total_seconds()
        passivate_after = self._passivate_after(rest.until - now)
        if passivate_after is None:
            await _sleep_until(until, self._mail)
            return
        await _sleep_until(begun + passivate_after.total_seconds(), self._mail)
        if not self._mail.is_set():
            self.passivated_until = until

    def _passivate_after(self, span: timedelta) -> timedelta | None:
        """How long to stay awake: not at all if the pass only looked; None for the whole span."""
        after = self._shared.settings.passivate_after
        if after is None or span <= after or self._failures or not self.runner.may_passivate:
            return None
        return timedelta(0) if self.runner.is_settled else after


async def _sleep_until(at: float, event: asyncio.Event) -> None:
    """Until the loop's clock shows this, or the event is set."""
    if at <= asyncio.get_running_loop().time():
        await asyncio.sleep(0)
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(at):
            await event.wait()


def stopped() -> Unavailable:
    """The error for a delivery that nobody here may take."""
    return Unavailable("executions are not worked on here now; deliver again")
