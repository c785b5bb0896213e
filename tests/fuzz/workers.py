"""Judge documents in processes with limits of time and memory, so that none takes others down."""

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType

from tests.fuzz.corpus import Corpus
from tests.fuzz.documents import Document, make
from tests.fuzz.runs import Verdict, described, judge

PROCESSES = 2
CPU_SECONDS = 5.0
"""Of the processor, for one document."""
GRACE_SECONDS = 120.0
"""Of real time, after which a process is killed that does not hear its own alarm."""
MOST_BYTES = 200 * 2**20
"""By which one document may raise the memory of its process."""
ADDRESSES = 3 * 2**30
"""Of address space in all, at which allocation itself fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A document's number and kind, how it went, and what it took: CPU seconds and bytes."""

    number: int
    kind: str
    verdict: Verdict
    seconds: float = 0.0
    bytes: int = 0


class _TookTooLong(BaseException):
    """The alarm of a document."""


def judge_all(seed: str, numbers: range, corpus: Corpus) -> Iterator[Judged]:
    """Every document of these numbers, in the order in which they are done."""
    waiting = iter(numbers)
    workers = [_Worker(seed, corpus) for _ in range(min(PROCESSES, len(numbers)))]
    busy = [worker for worker in workers if worker.begin(waiting)]
    try:
        while busy:
            wait([worker.connection for worker in busy], timeout=1)
            for worker in list(busy):
                judged = worker.collect()
                if judged is not None:
                    yield judged
                    if not worker.begin(waiting):
                        busy.remove(worker)
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """One process at a time; a lost one is replaced."""

    def __init__(self, seed: str, corpus: Corpus) -> None:
        self._seed, self._corpus = seed, corpus
        self._number = 0
        self._until = 0.0
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._seed, self._corpus), daemon=True
        )
        self._process.start()
        theirs.close()

    def begin(self, numbers: Iterator[int]) -> bool:
        """Take the next document; False where there is none."""
        number = next(numbers, None)
        if number is None:
            return False
        self._number, self._until = number, time.monotonic() + GRACE_SECONDS
        self.connection.send(number)
        return True

    def collect(self) -> Judged | None:
        """What became of the document, None while it runs."""
        try:
            if self.connection.poll():
                judged: Judged = self.connection.recv()
                return judged
            if time.monotonic() < self._until:
                return None
            why = "it took too long, in one call of a library"
        except (EOFError, OSError):
            self._process.join()
            why = f"the process ended with {self._process.exitcode}"
        self.end()
        self._start()
        document = make(self._seed, self._number, self._corpus)
        verdict = Verdict(end="FAULT", detail=why)
        return Judged(number=self._number, kind=document.kind, verdict=verdict)

    def end(self) -> None:
        """Let the process go, whatever it does."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _work(connection: Connection, seed: str, corpus: Corpus) -> None:
    signal.signal(signal.SIGPROF, _ring)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    while True:
        try:
            number = connection.recv()
        except EOFError:
            os._exit(0)
        document = make(seed, number, corpus)
        connection.send(measured(number, document))


def measured(number: int, document: Document) -> Judged:
    """The verdict, which is a fault too where the document took too much."""
    _forget_peak()
    memory, begun = _peak_bytes(), time.process_time()
    try:
        with _alarm():
            verdict = judge(document)
    except _TookTooLong as error:
        verdict = Verdict(end="FAULT", detail=described(error))
    seconds, more = time.process_time() - begun, _peak_bytes() - memory
    if verdict.end != "FAULT" and more > MOST_BYTES:
        verdict = Verdict(end="FAULT", detail=f"it took {more >> 20} MiB")
    return Judged(number=number, kind=document.kind, verdict=verdict, seconds=seconds, bytes=more)


@contextmanager
def _alarm() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _TookTooLong(f"more than {CPU_SECONDS} s")


def _peak_bytes() -> int:
    """The most memory that the process had since the last reset; 0 where it is not told."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _forget_peak() -> None:
    """Linux: 5 resets the peak; where that is not allowed, only new peaks are seen."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
