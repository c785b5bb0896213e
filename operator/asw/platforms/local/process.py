"""One runtime process: started, given tasks one after the other, killed.

It leads a session of its own, so that Ctrl-C is ours to handle and a kill ends whatever user code
has started.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from asw.asl.errors import DATA_LIMIT_EXCEEDED
from asw.platforms.local.logs import LogPipe, TaskLogs
from asw.platforms.local.rights import make_private
from asw.platforms.local.runtime import (
    Call,
    Heartbeat,
    command,
    crashed,
    read_answer,
    request_line,
    timed_out,
)
from asw.platforms.local.tasks import Failed, Outcome

ANSWER_LIMIT_BYTES = 16 * 1024 * 1024
"""Far above the engine's limit, so that the engine reports the excess."""
TIMEOUT_GRACE_SECONDS = 2.0
"""Until we end a function that runs too long, if its code keeps the runtime from doing so."""
KILL_GRACE_SECONDS = 1.0
"""A runtime ends within milliseconds, unless code keeps the interpreter busy."""


class RuntimeProcess:
    """The process, created by ``start``; takes further tasks while ``is_usable``."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: LogPipe) -> None:
        self._process = process
        self._pipe = pipe
        self._is_killed = False

    @classmethod
    async def start(cls, call: Call, logs: TaskLogs, variables: Mapping[str, str]) -> Self:
        """Start a process for the call's function, with these variables. Raises OSError."""
        if "ASW_CODE_DIR" in variables:
            _write_files(call.function.files, Path(variables["ASW_CODE_DIR"]))
        pipe = LogPipe(logs)
        try:
            process = await asyncio.create_subprocess_exec(
                *command(call.function),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=pipe.writer,
                env=variables,
                start_new_session=True,
                limit=ANSWER_LIMIT_BYTES,
            )
        except BaseException:
            pipe.close_writer()
            pipe.close()
            raise
        pipe.close_writer()
        return cls(process, pipe)

    @property
    def is_usable(self) -> bool:
        """Whether it may get another task."""
        return self._process.returncode is None and not self._is_killed

    async def run(self, call: Call, on_heartbeat: Callable[[], None]) -> Outcome:
        """Run one task to its outcome; cancelling kills the process."""
        limit = call.function.timeout_seconds
        self._pipe.begin(call)
        try:
            async with asyncio.timeout(None if limit is None else limit + TIMEOUT_GRACE_SECONDS):
                return await self._ask(call, on_heartbeat)
        except TimeoutError:
            await self.kill()
            return timed_out(call)
        except BaseException:
            await self.kill()
            raise
        finally:
            if not self._is_killed:
                self._pipe.drain()

    async def kill(self) -> None:
        """End the process and what it started.

        Closing its stdin lets it end a script, which leads a group of its own. Whatever does not
        listen, and the rest of its group, is killed.
        """
        if self._is_killed:
            return
        self._is_killed = True
        assert self._process.stdin is not None  # a pipe
        self._process.stdin.close()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), KILL_GRACE_SECONDS)
        finally:  # also if whoever wants it killed is cancelled meanwhile
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._pipe.close()

    async def _ask(self, call: Call, on_heartbeat: Callable[[], None]) -> Outcome:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # both are pipes
        assert stdout is not None
        with contextlib.suppress(ConnectionError):  # a dead process shows by the end of its output
            stdin.write(request_line(call))
            await stdin.drain()
        while True:
            try:
                line = await stdout.readline()
            except ValueError:
                await self.kill()
                return Failed(error=DATA_LIMIT_EXCEEDED, cause=_TOO_LARGE)
            if not line:
                exit_code = await self._process.wait()
                await self.kill()
                return crashed(exit_code)
            answer = read_answer(line, call.task_id)
            if isinstance(answer, Heartbeat):
                on_heartbeat()
                continue
            if answer.is_last:
                await self.kill()
            return answer.outcome


_TOO_LARGE = f"The function returned more than {ANSWER_LIMIT_BYTES} bytes"


def _write_files(files: Mapping[str, str], folder: Path) -> None:
    make_private(folder.parent)
    make_private(folder)
    for name, text in files.items():
        make_private((folder / name).parent)
        (folder / name).write_text(text, encoding="utf-8")
