"""``asw watch``: arguments only."""

import sys
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(
        command="asw watch hello-1",
        does="Follow an execution to its end, in a picture on a terminal.",
        where="cluster",
    ),
    Example(command="asw watch hello-1 --local", does="Follow one on this machine."),
    Example(
        command="asw watch hello-1 --local -o json",
        does="Print its object with every change.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument(
    "name",
    required=False,
    callback=options.named("Execution"),
    shell_complete=completion.executions,
)
@options.query_options
@options.output
@click.option("--no-headers", is_flag=True, help="A table without its first line.")
@options.target_options
def command(name: str | None, form: str, *, no_headers: bool, **asked: Any) -> None:
    """Follow executions as they change.

    With a NAME until that execution is over: on a terminal as a picture that moves, elsewhere a
    line for each change; the exit code is 0 where it succeeded, else 1. Without a NAME all
    executions that the options mean, a line for each change, until you press Ctrl-C.

    Where the connection breaks it is taken up again, and nothing is told twice.
    """
    import asyncio  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from asw.cli.looking import Show, watch_run, watch_runs  # noqa: PLC0415
    from asw.cli.objects.asking import read_query  # noqa: PLC0415
    from asw.cli.objects.formats import read_format  # noqa: PLC0415

    show = Show(form=read_format(form), has_head=not no_headers)
    if name is not None:
        sys.exit(asyncio.run(watch_run(asked["target"], name, show)))
    query = read_query(asked["query"], datetime.now(UTC))
    sys.exit(asyncio.run(watch_runs(asked["target"], query, show)))
