"""Many tasks, one process: requests as JSON lines on stdin, answers as JSON lines on stdout.

For a platform that keeps runtimes warm; docs/reference/runtime-protocol.md has the lines. User code
sees an empty stdin, and what it prints goes to stderr.
"""

from __future__ import annotations

import _thread
import json
import os
from queue import SimpleQueue

from . import failures, signs, streams
from .invocation import Invocation
from .outcomes import dump
from .settlement import Settlement, Watchdog, park

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from .functions import Function
    from .outcomes import Outcome

_PROTOCOL_BROKEN = 2


def serve(function: Function) -> NoReturn:
    """Answer requests one after the other until stdin ends."""
    channel = _Channel()
    requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
    own = {name: value for name, value in os.environ.items() if name.startswith("ASW_")}
    function.prepare(Invocation(os.environ))
    _thread.start_new_thread(channel.read_into, (requests, function))
    while True:
        _answer(requests.get(), own, function, channel)


def _answer(
    request: dict[str, Any], own: dict[str, str], function: Function, channel: _Channel
) -> None:
    task_id = request["taskId"]
    variables = {**own, **(request.get("environment") or {}), "ASW_TASK_ID": task_id}
    invocation = Invocation(variables)
    os.environ.update(variables)
    event = request.get("event", "{}")
    event_text = event if isinstance(event, str) else json.dumps(event)
    settlement = Settlement()

    def expire() -> None:
        if settlement.claim():
            outcome = failures.timed_out(invocation.timeout_seconds, task_id)
            function.abandon()
            channel.answer(task_id, outcome, is_last=True)
            os._exit(1)  # user code still runs: this process cannot be used again

    signs.connect(lambda: channel.write({"taskId": task_id, "heartbeat": True}))
    watchdog = Watchdog(invocation.timeout_seconds, expire)
    outcome = function.run(invocation, event_text)
    watchdog.stop()
    signs.connect(None)
    if not settlement.claim():
        park()
    channel.answer(task_id, outcome)


class _Channel:
    """The process's own stdin and stdout, taken out of the reach of user code."""

    def __init__(self) -> None:
        self._requests = os.fdopen(os.dup(0), "rb")
        self._answers = os.dup(1)
        self._lock = _thread.allocate_lock()
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        os.close(empty)
        os.dup2(2, 1)
        streams.log_by_line()

    def read_into(self, requests: SimpleQueue[dict[str, Any]], function: Function) -> None:
        """Queue the requests; the end of stdin ends the process, whatever it does."""
        for line in self._requests:
            try:
                request = json.loads(line)
                requests.put({**request, "taskId": str(request["taskId"])})
            except (ValueError, TypeError, KeyError):
                os.write(2, b"asw: a line on stdin is no request\n")
                os._exit(_PROTOCOL_BROKEN)
        self._lock.acquire()  # nothing more is said: what is cut off now has no outcome
        function.abandon()
        os._exit(0)

    def answer(self, task_id: str, outcome: Outcome, *, is_last: bool = False) -> None:
        """Send the outcome after everything that was printed before it."""
        streams.flush()
        end = b',"last":true}\n' if is_last else b"}\n"
        self._write(b'{"taskId":' + dump(task_id) + b',"outcome":' + outcome.body + end)

    def write(self, message: dict[str, Any]) -> None:
        """Send one line."""
        self._write(dump(message) + b"\n")

    def _write(self, line: bytes) -> None:
        view = memoryview(line)
        with self._lock:
            while view:
                view = view[os.write(self._answers, view) :]
