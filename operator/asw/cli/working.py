"""``asw activity worker``: says what it does, until it is ended."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import click

from asw.executions.local.folders import unusable
from asw.executions.local.working import Worker, Working
from asw.executions.target import Target
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t
from asw.messages.visible import visible
from asw.platforms.local.activities import Taken
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.reports import Failing, Report
from asw.platforms.local.store import open_store


def work(
    folder: Path, activity: str, command: Sequence[str], *, worker: str, is_once: bool
) -> None:
    """Do tasks of the activity until a signal, or one. Raises Failure."""
    working = Working(
        activity=activity,
        command=command,
        name=worker,
        on_take=_tell_taken,
        on_line=lambda line: click.echo(visible(line), err=True),
        on_end=_tell_end,
    )
    try:
        with closing(open_store(folder)) as store:
            asyncio.run(_until_ended(Worker(store, working), is_once=is_once))
    except UnusableFolder as error:
        raise unusable(error, Target(is_local=True, data=folder).options) from error
    except OSError as error:
        raise Failure(
            t("cannot start {command}: {fault}", command=command[0], fault=error.strerror or error),
            remedy=t("name a program after --; the task has failed"),
            code=BAD_INPUT,
        ) from error


async def _until_ended(worker: Worker, *, is_once: bool) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None, "it runs"
    with suppress(NotImplementedError):  # Windows
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await worker.work(is_once=is_once)


def _tell_taken(taken: Taken) -> None:
    click.echo(t("{state} of {name}: taken", state=taken.state, name=taken.execution), err=True)


def _tell_end(taken: Taken, report: Report | None) -> None:
    place = {"state": taken.state, "name": taken.execution}
    match report:
        case None:
            click.echo(t("{state} of {name}: nobody waits for it any more", **place), err=True)
        case Failing(error=error):
            click.echo(t("{state} of {name}: failed: {error}", error=error, **place), err=True)
        case _:
            click.echo(t("{state} of {name}: done", **place), err=True)
