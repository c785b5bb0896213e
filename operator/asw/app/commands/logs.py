"""``asw logs``: arguments only."""

import sys

import click

from asw.app import completion, options
from asw.app.command import Command, Example
from asw.app.runs.target import Target

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
@options.target_options
def command(
    name: str, *, follow: bool, state: str | None, tail: int | None, target: Target
) -> None:
    """Show what the tasks of an execution printed.

    Tasks come in the order of their starts, retries included. Where the execution has more than
    one Task state, each line begins with the name of its state. With -f lines come as they are
    printed, also those of tasks that start later, until the execution is over.

    On a cluster the lines are those of the tasks' pods, which are kept for a while after the end;
    on this machine they are in the data folder. That there are none is said on standard error.
    """
    import asyncio  # noqa: PLC0415

    from asw.app.printed import LogWords, print_logs  # noqa: PLC0415

    words = LogWords(state=state, follow=follow, tail=tail)
    sys.exit(asyncio.run(print_logs(target, name, words)))
