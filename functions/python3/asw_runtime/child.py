"""A child process whose output is passed on as it comes while its end is kept.

Built on ``posix_spawn`` and ``poll``: ``subprocess`` costs as much as the script itself.
"""

from __future__ import annotations

import _thread
import os
import select
import signal

from . import signs

_LONGEST_LINE = 1024 * 1024
_TAIL = 2048
_CHUNK = 65536


class Ended:
    """How a child ended: exit status (negative: a signal), last line of stdout, tail of stderr.

    ``last_line`` is None when it was longer than anything that could be an output.
    """

    def __init__(self, status: int, last_line: bytes | None, error_tail: str) -> None:
        self.status = status
        self.last_line = last_line
        self.error_tail = error_tail


class Child:
    """A program at work, in a process group of its own.

    ``stdin`` and ``heartbeats`` are descriptors of the caller's; whatever arrives on the second is
    a sign of life.
    """

    def __init__(
        self, command: list[str], variables: dict[str, str], *, stdin: int, heartbeats: int
    ) -> None:
        self._heartbeats = heartbeats
        self._out, out = os.pipe()
        self._err, err = os.pipe()
        self._end, self._ended = os.pipe()
        self._status = 0
        try:
            self._pid = os.posix_spawnp(
                command[0],
                command,
                variables,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, own, to) for to, own in enumerate((stdin, out, err))
                ],
                setpgroup=0,
                setsigdef=[signal.SIGPIPE],
            )
        except OSError:
            self._close(self._ended)
            raise
        finally:
            os.close(out)
            os.close(err)
        _thread.start_new_thread(self._watch, ())

    def signal(self, number: int) -> None:
        """Let the whole group hear the signal."""
        try:
            os.killpg(self._pid, number)
        except ProcessLookupError:
            return

    def wait(self) -> Ended:
        """Pass the output on until the program ends; what it left running is not waited for."""
        output, errors = _LastLine(), _Tail()
        streams: dict[int, tuple[int, _LastLine | _Tail]] = {
            self._out: (1, output),
            self._err: (2, errors),
        }
        self._pump(streams)
        for descriptor, stream in streams.items():
            while _pass_on(descriptor, *stream):
                pass
        self._close()
        return Ended(self._status, output.last(), errors.text())

    def _pump(self, streams: dict[int, tuple[int, _LastLine | _Tail]]) -> None:
        woken, waking = os.pipe()
        poll = select.poll()
        for descriptor in (*streams, self._heartbeats, self._end, woken, waking):
            os.set_blocking(descriptor, False)
        for descriptor in (*streams, self._heartbeats, self._end, woken):
            poll.register(descriptor, select.POLLIN)
        woken_before = _wake_by(waking)
        try:
            self._pass_all_on(poll, streams, woken)
        finally:
            _wake_by(woken_before)
            os.close(woken)
            os.close(waking)

    def _pass_all_on(
        self, poll: select.poll, streams: dict[int, tuple[int, _LastLine | _Tail]], woken: int
    ) -> None:
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._end:
                    return
                if descriptor == woken:
                    os.read(descriptor, _CHUNK)
                elif descriptor == self._heartbeats:
                    os.read(descriptor, _CHUNK)
                    signs.beat()
                elif not _pass_on(descriptor, *streams[descriptor]):
                    poll.unregister(descriptor)

    def _watch(self) -> None:
        self._status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        os.close(self._ended)

    def _close(self, *more: int) -> None:
        for descriptor in (self._out, self._err, self._end, *more):
            os.close(descriptor)


class _LastLine:
    """The last line that is not blank, of a stream of any length."""

    def __init__(self) -> None:
        self._line: bytes | None = b""
        self._rest = b""
        self._is_too_long = False

    def keep(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if lines and self._is_too_long:
            self._line, self._is_too_long = None, False
            del lines[0]
        self._line = next((line for line in reversed(lines) if line.strip()), self._line)
        if len(self._rest) > _LONGEST_LINE:
            self._rest, self._is_too_long = b"", True

    def last(self) -> bytes | None:
        if self._is_too_long:
            return None
        return self._rest if self._rest.strip() else self._line


class _Tail:
    """The last lines of a stream, as much as a cause should quote."""

    def __init__(self) -> None:
        self._bytes = b""
        self._is_cut = False

    def keep(self, chunk: bytes) -> None:
        whole = self._bytes + chunk
        self._bytes = whole[-_TAIL:]
        self._is_cut = self._is_cut or len(whole) > _TAIL

    def text(self) -> str:
        tail = self._bytes
        if self._is_cut and b"\n" in tail.rstrip():
            tail = tail.partition(b"\n")[2]
        return tail.decode(errors="replace").strip()


def _wake_by(descriptor: int) -> int:
    """Have signals write to it (-1: to nothing); returns what they wrote to before.

    Python runs a handler only between two instructions of its own. A signal that comes right before
    ``poll`` sleeps does not end the sleep, and its handler would wait for the script.
    """
    try:
        return signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
    except ValueError:  # handlers run in the main thread, and that is not this one
        return -1


def _pass_on(descriptor: int, target: int, keeper: _LastLine | _Tail) -> bool:
    """Move what is there; false at the end of the stream, and when nothing is there now."""
    try:
        chunk = os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return False
    keeper.keep(chunk)
    view = memoryview(chunk)
    try:
        while view:
            view = view[os.write(target, view) :]
    except OSError:  # nobody reads the log: the script shall not suffer
        return bool(chunk)
    return bool(chunk)
