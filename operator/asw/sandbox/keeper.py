"""The process that does the jobs of a sandbox: ``python -m asw.sandbox.keeper MODULE...``.

It has loaded what jobs need and reads none of them itself. Each job runs in a child process of its
own, with limits that the kernel enforces: whatever a job does, the next one starts fresh.
"""

import gc
import importlib
import os
import pickle
import resource
import select
import signal
import sys
import traceback
from collections.abc import Sequence
from time import monotonic
from typing import Final, NoReturn

from asw.sandbox.frames import (
    LONGEST_FAULT,
    REQUEST,
    Ending,
    Request,
    read_request,
    write_reply,
)
from asw.sandbox.jobs import Limits

_OUT_OF_MEMORY: Final = 3
_FAULT: Final = 4
_NICENESS: Final = 10
_OPEN_FILES: Final = 32
_PIECE: Final = 2**16


def main(modules: Sequence[str]) -> None:
    """Do jobs until there are no more."""
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # children share what nobody touches
    while head := _read(REQUEST.size):
        request = read_request(head)
        _write(1, write_reply(*_do(_read(request.size), request)))


def _do(job: bytes, request: Request) -> tuple[Ending, bytes]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _run(job, request.limits, writer)
    os.close(writer)
    try:
        answer, ended_by = _listen(reader, request.limits)
    finally:
        os.close(reader)
    if ended_by is not None:
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    if ended_by is not None:
        return ended_by, b""
    seconds = used.ru_utime + used.ru_stime
    return _judge(os.waitstatus_to_exitcode(status), answer, seconds, request.limits)


def _judge(code: int, answer: bytes, seconds: float, limits: Limits) -> tuple[Ending, bytes]:
    """How a child ended: negative codes are signals."""
    if code == 0:
        return Ending.ANSWER, answer
    if code == _FAULT:
        return Ending.FAULT, answer[-LONGEST_FAULT:]
    is_late = code == -signal.SIGXCPU or seconds >= limits.processor_seconds
    # An allocation that fails aborts the process, and the kernel kills whoever has too much.
    return (Ending.TIME if is_late else Ending.MEMORY), b""


def _listen(reader: int, limits: Limits) -> tuple[bytes, Ending | None]:
    """What the child says, and why it must be ended, if it must."""
    pieces: list[bytes] = []
    size, until = 0, monotonic() + limits.wall_seconds
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    while True:
        left = until - monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return b"", Ending.TIME
        piece = os.read(reader, _PIECE)
        if not piece:
            return b"".join(pieces), None
        pieces.append(piece)
        size += len(piece)
        if size > limits.answer:
            return b"", Ending.MEMORY


def _run(job: bytes, limits: Limits, writer: int) -> NoReturn:
    """In the child: do the job, say the answer and end."""
    code = _FAULT
    try:
        _confine(limits, writer)
        try:
            answer = pickle.loads(job).run()  # noqa: S301  the operator's own bytes
            code = 0
        except MemoryError:
            answer, code = b"", _OUT_OF_MEMORY
        except Exception:  # noqa: BLE001  told to the operator, which raises it
            answer = traceback.format_exc().encode(errors="replace")[-LONGEST_FAULT:]
        _write(writer, answer)
    except MemoryError:
        code = _OUT_OF_MEMORY
    finally:
        os._exit(code)


def _confine(limits: Limits, writer: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.closerange(3, writer)
    os.closerange(writer + 1, writer + 64)
    os.nice(_NICENESS)
    with open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123  whom the kernel ends first
        score.write("1000")
    processor, memory = limits.processor_seconds, _address_space() + limits.memory
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _address_space() -> int:
    with open("/proc/self/statm") as sizes:  # noqa: PTH123  as quick as can be
        return int(sizes.read().split()[0]) * resource.getpagesize()


def _read(size: int) -> bytes:
    """That many bytes of the input; none at its end."""
    pieces = []
    while size > 0:
        piece = os.read(0, size)
        if not piece:
            return b""
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _write(descriptor: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


if __name__ == "__main__":
    main(sys.argv[1:])
