"""``asw list``: lists executions."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import click

from asw.cli import options
from asw.cli.command import Command, Example
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
)


@click.command("list", cls=Command, examples=_EXAMPLES)
@options.query_options
@options.output
@options.no_headers
@click.option("--sort-by", metavar="PATH", help="Order: by .status.startTime, for example.")
@options.target_options
def command(form: str, sort_by: str | None, *, no_headers: bool, **asked: Any) -> None:
    """List executions.

    One line for each execution, the oldest first: its Workflow and phase, the states that it is in,
    its age, and how long it has run. -o wide adds when it started, how often it was redriven,
    and its error or output. Children of distributed Maps are listed with --children only.

    If there are none, standard error says so, and the exit code is 0.
    """
    query = read_query(asked["query"], datetime.now(UTC))
    show = Show(form=read_format(form), has_head=not no_headers, sort_by=read_sort_by(sort_by))
    sys.exit(asyncio.run(list_runs(asked["target"], query, show)))
