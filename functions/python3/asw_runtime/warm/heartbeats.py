"""Signs of life of tasks, on a line of its own, so that no outcome waits for one."""

from __future__ import annotations

import _thread

from ..outcomes import dump
from .line import Interrupted, Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .line import Addresses
    from .shared import Shared

_ANSWER_SECONDS = 5.0


class Heartbeats:
    """Sends the latest sign of each task; the thread begins with the first one."""

    def __init__(self, shared: Shared, addresses: Addresses) -> None:
        self._shared = shared
        self._line = Line(addresses)
        self._due: dict[str, None] = {}
        self._lock = _thread.allocate_lock()
        self._is_sending = False

    def beat(self, task_id: str) -> None:
        """The task is alive; what cannot be sent is lost, since another one follows."""
        with self._lock:
            self._due[task_id] = None
            if self._is_sending:
                return
            self._is_sending = True
        try:
            _thread.start_new_thread(self._send, ())
        except RuntimeError:  # no room for a thread
            self._is_sending = False

    def _send(self) -> None:
        while True:
            with self._lock:
                if not self._due:
                    self._is_sending = False
                    return
                task_id = next(iter(self._due))
                del self._due[task_id]
            try:
                self._post(task_id)
            except Interrupted:  # hung up on since the last sign: that may be long ago
                self._due.setdefault(task_id)
            except OSError:
                continue

    def _post(self, task_id: str) -> None:
        self._line.arm()
        body = dump({**self._shared.identity, "taskId": task_id})
        self._line.post("/v1/warm/heartbeat", body, _ANSWER_SECONDS)
