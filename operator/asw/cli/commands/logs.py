"""``asw logs``: arguments only."""

import sys
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

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
        does="Show the last lines of one state's tasks.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name", callback=options.named("Execution"), shell_complete=completion.executions)
@click.option("--follow", "-f", is_flag=True, help="Go on until the execution is over.")
@click.option("--state", metavar="NAME", help="Those of this Task state alone.")
@click.option(
    "--tail",
    type=click.IntRange(min=0),
    metavar="N",
    help="Of each task no more than its last N lines.",
)
@click.option("--since", type=options.Span(), help="Lines no older than that: 30s, 5m, 2h.")
@click.option("--timestamps", "has_times", is_flag=True, help="When each line was printed.")
@options.target_options
def command(name: str, *, since: float | None, target: Target, **words: Any) -> None:
    """Show what the tasks of an execution printed.

    NAME is an execution, or a file that asw export --logs wrote.

    Tasks come in the order of their starts, retries included. Where the execution has more than
    one Task state, each line begins with the name of its state. With -f lines come as they are
    printed, also those of tasks that start later, until the execution is over.

    On a cluster the lines are those of the tasks' pods, which are kept for a while after the end;
    on this machine they are in the data folder. That there are none is said on standard error.
    """
    import asyncio  # noqa: PLC0415
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from asw.cli.printed import print_logs  # noqa: PLC0415
    from asw.executions.port import LogOptions  # noqa: PLC0415

    options = LogOptions(
        since=None if since is None else datetime.now(UTC) - timedelta(seconds=since), **words
    )
    sys.exit(asyncio.run(print_logs(target, name, options)))
