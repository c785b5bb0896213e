"""``asw get``: arguments only."""

import sys
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(command="asw get hello-1", does="Show how an execution stands.", where="cluster"),
    Example(
        command="asw get hello-1 --local -o yaml",
        does="Show all of it, as kubectl would show it.",
    ),
    Example(command="asw get workflows --local", does="Show the Workflows that were run here."),
    Example(
        command="asw get wf/hello fn/greet -o yaml",
        does="Show a Workflow and a Function.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("names", nargs=-1, shell_complete=completion.objects)
@options.query_options
@options.output
@click.option("--no-headers", is_flag=True, help="A table without its first line.")
@options.target_options
def command(names: tuple[str, ...], form: str, *, no_headers: bool, **asked: Any) -> None:
    """Show executions as objects.

    NAMES are names of executions, files that asw export wrote, or KIND/NAME, where KIND is exe, wf
    or fn: Execution, Workflow, Function. A kind alone shows all of that kind, as does no name at
    all for executions, of which the options choose some. What is not there is told after those
    that are, with exit code 4.

    One object is printed as itself, several as a List. Executions of this machine's store come in
    the shape that they have on a cluster, without what only a cluster knows.
    """
    import asyncio  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from asw.cli.looking import Show, get_objects  # noqa: PLC0415
    from asw.cli.objects.asking import read_query  # noqa: PLC0415
    from asw.cli.objects.formats import read_format  # noqa: PLC0415

    query = read_query(asked["query"], datetime.now(UTC))
    show = Show(form=read_format(form), has_head=not no_headers)
    sys.exit(asyncio.run(get_objects(asked["target"], names, query, show)))
