"""Works on executions of this machine until they are over, and shows them."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from asw.cli.acting.following import FRAME_SECONDS, FRAME_SHARE
from asw.cli.awaiting import awaited
from asw.cli.screen import Screen
from asw.executions.local.folders import unusable
from asw.executions.local.session import Session, open_session
from asw.executions.port import RunSnapshot
from asw.executions.target import Target
from asw.exits import ALL_WELL, INTERRUPTED, NOT_SUCCEEDED
from asw.messages import t
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.presence import alone
from asw.reconciler.platform import ExecutionKey

QUICK_SECONDS = 0.3
"""What is over by then needs no moving picture."""
SHOWN_EVENTS = 100
"""A longer history is left to ``asw history``."""
Begin = Callable[[Session], list[ExecutionKey]]
Lock = Callable[[Path], AbstractContextManager[None]]


def resume_all(screen: Screen, folder: Path) -> int:
    """Resume everything in the store that is not over; the exit code."""
    return work_to_the_end(screen, folder, alone, Session.resume)


def work_to_the_end(screen: Screen, folder: Path, lock: Lock, begin: Begin) -> int:
    """Begin something, run it to its end, and show it."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        with lock(folder):
            snapshots = awaited(_run_to_end(screen, folder, begin))
    except UnusableFolder as error:
        raise unusable(error, _place(folder)) from error
    except KeyboardInterrupt:
        screen.say(t("interrupted; resume with: asw resume {place}", place=_place(folder)))
        return INTERRUPTED
    if not snapshots:
        screen.say(t("nothing to do: no such execution, or it is over"))
    for snapshot in snapshots:
        screen.report(snapshot, events=SHOWN_EVENTS, place=_place(folder))
    is_well = all(snapshot.run.phase == "Succeeded" for snapshot in snapshots)
    return ALL_WELL if is_well else NOT_SUCCEEDED


def _place(folder: Path) -> str:
    """Options that name the store to other verbs."""
    return Target(is_local=True, data=folder).options


async def _run_to_end(screen: Screen, folder: Path, begin: Begin) -> list[RunSnapshot]:
    async with open_session(folder, echo=screen.echo) as session:
        keys = begin(session)
        await _watch(screen, session, keys)
        return [session.snapshot(key) for key in keys]


async def _watch(screen: Screen, session: Session, keys: Sequence[ExecutionKey]) -> None:
    """Wait for the end, and show the progress if it takes long."""
    end = asyncio.ensure_future(session.finish(keys))
    await asyncio.wait((end,), timeout=QUICK_SECONDS)
    if not end.done():
        with screen.live_view() as view:
            while not end.done():
                began_at = time.monotonic()
                for key in keys:
                    view.take(session.snapshot(key, after=view.seen(key.uid)))
                view.draw()
                cost = time.monotonic() - began_at
                await asyncio.wait((end,), timeout=max(FRAME_SECONDS, FRAME_SHARE * cost))
            for key in keys:
                view.take(session.snapshot(key, after=view.seen(key.uid)))
    await end
