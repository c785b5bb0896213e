"""``asw list``: lists executions."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.cli.objects.archived import Further, list_archived, require_archived
from asw.cli.objects.asking import read_query
from asw.cli.objects.formats import read_format
from asw.cli.objects.listing import Show, list_runs, read_sort_by

_EXAMPLES = (
    Example(command="asw list", does="List the executions of this namespace.", where="cluster"),
    Example(command="asw list --local", does="List those that ran on this machine."),
    Example(
        command="asw list --local --phase Failed --since 2h -o wide",
        does="List those that failed in the last two hours, with their errors.",
    ),
    Example(
        command="asw list -A -w hello -o name",
        does="Print the names of all executions of a Workflow, wherever they are.",
        where="cluster",
    ),
    Example(
        command="asw list --local --sort-by .metadata.name -o json",
        does="Print all of them as objects, for jq and its like.",
    ),
    Example(
        command="asw list --archived --error KeyError --since 30d",
        does="List those of the last month that failed so, also those that were deleted since.",
        where="archive",
    ),
    Example(
        command="asw list --archived -A -w hello --field name=World --limit 20 -o name",
        does="Print the names of the newest twenty of a Workflow whose input has this value.",
        where="archive",
    ),
)


@click.command("list", cls=Command, examples=_EXAMPLES)
@options.query_options
@options.output
@options.no_headers
@click.option("--sort-by", metavar="PATH", help="Order: by .status.startTime, for example.")
@click.option("--error", metavar="NAME", help="With --archived: those that ended with this error.")
@click.option(
    "--until",
    type=options.Span(),
    help="With --archived: those that ended this long ago or longer: 30s, 5m, 2h, 1d.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="PATH=VALUE",
    help="With --archived: those with this value in their input: order.id=7. May be repeated.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="With --archived: at most this many, the newest.  [default: 100]",
)
@click.option(
    "--after",
    metavar="POSITION",
    help="With --archived: those after a list that named this position.",
)
@options.target_options
@options.archived
def command(form: str, sort_by: str | None, *, no_headers: bool, **asked: Any) -> None:
    """List executions.

    One line for each execution, the oldest first: its Workflow and phase, the states that it is in,
    its age, and how long it has run. -o wide adds when it started, how often it was redriven,
    and its error or output. Children of distributed Maps are listed with --children only.

    With --archived those are listed that the archive of the cluster has, the newest end first, with
    or without objects on the cluster: --since and --until are about their ends then, -l takes
    equalities only, and asw get --archived shows whole objects. If there are more than --limit,
    standard error says how to go on.

    If there are none, standard error says so, and the exit code is 0.
    """
    target = asked.pop("target")
    query = read_query(asked.pop("query"), datetime.now(UTC))
    show = Show(form=read_format(form), has_head=not no_headers, sort_by=read_sort_by(sort_by))
    further = Further(**asked)
    if target.is_archived:
        sys.exit(asyncio.run(list_archived(target, query, show, further)))
    require_archived(further)
    sys.exit(asyncio.run(list_runs(target, query, show)))
