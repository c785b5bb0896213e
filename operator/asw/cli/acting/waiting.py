"""Waits for executions to be over, showing how they stand; on this machine it works on them."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from rich.console import Console

from asw.cli.acting.following import follow
from asw.cli.live import LiveView
from asw.executions.port import Query, Runs
from asw.executions.run import Run
from asw.failures import Failure

ANSWER_SECONDS = 5.0
"""How long to wait until a redrive is accepted or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Whether to follow executions to their end, for how many seconds, and whether to be quiet.

    Its fields are the parameters of the options ``wait``, ``timeout`` and ``silent``.
    """

    is_waiting: bool = False
    timeout: float | None = None
    is_quiet: bool = False


async def to_the_end(runs: Runs, names: Sequence[str], waiting: Waiting) -> list[Run]:
    """Follow executions that a cluster runs. Raises Failure TIMED_OUT."""
    return await follow(runs, names, _view(waiting), at_most=waiting.timeout)


async def worked_to_the_end(runs: Runs, run: Run, waiting: Waiting) -> Run:
    """Work on an execution of this machine and follow it. Raises Failure."""
    work = asyncio.ensure_future(runs.finish(run))
    look = asyncio.ensure_future(follow(runs, [run.name], _view(waiting), at_most=waiting.timeout))
    try:
        await asyncio.wait((work, look), return_when=asyncio.FIRST_EXCEPTION)
        if work.done():
            await work  # what went wrong with the work is worth more than the view of it
        (ended,) = await look
        return ended
    finally:
        for task in (work, look):
            task.cancel()
            with suppress(asyncio.CancelledError, Failure):
                await task


async def answer_to_redrive(runs: Runs, run: Run) -> Run | None:
    """The execution once its redrive was accepted or refused; None if neither happened soon."""
    with suppress(TimeoutError):
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            aclosing(runs.watch(Query(with_children=True), name=run.name)) as changes,
        ):
            async for each in changes:
                is_taken_up = each.redrive_count > run.redrive_count
                if is_taken_up or each.redrive_refusal is not None:
                    return each
    return None


def _view(waiting: Waiting) -> LiveView:
    return LiveView(Console(stderr=True, highlight=False), is_quiet=waiting.is_quiet)
