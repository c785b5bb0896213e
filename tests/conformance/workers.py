"""Judge many cases in a few processes: none that crashes or hangs takes the others down."""

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from tests.conformance.case_files import CaseFile
from tests.conformance.verdicts import Verdict, failed, judge

PROCESSES = 2
CASE_SECONDS = 20
"""What one case may take of real time; they take milliseconds."""
TOO_LONG = "it took too long"
GRACE_SECONDS = 5
"""After which a process that does not even hear its own alarm is killed."""


class _TookTooLong(BaseException):
    """The alarm of a case; functions are not meant to catch it."""


def judge_all(files: Sequence[CaseFile], case_seconds: float = CASE_SECONDS) -> list[Verdict]:
    """A verdict for each, in the order given."""
    verdicts: dict[int, Verdict] = {}
    waiting = list(reversed(range(len(files))))
    workers = [_Worker(files, case_seconds) for _ in range(min(PROCESSES, len(files)))]
    try:
        while len(verdicts) < len(files):
            for worker in workers:
                if worker.case is None and waiting:
                    worker.give(waiting.pop())
            wait([it.connection for it in workers if it.case is not None], timeout=1)
            for worker in workers:
                verdicts.update(worker.collect())
    finally:
        for worker in workers:
            worker.end()
    return [verdicts[number] for number in range(len(files))]


@dataclass(slots=True)
class _Task:
    number: int
    until: float


class _Worker:
    """One process at a time; a lost one is replaced."""

    def __init__(self, files: Sequence[CaseFile], seconds: float) -> None:
        self._files = files
        self._seconds = seconds
        self.case: _Task | None = None
        self.connection, self._process = self._begin()

    def _begin(self) -> tuple[Connection, BaseProcess]:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_work, args=(theirs, self._files, self._seconds), daemon=True
        )
        process.start()
        theirs.close()
        return ours, process

    def give(self, number: int) -> None:
        """Begin with a case."""
        self.case = _Task(number, time.monotonic() + self._seconds + GRACE_SECONDS)
        self.connection.send(number)

    def collect(self) -> dict[int, Verdict]:
        """The verdict on the case that was given, once there is one."""
        task = self.case
        if task is None:
            return {}
        try:
            if not self.connection.poll():
                return {} if time.monotonic() < task.until else self._lost(task, TOO_LONG)
            verdict = self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            return self._lost(task, f"the process ended with {self._process.exitcode}")
        self.case = None
        return {task.number: verdict}

    def _lost(self, task: _Task, why: str) -> dict[int, Verdict]:
        self.end()
        self.case = None
        self.connection, self._process = self._begin()
        return {task.number: failed(self._files[task.number], why)}

    def end(self) -> None:
        """Let the process go, whatever it does."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _work(connection: Connection, files: Sequence[CaseFile], seconds: float) -> None:
    signal.signal(signal.SIGALRM, _ring)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    while True:
        try:
            number = connection.recv()
        except EOFError:
            os._exit(0)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            verdict = judge(files[number])
        except _TookTooLong:
            verdict = failed(files[number], TOO_LONG)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(verdict)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _TookTooLong
