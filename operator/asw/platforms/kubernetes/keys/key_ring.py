"""The current token keys of this installation, which are rotated without a restart.

Their Secret is read now and then, and at once if a token names an unknown key: another replica may
have seen the new one first. Forged tokens cannot cause more than one read a second.
"""

import asyncio
from collections.abc import Awaitable, Callable

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.tokens import TokenKeys
from asw.platforms.kubernetes.leader.lease import steady_seconds
from asw.reconciler.platform import Unavailable

LOOK_SECONDS = 1.0


class KeyRing:
    """The current keys. ``read`` returns them as they are stored, or raises PlatformError."""

    def __init__(
        self,
        keys: TokenKeys,
        read: Callable[[], Awaitable[TokenKeys]],
        clock: Callable[[], float] = steady_seconds,
    ) -> None:
        self.keys = keys
        self._read = read
        self._clock = clock
        self._looked_at: float | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> None:
        """Read the stored keys and use them from now on."""
        self._looked_at = self._clock()
        self.keys = await self._read()

    async def task_of(self, token: str) -> TaskId | None:
        """The start that a genuine token names, else None.

        Raises PlatformError if that cannot be decided now.
        """
        if self.keys.knows(token):
            return self.keys.verify(token)
        async with self._looking:
            if not self.keys.knows(token):
                await self._look_again()
        return self.keys.verify(token)

    async def pool_of(self, token: str) -> str | None:
        """The pool that a genuine token names, else None.

        Raises PlatformError if that cannot be decided now.
        """
        claim = self.keys.pool_of(token)
        if claim is None and not self.keys.has_signed(token):
            async with self._looking:
                if not self.keys.has_signed(token):
                    await self._look_again()
            claim = self.keys.pool_of(token)
        return claim

    async def _look_again(self) -> None:
        if self._looked_at is not None and self._clock() - self._looked_at < LOOK_SECONDS:
            raise Unavailable("the key of a token is not known; its Secret was just looked at")
        await self.look()
