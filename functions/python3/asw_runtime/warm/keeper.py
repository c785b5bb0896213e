"""Keeps one child alive: started ahead of its first task, and again after each end."""

from __future__ import annotations

import _thread
import select

from ..workdir import remove_left_by
from .worker import Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .output import Output
    from .reaper import Reaper
    from .shared import Shared

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0


class Keeper:
    """The child of one slot, and the thread that watches it and reads what it prints."""

    def __init__(self, command: list[str], shared: Shared, reaper: Reaper, output: Output) -> None:
        self._command = command
        self._shared = shared
        self._variables = shared.settings.variables
        self._reaper = reaper
        self.output = output
        self._changed = _thread.allocate_lock()
        """Held unless somebody waits for a child: then the pause is cut short."""
        self._changed.acquire()
        self._lock = _thread.allocate_lock()
        self._waiting: list[_thread.LockType] = []
        self._worker: Worker | None = None
        self._fault: OSError | None = None

    def start(self) -> None:
        """Start the child and its thread."""
        self._shared.begin(self._run)

    def worker(self, used_up: Worker | None) -> Worker:
        """The child, or the one after ``used_up``. Raises OSError where none can be started."""
        with self._lock:
            if self._worker is not None and self._worker is not used_up:
                return self._worker
            self._fault = None
            arrival = _thread.allocate_lock()
            arrival.acquire()
            self._waiting.append(arrival)
            if self._changed.locked():
                self._changed.release()
        arrival.acquire()
        with self._lock:
            if self._worker is not None:
                return self._worker
            raise self._fault or ChildProcessError("it ended as soon as it was started")

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            worker = self._start()
            if worker is not None:
                self._watch(worker)
            if worker is not None and worker.served:
                pause = _FIRST_PAUSE
                continue
            self._changed.acquire(timeout=pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _start(self) -> Worker | None:
        worker, fault = None, None
        try:
            worker = Worker(self._command, self._variables, self._reaper)
        except OSError as error:
            fault = error
        with self._lock:
            self._worker, self._fault = worker, fault
            for arrival in self._waiting:
                arrival.release()
            self._waiting.clear()
        return worker

    def _watch(self, worker: Worker) -> None:
        """Pass on what it prints until it has ended."""
        poll = select.poll()
        poll.register(worker.printed, select.POLLIN)
        poll.register(worker.process.ended, select.POLLIN)
        has_ended = False
        while not has_ended:
            for descriptor, _ in poll.poll():
                if descriptor == worker.process.ended:
                    has_ended = True
                elif not self.output.pump(descriptor) and _is_at_end(descriptor):
                    poll.unregister(descriptor)
        with self._lock:
            self._worker = None
        with worker.lock:  # not while a slot reads its last words
            self.output.drain(worker.printed)
            worker.close()
        remove_left_by(worker.process.pid, self._variables)
        if not worker.served:
            self.output.flush()


def _is_at_end(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))
