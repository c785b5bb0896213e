"""One task, one process: what a Job's container runs.

``ssl`` is imported before user code, not after it: a user's file may carry the name of a module
that it needs, and the import costs the same either way.
"""

from __future__ import annotations

import os
import signal

from . import delivery, failures, signs, streams
from .https import ResultServer
from .invocation import Invocation
from .outcomes import EVENT_LOST
from .settlement import Settlement, Watchdog, park

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

    from .functions import Function
    from .outcomes import Outcome

_HEARTBEAT_SECONDS = 1.0
_TERMINATED = 128 + signal.SIGTERM


def run_once(function: Function) -> NoReturn:
    """Take the event from the environment, run the function, deliver, end the process."""
    streams.log_by_line()
    _Task(function, Invocation(os.environ)).run()


class _Task:
    """The one task of this process."""

    def __init__(self, function: Function, invocation: Invocation) -> None:
        self._function = function
        self._invocation = invocation
        self._is_terminated = False
        self._settlement = Settlement()
        self._server = _server(invocation)

    def run(self) -> NoReturn:
        invocation = self._invocation
        # the kernel keeps SIGTERM from a PID 1 that has no handler for it
        signal.signal(signal.SIGTERM, self._terminate)
        try:
            event = self._event()
        except failures.Fault as fault:
            self._finish(failures.from_fault(fault, invocation.task_id))
        signs.connect(self._send_heartbeat if invocation.heartbeat_url else None)
        Watchdog(invocation.timeout_seconds, self._expire)
        self._finish(self._function.run(invocation, event))

    def _event(self) -> str:
        invocation, server = self._invocation, self._server
        if not invocation.event_url:
            return invocation.event or "{}"
        if server is None:
            raise failures.Fault(EVENT_LOST, "ASW_EVENT_URL is set, ASW_CA is not")
        url = invocation.event_url
        status, body = delivery.persist(lambda left: server.get(url, left), invocation.result_wait)
        if status != 200:
            message = f"The event could not be fetched: the result server answered {status}"
            raise failures.Fault(EVENT_LOST, message)
        return body.decode()

    def _expire(self) -> None:
        if self._settlement.claim():
            self._function.abandon()
            invocation = self._invocation
            self._end(failures.timed_out(invocation.timeout_seconds, invocation.task_id))

    def _finish(self, outcome: Outcome) -> NoReturn:
        if not self._settlement.claim():
            park()
        self._end(outcome)

    def _end(self, outcome: Outcome) -> NoReturn:
        """End the process, whatever threads and exit handlers user code has left behind."""
        status = _TERMINATED
        if not self._is_terminated:
            status = delivery.deliver(outcome, self._invocation, self._server)
        streams.flush()
        os._exit(status)

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        """End without an outcome: the engine knows why the pod goes, and what to do about it."""
        del number, frame
        self._is_terminated = True
        if not self._function.interrupt():
            streams.flush()
            os._exit(_TERMINATED)

    def _send_heartbeat(self) -> None:
        server = self._server
        if server is None:
            return
        try:
            server.post(self._invocation.heartbeat_url, b"", _HEARTBEAT_SECONDS)
        except (OSError, ValueError) as error:
            streams.note(f"asw: a heartbeat was not delivered: {error}")


def _server(invocation: Invocation) -> ResultServer | None:
    if not invocation.ca:
        return None
    return ResultServer(
        ca=invocation.ca, server_name=invocation.server_name, token=invocation.token
    )
