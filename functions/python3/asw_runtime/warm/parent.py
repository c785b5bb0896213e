"""The parent process: wiring, signals, and the end."""

from __future__ import annotations

import _thread
import os
import signal
from functools import partial

from .. import streams
from .heartbeats import Heartbeats
from .hello import Hello
from .keeper import Keeper
from .line import Addresses
from .output import Log, Output
from .reaper import Reaper
from .seclusion import seclude
from .settings import Settings
from .shared import Shared
from .slot import Slot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_PARTING_SECONDS = 2.0
_BAD_SETTINGS = 2
_BY_KILL = (0, 128)
"""SI_USER and SI_KERNEL: signals whose sender the kernel has filled in."""


def run(command: list[str]) -> NoReturn:
    """Serve tasks by children of the command until told to end."""
    streams.log_by_line()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        settings = Settings(os.environ)
        seclude()
        parent = _Parent(command, settings)
    except (ValueError, OSError) as error:
        streams.note(f"asw: {error}")
        os._exit(_BAD_SETTINGS)
    parent.run()


class _Parent:
    """All parts, and the main thread, which hears signals."""

    def __init__(self, command: list[str], settings: Settings) -> None:
        self._shared = shared = Shared(settings)
        addresses = Addresses(settings)
        self._reaper = Reaper(is_sole=settings.concurrency == 1)
        heartbeats = Heartbeats(shared, addresses)
        log = Log(1)
        self._slots: list[Slot] = []
        self._keepers: list[Keeper] = []
        for index in range(settings.concurrency):
            output = Output(log, is_tagged=settings.concurrency > 1)
            keeper = Keeper(command, shared, self._reaper, output)
            slot = Slot(index, shared, addresses, keeper, heartbeats)
            self._keepers.append(keeper)
            self._slots.append(slot)
        self._hello = Hello(shared, addresses, settings.concurrency, self._cancel)
        self._serving = settings.concurrency
        self._lock = _thread.allocate_lock()
        self._main = _thread.get_ident()
        shared.on_drain = self._part

    def run(self) -> NoReturn:
        for keeper in self._keepers:
            keeper.start()
        self._hello.start()
        for slot in self._slots:
            self._shared.begin(partial(self._serve, slot))
        while self._serving:
            self._hear()
        if not self._shared.is_refused:
            self._hello.has_parted(_PARTING_SECONDS)
        self._reaper.kill_all()
        streams.flush()
        os._exit(self._shared.exit_code)

    def _hear(self) -> None:
        heard = signal.sigtimedwait(_SIGNALS, 1.0)
        if heard is not None and heard.si_signo != signal.SIGCHLD:
            if _is_from_outside(heard):
                self._shared.drain(0, f"{signal.Signals(heard.si_signo).name} was received")
            else:
                streams.note("asw: a function has asked its pod to end: it goes on")
        self._reaper.reap()

    def _serve(self, slot: Slot) -> None:
        try:
            self._hello.wait()
            slot.run()
        finally:
            with self._lock:
                self._serving -= 1
            signal.pthread_kill(self._main, signal.SIGCHLD)

    def _part(self) -> None:
        self._hello.part()
        for slot in self._slots:
            slot.part()

    def _cancel(self, task_id: str) -> None:
        for slot in self._slots:
            slot.cancel(task_id)


def _is_from_outside(heard: signal.struct_siginfo) -> bool:
    """Whether the signal comes from the kubelet, or whoever has started us, and from no child.

    The number of a sender in an outer namespace is 0, and who queues a signal may say any.
    """
    return heard.si_code in _BY_KILL and heard.si_pid in (0, os.getppid())
