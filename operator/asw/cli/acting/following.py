"""Follows executions to their end, wherever they are, and feeds the live view."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any

from asw.cli.live import LiveView
from asw.cli.views.moving import why_it_stands
from asw.executions.port import Query, Runs
from asw.executions.run import Run
from asw.exits import NOT_FOUND, TIMED_OUT
from asw.failures import Failure, some_of
from asw.messages import t
from asw.messages.spans import span_text

FRAME_SECONDS = 0.125
PATIENCE_SECONDS = 2.0
"""After this time without an answer the view says what it waits for."""
TASKS_SECONDS = 3.0
"""Between two looks at the tasks of an execution: they cost several requests."""
SIGHT_SHARE = 3
"""The same for reading an execution that changes all the time."""
LONGEST_PAUSE_SECONDS = 2.0
AT_ONCE = 50
"""How many executions are watched at the same time: each takes a connection and requests."""
FRAME_SHARE = 10
"""Slow frames are drawn this many times their cost apart, so that they do not slow the work."""


async def follow(
    runs: Runs,
    names: Sequence[str],
    view: LiveView,
    *,
    at_most: float | None = None,
    patience: float = PATIENCE_SECONDS,
) -> list[Run]:
    """Wait until all these executions are over, and show them meanwhile.

    Raises Failure TIMED_OUT after ``at_most`` seconds; they keep running, and NOT_FOUND for
    one that is deleted meanwhile, and what the port raises.
    """
    pursuits = [_Pursuit(runs, name, view, patience) for name in names]
    room = asyncio.Semaphore(AT_ONCE)
    work = asyncio.gather(*(pursuit.until_over(room) for pursuit in pursuits))
    until = None if at_most is None else time.monotonic() + at_most
    try:
        with view:
            while not work.done():
                view.note(next(filter(None, (each.complaint() for each in pursuits)), ""))
                pause = max(FRAME_SECONDS, FRAME_SHARE * view.draw())
                await asyncio.wait((work,), timeout=pause)
                if until is not None and time.monotonic() > until and not work.done():
                    raise _too_late(pursuits, at_most or 0)
        return await work
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError, Failure):
            await work


def _too_late(pursuits: Sequence["_Pursuit"], seconds: float) -> Failure:
    names = [each.name for each in pursuits if each.run is None or not each.run.is_settled]
    after = span_text(timedelta(seconds=seconds))
    return Failure(
        t("{names} not over after {seconds}", names=some_of(names), seconds=after),
        remedy=t("it keeps running: asw watch shows it, asw why says what it waits for"),
        code=TIMED_OUT,
    )


class _Pursuit:
    """One execution that is followed."""

    def __init__(self, runs: Runs, name: str, view: LiveView, patience: float) -> None:
        self.name = name
        self.run: Run | None = None
        self._runs = runs
        self._view = view
        self._patience = patience
        self._asked_at: float | None = None
        self._has_changed = asyncio.Event()

    async def until_over(self, room: asyncio.Semaphore) -> Run:
        """Show it whenever it changes, until it is over; begin once there is room for it.

        Changes that come meanwhile are shown together.
        """
        async with room:
            self._asked_at = time.monotonic()
            return await self._until_over()

    async def _until_over(self) -> Run:
        helpers = [asyncio.create_task(it()) for it in (self._watch, self._look_at_tasks)]
        try:
            while True:
                run = await self._next(helpers[0])
                cost = await self._take(run)
                if run.is_settled:
                    return run
                await asyncio.sleep(min(SIGHT_SHARE * cost, LONGEST_PAUSE_SECONDS))
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _watch(self) -> None:
        watch: Any = self._runs.watch(Query(with_children=True), name=self.name)
        async with aclosing(watch):
            async for run in watch:
                self.run = run
                self._has_changed.set()

    async def _next(self, watch: asyncio.Task[None]) -> Run:
        """The execution after the next change. Raises what the watch raises."""
        change = asyncio.create_task(self._has_changed.wait())
        await asyncio.wait((change, watch), return_when=asyncio.FIRST_COMPLETED)
        change.cancel()
        if not self._has_changed.is_set():
            await watch
        self._has_changed.clear()
        assert self.run is not None, "a watch has no end"
        if self.run.phase == "Deleted":
            raise _deleted(self.run)
        return self.run

    def complaint(self) -> str:
        """What it waits for, if the user should know; empty while all is well."""
        if self._asked_at is not None and time.monotonic() - self._asked_at > self._patience:
            return t("waiting for an answer about {name}", name=self.name)
        if self.run is not None and not self._view.is_moving and not self._view.seen(self.run.uid):
            return why_it_stands(self.run)
        return ""

    async def _take(self, run: Run) -> float:
        """Show its current state; the seconds that reading it took."""
        began_at = self._asked_at = time.monotonic()
        after = self._view.seen(run.uid)
        snapshot = await self._runs.snapshot(run, after=after, with_children=False)
        self._asked_at = None
        self._view.take(snapshot)
        return time.monotonic() - began_at

    async def _look_at_tasks(self) -> None:
        """Now and then ask what keeps tasks waiting; without the right to know, show less."""
        while True:
            await asyncio.sleep(TASKS_SECONDS)
            if self.run is not None:
                with suppress(Failure):
                    self._view.take_tasks(self.run.uid, await self._runs.tasks(self.run))


def _deleted(run: Run) -> Failure:
    return Failure(
        t("execution {name} was deleted meanwhile", name=run.name),
        remedy=t("asw list shows those that exist"),
        code=NOT_FOUND,
    )
