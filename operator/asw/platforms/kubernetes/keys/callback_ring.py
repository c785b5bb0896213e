"""The current keys of callbacks' tokens, which are rotated without a restart.

Whoever verifies tokens has them: the operator, which issues them too, and ``asw serve``. As with
``key_ring``, forged tokens cannot cause more than one read of the Secret a second.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from asw.platforms.kubernetes.keys.callback_tokens import CallbackKeys, Claim
from asw.platforms.kubernetes.keys.key_ring import LOOK_SECONDS
from asw.platforms.kubernetes.keys.link_tokens import Link, is_link_of_known_key, link_of
from asw.platforms.kubernetes.keys.permits import is_of_known_key, is_permit
from asw.platforms.kubernetes.leader.lease import steady_seconds
from asw.reconciler.platform import Unavailable


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CallbackRing:
    """The current keys. ``read`` returns them as they are stored, or raises PlatformError."""

    def __init__(
        self,
        keys: CallbackKeys,
        read: Callable[[], Awaitable[CallbackKeys]],
        *,
        clock: Callable[[], float] = steady_seconds,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.keys = keys
        self._read = read
        self._clock = clock
        self._now = now
        self._looked_at: float | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> None:
        """Read the stored keys and use them from now on."""
        self._looked_at = self._clock()
        self.keys = await self._read()

    async def claim_of(self, token: str) -> Claim | None:
        """What a genuine token says, else None.

        Raises PlatformError if that cannot be decided now.
        """
        if not self.keys.knows(token):
            async with self._looking:
                if not self.keys.knows(token):
                    await self._look_again()
        return self.keys.verify(token, self._now())

    async def is_permit(self, text: str) -> bool:
        """Whether the text is a permit that is good now. Raises PlatformError, as ``claim_of``."""
        if not is_of_known_key(self.keys, text):
            async with self._looking:
                if not is_of_known_key(self.keys, text):
                    await self._look_again()
        return is_permit(self.keys, text, self._now())

    async def link_of(self, text: str) -> Link | None:
        """What a genuine link says, be it over or not. Raises PlatformError, as ``claim_of``."""
        if not is_link_of_known_key(self.keys, text):
            async with self._looking:
                if not is_link_of_known_key(self.keys, text):
                    await self._look_again()
        return link_of(self.keys, text, self._now())

    async def _look_again(self) -> None:
        if self._looked_at is not None and self._clock() - self._looked_at < LOOK_SECONDS:
            raise Unavailable("the key of a token is not known; its Secret was just looked at")
        await self.look()
