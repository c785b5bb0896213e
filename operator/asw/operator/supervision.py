"""Loops that must not die: begun again where they end, and told of by name meanwhile.

Each of them runs under a name and shows that it comes round. One that dies is begun again after a
pause; one that dies again and again, or that nobody can begin again, ends the process with a
sentence, so that the kubelet begins that anew. What a loop is silent about for too long is a
complaint, for which the kubelet does the same.
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
"""Before a loop that died is begun again; twice as long each time that it dies soon after."""
OUTAGE_PAUSE_SECONDS = 2.0
"""Before the platform is asked again, which could not do something: that is no death."""
MOST_DEATHS = 5
"""So many within ``DEATH_SECONDS`` are one too many: a new process may do better."""
DEATH_SECONDS = 300.0
LOOK_SECONDS = 1.0
"""Between two looks at a thread, or a server."""

logger = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[Any]]


class Loop:
    """What is known of one loop. ``fault`` says of what it died, until it is begun again.

    ``patience`` is how many seconds it may take to come round, None for one that does not show it.
    ``needs_server``: the time in which the API server does not answer does not count.
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
        """It lives, and has all its time until the next round."""
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
        """It ended, and should not have."""
        self.fault = fault
        self._died_at.append(self._clock())

    def has_died_too_often(self) -> bool:
        """Whether to give up."""
        return self._recent_deaths() == MOST_DEATHS

    def pause(self) -> float:
        """Seconds to wait before it is begun again: the longer the oftener it died lately."""
        pause: float = FIRST_PAUSE_SECONDS * 2 ** max(self._recent_deaths() - 1, 0)
        return pause

    def _recent_deaths(self) -> int:
        now = self._clock()
        return sum(now - at < DEATH_SECONDS for at in self._died_at)


Work = Callable[[Loop], Awaitable[None]]


class Supervisor:
    """See the module. ``verdict`` says why the process must end; ``deaths`` counts by name."""

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
        """Keep a loop running while the block lasts. Work that returns has died, too."""
        loop = Loop(self._clock, patience=patience, needs_server=needs_server)
        task = asyncio.create_task(self._keep(name, loop, work, is_endless=True), name=name)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def finish(self, name: str, work: Work, *, patience: float) -> None:
        """Do something to its end, however often that takes: it is a loop meanwhile."""
        loop = Loop(self._clock, patience=patience, needs_server=True)
        await self._keep(name, loop, work, is_endless=False)

    def repeated(self, name: str, seconds: float, action: Callable[[], Awaitable[object]]) -> Work:
        """Do it again and again; what fails is logged and tried next time, our faults too."""

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
        """Return when it runs no more; what counts ``rounds`` must come round to count as alive."""
        seen = None if rounds is None else rounds()
        while is_running():
            now = None if rounds is None else rounds()
            if rounds is None or now != seen:
                loop.come_round()
            seen = now
            await self._sleep(LOOK_SECONDS)

    def give_up(self, reason: str) -> None:
        """End the process: this cannot be mended from inside. The first reason counts."""
        if self.verdict is None:
            self.verdict = reason
            logger.error("giving up: %s", reason)
        self.stop.set()

    def complaint(self, answering_since: float | None) -> str | None:
        """Which loop is dead or stuck, None where all run.

        ``answering_since`` is the instant from which on the API server answers, None while it
        does not: that is nobody's fault here.
        """
        if self.verdict is not None:
            return self.verdict
        for name, loop in tuple(self._loops.items()):
            if loop.fault is not None:
                return f"the loop {name!r} died ({loop.fault}) and is begun again"
            silence = loop.silent_for(answering_since)
            if loop.patience is not None and silence > loop.patience:
                return f"the loop {name!r} has not come round for {silence:.0f} s"
        return None

    def ages(self) -> Mapping[str, float]:
        """Seconds since each loop that shows it came round."""
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
    """Whether somebody wants the task at hand to end; else a library let a cancellation out."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
