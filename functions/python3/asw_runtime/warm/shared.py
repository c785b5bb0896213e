"""What slots, hello and heartbeats share: who we are, what is here, and whether it is over."""

from __future__ import annotations

import _thread
import os
import time

from .. import streams
from .ledger import Ledger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .settings import Settings

_UNAUTHORISED = (401, 403)
_RETIRED = 410


class Shared:
    """Of one parent, from its start to its end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger()
        self.started_at = time.time()
        self.identity = {"pod": settings.pod, "boot": os.urandom(8).hex()}
        self.exit_code = 0
        self.on_drain: Callable[[], None] | None = None
        self.is_refused = False
        """Whether our token is not good any more: no outcome gets through."""

    def begin(self, work: Callable[[], None]) -> None:
        """Do the work on a thread; should it fail, we are of no use any more."""

        def guarded() -> None:
            try:
                work()
            except BaseException:
                self.drain(1, "a thread of the runtime has failed")
                raise

        _thread.start_new_thread(guarded, ())

    def judge(self, status: int) -> None:
        """Drain where the operator's answer says that nothing more is to come."""
        if status in _UNAUTHORISED:
            self.is_refused = True
            self.drain(1, f"the operator refuses our token ({status})")
        elif status == _RETIRED:
            self.drain(0, "this revision of the function is retired")
        else:
            streams.note(f"asw: the operator answered {status}")

    def drain(self, exit_code: int, reason: str) -> None:
        """Take no more tasks; end with the exit code once all outcomes are delivered."""
        if self.ledger.drain():
            self.exit_code = exit_code
            streams.note(f"asw: no more tasks are taken: {reason}")
            if self.on_drain is not None:
                self.on_drain()
