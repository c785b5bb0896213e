"""``asw activity worker``: says what it does, until it is ended."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeAlias

import click

from asw.executions.local.desk import LocalDesk
from asw.executions.local.folders import unusable
from asw.executions.target import Target
from asw.executions.working import Desk, Taken, Worker, Working
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t
from asw.messages.visible import visible
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.reports import Failing, Report
from asw.platforms.local.store import open_store

Work: TypeAlias = Callable[[bool], None]
"""Does tasks until a signal, or one only. Raises Failure."""


def work_here(folder: Path, activity: str, command: Sequence[str], *, worker: str) -> Work:
    """How to do tasks of executions of this machine."""

    def work(is_once: bool) -> None:  # noqa: FBT001  the callback of a command
        try:
            with closing(open_store(folder)) as store:
                desk = LocalDesk(store, activity, worker)
                _work(desk, activity, command, is_once=is_once)
        except UnusableFolder as error:
            raise unusable(error, Target(is_local=True, data=folder).options) from error

    return work


def work_at(desk: Desk, activity: str, command: Sequence[str]) -> Work:
    """How to do tasks that come from elsewhere."""
    return lambda is_once: _work(desk, activity, command, is_once=is_once)


def _work(desk: Desk, activity: str, command: Sequence[str], *, is_once: bool) -> None:
    """Do tasks of the activity until a signal, or one. Raises Failure."""
    working = Working(
        activity=activity,
        command=command,
        on_take=_tell_taken,
        on_line=lambda line: click.echo(visible(line), err=True),
        on_end=_tell_end,
    )
    try:
        asyncio.run(_until_ended(Worker(desk, working), is_once=is_once))
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
