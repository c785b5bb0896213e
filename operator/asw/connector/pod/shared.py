"""What slots and hello share: who we are, what is here, and whether it is over."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from asw.asl.values import JsonObject, to_text
from asw.connector.pod.ledger import Ledger
from asw.connector.pod.line import Operator
from asw.connector.pod.settings import Settings

logger = logging.getLogger(__name__)

ASKING: Final = 16
"""Most slots that wait for a task at a time: each needs a connection, of which the operator takes
50 from an address. As soon as one of them has got a task, another asks."""
MOST_EVENT_BYTES: Final = 24 * 1024 * 1024
"""Events of the tasks that are here, as texts: no more is asked for until there are less. A value
in memory may take ten times its text, and a pod has 512 MiB."""
DELIVERING: Final = 16
"""Most slots that deliver an outcome at a time while so many others wait already."""
_UNAUTHORISED: Final = (401, 403)
_RETIRED: Final = 410


class Shared:
    """Of one process, from its start to its end. Use within a running event loop."""

    def __init__(self, settings: Settings, operator: Operator) -> None:
        self.settings = settings
        self.operator = operator
        self.ledger = Ledger()
        self.started_at = time.time()
        self.identity = {"pod": settings.pod, "boot": os.urandom(8).hex()}
        self.asking = asyncio.Semaphore(ASKING)
        self.delivering = asyncio.Semaphore(DELIVERING)
        self.has_room = asyncio.Event()
        self.has_room.set()
        self._event_bytes = 0
        self.drained = asyncio.Event()
        self.exit_code = 0
        self.on_drain: Callable[[], None] | None = None
        self.is_refused = False
        """Whether our token is not good any more: no outcome gets through."""

    def body(self, more: JsonObject) -> bytes:
        """A request, in words that are true now."""
        draining = {"draining": self.ledger.is_draining}
        return to_text({**self.identity, **draining, **more}).encode()

    def hold(self, event_bytes: int) -> None:
        """An event has come, or has gone if less than 0 bytes of it have."""
        self._event_bytes += event_bytes
        if self._event_bytes < MOST_EVENT_BYTES:
            self.has_room.set()
        else:
            self.has_room.clear()

    def judge(self, status: int) -> None:
        """Drain where the operator's answer says that nothing more is to come."""
        if status in _UNAUTHORISED:
            self.is_refused = True
            self.drain(1, f"the operator refuses our token ({status})")
        elif status == _RETIRED:
            self.drain(0, "this revision of the connector is retired")
        else:
            logger.warning("the operator answered %d", status)

    def drain(self, exit_code: int, reason: str) -> None:
        """Take no more tasks; end with the exit code once all outcomes are delivered."""
        if self.ledger.is_draining:
            return
        self.ledger.is_draining = True
        self.exit_code = exit_code
        logger.warning("no more tasks are taken: %s", reason)
        self.drained.set()
        if self.on_drain is not None:
            self.on_drain()

    async def pause(self, seconds: float) -> None:
        """Sleep, but no longer than until a drain begins."""
        if self.drained.is_set():
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.drained.wait()
