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
"""How often the store is asked whether anything changed, which costs microseconds."""
TURN_SECONDS = 0.5
"""How often somebody who waits for the folder tries to get it."""

_AT_WORK = (FolderFault.BUSY, FolderFault.RESUMED)
"""What is over once another asw ends."""

Reread = Callable[[], Run]


async def work(folder: Path, store: Store, reread: Reread, *, is_ours: bool) -> Run:
    """See the execution through to its end; how it stands then.

    ``is_ours``: it was made just now, and nobody else works on it. Of any other somebody may:
    then that process is waited for, and the work taken up where it leaves it.
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
    """Wait until nobody works in the folder, or the execution is over all the same."""
    while True:
        run = await changed(store, reread, _is_settled, seconds=TURN_SECONDS)
        if run.is_settled:
            return run
        try:
            with alone(folder):
                return run
        except UnusableFolder as error:
            if error.fault not in _AT_WORK:
                raise


async def changed(
    store: Store, reread: Reread, is_enough: Callable[[Run], bool], *, seconds: float | None
) -> Run:
    """The execution once that is enough, or after so many seconds as it stands."""
    loop = asyncio.get_running_loop()
    until = None if seconds is None else loop.time() + seconds
    version, run = store.version, reread()
    while not is_enough(run) and (until is None or loop.time() < until):
        await asyncio.sleep(LOOK_SECONDS)
        if store.version != version:
            version, run = store.version, reread()
    return run


def _is_settled(run: Run) -> bool:
    return run.is_settled


async def _work(folder: Path, store: Store, reread: Reread) -> Run:
    from asw.executions.local.session import open_session  # noqa: PLC0415 -- costly, and few verbs work

    run = reread()
    async with open_session(folder) as session:
        session.work(ExecutionKey(run.namespace, run.name, run.uid))
        settled = changed(store, reread, _is_settled, seconds=None)
        return await session.unless_broken(settled)


def busy(folder: Path, name: str) -> Failure:
    """Somebody works in the folder, and not on this execution."""
    return Failure(
        t("another asw is working in {folder}, but not on {name}", folder=folder, name=name),
        remedy=t("the request is stored: run asw resume once the other has ended"),
    )
