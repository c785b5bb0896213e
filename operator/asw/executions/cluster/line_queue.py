"""The queue that the readers of several logs put their lines into, and their errors."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeAlias

from asw.executions.port import LogLine

LineQueue: TypeAlias = "asyncio.Queue[LogLine | BaseException | None]"
"""Lines as they come; an error ends the reading, None is the end of all of it."""


def begin(work: Coroutine[Any, Any, None], lines: LineQueue) -> asyncio.Task[None]:
    """Do the work beside others; an error of it goes into the queue, to whoever reads that."""

    def note_end(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            lines.put_nowait(error)

    task = asyncio.create_task(work)
    task.add_done_callback(note_end)
    return task


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel the tasks, and wait until they have ended."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
