"""Jobs that a sandbox of the tests does; its keepers load this module."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from asw.sandbox.jobs import MEBIBYTE, Limits

MODULE = "tests.unit.sandbox.jobs"
LIMITS = Limits(wall_seconds=20.0, memory=64 * MEBIBYTE, answer=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A job that does what it is named for."""

    name: str
    limits: Limits = LIMITS

    def run(self) -> bytes:
        """See Job."""
        return DEEDS[self.name]()


def greet() -> bytes:
    return b"hello"


def spin() -> bytes:
    while True:
        pass


def wait() -> bytes:
    signal.pause()
    return b""


def fill_memory() -> bytes:
    return bytes(LIMITS.memory * 2)[:1]


def fill_memory_by_pieces() -> bytes:
    pieces = []
    while True:
        pieces.append(bytes(MEBIBYTE))


def talk_on() -> bytes:
    return bytes(LIMITS.answer + 1)


def abort() -> bytes:
    os.abort()


def be_wrong() -> bytes:
    raise LookupError("no such thing")


def look_around() -> bytes:
    return "\n".join(
        [*sorted(os.environ), *sorted(it.name for it in Path("/proc/self/fd").iterdir())]
    ).encode()


def write_a_file() -> bytes:
    file = os.memfd_create("a file")
    return str(os.write(file, b"x")).encode()


def kill_the_keeper() -> bytes:
    os.kill(os.getppid(), signal.SIGKILL)
    return b"too late"


DEEDS = {
    deed.__name__: deed
    for deed in (
        greet,
        spin,
        wait,
        fill_memory,
        fill_memory_by_pieces,
        talk_on,
        abort,
        be_wrong,
        look_around,
        write_a_file,
        kill_the_keeper,
    )
}
