"""Delivers in a thread of its own: a destination that is slow or away holds up nobody."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from asw.telemetry.backlog import Backlog

FLUSH_SECONDS: Final = 5.0
"""How long the end of the process waits for what is still to be delivered."""

Item = TypeVar("Item")
Deliver = Callable[[Sequence[Item]], None]
"""Delivers all of them, or raises; retries are its own. Blocks."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Delivery(Generic[Item]):
    """One destination, with what waits for it. ``lost`` counts what it did not take."""

    name: str
    deliver: "Deliver[Item]"
    backlog: Backlog[Item] = field(default_factory=Backlog)
    delivered: int = 0
    lost: int = 0
    _is_away: bool = False
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver."""
        # A daemon: one that hangs in a write must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver what there is, within ``FLUSH_SECONDS``, and end."""
        self.backlog.close()
        if self._thread is not None:
            self._thread.join(FLUSH_SECONDS)

    def _work(self) -> None:
        while batch := self.backlog.take():
            try:
                self.deliver(batch)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the next ones may succeed
                self.lost += len(batch)
                self._tell(type(error).__name__)
            else:
                self.delivered += len(batch)
                self._tell(None)

    def _tell(self, trouble: str | None) -> None:
        """Say once that it is away, and once that it is back: not once a batch."""
        if (trouble is not None) == self._is_away:
            return
        self._is_away = trouble is not None
        if trouble is None:
            logger.info("%s takes what it is sent again", self.name)
        else:
            logger.warning("%s does not take what it is sent: %s", self.name, trouble)
