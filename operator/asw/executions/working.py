"""A worker of an activity: takes tasks, runs a command on this machine for each, and reports.

The command is held to the contract of scripts (functions/README.md, "Shell"): the input on its
stdin, the last line of its stdout is the output, and any exit status but 0 is a failure.
"""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from asw.asl.errors import DATA_LIMIT_EXCEEDED, TASK_CRASHED, WORKER_STOPPED
from asw.asl.values import Json, from_text, to_text
from asw.platforms.local.reports import Failing, Report, Success

GRACE_SECONDS: Final = 5.0
"""What a command gets to clean up after SIGTERM."""
LINE_BYTES: Final = 1024 * 1024
"""The longest last line of stdout; the engine refuses what exceeds AWS's limit below it."""
_TOO_LONG: Final = f"A line of stdout has over {LINE_BYTES} bytes."
_CAUSE_LINES: Final = 20
_LONGEST_MESSAGE: Final = 2048
_LARGEST_VARIABLE: Final = 100 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A task that the worker has; ``execution`` and ``state`` are for people."""

    token: str
    input: Json
    execution: str
    state: str


class Desk(Protocol):
    """Where a worker gets its tasks, and reports on them."""

    @property
    def beat_seconds(self) -> float:
        """Seconds between two signs of life of a task whose command runs."""
        ...

    async def take(self) -> Taken | None:
        """A task, if there is one within a while. Raises Failure."""
        ...

    async def beat(self, taken: Taken) -> bool:
        """Report that the work goes on; False if nobody waits for its end any more."""
        ...

    async def tell(self, taken: Taken, report: Report) -> None:
        """Report how the task ended. Raises Failure."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """What a worker does.

    People are told of each task when it is taken (``on_take``) and over (``on_end``; None if nobody
    waits for its end any more), and of the lines of the command's stderr (``on_line``).
    """

    activity: str
    command: Sequence[str]
    on_take: Callable[[Taken], None]
    on_line: Callable[[str], None]
    on_end: Callable[[Taken, Report | None], None]


class Worker:
    """Does one task after the other."""

    def __init__(self, desk: Desk, working: Working) -> None:
        self._desk = desk
        self._working = working

    async def work(self, *, is_once: bool) -> None:
        """Take tasks until cancelled, or one only. The task at hand then fails.

        Raises OSError if the command cannot be started: its task has failed, too.
        """
        while True:
            taken = await self._desk.take()
            if taken is None:
                continue
            self._working.on_take(taken)
            await self._do(taken)
            if is_once:
                return

    async def _do(self, taken: Taken) -> None:
        try:
            report = await self._run(taken)
        except asyncio.CancelledError:
            await self._desk.tell(
                taken, Failing(error=WORKER_STOPPED, cause="The worker was ended.")
            )
            raise
        except OSError as error:
            await self._desk.tell(
                taken, Failing(error=TASK_CRASHED, cause=f"cannot start it: {error}")
            )
            raise
        if report is not None:
            await self._desk.tell(taken, report)
        self._working.on_end(taken, report)

    async def _run(self, taken: Taken) -> Report | None:
        """What the command came to; None if nobody waits for it any more."""
        process = await self._started(taken)
        ending = asyncio.ensure_future(self._ended(process, taken))
        try:
            while not ending.done():
                await asyncio.wait((ending,), timeout=self._desk.beat_seconds)
                if not ending.done() and not await self._desk.beat(taken):
                    return None
            return ending.result()
        finally:
            await _end(process, ending)

    async def _started(self, taken: Taken) -> asyncio.subprocess.Process:
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *self._working.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **_variables(taken, self._working.activity)},
                start_new_session=True,
                limit=LINE_BYTES,
            )
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # asyncio would kill the process alone, and wait for what it has started.
            process = await starting
            await _end(process, asyncio.ensure_future(self._ended(process, taken)))
            raise

    async def _ended(self, process: asyncio.subprocess.Process, taken: Taken) -> Report:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        last, said, _ = await asyncio.gather(
            _last_lines(process.stdout, 1),
            _last_lines(process.stderr, _CAUSE_LINES, self._working.on_line),
            _feed(process.stdin, to_text(taken.input).encode()),
        )
        status = await process.wait()
        if status:
            return _failure(status if status > 0 else 128 - status, said.kept)
        if last.is_cut:
            return Failing(error=DATA_LIMIT_EXCEEDED, cause=_TOO_LONG)
        return Success(output=_output(last.kept))


@dataclass(frozen=True, slots=True)
class _Lines:
    """The last lines of a stream; ``is_cut`` if one was too long and is missing."""

    kept: Sequence[str]
    is_cut: bool


def _variables(taken: Taken, activity: str) -> dict[str, str]:
    variables = {
        "ASW_ACTIVITY": activity,
        "ASW_EXECUTION": taken.execution,
        "ASW_STATE": taken.state,
        "ASW_TASK_TOKEN": taken.token,
    }
    event = to_text(taken.input)
    if len(event.encode()) <= _LARGEST_VARIABLE:
        variables["ASW_EVENT"] = event
    return variables


async def _feed(stdin: asyncio.StreamWriter, event: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read its input
        stdin.write(event)
        await stdin.drain()
    stdin.close()


async def _last_lines(
    stream: asyncio.StreamReader, count: int, on_line: Callable[[str], None] | None = None
) -> _Lines:
    """The last lines that are not empty, once everything is read."""
    kept: deque[str] = deque(maxlen=count)
    is_cut = False
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # asyncio's for a line over the limit, which it drops
            is_cut = True
            continue
        if not line:
            return _Lines(kept, is_cut)
        if text := line.decode(errors="replace").strip():
            kept.append(text)
            if on_line is not None:
                on_line(text)


def _output(last: Sequence[str]) -> Json:
    try:
        return from_text(last[-1]) if last else None
    except ValueError:
        return None


def _failure(status: int, said: Sequence[str]) -> Failing:
    error = f"Shell.ExitStatus.{status}"
    message = "\n".join(said)[-_LONGEST_MESSAGE:]
    cause = {"errorMessage": message, "errorType": error, "exitStatus": status}
    return Failing(error=error, cause=to_text(cause))


async def _end(process: asyncio.subprocess.Process, ending: "asyncio.Future[Report]") -> None:
    """Leave no process of the command behind."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        await asyncio.wait((ending,), timeout=GRACE_SECONDS)
    _signal(process, signal.SIGKILL)
    ending.cancel()
    await asyncio.gather(ending, process.wait(), return_exceptions=True)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
