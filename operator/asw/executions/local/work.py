"""Works on executions of this machine's store, or waits for the process that does."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from asw.executions.patience import Patience
from asw.executions.run import Run
from asw.failures import Failure
from asw.messages import t
from asw.platforms.local.faults import FolderFault, UnusableFolder
from asw.platforms.local.presence import alone, sharing
from asw.platforms.local.store import Store
from asw.reconciler.platform import ExecutionKey

LOOK_SECONDS = 0.02
"""Seconds between two looks for changes of the store; one costs microseconds."""
TURN_SECONDS = 0.5
"""Seconds between two attempts to get the folder while another holds it."""

_AT_WORK = (FolderFault.BUSY, FolderFault.RESUMED)
"""Faults that end when another asw ends."""

Reread = Callable[[], Run]


async def work(folder: Path, store: Store, reread: Reread, *, is_ours: bool) -> Run:
    """Work on the execution to its end; how it stands then.

    ``is_ours``: it was made just now, and no other process works on it. If one works on any other,
    wait for that process, and continue where it leaves the work.
    """
    run, patience = reread(), Patience(t("another asw that is working in {folder}", folder=folder))
    while not run.is_settled:
        try:
            with sharing(folder) if is_ours else alone(folder):
                return await _work(folder, store, reread)
        except UnusableFolder as error:
            if error.fault not in _AT_WORK:
                raise
            with patience.asking():
                run = await _until_free(folder, store, reread)
    return run


async def _until_free(folder: Path, store: Store, reread: Reread) -> Run:
    """Wait until no process works in the folder, or the execution is over anyway."""
    while True:
        run = await _settled(store, reread, seconds=TURN_SECONDS)
        if run.is_settled:
            return run
        try:
            with alone(folder):
                return run
        except UnusableFolder as error:
            if error.fault not in _AT_WORK:
                raise


async def _settled(store: Store, reread: Reread, *, seconds: float | None = None) -> Run:
    """The execution once it is settled, or as it stands after so many seconds."""
    loop = asyncio.get_running_loop()
    until = None if seconds is None else loop.time() + seconds
    version, run = store.version, reread()
    while not run.is_settled and (until is None or loop.time() < until):
        await asyncio.sleep(LOOK_SECONDS)
        if store.version != version:
            version, run = store.version, reread()
    return run


async def _work(folder: Path, store: Store, reread: Reread) -> Run:
    from asw.executions.local.session import open_session  # noqa: PLC0415 -- costly, and few verbs do work

    run = reread()
    async with open_session(folder) as session:
        session.work(ExecutionKey(run.namespace, run.name, run.uid))
        return await session.unless_broken(_settled(store, reread))


def busy(folder: Path, name: str) -> Failure:
    """Another process works in the folder, but not on this execution."""
    return Failure(
        t("another asw is working in {folder}, but not on {name}", folder=folder, name=name),
        remedy=t("the request is stored: run asw resume once the other has ended"),
    )
