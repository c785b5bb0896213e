"""``asw logs``: prints what the tasks of an execution printed, each line after its state's name."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from asw.asl.blocks import walk
from asw.asl.model import TaskState
from asw.cli import options
from asw.cli.archives import archive_of, open_run
from asw.cli.command import Command, Example
from asw.executions.archives import Unanswered
from asw.executions.naming import means_file
from asw.executions.port import LogLine, LogOptions, Runs
from asw.executions.run import Run
from asw.executions.tails import KeptLog, beside, kept_logs
from asw.executions.target import Target
from asw.exits import ALL_WELL
from asw.failures import Failure, not_found
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw logs hello-2 --local", does="Show what the tasks of an execution printed."
    ),
    Example(
        command="asw logs hello-1 -f",
        does="Follow what they print until the execution is over.",
        where="cluster",
    ),
    Example(
        command="asw logs hello-2 --since 1h --timestamps",
        does="Show what they printed in the last hour, and when.",
        where="cluster",
    ),
    Example(
        command="asw logs hello-2 --local --state Greet --tail 20",
        does="Show the last lines of the tasks of one state.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.execution
@click.option("--follow", "-f", is_flag=True, help="Continue until the execution is over.")
@click.option("--state", metavar="NAME", help="Only those of this Task state.")
@click.option(
    "--tail",
    type=click.IntRange(min=0),
    metavar="N",
    help="At most the last N lines of each task.",
)
@click.option("--since", type=options.Span(), help="Lines no older than this: 30s, 5m, 2h.")
@click.option("--timestamps", "has_times", is_flag=True, help="Show when each line was printed.")
@options.target_options
@options.archived
def command(name: str, *, since: float | None, target: Target, **words: Any) -> None:
    """Show what the tasks of an execution printed.

    NAME is an execution, or a file that asw export --logs wrote.

    Tasks come in the order of their starts, including retries. If the execution has more than one
    Task state, each line begins with the name of its state. With -f lines are shown as they are
    printed, also those of tasks that start later, until the execution is over.

    On a cluster the lines come from the pods of the tasks, which are kept for a while after the
    end. Where a pod is gone, they come from the archive, if there is one: the last 64 KiB of each
    task, unless its Function says otherwise. On this machine they are in the data folder. If there
    are none, or not all, standard error says so.
    """
    options = LogOptions(
        since=None if since is None else datetime.now(UTC) - timedelta(seconds=since), **words
    )
    sys.exit(asyncio.run(print_logs(target, name, options)))


COLOURS: Final = ("cyan", "green", "magenta", "yellow", "blue")


async def print_logs(target: Target, name: str, options: LogOptions) -> int:
    """Print the lines, or say that there are none."""
    async with open_run(name, target) as (runs, run):
        states = await _states(runs, run)
        if options.state is not None and states is not None and options.state not in states:
            raise not_found(
                t("{name} has no Task state {state!r}", name=run.name, state=options.state),
                options.state,
                states,
                t("available: {names}", names=", ".join(states)),
            )
        has_names = options.state is None and (states is None or len(states) > 1)
        printer = _Printer(has_names=has_names)
        lines = _lines(target, runs, run, options, is_file=means_file(name))
        async with aclosing(lines):
            async for line in lines:
                printer.print(line)
        if not printer.count:
            click.echo(_why_none(run, options, is_local=target.is_local), err=True)
    return ALL_WELL


def _lines(
    target: Target, runs: Runs, run: Run, options: LogOptions, *, is_file: bool
) -> AsyncGenerator[LogLine]:
    """Also of tasks whose pods are gone, if an archive has them; not of those that are followed."""
    live = runs.logs(run, options)
    if target.is_local or is_file or options.follow or run.phase == "Pending":
        return live
    return beside(live, _kept(target, run, options), options, _note)


async def _kept(target: Target, run: Run, options: LogOptions) -> AsyncGenerator[KeptLog]:
    """What the archive has; nothing where there is none, or none that we may ask."""
    try:
        async with aclosing(kept_logs(archive_of(target), run, options)) as logs:
            async for log in logs:
                yield log
    except Unanswered as failure:
        reason = failure.message
        click.echo(t("logs of tasks whose pods are gone: {reason}", reason=reason), err=True)
    except Failure:
        return


def _note(log: KeptLog) -> None:
    """Say why a log is not whole."""
    place = log.state + (t(" (try {number})", number=log.attempt + 1) if log.attempt else "")
    if not log.lost:
        click.echo(t("{place}: only the end of its log was kept", place=place), err=True)
        return
    reasons = {
        "gone": t("its pod went before"),
        "unread": t("its node did not hand it out"),
        "late": t("its node did not answer in time"),
        "long": t("its last line is too long"),
    }
    reason = reasons.get(log.lost, log.lost)
    click.echo(t("{place}: its log is not kept: {reason}", place=place, reason=reason), err=True)


@dataclass(slots=True, kw_only=True)
class _Printer:
    """Lines on standard output; states have a colour each where a terminal shows it."""

    has_names: bool
    count: int = 0
    colours: dict[str, str] = field(default_factory=dict)

    def print(self, line: LogLine) -> None:
        self.count += 1
        at = f"{line.at} " if line.at else ""
        if not self.has_names:
            click.echo(f"{at}{line.text}")
            return
        attempt = t(" (try {number})", number=line.attempt + 1) if line.attempt else ""
        name = f"{line.state}{attempt} | "
        colour = COLOURS[len(self.colours) % len(COLOURS)]
        name = click.style(name, fg=self.colours.setdefault(line.state, colour))
        click.echo(f"{name}{at}{line.text}")


async def _states(runs: Runs, run: Run) -> list[str] | None:
    """Names of its Task states; None before it is known what it runs."""
    definition = await runs.definition(run)
    return (
        None
        if definition is None
        else [
            state.name for state in walk(definition.machine.block) if isinstance(state, TaskState)
        ]
    )


def _why_none(run: Run, options: LogOptions, *, is_local: bool) -> str:
    if run.phase == "Pending":
        return t("{name} has not started: there is nothing to show yet", name=run.name)
    if options.since is not None:
        return t("the tasks of {name} printed nothing since then", name=run.name)
    if is_local:
        return t("the tasks of {name} printed nothing", name=run.name)
    return t(
        "the tasks of {name} printed nothing, or their pods are gone and their logs are not kept",
        name=run.name,
    )
