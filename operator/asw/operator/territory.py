"""Where this replica acts: what its installation claims, and what was looked at since."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from asw.platforms.kubernetes.leader.claiming import NOWHERE, Reach
from asw.platforms.kubernetes.leader.claims import LOOK_PERIOD, Claims
from asw.platforms.kubernetes.watch.taking_over import Succession
from asw.reconciler.platform import PlatformError

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Territory:
    """The claims, and where they have taken effect.

    ``turn`` is called when territory is lost, and when it may be had again, as for the Lease.
    """

    claims: Claims
    succession: Succession
    turn: Callable[[bool], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _reach: Reach = NOWHERE

    def covers(self, namespace: str) -> bool:
        """Whether the namespace is ours at this instant, and what is known of it is current."""
        return namespace in self._reach and self.claims.covers(namespace)

    def leave(self) -> None:
        """Act nowhere."""
        self._reach = NOWHERE

    async def claim(self, come_round: Callable[[], None] = lambda: None) -> None:
        """Claim where to act; waits while others have all of it."""
        await asyncio.to_thread(self.claims.begin)
        while True:
            try:
                await asyncio.to_thread(self.claims.step)
            except PlatformError as error:
                logger.warning("could not claim where to act: %s", error)
            if (reach := self.claims.reach) != NOWHERE:
                self._reach = reach
                return
            await self.sleep(LOOK_PERIOD)
            come_round()

    async def keep(self) -> None:
        """Renew the claims, once there are any. Raises Unavailable.

        If one was lost, everything starts again: what memory holds of it is out of date.
        """
        if self._reach == NOWHERE:
            return
        await asyncio.to_thread(self.claims.step)
        if self._reach.has_lost(self.claims.reach):
            logger.warning("a claim was lost")
            self.turn(False)
            self.turn(True)

    async def take_up(self) -> bool:
        """Act in what another installation left to us; True if it did. Raises PlatformError.

        Claims are renewed meanwhile, because there may be much to look at.
        """
        before, reach = self._reach, self.claims.reach
        if reach == before or before.has_lost(reach):
            return False

        def begin() -> None:
            if self._reach == before:
                self._reach = reach

        await self.succession.take_up(lambda namespace: namespace not in before, begin)
        return True
