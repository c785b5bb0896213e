"""Loops that must not die: they are restarted, and reported by name meanwhile.

Each loop runs under a name and shows that it comes round. A loop that dies is restarted after a
pause. If it keeps dying, or cannot be restarted, the process ends with a sentence, so that the
kubelet restarts it. A loop that is silent for too long causes a complaint, with the same effect.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from asw.failures import Failure
from asw.platforms.kubernetes.leader.lease import steady_seconds
from asw.reconciler.platform import NotActingError, PlatformError

FIRST_PAUSE_SECONDS = 0.5
"""Before a loop that died is restarted; doubled each time that it dies soon after."""
OUTAGE_PAUSE_SECONDS = 2.0
"""Before the platform is asked again after it failed: that is no death of the loop."""
MOST_DEATHS = 5
"""So many within ``DEATH_SECONDS`` are too many: a new process may do better."""
DEATH_SECONDS = 300.0
LOOK_SECONDS = 1.0
"""Between two looks at a thread, or a server."""

logger = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[Any]]


class Loop:
    """What is known of one loop. ``fault`` says why it died, until it is restarted.

    ``patience`` is how many seconds it may take to come round, None if it does not show that.
    ``needs_server``: time during which the API server does not answer does not count.
    """

    def __init__(
        self, clock: Callable[[], float], *, patience: float | None, needs_server: bool
    ) -> None:
        self._clock = clock
        self.patience = patience
        self.needs_server = needs_server
        self.came_round_at = clock()
        self.fault: str | None = None
        self._died_at: deque[float] = deque(maxlen=MOST_DEATHS)

    def come_round(self) -> None:
        """The loop lives: its time until the next round begins now."""
        self.came_round_at = self._clock()
        self.fault = None

    def silent_for(self, answering_since: float | None) -> float:
        """Seconds that count since it came round."""
        now = self._clock()
        since = now - self.came_round_at
        if not self.needs_server:
            return since
        return 0.0 if answering_since is None else min(since, now - answering_since)

    def die(self, fault: str) -> None:
        """The loop ended, and should not have."""
        self.fault = fault
        self._died_at.append(self._clock())

    def has_died_too_often(self) -> bool:
        """Whether to give up."""
        return self._recent_deaths() == MOST_DEATHS

    def pause(self) -> float:
        """Seconds to wait before the restart: the more often it died lately, the longer."""
        pause: float = FIRST_PAUSE_SECONDS * 2 ** max(self._recent_deaths() - 1, 0)
        return pause

    def _recent_deaths(self) -> int:
        now = self._clock()
        return sum(now - at < DEATH_SECONDS for at in self._died_at)


Work = Callable[[Loop], Awaitable[None]]


class Supervisor:
    """Keeps loops. ``verdict`` says why the process must end; ``deaths`` counts by name."""

    def __init__(
        self, clock: Callable[[], float] = steady_seconds, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._loops: dict[str, Loop] = {}
        self.deaths: Counter[str] = Counter()
        self.verdict: str | None = None
        self.stop = asyncio.Event()

    @asynccontextmanager
    async def keeping(
        self, name: str, work: Work, *, patience: float | None = None, needs_server: bool = True
    ) -> AsyncIterator[None]:
        """Keep a loop running inside the block. Work that returns has died, too."""
        loop = Loop(self._clock, patience=patience, needs_server=needs_server)
        task = asyncio.create_task(self._keep(name, loop, work, is_endless=True), name=name)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def finish(self, name: str, work: Work, *, patience: float) -> None:
        """Do something to its end, however often that takes; it counts as a loop meanwhile."""
        loop = Loop(self._clock, patience=patience, needs_server=True)
        await self._keep(name, loop, work, is_endless=False)

    def repeated(self, name: str, seconds: float, action: Callable[[], Awaitable[object]]) -> Work:
        """Repeat it forever; failures, our own faults included, are logged and tried next time."""

        async def work(loop: Loop) -> None:
            while True:
                await self._sleep(seconds)
                try:
                    await action()
                except PlatformError as error:
                    logger.warning("%s: %s", name, error)
                except NotActingError:
                    logger.debug("%s: the lease is not ours any more", name)
                except Exception:
                    logger.exception("%s failed", name)
                loop.come_round()

        return work

    async def mind(
        self,
        loop: Loop,
        is_running: Callable[[], bool],
        rounds: Callable[[], int] | None = None,
    ) -> None:
        """Return when it no longer runs; if it counts ``rounds``, they must grow to show life."""
        seen = None if rounds is None else rounds()
        while is_running():
            now = None if rounds is None else rounds()
            if rounds is None or now != seen:
                loop.come_round()
            seen = now
            await self._sleep(LOOK_SECONDS)

    def give_up(self, reason: str) -> None:
        """End the process: this cannot be fixed from inside. The first reason counts."""
        if self.verdict is None:
            self.verdict = reason
            logger.error("giving up: %s", reason)
        self.stop.set()

    def complaint(self, answering_since: float | None) -> str | None:
        """Which loop is dead or stuck, None if all run.

        ``answering_since`` is the instant since which the API server answers, None while it does
        not: that is nobody's fault here.
        """
        if self.verdict is not None:
            return self.verdict
        for name, loop in tuple(self._loops.items()):
            if loop.fault is not None:
                return f"the loop {name!r} died ({loop.fault}) and is being restarted"
            silence = loop.silent_for(answering_since)
            if loop.patience is not None and silence > loop.patience:
                return f"the loop {name!r} has not come round for {silence:.0f} s"
        return None

    def ages(self) -> Mapping[str, float]:
        """Seconds since each loop last came round, for loops that show it."""
        now = self._clock()
        loops = tuple(self._loops.items())
        return {name: now - it.came_round_at for name, it in loops if it.patience is not None}

    async def _keep(self, name: str, loop: Loop, work: Work, *, is_endless: bool) -> None:
        self._loops[name] = loop
        self.deaths.setdefault(name, 0)
        try:
            while self.verdict is None:
                try:
                    await work(loop)
                    if not is_endless:
                        return
                    self._bury(name, loop, "it ended")
                except asyncio.CancelledError:
                    if _is_cancelled():
                        raise
                    self._bury(name, loop, "it was cancelled from inside")
                except (PlatformError, NotActingError) as error:
                    logger.warning("%s: %s", name, error)
                    await self._sleep(OUTAGE_PAUSE_SECONDS)
                    continue
                except Failure as error:
                    self._bury(name, loop, f"{error}; {error.remedy}")
                except OSError as error:
                    self._bury(name, loop, str(error))
                except Exception as error:
                    logger.exception("%s failed", name)
                    self._bury(name, loop, type(error).__name__)
                await self._sleep(loop.pause())
                loop.come_round()
        finally:
            if self._loops.get(name) is loop:
                del self._loops[name]

    def _bury(self, name: str, loop: Loop, fault: str) -> None:
        logger.error("the loop %r died (%s)", name, fault)
        self.deaths[name] += 1
        loop.die(fault)
        if loop.has_died_too_often():
            self.give_up(f"the loop {name!r} died {MOST_DEATHS} times in a row, last: {fault}")


def _is_cancelled() -> bool:
    """Whether somebody cancelled the current task; else a library leaked a cancellation."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
